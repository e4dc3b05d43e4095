// SPDX-License-Identifier: GPL-3.0-or-later
// A span comes out of its packed form as it went in, whatever the place held before.
#include "core/base/format.h"
#include "core/readers/packedspan.h"

#include <gtest/gtest.h>

namespace tackroom::testing
{
namespace
{

/// All that a span holds, as text.
std::string shownWhole(const NormalisedSpan& span)
{
    const Step& step = span.step;
    std::string text;
    for (const std::string* each : {&span.traceId,       &step.nativeId,         &step.parentId,       &step.name,
                                    &step.errorType,     &step.errorText,        &step.model,          &step.toolName,
                                    &step.arguments,     &step.result,           &step.inputText,      &step.outputText,
                                    &span.dialect,       &span.sessionId,        &span.userId,         &span.agentName,
                                    &span.project,       &span.userText,         &span.answerText,     &span.toolCallId,
                                    &span.inputText,     &span.outputText,       &span.version.commit, &span.version.commitKey,
                                    &span.version.label, &span.version.labelKey, &span.version.prompt, &span.version.promptKey})
        text += *each + "|";
    text += formatText("{} {} {} {} {} {} {} {} {}\n", static_cast<int>(step.kind), static_cast<int>(step.status), step.start,
                       step.end, step.promptTokens, step.completionTokens, span.hasOutput, span.isEventOnly,
                       span.costUsd.value_or(-1));
    for (const auto& key : span.version.keys) text += "key " + key.key + "=" + key.value + "\n";
    for (const auto& score : span.scores)
        text += formatText("score {} {} {} {} {} {} {} {} {} {}\n", score.stepId, score.name, score.label,
                           score.value.value_or(-1), score.explanation, static_cast<int>(score.annotator), score.by, score.time,
                           static_cast<int>(score.says), static_cast<int>(score.weight));
    for (const auto& decision : span.decisions)
        text += formatText("decision {} {} {} {} {} {} {} {}\n", decision.stepId, static_cast<int>(decision.kind), decision.by,
                           decision.time, decision.target, decision.before, decision.after, decision.reason);
    for (const auto* messages : {&span.input, &span.output})
        for (const auto& message : *messages) {
            text += formatText("message {} {} {} {} {}", message.role, message.name, message.content, message.toolCallId,
                               message.stepId);
            for (const auto& call : message.toolCalls) text += formatText(" {} {} {}", call.id, call.name, call.arguments);
            text += '\n';
        }
    return text;
}

/// Every member has a value of its own.
NormalisedSpan fullSpan(const std::string& mark)
{
    NormalisedSpan span;
    Step& step = span.step;
    int number = 0;
    const auto set = [&](auto&... texts) { ((texts = formatText("{}{}", mark, ++number)), ...); };
    set(span.traceId, step.nativeId, step.parentId, step.name, step.errorType, step.errorText, step.model, step.toolName,
        step.arguments, step.result, step.inputText, step.outputText, span.dialect, span.sessionId, span.userId, span.agentName,
        span.project, span.userText, span.answerText, span.toolCallId, span.inputText, span.outputText, span.version.commit,
        span.version.commitKey, span.version.label, span.version.labelKey, span.version.prompt, span.version.promptKey);
    step.kind = StepKind::Tool;
    step.status = StepStatus::Error;
    step.start = 11;
    step.end = 12;
    step.promptTokens = 13;
    step.completionTokens = 14;
    span.costUsd = 0.5;
    span.hasOutput = span.isEventOnly = true;
    span.version.keys = {{mark + "k", "v"}, {"k2", mark + "v2"}};
    span.scores.push_back(
        {"s", mark, "label", 0.25, "because", Annotator::Llm, "by", 15, Outcome::Failure, OutcomeSource::Rule});
    span.decisions.push_back({"s", DecisionKind::Reject, "by", 16, "target", "before", "after", mark});
    span.input.push_back({"user", "name", mark, {{"id", "call", "{}"}, {"id2", "call2", mark}}, "call id", "step"});
    span.output.push_back({"assistant", "", std::string(5000, 'x'), {}, "", "step2"});
    return span;
}

TEST(PackedSpan, ComesOutAsItWentIn)
{
    NormalisedSpan plain;
    plain.traceId = "t";
    plain.step.inputText = std::string(3000, 'i');
    const std::vector<NormalisedSpan> spans = {fullSpan("a long mark, no short text "), NormalisedSpan(), plain, fullSpan("b")};
    std::string packed = "before";
    for (const auto& span : spans) packedspan::append(packed, span);
    std::string_view left = std::string_view(packed).substr(6);
    NormalisedSpan into = fullSpan("what was there");
    for (const auto& span : spans) {
        const auto glance = packedspan::glanceAt(left);
        EXPECT_EQ(glance.traceId, span.traceId);
        EXPECT_EQ(glance.hasParent, !span.step.parentId.empty());
        EXPECT_EQ(glance.isEventOnly, span.isEventOnly);
        packedspan::unpack(glance.whole, into);
        EXPECT_EQ(shownWhole(into), shownWhole(span));
        left.remove_prefix(glance.whole.size());
    }
    EXPECT_EQ(left, "");
}

TEST(PackedSpan, ClearedIsAsNew)
{
    NormalisedSpan span = fullSpan("x");
    span.clear();
    EXPECT_EQ(shownWhole(span), shownWhole(NormalisedSpan()));
}

TEST(PackedSpan, ARunIsTheSameOfBothForms)
{
    SpanRunBuilder packed, mixed, whole;
    SpanRunBuilder::Spares spares;
    for (int round = 0; round < 2; ++round) { // the second time in the memory of the first
        for (int i = 0; i < 40; ++i) {
            NormalisedSpan span = fullSpan(formatText("round {} span {} ", round, i));
            span.isEventOnly = false;
            span.traceId = "t";
            span.step.start = 100 - i % 7;
            span.step.parentId = i == 3 ? "" : formatText("round {} span {} 2", round, i / 2 + 1);
            std::string bytes;
            packedspan::append(bytes, span);
            packed.addPacked(packedspan::glanceAt(bytes));
            i >= 20 && i % 3 == 2 ? mixed.add(span) : mixed.addPacked(packedspan::glanceAt(bytes));
            whole.add(std::move(span));
        }
        EXPECT_EQ(packed.spanCount(), 40U);
        EXPECT_TRUE(packed.hasRoot());
        const auto wanted = whole.finish(false);
        ASSERT_EQ(wanted.record.steps.size(), 40U);
        for (auto* builder : {&packed, &mixed}) {
            const auto run = builder->finish(false, &spares);
            EXPECT_TRUE(builder->empty());
            EXPECT_FALSE(builder->hasRoot());
            EXPECT_EQ(builder->heldBytes(), 0U);
            ASSERT_EQ(run.record.steps.size(), 40U);
            for (std::size_t i = 0; i < 40; ++i) {
                EXPECT_EQ(run.record.steps[i].nativeId, wanted.record.steps[i].nativeId);
                EXPECT_EQ(run.record.steps[i].result, wanted.record.steps[i].result);
            }
            EXPECT_EQ(run.record.run.task, wanted.record.run.task);
            EXPECT_EQ(run.record.run.answer, wanted.record.run.answer);
            EXPECT_EQ(run.record.run.harnessVersion, wanted.record.run.harnessVersion);
            EXPECT_EQ(run.record.scores.size(), wanted.record.scores.size());
        }
        EXPECT_FALSE(spares.empty());
    }
}

} // namespace
} // namespace tackroom::testing
