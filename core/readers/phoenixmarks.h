// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tackroom
{

/// Where annotations lie: of spans, traces, documents, sessions, and of runs of experiments.
inline constexpr std::array<std::string_view, 5> kAnnotationTables{"span_annotations", "trace_annotations",
                                                                   "document_annotations", "project_session_annotations",
                                                                   "experiment_run_annotations"};

/// How far a Phoenix store was read: what the reader's cursor holds between two ingests.
struct PhoenixMarks {
    std::int64_t trace = 0, span = 0, cost = 0;                      ///< highest row ids
    std::array<std::int64_t, kAnnotationTables.size()> annotation{}; ///< of kAnnotationTables
    std::int64_t traceCount = 0, spanCount = 0; ///< with ids up to the marks: fewer later means deleted rows
    std::array<std::int64_t, kAnnotationTables.size()> annotationCount{};
    std::string lastTraceId; ///< of the row `trace`: another one later means another database
    std::string annotatedAt; ///< greatest updated_at of any annotation, as text

    [[nodiscard]] std::string toText() const;
    /// Nothing where the text is none of ours.
    [[nodiscard]] static std::optional<PhoenixMarks> fromText(const std::string& text);
};

} // namespace tackroom
