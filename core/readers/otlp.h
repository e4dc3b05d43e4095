// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// OTLP as JSON, of whatever exporter: its spans given to a receiver. Shared by the formats otlp-json, tempo-json and
/// otlp-proto.
///
///   documents   {"resourceSpans": […]} (the protocol's TracesData and ExportTraceServiceRequest), {"batches": […]} and
///               {"trace": {"resourceSpans": …}} (Grafana Tempo), a ResourceSpans alone; an array of any of these
///   spans       scopeSpans[].spans; before 2022 instrumentationLibrarySpans; all keys also in snake_case
///   ids         hex of any case, or base64 (protobuf's own JSON form, older Tempo)
///   times       nanoseconds as number or text
///   status      0, 1, 2 or STATUS_CODE_UNSET, _OK, _ERROR
///   logs        {"resourceLogs": …}: records whose event name begins with gen_ai. are events of the span that they name;
///               other records and metrics are passed over
#include "core/readers/spancollector.h"

#include <string>

namespace tackroom
{

class OtlpJson
{
public:
    explicit OtlpJson(SpanReceiver& receiver) : m_receiver(receiver) {}
    /// One document. False: there is nothing in it that this reader knows.
    bool readDocument(jsonvalues::Value value, int depth = 0);
    /// Spans without a trace id so far; they cannot be put anywhere.
    [[nodiscard]] std::uint64_t lostSpans() const { return m_lostSpans; }
    [[nodiscard]] bool sawLogs() const { return m_sawLogs; }

private:
    bool readList(jsonvalues::Value list, bool logs);
    void readResourceSpans(jsonvalues::Value value);
    void readScopeSpans(jsonvalues::Value value);
    void readSpan(jsonvalues::Value value);
    void readEvents(jsonvalues::Value list);
    void readResource(jsonvalues::Value value);
    void readResourceLogs(jsonvalues::Value value);
    void readLogRecord(jsonvalues::Value value);

    SpanReceiver& m_receiver;
    SpanAttributes m_resource;
    VersionFacts m_resourceVersion;
    std::string m_scope;
    Span m_span;
    std::uint64_t m_lostSpans = 0;
    bool m_sawLogs = false;
};

/// Whether an object with these keys is a document of OTLP's (not of Tempo's).
[[nodiscard]] bool isOtlpDocument(const FileLook& look);

} // namespace tackroom
