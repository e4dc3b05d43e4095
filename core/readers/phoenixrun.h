// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// One trace of a Phoenix store put together to a RunRecord, from rows as they come. No SQL here.
#include "core/readers/openinference.h"
#include "core/readers/readers.h"
#include "core/readers/stepview.h"
#include "core/readers/textarena.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tackroom
{

/// A row of spans. Texts are good until the next row.
struct PhoenixSpanRow {
    std::int64_t rowId = 0;
    std::int64_t traceRowId = 0;
    std::string_view spanId, parentId, name, kind, start, end, attributes, events, statusCode, statusMessage;
    std::uint64_t attributesBytes = 0, eventsBytes = 0; ///< as stored; the texts above are empty where they are too long
    std::int64_t promptTokens = 0, completionTokens = 0;
    std::int64_t cumulativePromptTokens = 0, cumulativeCompletionTokens = 0;
};

/// Attributes or events above this are not parsed: the span is counted as not readable, and kept with its columns.
inline constexpr std::int64_t kMaxAttributesBytes = std::int64_t{16} << 20;
/// Of each text of a span that is no JSON.
inline constexpr std::size_t kMaxPlainSpanBytes = 4096;
/// Where the bodies of a step or a run are asked for with as much room: what SQLite lets through.
inline constexpr std::int64_t kMaxFetchedAttributesBytes = std::int64_t{240} << 20;
/// Spans of one trace beyond this are counted, not read.
inline constexpr std::size_t kMaxSpansOfRun = 200'000;

/// A row of traces with what hangs on it.
struct PhoenixTraceRow {
    std::int64_t rowId = 0;
    std::string traceId, start, end, sessionId, userId, project;
};

/// A row of an annotation table.
struct PhoenixAnnotationRow {
    std::int64_t traceRowId = 0;
    std::string stepId; ///< span_id; empty: of the trace
    std::string name, label, explanation, metadata, annotatorKind, identifier, userName, time;
    std::optional<double> score;
    bool ofDocument = false;
    std::int64_t documentPosition = 0; ///< -1: said of the session of the trace
};

/// What the builders of a batch share.
struct PhoenixWorkplace {
    openinference::Parsers parsers;
    TextArena texts; ///< of all their spans; to be cleared when none of their runs is wanted any more
    Step step;       ///< of the span that is being read, and what it tells
    openinference::SpanFacts facts;
};

/// Puts runs together, one after another.
class PhoenixRunBuilder
{
public:
    explicit PhoenixRunBuilder(std::shared_ptr<PhoenixWorkplace> workplace = std::make_shared<PhoenixWorkplace>())
        : m_workplace(std::move(workplace))
    {
    }
    void begin(PhoenixTraceRow trace);
    /// With `reading.lateTexts` the row's attributes must live until finish() or readLateTexts().
    void addSpan(const PhoenixSpanRow& row, RunSink& sink, openinference::Reading reading = {});
    void addAnnotation(PhoenixAnnotationRow row) { m_annotations.push_back(std::move(row)); }
    void addCost(double usd) { m_costUsd = m_costUsd.value_or(0) + usd; }
    void readLateTexts();
    [[nodiscard]] bool hasSpans() const { return !m_spans.empty(); }
    [[nodiscard]] std::int64_t traceRowId() const { return m_trace.rowId; }
    [[nodiscard]] const std::string& traceId() const { return m_trace.traceId; }
    /// The run without its steps; the builder is empty afterwards, but for these.
    [[nodiscard]] RunRecord finish(RunSink& sink);
    /// Of the run that was finished last, by start. They live until the next one, their texts as long as the workplace's.
    [[nodiscard]] std::span<const StepView> steps() const { return m_steps; }

private:
    struct SpanPart {
        std::int64_t rowId = 0;
        StepView step;
        // As in openinference::SpanFacts.
        std::string_view sessionId, userId, agentName, userText, answerText;
        bool hasOutput = false, textsAreLate = false;
        std::optional<double> costUsd;
        std::optional<std::size_t> version; ///< its place in m_versions
        std::string_view attributes;        ///< where textsAreLate
        std::int64_t cumulativePrompt = 0, cumulativeCompletion = 0;
    };
    void readTexts(const PhoenixSpanRow& row, RunSink& sink, openinference::Reading reading);
    void beginStep(const PhoenixSpanRow& row, const StepView& columns);
    void keepTexts(SpanPart& part);
    [[nodiscard]] std::string_view keepCut(std::string_view text, std::size_t maxBytes);
    void settle(SpanPart& part);
    void sortByStart();
    [[nodiscard]] SpanPart& root();
    void fillRun(Run& run, const SpanPart& root);
    void fillTexts(Run& run, const SpanPart& root);
    void fillVersion(RunRecord& record, const SpanPart& root);
    void fillAnnotations(RunRecord& record);

    std::shared_ptr<PhoenixWorkplace> m_workplace;
    PhoenixTraceRow m_trace;
    std::vector<SpanPart> m_spans;
    std::vector<VersionFacts> m_versions; ///< of the few spans that name one
    std::vector<SpanPart*> m_byStart;     ///< in finish()
    std::vector<StepView> m_steps;        ///< since finish()
    std::vector<PhoenixAnnotationRow> m_annotations;
    std::optional<double> m_costUsd;
    std::size_t m_leftOut = 0;
};

} // namespace tackroom
