// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/tracerecords.h"

#include "core/base/format.h"
#include "core/readers/annotations.h"
#include "core/readers/jsonvalues.h"
#include "core/readers/packedspan.h"

#include <algorithm>

namespace tackroom
{

namespace
{

/// What the later piece of a value says; else what was there.
template <class T> void take(T& to, T&& from)
{
    if (from != T{}) to = std::move(from);
}
void take(std::vector<Message>& to, std::vector<Message>&& from)
{
    if (!from.empty()) to = std::move(from);
}

void completeStep(Step& to, Step&& from)
{
    take(to.parentId, std::move(from.parentId));
    take(to.kind, std::move(from.kind));
    take(to.name, std::move(from.name));
    take(to.start, std::move(from.start));
    take(to.end, std::move(from.end));
    take(to.status, std::move(from.status));
    take(to.errorType, std::move(from.errorType));
    take(to.errorText, std::move(from.errorText));
    take(to.model, std::move(from.model));
    take(to.toolName, std::move(from.toolName));
    take(to.arguments, std::move(from.arguments));
    take(to.result, std::move(from.result));
    take(to.inputText, std::move(from.inputText));
    take(to.outputText, std::move(from.outputText));
    take(to.promptTokens, std::move(from.promptTokens));
    take(to.completionTokens, std::move(from.completionTokens));
}

void complete(NormalisedSpan& to, NormalisedSpan&& from)
{
    completeStep(to.step, std::move(from.step));
    take(to.sessionId, std::move(from.sessionId));
    take(to.userId, std::move(from.userId));
    take(to.agentName, std::move(from.agentName));
    take(to.project, std::move(from.project));
    take(to.userText, std::move(from.userText));
    take(to.answerText, std::move(from.answerText));
    to.hasOutput = to.hasOutput || from.hasOutput;
    to.version.fillFrom(from.version);
    take(to.costUsd, std::move(from.costUsd));
    std::ranges::move(from.scores, std::back_inserter(to.scores));
    std::ranges::move(from.decisions, std::back_inserter(to.decisions));
    take(to.input, std::move(from.input));
    take(to.output, std::move(from.output));
    take(to.inputText, std::move(from.inputText));
    take(to.outputText, std::move(from.outputText));
}

/// What was put out before a person corrected it: a correction that leaves it as it was is no reversal.
void fillCorrected(HumanDecision& decision, const RunRecord& record)
{
    if (decision.kind != DecisionKind::Edit || decision.target != "output" || !decision.before.empty()) return;
    if (decision.stepId.empty()) decision.before = record.run.answer;
    for (const Step& step : record.steps)
        if (!decision.stepId.empty() && step.nativeId == decision.stepId)
            decision.before = step.kind == StepKind::Tool ? step.result : step.outputText;
}

} // namespace

void fillBodies(chatml::Said in, chatml::Said out, NormalisedSpan& span)
{
    const bool isCall = span.step.kind == StepKind::Llm || span.step.kind == StepKind::Agent;
    const auto fill = [&](chatml::Said& said, std::string& text, std::vector<Message>& messages) {
        if (said.messages.empty())
            text = std::move(said.text);
        else if (!isCall)
            text = std::move(said.spoken);
        messages = std::move(said.messages);
    };
    fill(in, span.inputText, span.input);
    fill(out, span.outputText, span.output);
}

void CollectedTrace::Piece::pack(const NormalisedSpan& span)
{
    std::string bytes;
    packedspan::append(bytes, span);
    packed = std::string(bytes); // no more memory than it needs
    kind = span.step.kind;
    start = span.step.start;
}

void CollectedTrace::add(NormalisedSpan span, std::string raw)
{
    hasRecord = true;
    const auto [known, isNew] = m_byId.try_emplace(span.step.nativeId, m_spans.size());
    if (isNew) {
        Piece& piece = m_spans.emplace_back();
        piece.pack(span);
        piece.raw = std::move(raw);
        return;
    }
    Piece& piece = m_spans[known->second];
    NormalisedSpan whole;
    packedspan::unpack(piece.packed, whole);
    complete(whole, std::move(span));
    piece.pack(whole);
    if (!raw.empty()) piece.raw += (piece.raw.empty() ? "" : "\n") + raw;
}

std::optional<StepKind> CollectedTrace::kindOf(const std::string& spanId) const
{
    const auto known = m_byId.find(spanId);
    if (known == m_byId.end()) return std::nullopt;
    return m_spans[known->second].kind;
}

void CollectedTrace::addScore(std::string_view id, Score score)
{
    if (!id.empty() && !m_scoreIds.emplace(id).second) return;
    judgeScore(score);
    scores.push_back(std::move(score));
}

UtcNs CollectedTrace::start() const
{
    UtcNs first = 0;
    for (const Piece& piece : m_spans)
        if (piece.start > 0 && (first == 0 || piece.start < first)) first = piece.start;
    return first == 0 ? facts.start : first;
}

ParsedRun CollectedTrace::finish(bool wantBodies)
{
    SpanRunBuilder builder;
    for (Piece& piece : m_spans) {
        auto span = std::make_unique<NormalisedSpan>();
        packedspan::unpack(piece.packed, *span);
        builder.add(std::move(span), std::move(piece.raw));
        piece = {};
    }
    ParsedRun parsed = builder.finish(wantBodies);
    Run& run = parsed.record.run;
    run.nativeId = facts.nativeId;
    take(run.sessionId, std::move(facts.sessionId));
    take(run.userId, std::move(facts.userId));
    take(run.project, std::move(facts.project));
    take(run.task, std::move(facts.task));
    take(run.answer, std::move(facts.answer));
    if (run.agentName.empty()) run.agentName = std::move(facts.agentName);
    if (run.start == 0) run.start = facts.start;
    if (run.end == 0) run.end = facts.end;
    take(run.costUsd, std::move(facts.costUsd));
    setVersion(parsed.record, version);
    for (Score& score : scores) {
        if (auto decision = decisionOf(score)) decisions.push_back(std::move(*decision));
        parsed.record.scores.push_back(std::move(score));
    }
    for (HumanDecision& decision : decisions) fillCorrected(decision, parsed.record);
    std::ranges::move(decisions, std::back_inserter(parsed.record.decisions));
    if (wantBodies && !raw.empty()) parsed.raw = std::move(raw);
    parsed.ranges = std::move(ranges);
    return parsed;
}

CollectedTrace& TraceRecords::trace(std::string_view id)
{
    const auto known = m_traces.find(id);
    if (known != m_traces.end()) return known->second;
    CollectedTrace& made = m_traces.emplace(std::string(id), CollectedTrace{}).first->second;
    made.facts.nativeId = jsonvalues::cut(id, 512);
    return made;
}

Result<bool> TraceRecords::deliver(FormatSink& sink, const CancelToken& cancel)
{
    std::vector<std::pair<UtcNs, CollectedTrace*>> order;
    order.reserve(m_traces.size());
    for (auto& [id, trace] : m_traces) {
        if (!trace.hasRecord)
            sink.skipped(formatText("trace {}", id), formatText("only {} scores of it are here", trace.scores.size()));
        else
            order.emplace_back(trace.start(), &trace);
    }
    std::ranges::stable_sort(order, std::greater{}, &std::pair<UtcNs, CollectedTrace*>::first);
    for (auto& [start, trace] : order) {
        if (cancel.cancelled()) return CancelToken::error();
        ParsedRun run = trace->finish(m_wantBodies);
        *trace = {}; // it is as large as the run
        TR_ASSIGN(const bool more, sink.add(std::move(run)));
        if (!more) return false;
    }
    m_traces.clear();
    return true;
}

} // namespace tackroom
