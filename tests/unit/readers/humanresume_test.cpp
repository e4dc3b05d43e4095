// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/humanresume.h"

#include "core/base/format.h"
#include <gtest/gtest.h>

namespace tackroom::testing
{
namespace
{

std::string said(const std::string& asked, const std::string& resume)
{
    jsonvalues::Parser askedParser, resumeParser;
    const auto a = askedParser.parse(asked);
    const auto r = resumeParser.parse(resume);
    EXPECT_TRUE(a && r);
    std::string out;
    for (const HumanDecision& one : humanresume::decisionsOf(*r, humanresume::askedIn(*a)))
        out += formatText("{} | {} | {} | {} | {}\n", nameOf(one.kind), one.target, one.before, one.after, one.reason);
    return out;
}

TEST(HumanResume, TheAgentInbox)
{
    const std::string asked = R"([{"value":[{"action_request":{"action":"send","args":{"to":"ana"}},"description":"d"},)"
                              R"({"action_request":{"action":"pay","args":{"sum":5}}}],"id":"i1"}])";
    EXPECT_EQ(said(asked, R"([{"type":"accept","args":null},{"type":"ignore","args":null}])"),
              "approve | tool call: send | {\"to\":\"ana\"} | accept | \nreject | tool call: pay | {\"sum\":5} | ignore | \n");
    EXPECT_EQ(
        said(asked, R"([{"type":"edit","args":{"action":"send","args":{"to":"ben"}}},{"type":"response","args":"less"}])"),
        "edit | tool call: send | {\"to\":\"ana\"} | {\"to\":\"ben\"} | \n"
        "answer | tool call: pay | {\"sum\":5} | less | \n");
    EXPECT_EQ(said(asked, R"({"type":"accept","args":null})"), "approve | tool call: send | {\"to\":\"ana\"} | accept | \n");
}

TEST(HumanResume, TheMiddleware)
{
    const std::string asked = R"([{"value":{"action_requests":[{"name":"rm","args":{"path":"/a"},"description":"x"},)"
                              R"({"name":"ls","args":{}}]},"id":"q"}])";
    EXPECT_EQ(said(asked, R"({"decisions":[{"type":"reject","message":"too much"},{"type":"approve"}]})"),
              "reject | tool call: rm | {\"path\":\"/a\"} | reject | too much\napprove | tool call: ls | {} | approve | \n");
    EXPECT_EQ(said(asked, R"({"q":{"decisions":[{"type":"edit","edited_action":{"name":"rm","args":{"path":"/b"}}}]}})"),
              "edit | tool call: rm | {\"path\":\"/a\"} | {\"path\":\"/b\"} | \n");
}

TEST(HumanResume, PlainAnswers)
{
    EXPECT_EQ(said(R"([{"value":"Which order?","id":"a"},{"value":"Sure?","id":"b"}])", R"({"b":true,"a":"W12"})"),
              "approve | interrupt | Sure? | true | \nanswer | interrupt | Which order? | W12 | \n");
    EXPECT_EQ(said(R"("Go on?")", R"({"approved":false,"reason":"no"})"),
              "reject | interrupt | Go on? | {\"approved\":false,\"reason\":\"no\"} | no\n");
    EXPECT_EQ(said("[]", R"([1,2])"), "answer | interrupt |  | [1,2] | \n") << "a list is one answer where it says no kinds";
    EXPECT_EQ(said("[]", R"({"type":"dance"})"), "answer | interrupt |  | {\"type\":\"dance\"} | \n");
}

} // namespace
} // namespace tackroom::testing
