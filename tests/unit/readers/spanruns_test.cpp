// SPDX-License-Identifier: GPL-3.0-or-later
// Runs out of the spans of a trace: what is counted, told and decided once.
#include "core/readers/spans.h"
#include "tests/unit/readers/spantesting.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tackroom::testing
{
namespace
{

using ::testing::DoubleEq;
using ::testing::ElementsAre;
using ::testing::Optional;

NormalisedSpan part(std::string id, std::string parent, StepKind kind, UtcNs start, UtcNs end)
{
    NormalisedSpan span;
    span.traceId = "t";
    span.step.nativeId = std::move(id);
    span.step.parentId = std::move(parent);
    span.step.kind = kind;
    span.step.name = span.step.nativeId;
    span.step.start = start;
    span.step.end = end;
    return span;
}
Message say(std::string role, std::string content)
{
    Message message;
    message.role = std::move(role);
    message.content = std::move(content);
    return message;
}

TEST(SpanRuns, TokensAndCallsAreNotCountedTwice)
{
    SpanRunBuilder builder;
    auto wrapper = part("wrap", "agent", StepKind::Llm, 20, 40);
    wrapper.step.promptTokens = 100;
    wrapper.hasOutput = true;
    auto inner = part("in", "wrap", StepKind::Llm, 20, 39); // begins with its parent, and stands before it in the file
    inner.step.promptTokens = 100;
    inner.step.completionTokens = 7;
    inner.hasOutput = true;
    inner.answerText = "answer";
    inner.costUsd = 0.5;
    auto agent = part("agent", "", StepKind::Agent, 10, 50);
    agent.step.promptTokens = 100;
    agent.costUsd = 0.5;
    agent.step.status = StepStatus::Error;
    builder.add(inner);
    builder.add(wrapper);
    builder.add(inner); // sent twice
    EXPECT_FALSE(builder.hasRoot());
    builder.add(agent);
    EXPECT_TRUE(builder.hasRoot());
    const auto run = builder.finish(false);
    EXPECT_TRUE(builder.empty());
    ASSERT_EQ(run.record.steps.size(), 3U);
    EXPECT_EQ(run.record.steps[0].nativeId, "agent");
    EXPECT_EQ(run.record.steps[1].nativeId, "wrap");
    EXPECT_EQ(run.record.steps[1].kind, StepKind::Chain);
    EXPECT_EQ(run.record.steps[2].kind, StepKind::Llm);
    EXPECT_EQ(run.record.run.promptTokens, 100);
    EXPECT_EQ(run.record.run.completionTokens, 7);
    EXPECT_THAT(run.record.run.costUsd, Optional(DoubleEq(0.5)));
    EXPECT_EQ(run.record.run.stepCount, 3);
    EXPECT_EQ(run.record.run.errorCount, 1);
    EXPECT_EQ(run.record.run.status, StepStatus::Error);
    EXPECT_EQ(run.record.run.start, 10);
    EXPECT_EQ(run.record.run.end, 50);
    EXPECT_EQ(run.record.run.answer, "answer");
    EXPECT_EQ(run.record.run.agentName, "agent");
    EXPECT_EQ(run.record.run.nativeId, "t");
}

TEST(SpanRuns, TheConversationIsToldOnce)
{
    SpanRunBuilder builder;
    auto first = part("l1", "r", StepKind::Llm, 2, 3);
    first.input = {say("system", "s"), say("user", "again")};
    first.output = {say("assistant", "")};
    first.output[0].toolCalls = {{"c", "f", R"({"a": 1})"}};
    auto tool = part("t1", "r", StepKind::Tool, 3, 4);
    tool.toolCallId = "c";
    tool.outputText = "wrapped result";
    auto second = part("l2", "r", StepKind::Llm, 5, 6);
    second.input = {say("system", "s"), say("user", "again"), first.output[0], say("tool", "result"), say("user", "again")};
    second.input[2].toolCalls[0].arguments = R"({"a":1})"; // the same with other spaces
    second.input[3].toolCallId = "c";
    second.output = {say("assistant", "fine")};
    builder.add(part("r", "", StepKind::Chain, 1, 9));
    builder.add(first);
    builder.add(tool);
    builder.add(second, "{\"raw\":1}");
    const auto run = builder.finish(true);
    EXPECT_THAT(shown(run.conversation), ElementsAre("system: s", "user: again", "assistant:  c:f({\"a\": 1})",
                                                     "tool: result <c>", "user: again", "assistant: fine"));
    EXPECT_EQ(run.conversation[2].stepId, "l1");
    EXPECT_EQ(run.conversation[3].stepId, "t1");
    EXPECT_EQ(run.conversation[5].stepId, "l2");
    ASSERT_TRUE(run.texts.contains("l2"));
    EXPECT_EQ(run.texts.at("l2").messages.size(), 6U);
    EXPECT_EQ(run.texts.at("l2").raw, "{\"raw\":1}");
    EXPECT_EQ(run.texts.at("t1").output, "wrapped result");
}

TEST(SpanRuns, WhatPersonsDecidedComesAlongOnce)
{
    constexpr std::string_view kHistory = R"([{"role":"user","content":"refund it"},
        {"role":"assistant","content":[{"type":"tool-call","toolCallId":"c","toolName":"issue_refund","input":{}},{"type":"tool-approval-request","approvalId":"q","toolCallId":"c"}]},
        {"role":"tool","content":[{"type":"tool-approval-response","approvalId":"q","approved":true}]},
        {"role":"tool","content":[{"type":"tool-result","toolCallId":"d","toolName":"delete","output":{"type":"execution-denied","reason":"not mine"}}]}])";
    std::vector<HumanDecision> decisions;
    const auto messages = messagesOfText(kHistory, kWholeText, &decisions);
    EXPECT_EQ(shown(messages).back(), "tool: [rejected] not mine <d>");
    ASSERT_EQ(decisions.size(), 2U);
    EXPECT_EQ(decisions[0].kind, DecisionKind::Approve);
    EXPECT_EQ(decisions[0].target, "issue_refund");
    EXPECT_EQ(decisions[1].kind, DecisionKind::Reject);
    EXPECT_EQ(decisions[1].target, "delete");
    EXPECT_EQ(decisions[1].reason, "not mine");

    std::vector<HumanDecision> confirmed;
    (void)messagesOfText(
        R"({"contents":[{"role":"model","parts":[{"function_call":{"id":"k","name":"adk_request_confirmation","args":{"originalFunctionCall":{"name":"wipe"}}}}]},
        {"role":"user","parts":[{"function_response":{"id":"k","name":"adk_request_confirmation","response":{"confirmed":false}}}]}]})",
        kWholeText, &confirmed);
    ASSERT_EQ(confirmed.size(), 1U);
    EXPECT_EQ(confirmed[0].kind, DecisionKind::Reject);
    EXPECT_EQ(confirmed[0].target, "wipe");

    // The history stands in two calls.
    Made first("ai.generateText.doGenerate", R"({"ai.operationId":"ai.generateText.doGenerate"})"),
        second("x", R"({"ai.operationId":"ai.generateText.doGenerate"})");
    SpanRunBuilder builder;
    for (Made* made : {&first, &second}) {
        made->span.spanId = made == &first ? "1" : "2";
        made->span.start = made == &first ? 10 : 20;
        made->span.attributes.addText("ai.prompt.messages", kHistory);
        builder.add(made->normal(false));
    }
    const auto run = builder.finish(false);
    ASSERT_EQ(run.record.decisions.size(), 2U);
    EXPECT_EQ(run.record.decisions[0].stepId, "1");
    EXPECT_EQ(run.record.decisions[0].time, 10);
}

TEST(SpanRuns, ParentsInACircleEnd)
{
    SpanRunBuilder builder;
    builder.add(part("a", "b", StepKind::Llm, 1, 2));
    builder.add(part("b", "a", StepKind::Agent, 1, 2));
    builder.add(part("c", "c", StepKind::Tool, 1, 2));
    EXPECT_EQ(builder.finish(true).record.steps.size(), 3U);
}

} // namespace
} // namespace tackroom::testing
