// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/otlp.h"

#include "core/base/text.h"

#include <algorithm>
#include <charconv>

namespace tackroom
{

using namespace jsonvalues;

namespace
{

constexpr std::size_t kMaxEvents = 10'000; ///< of one span

bool isKey(std::string_view key, std::string_view camel, std::string_view snake) { return key == camel || key == snake; }

UtcNs nanosOf(Value value)
{
    if (const auto text = stringOf(value)) {
        UtcNs time = 0;
        const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), time);
        return error == std::errc() && end == text->data() + text->size() ? time : 0;
    }
    std::int64_t whole = 0;
    if (value.get(whole) == simdjson::SUCCESS) return whole;
    const auto real = numberOf(value); // 1.7e18, by writers that know only doubles
    return real && *real > 0 && *real < 9.2e18 ? static_cast<UtcNs>(*real) : 0;
}

void readStatus(Value value, Span& span)
{
    if (const auto message = stringOf(member(value, "message"))) span.statusText = *message;
    const auto code = member(value, "code");
    if (!code) return;
    const std::string name = asciiLower(stringOf(code).value_or(""));
    if (integerOf(code) == 1 || name.ends_with("ok")) span.status = StepStatus::Ok;
    if (integerOf(code) == 2 || name.ends_with("error")) span.status = StepStatus::Error;
}

std::optional<Value> firstOf(Value value, std::string_view camel, std::string_view snake)
{
    const auto found = member(value, camel);
    return found ? found : member(value, snake);
}

} // namespace

bool isOtlpDocument(const FileLook& look)
{
    for (const std::string_view key : {"resourceSpans", "resource_spans", "resourceLogs", "resource_logs"})
        if (look.hasKey(key)) return true;
    const bool hasScopes =
        look.hasKey("scopeSpans") || look.hasKey("scope_spans") || look.hasKey("instrumentationLibrarySpans");
    return hasScopes && !look.hasKey("batches");
}

bool OtlpJson::readDocument(Value value, int depth)
{
    simdjson::dom::object object;
    if (depth > 2) return false;
    simdjson::dom::array items;
    if (value.get(items) == simdjson::SUCCESS) {
        bool any = false;
        for (const Value item : items) any = readDocument(item, depth + 1) || any;
        return any;
    }
    if (value.get(object) != simdjson::SUCCESS) return false;
    bool known = false, isResource = false;
    for (const auto field : object) {
        if (isKey(field.key, "resourceSpans", "resource_spans") || field.key == "batches")
            known = readList(field.value, false) || known;
        else if (isKey(field.key, "resourceLogs", "resource_logs"))
            known = readList(field.value, true) || known;
        else if (isKey(field.key, "resourceMetrics", "resource_metrics"))
            known = true;
        else if (field.key == "trace")
            known = readDocument(field.value, depth + 1) || known;
        else if (isKey(field.key, "scopeSpans", "scope_spans") ||
                 isKey(field.key, "instrumentationLibrarySpans", "instrumentation_library_spans"))
            isResource = true;
    }
    if (isResource) readResourceSpans(value);
    return known || isResource;
}

bool OtlpJson::readList(Value list, bool logs)
{
    simdjson::dom::array items;
    if (list.get(items) != simdjson::SUCCESS) return false;
    for (const Value item : items) logs ? readResourceLogs(item) : readResourceSpans(item);
    return true;
}

void OtlpJson::readResource(Value value)
{
    m_resource.clear();
    if (const auto resource = member(value, "resource"))
        if (const auto attributes = member(*resource, "attributes")) m_resource.addOtlp(*attributes);
    m_resourceVersion = versionOfResource(m_resource);
}

void OtlpJson::readResourceSpans(Value value)
{
    readResource(value);
    simdjson::dom::object object;
    if (value.get(object) != simdjson::SUCCESS) return;
    for (const auto field : object) {
        const bool isScopes = isKey(field.key, "scopeSpans", "scope_spans") ||
                              isKey(field.key, "instrumentationLibrarySpans", "instrumentation_library_spans");
        simdjson::dom::array scopes;
        if (!isScopes || field.value.get(scopes) != simdjson::SUCCESS) continue;
        for (const Value scope : scopes) readScopeSpans(scope);
    }
}

void OtlpJson::readScopeSpans(Value value)
{
    m_scope.clear();
    for (const std::string_view key : {"scope", "instrumentationLibrary", "instrumentation_library"})
        if (const auto scope = member(value, key)) m_scope = stringOf(member(*scope, "name")).value_or("");
    simdjson::dom::array spans;
    if (const auto list = member(value, "spans"); list && list->get(spans) == simdjson::SUCCESS)
        for (const Value span : spans) readSpan(span);
}

