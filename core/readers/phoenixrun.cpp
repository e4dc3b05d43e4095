// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/phoenixrun.h"

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/readers/annotations.h"
#include "core/readers/phoenix.h"

#include <algorithm>
#include <chrono>
#include <unordered_set>
#include <utility>

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
    for (const std::size_t at : {4, 7, 10, 13, 16, 19})
        if (text[at] != kForm[at]) return std::nullopt;
    bool isPlain = true;
    const auto two = [&](std::size_t at) -> std::int64_t {
        const unsigned tens = static_cast<unsigned char>(text[at]) - unsigned{'0'};
        const unsigned ones = static_cast<unsigned char>(text[at + 1]) - unsigned{'0'};
        isPlain = isPlain && tens <= 9 && ones <= 9;
        return tens * 10 + ones;
    };
    const std::int64_t year = two(0) * 100 + two(2), month = two(5), day = two(8), hour = two(11), minute = two(14),
                       second = two(17), micros = (two(20) * 100 + two(22)) * 100 + two(24);
    // What is at the edge of the possible is left to parseTime.
    if (!isPlain || hour > 23 || minute > 59 || second > 59 || month < 1 || month > 12 || day < 1 || day > 28 || year < 1970 ||
        year > 2200)
        return std::nullopt;
    const std::chrono::sys_days date =
        std::chrono::year(static_cast<int>(year)) / static_cast<int>(month) / static_cast<int>(day);
    return ((date.time_since_epoch().count() * 24 + hour) * 3600 + minute * 60 + second) * 1'000'000'000 + micros * 1000;
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
    m_versions.clear();
    m_steps.clear();
    m_annotations.clear();
    m_costUsd.reset();
    m_leftOut = 0;
}

void PhoenixRunBuilder::readTexts(const PhoenixSpanRow& row, RunSink& sink, openinference::Reading reading)
{
    auto& [parsers, texts, step, facts] = *m_workplace;
    facts.clear();
    const auto skip = [&](std::string why) {
        sink.skipped(formatText("span {} of trace {}", cut(row.spanId, 64), cut(m_trace.traceId, 64)), std::move(why));
    };
    const auto tooLong = [&](std::string_view what, std::uint64_t bytes) {
        skip(formatText("its {} have {} bytes; at most {} are read", what, bytes, kMaxAttributesBytes));
    };
    if (row.attributes.empty() && row.attributesBytes > 0)
        tooLong("attributes", row.attributesBytes);
    else if (const auto read = openinference::readAttributes(row.attributes, step, facts, parsers, reading); !read)
        skip("its attributes: " + read.error().detail);
    if (row.events.empty() && row.eventsBytes > 0)
        tooLong("events", row.eventsBytes);
    else if (const auto events = openinference::readEvents(row.events, step, parsers); !events)
        skip("its events: " + events.error().detail);
}

/// As jsonvalues::cut(), in the workplace.
std::string_view PhoenixRunBuilder::keepCut(std::string_view text, std::size_t maxBytes)
{
    constexpr std::size_t kShort = 64;
    unsigned char bits = 0;
    for (const char c : text.substr(0, kShort)) bits |= static_cast<unsigned char>(c);
    const bool isPlain = text.size() <= std::min(kShort, maxBytes) && bits < 0x80; // as ids and names are
    return m_workplace->texts.keep(isPlain ? text : std::string_view(cut(text, maxBytes)));
}

/// The columns, in the workplace.
void PhoenixRunBuilder::beginStep(const PhoenixSpanRow& row, const StepView& columns)
{
    Step& step = m_workplace->step;
    for (std::string* text : {&step.errorType, &step.errorText, &step.model, &step.toolName, &step.arguments, &step.result,
                              &step.inputText, &step.outputText})
        text->clear();
    step.nativeId = columns.nativeId;
    step.parentId = columns.parentId;
    step.name = columns.name;
    step.kind = openinference::kindOf(row.kind);
    step.status = columns.status;
    if (step.status == StepStatus::Error) step.errorText = cut(row.statusMessage, kTextBytes);
    step.promptTokens = row.promptTokens;
    step.completionTokens = row.completionTokens;
}

