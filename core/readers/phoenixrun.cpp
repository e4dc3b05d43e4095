// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/phoenixrun.h"

#include "core/base/text.h"
#include "core/readers/annotations.h"
#include "core/readers/phoenix.h"

#include <algorithm>
#include <format>
#include <unordered_set>

namespace tackroom
{

namespace
{

using namespace jsonvalues;

constexpr std::size_t kIdBytes = 512;
constexpr std::size_t kTextBytes = 2000;

UtcNs timeOf(std::string_view text) { return parseTime(text).value_or(0); }

StepStatus statusOf(std::string_view code)
{
    if (code == "OK") return StepStatus::Ok;
    if (code == "ERROR") return StepStatus::Error;
    return StepStatus::Unset;
}

std::string firstTextAt(Value value, std::initializer_list<std::string_view> keys)
{
    for (const auto key : keys)
        if (std::string text = cut(textOf(at(value, key)), kTextBytes); !text.empty()) return text;
    return {};
}

Score scoreOf(const PhoenixAnnotationRow& row, std::optional<Value> metadata)
{
    Score score;
    score.stepId = row.stepId;
    score.name = cut(row.name, kIdBytes);
    score.label = cut(row.label, kTextBytes);
    score.value = row.score;
    score.explanation = cut(row.explanation, kTextBytes);
    score.annotator = annotatorOf(row.annotatorKind);
    score.time = timeOf(row.time);
    score.by = cut(row.userName, kIdBytes);
    if (score.by.empty() && metadata) score.by = firstTextAt(*metadata, {"by", "annotator", "annotated_by", "user"});
    if (score.by.empty()) score.by = cut(row.identifier, kIdBytes);
    judgeScore(score);
    const bool ofSession = row.documentPosition < 0;
    if (ofSession) score.name = "session " + score.name;
    if (ofSession) score.says = Outcome::Unknown; // of which of its runs it speaks is not told
    if (row.ofDocument) {                         // what a document is worth says nothing of the run
        score.name += std::format(" [{}]", row.documentPosition);
        score.says = Outcome::Unknown;
    }
    return score;
}

} // namespace

void PhoenixRunBuilder::begin(const PhoenixTraceRow& trace)
{
    m_trace = trace;
    m_spans.clear();
    m_annotations.clear();
    m_costUsd.reset();
    m_leftOut = 0;
}

void PhoenixRunBuilder::readTexts(const PhoenixSpanRow& row, SpanPart& part, RunSink& sink)
{
    const std::string where = std::format("span {} of trace {}", cut(row.spanId, 64), cut(m_trace.traceId, 64));
    const auto tooLong = [&](std::string_view what, std::uint64_t bytes) {
        sink.skipped(where, std::format("its {} have {} bytes; at most {} are read", what, bytes, kMaxAttributesBytes));
    };
    if (row.attributes.empty() && row.attributesBytes > 0)
        tooLong("attributes", row.attributesBytes);
    else {
        auto facts = openinference::readAttributes(row.attributes, part.step, m_parsers);
        if (facts)
            part.facts = std::move(*facts);
        else
            sink.skipped(where, "its attributes: " + facts.error().detail);
    }
    if (row.events.empty() && row.eventsBytes > 0)
        tooLong("events", row.eventsBytes);
    else if (const auto events = openinference::readEvents(row.events, part.step, m_parsers); !events)
        sink.skipped(where, "its events: " + events.error().detail);
}

void PhoenixRunBuilder::addSpan(const PhoenixSpanRow& row, RunSink& sink)
{
    if (m_spans.size() >= kMaxSpansOfRun) {
        ++m_leftOut;
        return;
    }
    SpanPart part;
    part.rowId = row.rowId;
    Step& step = part.step;
    step.nativeId = cut(row.spanId, kIdBytes);
    step.parentId = cut(row.parentId, kIdBytes);
    step.kind = openinference::kindOf(row.kind);
    step.name = cut(row.name, kIdBytes);
    step.start = timeOf(row.start);
    step.end = timeOf(row.end);
    step.status = statusOf(row.statusCode);
    if (step.status == StepStatus::Error) step.errorText = cut(row.statusMessage, kTextBytes);
    step.promptTokens = row.promptTokens;
    step.completionTokens = row.completionTokens;
    part.cumulativePrompt = row.cumulativePromptTokens;
    part.cumulativeCompletion = row.cumulativeCompletionTokens;
    readTexts(row, part, sink);
    m_spans.push_back(std::move(part));
}

void PhoenixRunBuilder::addAnnotation(const PhoenixAnnotationRow& row) { m_annotations.push_back(row); }

void PhoenixRunBuilder::addCost(double usd) { m_costUsd = m_costUsd.value_or(0) + usd; }

std::size_t PhoenixRunBuilder::rootIndex() const
{
    std::unordered_set<std::string_view> ids;
    for (const auto& part : m_spans) ids.insert(part.step.nativeId);
    std::optional<std::size_t> orphan;
    for (std::size_t i = 0; i < m_spans.size(); ++i) {
        const Step& step = m_spans[i].step;
        if (step.parentId.empty()) return i;
        if (!orphan && !ids.contains(step.parentId)) orphan = i;
    }
    return orphan.value_or(0); // all in a circle: the first
}

void PhoenixRunBuilder::fillVersion(Run& run, const SpanPart& root) const
{
    VersionFacts facts = root.facts.version;
    for (const auto& part : m_spans) facts.fillFrom(part.facts.version);
    setVersion(run, facts);
}

void PhoenixRunBuilder::fillTexts(Run& run, const SpanPart& root) const
{
    run.task = root.facts.userText;
    const Step* lastLlm = nullptr;
    for (const auto& part : m_spans) {
        if (part.step.kind != StepKind::Llm) continue;
        if (run.task.empty()) run.task = part.facts.userText.empty() ? part.step.inputText : part.facts.userText;
        lastLlm = &part.step;
    }
    if (root.facts.hasOutput || !lastLlm)
        run.answer = root.facts.answerText;
    else
        run.answer = lastLlm->outputText;
}

void PhoenixRunBuilder::fillRun(Run& run, const SpanPart& root) const
{
    run.nativeId = m_trace.traceId;
    run.key = runKeyOf(PhoenixReader::kKind, m_trace.traceId);
    run.project = cut(m_trace.project, kIdBytes);
    run.sessionId = cut(m_trace.sessionId, kIdBytes);
    run.userId = cut(m_trace.userId, kIdBytes);
    if (run.sessionId.empty()) run.sessionId = root.facts.sessionId;
    if (run.userId.empty()) run.userId = root.facts.userId;
    run.agentName = root.facts.agentName;
    run.start = timeOf(m_trace.start);
    run.end = timeOf(m_trace.end);
    run.status = root.step.status;
    run.promptTokens = root.cumulativePrompt;
    run.completionTokens = root.cumulativeCompletion;
    const bool sumTokens = run.promptTokens == 0 && run.completionTokens == 0;
    std::optional<double> attributeCost;
    for (const auto& part : m_spans) {
        if (run.sessionId.empty()) run.sessionId = part.facts.sessionId;
        if (run.userId.empty()) run.userId = part.facts.userId;
        if (run.agentName.empty()) run.agentName = part.facts.agentName;
        if (part.step.status == StepStatus::Error) ++run.errorCount;
        if (sumTokens) {
            run.promptTokens += part.step.promptTokens;
            run.completionTokens += part.step.completionTokens;
        }
        if (part.facts.costUsd) attributeCost = attributeCost.value_or(0) + *part.facts.costUsd;
        if (part.step.start > 0 && (run.start == 0 || (m_trace.start.empty() && part.step.start < run.start)))
            run.start = part.step.start;
        if (m_trace.end.empty()) run.end = std::max(run.end, part.step.end);
    }
    if (run.agentName.empty() && root.step.kind == StepKind::Agent) run.agentName = root.step.name;
    run.costUsd = m_costUsd ? m_costUsd : attributeCost;
    run.stepCount = static_cast<std::int64_t>(m_spans.size());
    fillTexts(run, root);
    fillVersion(run, root);
}

void PhoenixRunBuilder::fillAnnotations(RunRecord& record)
{
    std::unordered_map<std::string_view, const Step*> steps;
    for (const auto& part : m_spans) steps.emplace(part.step.nativeId, &part.step);
    for (const auto& row : m_annotations) {
        std::optional<Value> metadata;
        if (row.metadata.size() > 2)
            if (const auto parsed = m_parsers.metadata.parse(row.metadata)) metadata = *parsed;
        record.scores.push_back(scoreOf(row, metadata));
        const Score& score = record.scores.back();
        auto decision = row.ofDocument || row.documentPosition < 0 ? std::nullopt : decisionOf(score);
        if (!decision) continue;
        const auto step = steps.find(decision->stepId);
        if (step != steps.end())
            decision->target = step->second->toolName.empty() ? step->second->name : step->second->toolName;
        if (metadata) {
            decision->before = firstTextAt(*metadata, {"agent_decision", "before"});
            if (auto after = firstTextAt(*metadata, {"human_decision", "after"}); !after.empty()) decision->after = after;
            if (auto target = firstTextAt(*metadata, {"target"}); !target.empty()) decision->target = target;
        }
        record.decisions.push_back(std::move(*decision));
    }
}

RunRecord PhoenixRunBuilder::finish(RunSink& sink)
{
    std::ranges::sort(m_spans, [](const SpanPart& a, const SpanPart& b) {
        return a.step.start != b.step.start ? a.step.start < b.step.start : a.rowId < b.rowId;
    });
    if (m_leftOut > 0)
        sink.skipped(std::format("trace {}", cut(m_trace.traceId, 64)),
                     std::format("it has {} spans; the first {} were read", m_spans.size() + m_leftOut, m_spans.size()));
    RunRecord record;
    static const SpanPart kNoSpan{};
    fillRun(record.run, m_spans.empty() ? kNoSpan : m_spans[rootIndex()]);
    fillAnnotations(record);
    record.steps.reserve(m_spans.size());
    for (auto& part : m_spans) record.steps.push_back(std::move(part.step));
    m_spans.clear();
    m_annotations.clear();
    return record;
}

} // namespace tackroom
