// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// One record of Langfuse (trace, observation, score, comment) in the common model; which fields are read is said in
/// langfuse.cpp.
#include "core/readers/openinference.h"
#include "core/readers/tracerecords.h"

#include <optional>
#include <string>
#include <string_view>

namespace tackroom::langfuse
{

using jsonvalues::Value;

/// The member by its name in the API ("traceId") or in the database's exports ("trace_id"); nothing where it is null.
[[nodiscard]] std::optional<Value> field(Value record, std::string_view camelName);

enum class RecordKind : std::uint8_t { Unknown, TraceDocument, Trace, Observation, Score, Page, Event };
/// What a JSON value is, by its keys.
///   TraceDocument  {"trace": {…}, "observations": […]}, or a trace with its observations within
///   Page           the API's {"data": [record …], "meta"}, the ingestion's {"batch": [event …]}, a session's {"id", "traces"}
///   Event          the ingestion's {"type": "span-create", "body": record}
[[nodiscard]] RecordKind kindOf(Value value);

/// Reads records one after the other into their traces.
class Reader
{
public:
    Reader(TraceRecords& traces, bool wantBodies) : m_traces(traces), m_wantBodies(wantBodies) {}
    /// Every record in `value`. Damaged where it is none.
    [[nodiscard]] Status read(Value value, std::optional<FileRange> range);

private:
    void readTrace(Value trace, bool isWhole);
    void readObservation(Value observation, std::string type);
    void readScore(Value score, std::string_view traceId);
    void readScores(Value owner, std::string_view traceId);
    void readComments(Value owner, std::string_view traceId, std::string_view stepId);
    void readTexts(Value observation, NormalisedSpan& span);
    [[nodiscard]] bool readToolMessage(const chatml::Said& out, NormalisedSpan& span);
    void readUsage(Value observation, NormalisedSpan& span) const;
    void readMetadata(Value record, NormalisedSpan& span);
    [[nodiscard]] VersionFacts versionOf(std::optional<Value> metadata) const;
    [[nodiscard]] std::optional<Value> metadataOf(Value record);
    CollectedTrace& collect(std::string_view traceId);
    [[nodiscard]] Status readOne(Value value, int depth);
    [[nodiscard]] Status readAll(Value list, int depth);

    TraceRecords& m_traces;
    bool m_wantBodies;
    std::optional<FileRange> m_range;
    jsonvalues::Parser m_inner, m_metadata;
    openinference::Parsers m_parsers;
};

} // namespace tackroom::langfuse
