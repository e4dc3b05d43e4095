// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/traces/stepalignment.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace tackroom
{
namespace
{

Step stepOf(StepKind kind, const std::string& name, const std::string& text)
{
    Step step;
    step.kind = kind;
    step.name = name;
    if (kind == StepKind::Tool) {
        step.toolName = name;
        step.arguments = text;
    } else {
        step.outputText = text;
    }
    return step;
}
Step tool(const std::string& name, const std::string& text = {}) { return stepOf(StepKind::Tool, name, text); }
Step llm(const std::string& text) { return stepOf(StepKind::Llm, "chat", text); }

/// "0=0 1~1 2- -2": the same, a pair, left alone, right alone.
std::string textOf(const std::vector<AlignedSteps>& rows)
{
    std::string text;
    for (const AlignedSteps& row : rows) {
        if (!text.empty()) text += ' ';
        if (row.left) text += std::to_string(*row.left);
        text += row.left && row.right ? (row.same ? "=" : "~") : "-";
        if (row.right) text += std::to_string(*row.right);
    }
    return text;
}

std::string align(const std::vector<Step>& left, const std::vector<Step>& right) { return textOf(alignSteps(left, right)); }

TEST(StepAlignment, theSameRunStandsBesideItself)
{
    const std::vector<Step> run{llm("hello"), tool("lookup", "{\"id\": 1}"), llm("done")};
    EXPECT_EQ(align(run, run), "0=0 1=1 2=2");
    EXPECT_EQ(align({}, {}), "");
    EXPECT_EQ(align(run, {}), "0- 1- 2-");
    EXPECT_EQ(align({}, run), "-0 -1 -2");
}

TEST(StepAlignment, aStepThatOnlyOneHasStandsAlone)
{
    const std::vector<Step> shorter{llm("hello"), tool("refund", "5"), llm("done")};
    const std::vector<Step> longer{llm("hello"), tool("lookup", "1"), tool("refund", "5"), llm("done")};
    EXPECT_EQ(align(shorter, longer), "0=0 -1 1=2 2=3");
    EXPECT_EQ(align(longer, shorter), "0=0 1- 2=1 3=2");
}

TEST(StepAlignment, ofSeveralCallsOfOneToolTheLikeliestIsThePair)
{
    const std::vector<Step> left{tool("lookup", "order 77 of anna")};
    const std::vector<Step> right{tool("lookup", "order 12 of bert"), tool("lookup", "order 78 of anna"), tool("lookup", "nothing")};
    EXPECT_EQ(align(left, right), "-0 0~1 -2");
}

TEST(StepAlignment, anotherKindOrToolIsNoPair)
{
    EXPECT_EQ(align({tool("refund", "a b c")}, {tool("lookup", "a b c")}), "0- -0");
    EXPECT_EQ(align({llm("a b c")}, {tool("chat", "a b c")}), "0- -0");
    // Model calls of other names are of one kind.
    EXPECT_EQ(align({stepOf(StepKind::Llm, "plan", "a b")}, {stepOf(StepKind::Llm, "chat", "a b")}), "0~0");
}

TEST(StepAlignment, whatDiffersIsSaid)
{
    Step failed = tool("lookup", "1");
    failed.status = StepStatus::Error;
    failed.errorText = "no such order";
    EXPECT_EQ(align({tool("lookup", "1")}, {failed}), "0~0");
    Step later = tool("lookup", "1");
    later.start = 99;
    later.nativeId = "another";
    EXPECT_EQ(align({tool("lookup", "1")}, {later}), "0=0") << "times and ids are never the same";
}

TEST(StepAlignment, everyStepStandsOnceInItsOrderHoweverLongTheRuns)
{
    std::vector<Step> left, right;
    for (int i = 0; i < 20'000; ++i) {
        left.push_back(tool("tool" + std::to_string(i % 7), "call " + std::to_string(i)));
        if (i % 11 != 3) right.push_back(tool("tool" + std::to_string(i % 7), "call " + std::to_string(i) + (i % 5 ? "" : " twice")));
    }
    const auto begun = std::chrono::steady_clock::now();
    const auto rows = alignSteps(left, right);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    std::size_t nextLeft = 0, nextRight = 0, right_pairs = 0;
    for (const AlignedSteps& row : rows) {
        ASSERT_TRUE(row.left || row.right);
        if (row.left) {
            ASSERT_EQ(*row.left, nextLeft++);
        }
        if (row.right) {
            ASSERT_EQ(*row.right, nextRight++);
        }
        // The right pairs: the same number in both.
        if (row.left && row.right && left[*row.left].arguments == right[*row.right].arguments.substr(0, left[*row.left].arguments.size()))
            ++right_pairs;
    }
    EXPECT_EQ(nextLeft, left.size());
    EXPECT_EQ(nextRight, right.size());
    EXPECT_GT(right_pairs, right.size() * 95 / 100);
    EXPECT_LT(seconds, 60) << "and is done within a breath or two";
}

} // namespace
} // namespace tackroom
