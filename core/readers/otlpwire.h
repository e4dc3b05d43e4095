// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// OTLP's protobuf messages, rewritten as OTLP/JSON, so that there is one reader of spans (otlp.h). A small reader of the wire
/// format of our own; nothing is believed: lengths are held against what is there, values nest at most 32 deep.
///   TracesData       1 resource_spans
///   ResourceSpans    1 resource (1 attributes)   2 scope_spans; before 2022 1000 instrumentation_library_spans
///   ScopeSpans       1 scope (1 name)            2 spans
///   Span             1 trace_id 2 span_id 4 parent_span_id 5 name 7 start 8 end (fixed64) 9 attributes 11 events 15 status
///   Event            1 time (fixed64) 2 name 3 attributes      Status  2 message 3 code
///   KeyValue         1 key 2 value       AnyValue  1 text 2 bool 3 int 4 double 5 array (1) 6 kvlist (1) 7 bytes
#include <string>
#include <string_view>

namespace tackroom
{

/// A message of TracesData as {"resourceSpans": …}. `isWhole` is false where its bytes broke; what stands before is there.
struct OtlpWireJson {
    std::string json;
    bool isWhole = true;
};
[[nodiscard]] OtlpWireJson otlpJsonOfWire(std::string_view message);

/// Whether `bytes` (which may end short) begin like TracesData: a span with ids of 16 and 8 bytes is found on the first
/// branches.
[[nodiscard]] bool looksLikeOtlpWire(std::string_view bytes);

} // namespace tackroom
