// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// One trace of a Phoenix store put together to a RunRecord, from rows as they come. No SQL here.
#include "core/readers/openinference.h"
#include "core/readers/readers.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
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

/// Puts runs together, one after another.
class PhoenixRunBuilder
{
public:
    void begin(const PhoenixTraceRow& trace);
    void addSpan(const PhoenixSpanRow& row, RunSink& sink);
    void addAnnotation(const PhoenixAnnotationRow& row);
    void addCost(double usd);
    [[nodiscard]] bool hasSpans() const { return !m_spans.empty(); }
    /// The run; the builder is empty afterwards.
    [[nodiscard]] RunRecord finish(RunSink& sink);

private:
    struct SpanPart {
        std::int64_t rowId = 0;
        Step step;
        openinference::SpanFacts facts;
        std::int64_t cumulativePrompt = 0, cumulativeCompletion = 0;
    };
    void readTexts(const PhoenixSpanRow& row, SpanPart& part, RunSink& sink);
    [[nodiscard]] std::size_t rootIndex() const;
    void fillRun(Run& run, const SpanPart& root) const;
    void fillTexts(Run& run, const SpanPart& root) const;
    void fillVersion(Run& run, const SpanPart& root) const;
    void fillAnnotations(RunRecord& record);

    openinference::Parsers m_parsers;
    PhoenixTraceRow m_trace;
    std::vector<SpanPart> m_spans;
    std::vector<PhoenixAnnotationRow> m_annotations;
    std::optional<double> m_costUsd;
    std::size_t m_leftOut = 0;
};

} // namespace tackroom