/// From the workplace, where the next span is going to be read.
void PhoenixRunBuilder::keepTexts(SpanPart& part)
{
    auto& [parsers, texts, step, facts] = *m_workplace;
    part.step.errorType = texts.keep(step.errorType);
    part.step.errorText = texts.keep(step.errorText);
    part.step.model = texts.keep(step.model);
    part.step.toolName = texts.keep(step.toolName);
    part.step.arguments = texts.keep(step.arguments);
    part.step.result = texts.keep(step.result);
    part.step.inputText = texts.keep(step.inputText);
    part.step.outputText = texts.keep(step.outputText);
    part.step.kind = step.kind;
    part.step.promptTokens = step.promptTokens;
    part.step.completionTokens = step.completionTokens;

    part.sessionId = texts.keep(facts.sessionId);
    part.userId = texts.keep(facts.userId);
    part.agentName = texts.keep(facts.agentName);
    // A chain's are those of its step.
    part.userText = facts.userText == step.inputText ? part.step.inputText : texts.keep(facts.userText);
    part.answerText = facts.answerText == step.outputText ? part.step.outputText : texts.keep(facts.answerText);
    part.hasOutput = facts.hasOutput;
    part.textsAreLate = facts.textsAreLate;
    part.costUsd = facts.costUsd;
    if (!facts.version.any() && facts.version.keys.empty()) return;
    part.version = m_versions.size();
    m_versions.push_back(std::exchange(facts.version, {}));
}

void PhoenixRunBuilder::addSpan(const PhoenixSpanRow& row, RunSink& sink, openinference::Reading reading)
{
    if (m_spans.size() >= kMaxSpansOfRun) {
        ++m_leftOut;
        return;
    }
    SpanPart& part = m_spans.emplace_back();
    part.rowId = row.rowId;
    part.step.nativeId = keepCut(row.spanId, kIdBytes);
    part.step.parentId = keepCut(row.parentId, kIdBytes);
    part.step.name = keepCut(row.name, kIdBytes);
    part.step.start = timeOf(row.start);
    part.step.end = timeOf(row.end);
    part.step.status = statusOf(row.statusCode);
    part.cumulativePrompt = row.cumulativePromptTokens;
    part.cumulativeCompletion = row.cumulativeCompletionTokens;
    beginStep(row, part.step);
    readTexts(row, sink, reading);
    keepTexts(part);
    if (part.textsAreLate) part.attributes = row.attributes;
}

/// Looks for the texts that were left out, for the few spans of which the run wants them.
void PhoenixRunBuilder::settle(SpanPart& part)
{
    if (part.textsAreLate) {
        auto& [parsers, texts, step, facts] = *m_workplace;
        facts.clear();
        openinference::readLateTexts(part.attributes, facts, parsers);
        part.userText = texts.keep(facts.userText);
        part.answerText = texts.keep(facts.answerText);
        part.textsAreLate = false;
    }
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

void PhoenixRunBuilder::fillVersion(RunRecord& record, const SpanPart& root)
{
    VersionFacts facts;
    if (root.version) facts = std::exchange(m_versions[*root.version], {});
    for (const SpanPart* part : m_byStart)
        if (part->version) facts.fillFrom(m_versions[*part->version]);
    setVersion(record, facts);
}

void PhoenixRunBuilder::fillTexts(Run& run, const SpanPart& root)
{
    run.task = root.userText;
    const StepView* lastLlm = nullptr;
    for (SpanPart* part : m_byStart) {
        if (part->step.kind != StepKind::Llm) continue;
        if (run.task.empty()) {
            settle(*part);
            run.task = part->userText.empty() ? part->step.inputText : part->userText;
        }
        lastLlm = &part->step;
    }
    if (root.hasOutput || !lastLlm)
        run.answer = root.answerText;
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
    if (run.sessionId.empty()) run.sessionId = root.sessionId;
    if (run.userId.empty()) run.userId = root.userId;
    run.agentName = root.agentName;
    run.start = timeOf(m_trace.start);
    run.end = timeOf(m_trace.end);
    run.status = root.step.status;
    run.promptTokens = root.cumulativePrompt;
    run.completionTokens = root.cumulativeCompletion;
    const bool sumTokens = run.promptTokens == 0 && run.completionTokens == 0;
    std::optional<double> attributeCost;
    for (const SpanPart* each : m_byStart) {
        const SpanPart& part = *each;
        if (run.sessionId.empty()) run.sessionId = part.sessionId;
        if (run.userId.empty()) run.userId = part.userId;
        if (run.agentName.empty()) run.agentName = part.agentName;
        if (part.step.status == StepStatus::Error) ++run.errorCount;
        if (sumTokens) {
            run.promptTokens += part.step.promptTokens;
            run.completionTokens += part.step.completionTokens;
        }
        if (part.costUsd) attributeCost = attributeCost.value_or(0) + *part.costUsd;
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
            if (const auto parsed = m_workplace->parsers.metadata.parse(row.metadata)) metadata = *parsed;
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
    m_steps.clear();
    m_steps.reserve(m_spans.size());
    for (const SpanPart* part : m_byStart) m_steps.push_back(part->step);
    m_byStart.clear();
    m_spans.clear();
    m_annotations.clear();
    return record;
}

} // namespace tackroom
