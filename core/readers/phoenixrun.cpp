// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/phoenixrun.h"

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/readers/annotations.h"
#include "core/readers/phoenix.h"

#include <algorithm>
#include <chrono>
#include <unordered_set>

namespace tackroom
{

namespace
{

using namespace jsonvalues;

constexpr std::size_t kTextBytes = 2000;

/// "2026-03-02 08:15:30.123456", as Phoenix writes every time: two of them a span are worth a way of their own.
std::optional<UtcNs> plainTimeOf(std::string_view text)
{
    constexpr std::string_view kForm = "0000-00-00 00:00:00.000000";
    if (text.size() != kForm.size()) return std::nullopt;
    for (std::size_t i = 0; i < kForm.size(); ++i)
        if (kForm[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != kForm[i]) return std::nullopt;
    const auto number = [&](std::size_t at, std::size_t digits) {
        std::int64_t value = 0;
        for (std::size_t i = at; i < at + digits; ++i) value = value * 10 + (text[i] - '0');
        return value;
    };
    const std::int64_t hour = number(11, 2), minute = number(14, 2), second = number(17, 2), month = number(5, 2),
                       day = number(8, 2), year = number(0, 4);
    // What is at the edge of the possible is left to parseTime.
    if (hour > 23 || minute > 59 || second > 59 || month < 1 || month > 12 || day < 1 || day > 28 || year < 1970 || year > 2200)
        return std::nullopt;
    const std::chrono::sys_days date =
        std::chrono::year(static_cast<int>(year)) / static_cast<int>(month) / static_cast<int>(day);
    return ((date.time_since_epoch().count() * 24 + hour) * 3600 + minute * 60 + second) * 1'000'000'000 + number(20, 6) * 1000;
}

UtcNs timeOf(std::string_view text)
{
    if (const auto plain = plainTimeOf(text)) return *plain;
    return parseTime(text).value_or(0);
}

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
        score.name += formatText(" [{}]", row.documentPosition);
        score.says = Outcome::Unknown;
    }
    return score;
}

} // namespace

void PhoenixRunBuilder::begin(PhoenixTraceRow trace)
{
    m_trace = std::move(trace);
    m_spans.clear();
    m_annotations.clear();
    m_costUsd.reset();
    m_leftOut = 0;
}

void PhoenixRunBuilder::readTexts(const PhoenixSpanRow& row, SpanPart& part, RunSink& sink, openinference::Reading reading)
{
    const auto skip = [&](std::string why) {
        sink.skipped(formatText("span {} of trace {}", cut(row.spanId, 64), cut(m_trace.traceId, 64)), std::move(why));
    };
    const auto tooLong = [&](std::string_view what, std::uint64_t bytes) {
        skip(formatText("its {} have {} bytes; at most {} are read", what, bytes, kMaxAttributesBytes));
    };
    if (row.attributes.empty() && row.attributesBytes > 0)
        tooLong("attributes", row.attributesBytes);
    else {
        auto facts = openinference::readAttributes(row.attributes, part.step, *m_parsers, reading);
        if (facts)
            part.facts = std::move(*facts);
        else
            skip("its attributes: " + facts.error().detail);
        if (part.facts.textsAreLate) part.attributes = row.attributes;
    }
    if (row.events.empty() && row.eventsBytes > 0)
        tooLong("events", row.eventsBytes);
    else if (const auto events = openinference::readEvents(row.events, part.step, *m_parsers); !events)
        skip("its events: " + events.error().detail);
}

void PhoenixRunBuilder::addSpan(const PhoenixSpanRow& row, RunSink& sink, openinference::Reading reading)
{
    if (m_spans.size() >= kMaxSpansOfRun) {
        ++m_leftOut;
        return;
    }
    SpanPart& part = m_spans.emplace_back();
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
    readTexts(row, part, sink, reading);
}

/// Looks for the texts that were left out, for the few spans of which the run wants them.
void PhoenixRunBuilder::settle(SpanPart& part)
{
    if (part.facts.textsAreLate) openinference::readLateTexts(part.attributes, part.facts, *m_parsers);
    part.attributes = {};
}

void PhoenixRunBuilder::readLateTexts()
{
    for (auto& part : m_spans) settle(part);
}

void PhoenixRunBuilder::sortByStart()
{
    m_byStart.clear();
    for (auto& part : m_spans) m_byStart.push_back(&part);
    std::ranges::sort(m_byStart, [](const SpanPart* a, const SpanPart* b) {
        return a->step.start != b->step.start ? a->step.start < b->step.start : a->rowId < b->rowId;
    });
}

PhoenixRunBuilder::SpanPart& PhoenixRunBuilder::root()
{
    for (SpanPart* part : m_byStart)
        if (part->step.parentId.empty()) return *part;
    std::unordered_set<std::string_view> ids;
    for (const auto& part : m_spans) ids.insert(part.step.nativeId);
    for (SpanPart* part : m_byStart)
        if (!ids.contains(part->step.parentId)) return *part;
    return *m_byStart.front(); // all in a circle: the first
}

void PhoenixRunBuilder::fillVersion(RunRecord& record, const SpanPart& root) const
{
    VersionFacts facts = root.facts.version;
    for (const SpanPart* part : m_byStart) facts.fillFrom(part->facts.version);
    setVersion(record, facts);
}

void PhoenixRunBuilder::fillTexts(Run& run, const SpanPart& root)
{
    run.task = root.facts.userText;
    const Step* lastLlm = nullptr;
    for (SpanPart* part : m_byStart) {
        if (part->step.kind != StepKind::Llm) continue;
        if (run.task.empty()) {
            settle(*part);
            run.task = part->facts.userText.empty() ? part->step.inputText : part->facts.userText;
        }
        lastLlm = &part->step;
    }
    if (root.facts.hasOutput || !lastLlm)
        run.answer = root.facts.answerText;
    else
        run.answer = lastLlm->outputText;
}

void PhoenixRunBuilder::fillRun(Run& run, const SpanPart& root)
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
    for (const SpanPart* each : m_byStart) {
        const SpanPart& part = *each;
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
}

void PhoenixRunBuilder::fillAnnotations(RunRecord& record)
{
    for (const auto& row : m_annotations) {
        std::optional<Value> metadata;
        if (row.metadata.size() > 2)
            if (const auto parsed = m_parsers->metadata.parse(row.metadata)) metadata = *parsed;
        record.scores.push_back(scoreOf(row, metadata));
        const Score& score = record.scores.back();
        auto decision = row.ofDocument || row.documentPosition < 0 ? std::nullopt : decisionOf(score);
        if (!decision) continue;
        const auto step =
            std::ranges::find(m_byStart, decision->stepId, [](const SpanPart* part) { return part->step.nativeId; });
        if (step != m_byStart.end())
            decision->target = (*step)->step.toolName.empty() ? (*step)->step.name : (*step)->step.toolName;
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
    sortByStart();
    if (m_leftOut > 0)
        sink.skipped(formatText("trace {}", cut(m_trace.traceId, 64)),
                     formatText("it has {} spans; the first {} were read", m_spans.size() + m_leftOut, m_spans.size()));
    RunRecord record;
    if (!m_byStart.empty()) {
        SpanPart& first = root();
        settle(first);
        fillRun(record.run, first);
        fillVersion(record, first);
    }
    fillAnnotations(record);
    record.steps.reserve(m_spans.size());
    for (SpanPart* part : m_byStart) record.steps.push_back(std::move(part->step));
    m_byStart.clear();
    m_spans.clear();
    m_annotations.clear();
    return record;
}

} // namespace tackroom
