// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/sample/samplesupport.h"

#include <gtest/gtest.h>

using namespace tackroom;
using namespace sampletest;

TEST(Statements, JoinBulletsAndLeaveOutWhatSaysNothing)
{
    const auto statements = statementsOf("# Head\n\nOne\nparagraph.\n\n- first\n  goes on\n- second\n1. third\n\n| a | b "
                                         "|\n\n```\ncode\n```\n## Examples\n\n- not this\n");
    EXPECT_EQ(statements, (std::vector<std::string>{"One paragraph.", "first goes on", "second", "third"}));
}

TEST(StatedLimit, ReadsNumbersAsPeopleWriteThem)
{
    EXPECT_EQ(statedLimit("You may refund up to 2,000 EUR by yourself."), 2000);
    EXPECT_EQ(statedLimit("refund up to EUR 2.500"), 2500);
    EXPECT_EQ(statedLimit("refund at most €1500.50 yourself"), 1500.5);
    EXPECT_EQ(statedLimit("Your limit is 12,000."), 12000);
    EXPECT_EQ(statedLimit("no more than 750"), 750);
    EXPECT_EQ(statedLimit("refund within up to 30 days"), std::nullopt);
    EXPECT_EQ(statedLimit("up to three working days"), std::nullopt);
    EXPECT_EQ(statedLimit("refund 2,000"), std::nullopt);
}

TEST(Rules, OfTheShippedVersions)
{
    const HarnessRules v1 = readRules(version("v1")), v2 = readRules(version("v2")), v3 = readRules(version("v3")),
                       v4 = readRules(version("v4"));
    for (const HarnessRules* rules : {&v1, &v2, &v3, &v4}) {
        EXPECT_EQ(rules->limit, 2000);
        EXPECT_TRUE(rules->handOverAboveLimit);
        EXPECT_FALSE(rules->stripHash);
        EXPECT_TRUE(rules->silentWhileProcessing);
        EXPECT_FALSE(rules->checksBeforeRetry);
        EXPECT_FALSE(rules->judgeAcceptsHandOvers);
        EXPECT_TRUE(rules->conditional.empty());
        ASSERT_EQ(rules->policies.size(), 1u);
        EXPECT_EQ(rules->policies[0].windowDays, 30);
        EXPECT_EQ(rules->tools.size(), 3u);
        EXPECT_TRUE(rules->unread.empty()) << rules->unread[0];
    }
    EXPECT_EQ(v1.refundRetry.maxAttempts, 1);
    EXPECT_EQ(v2.refundRetry.maxAttempts, 3);
    EXPECT_TRUE(v2.refundRetry.retryOn.contains("no_confirmation"));
    EXPECT_FALSE(v2.answersInLanguage);
    EXPECT_TRUE(v3.answersInLanguage);
    EXPECT_TRUE(v3.handOverWhenUpset);
    EXPECT_FALSE(v3.silentWhileWaiting);
    EXPECT_FALSE(v4.handOverWhenUpset);
    EXPECT_TRUE(v4.silentWhileWaiting);
}

TEST(Rules, OfTheProposals)
{
    EXPECT_EQ(harness().proposals.size(), 8u);
    const HarnessRules holding = readRules(proposal("holding-message").files);
    EXPECT_FALSE(holding.silentWhileWaiting);
    EXPECT_FALSE(holding.silentWhileProcessing);
    EXPECT_FALSE(holding.handOverWhenUpset);
    EXPECT_TRUE(readRules(proposal("strip-hash").files).stripHash);
    EXPECT_TRUE(readRules(proposal("refund-status-skill").files).checksBeforeRetry);
    EXPECT_TRUE(readRules(proposal("rubric-hand-over").files).judgeAcceptsHandOvers);
    EXPECT_TRUE(readRules(proposal("idempotent-retries").files).refundRetry.idempotencyKey);
    EXPECT_EQ(readRules(proposal("policy-2026-03").files).policies.at(0).windowDays, 45);
    const HarnessRules lesson = readRules(proposal("loyal-late-lesson").files);
    EXPECT_EQ(lesson.limit, 2000);
    EXPECT_EQ(lesson.limitFor(7, true), 3000);
    EXPECT_EQ(lesson.limitFor(7, false), 2000);
    EXPECT_EQ(lesson.limitFor(2, true), 2000);
}

TEST(Rules, LessonsInOtherWords)
{
    HarnessFiles files = version("v4");
    files["memory/lessons.md"] = "# Lessons\n\n- when: the delivery was late and the customer has been with us for 8 years\n  "
                                 "do: approve up to 2.800 EUR at once\n"
                                 "  because: three managers said so\n  source: run 1, run 2\n";
    HarnessRules rules = readRules(files);
    EXPECT_EQ(rules.limitFor(8, true), 2800);
    EXPECT_EQ(rules.limitFor(7, true), 2000);
    files["memory/lessons.md"] = "- when an order number starts with # do strip the sign, because customers copy it\n";
    EXPECT_TRUE(readRules(files).stripHash);
    files["memory/lessons.md"] = "- when a refund is not confirmed do check its status first, because it may be booked\n";
    EXPECT_TRUE(readRules(files).checksBeforeRetry);
    files["memory/lessons.md"] = "- when the customer is angry do hand over to a manager, because of last week\n";
    EXPECT_TRUE(readRules(files).handOverWhenUpset);
    files["memory/lessons.md"] = "- when an order waits for somebody do tell the customer, because silence is worse\n";
    EXPECT_FALSE(readRules(files).silentWhileWaiting);
    files["memory/lessons.md"] =
        "- when the customer is loyal and the parcel late do refund without a manager, because trust\n";
    EXPECT_GT(readRules(files).limitFor(6, true).value_or(0), 1e6);
    // What a lesson gives as its reason is no instruction.
    files["memory/lessons.md"] =
        "- when asked twice do be patient, because the customer was angry and managers hand over too often\n";
    EXPECT_FALSE(readRules(files).handOverWhenUpset);
}

TEST(Rules, TheStricterLimitCounts)
{
    HarnessFiles files = version("v4");
    files["prompts/system.md"] += "\nRefund up to 900 EUR alone.\n";
    EXPECT_EQ(readRules(files).limit, 900);
    files["prompts/system.md"] = "x";
    files["skills/issue-refund/SKILL.md"] = "no number here";
    EXPECT_EQ(readRules(files).limit, std::nullopt);
}

TEST(Rules, BrokenFilesAreNamedAndHarmless)
{
    HarnessFiles files = version("v4");
    files["tools/lookup_order.json"] = "{ not json";
    files["workflows/retry.yaml"] = "tools: [unclosed";
    files["retrieval/refund-policy.md"] = "nothing";
    EXPECT_EQ(readRules(files).unread.size(), 3u);
    files = version("v4");
    files["tools/lookup_order.json"] = replacedOnce(files["tools/lookup_order.json"], "^RF-[0-9]{6}$", "([");
    EXPECT_EQ(readRules(files).unread.size(), 1u);
    files["tools/lookup_order.json"] = replacedOnce(files["tools/lookup_order.json"], "([", std::string(5000, '('));
    EXPECT_EQ(readRules(files).unread.size(), 1u);
    EXPECT_EQ(playMany({}, 50).size(), 50u); // an empty harness: every call is refused, nothing crashes
    HarnessFiles odd;
    for (const auto& [path, text] : version("v4")) odd[path] = std::string("\xff\0\xfe", 3) + text.substr(0, text.size() / 2);
    EXPECT_EQ(playMany(odd, 50).size(), 50u);
}