void OtlpJson::readSpan(Value value)
{
    simdjson::dom::object object;
    if (value.get(object) != simdjson::SUCCESS) {
        ++m_lostSpans;
        return;
    }
    m_span.clear();
    m_span.scope = m_scope;
    m_span.resource = &m_resource;
    m_span.resourceVersion = &m_resourceVersion;
    for (const auto [key, field] : object) {
        if (isKey(key, "traceId", "trace_id"))
            assignHexId(m_span.traceId, stringOf(field).value_or(""), 32);
        else if (isKey(key, "spanId", "span_id"))
            assignHexId(m_span.spanId, stringOf(field).value_or(""), 16);
        else if (isKey(key, "parentSpanId", "parent_span_id"))
            assignHexId(m_span.parentId, stringOf(field).value_or(""), 16);
        else if (key == "name")
            m_span.name = stringOf(field).value_or("");
        else if (isKey(key, "startTimeUnixNano", "start_time_unix_nano"))
            m_span.start = nanosOf(field);
        else if (isKey(key, "endTimeUnixNano", "end_time_unix_nano"))
            m_span.end = nanosOf(field);
        else if (key == "attributes")
            m_span.attributes.addOtlp(field);
        else if (key == "events")
            readEvents(field);
        else if (key == "status")
            readStatus(field, m_span);
    }
    if (m_span.traceId.empty() || m_span.spanId.empty()) {
        ++m_lostSpans;
        return;
    }
    m_receiver.add(m_span, m_receiver.wantsBodies() ? simdjson::minify(value) : std::string());
}

void OtlpJson::readEvents(Value list)
{
    simdjson::dom::array items;
    if (list.get(items) != simdjson::SUCCESS) return;
    for (const Value item : items) {
        if (m_span.events.size() >= kMaxEvents) return;
        SpanEvent& event = m_span.events.emplace_back();
        event.name = stringOf(member(item, "name")).value_or("");
        if (const auto time = firstOf(item, "timeUnixNano", "time_unix_nano")) event.time = nanosOf(*time);
        if (const auto attributes = member(item, "attributes")) event.attributes.addOtlp(*attributes);
    }
}

void OtlpJson::readResourceLogs(Value value)
{
    m_sawLogs = true;
    readResource(value);
    simdjson::dom::array scopes, records;
    const auto list = firstOf(value, "scopeLogs", "scope_logs");
    if (!list || list->get(scopes) != simdjson::SUCCESS) return;
    for (const Value scope : scopes) {
        const auto inner = firstOf(scope, "logRecords", "log_records");
        if (!inner || inner->get(records) != simdjson::SUCCESS) continue;
        for (const Value record : records) readLogRecord(record);
    }
}

/// The GenAI conventions write messages and evaluations as log records beside the spans: they are events of the span that they
/// name, delivered as a span of that id that has nothing else; the builder puts the two together.
void OtlpJson::readLogRecord(Value value)
{
    m_span.clear();
    SpanEvent event;
    if (const auto attributes = member(value, "attributes")) event.attributes.addOtlp(*attributes);
    event.name = stringOf(firstOf(value, "eventName", "event_name")).value_or("");
    if (event.name.empty()) event.name = event.attributes.text("event.name");
    if (!event.name.starts_with("gen_ai.")) return;
    m_span.traceId = hexId(stringOf(firstOf(value, "traceId", "trace_id")).value_or(""), 32);
    m_span.spanId = hexId(stringOf(firstOf(value, "spanId", "span_id")).value_or(""), 16);
    if (m_span.traceId.empty() || m_span.spanId.empty()) return;
    for (const auto& [camel, snake] :
         {std::pair{"timeUnixNano", "time_unix_nano"}, {"observedTimeUnixNano", "observed_time_unix_nano"}})
        if (const auto time = firstOf(value, camel, snake); time && event.time == 0) event.time = nanosOf(*time);
    if (const auto body = member(value, "body")) event.attributes.addOtlpBody(*body);
    m_span.isEventOnly = true;
    m_span.resource = &m_resource;
    m_span.resourceVersion = &m_resourceVersion;
    m_span.start = m_span.end = event.time;
    m_span.events.push_back(std::move(event));
    m_receiver.add(m_span, {});
}

} // namespace tackroom
