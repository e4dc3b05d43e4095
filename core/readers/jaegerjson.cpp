// SPDX-License-Identifier: GPL-3.0-or-later
// Jaeger's JSON (the query service's answer and the export of its page): {"data": [{"traceID", "spans", "processes"}]}, or one
// such trace by itself, an array of them, or one a line. Each trace is one run.
//   ids        hex, leading zeros left out by old versions
//   parent     the first reference CHILD_OF (else FOLLOWS_FROM) of the same trace; before 2018 parentSpanID
//   times      startTime and duration in microseconds
//   status     tags otel.status_code, error; otel.status_description
//   attributes tags (typed); of the resource: the process's tags and serviceName as service.name; scope: otel.scope.name
//   events     logs, their name in the field "event"
#include "core/base/format.h"
#include "core/base/text.h"
#include "core/readers/formats.h"
#include "core/readers/spancollector.h"

#include <unordered_map>

namespace tackroom
{

namespace
{

using namespace jsonvalues;

constexpr std::uint64_t kMaxDocumentBytes = std::uint64_t{128} << 20;
constexpr std::size_t kMaxEvents = 10'000;

class JaegerTraces
{
public:
    explicit JaegerTraces(TraceCollector& collector) : m_collector(collector) {}

    bool readDocument(Value value, int depth = 0)
    {
        simdjson::dom::array items;
        bool known = false;
        if (depth > 2) return false;
        if (value.get(items) == simdjson::SUCCESS) {
            for (const Value item : items) known = readDocument(item, depth + 1) || known;
            return known;
        }
        if (const auto data = member(value, "data"); data && isArray(data))
            return readDocument(*data, depth + 1) || arrayIsEmpty(*data);
        simdjson::dom::array spans;
        const auto list = member(value, "spans");
        if (!list || list->get(spans) != simdjson::SUCCESS) return false;
        readProcesses(value);
        m_traceId = stringOf(member(value, "traceID")).value_or("");
        for (const Value span : spans) readSpan(span);
        return true;
    }
    [[nodiscard]] std::uint64_t lostSpans() const { return m_lostSpans; }

private:
    static bool arrayIsEmpty(Value value)
    {
        simdjson::dom::array items;
        return value.get(items) == simdjson::SUCCESS && items.size() == 0;
    }

    void readProcesses(Value trace)
    {
        m_processes.clear();
        simdjson::dom::object processes;
        if (const auto found = member(trace, "processes"); !found || found->get(processes) != simdjson::SUCCESS) return;
        for (const auto field : processes) readProcess(m_processes[std::string(field.key)], field.value);
    }
    static void readProcess(SpanAttributes& resource, Value process)
    {
        readTags(resource, member(process, "tags"));
        if (const auto name = stringOf(member(process, "serviceName"))) resource.addText("service.name", *name);
    }
    static void readTags(SpanAttributes& attributes, std::optional<Value> list)
    {
        simdjson::dom::array tags;
        if (!list || list->get(tags) != simdjson::SUCCESS) return;
        for (const Value tag : tags) {
            const auto key = stringOf(member(tag, "key"));
            auto value = member(tag, "value");
            if (!value) // the storage's own form: vStr, vInt64 …
                for (const std::string_view name : {"vStr", "vInt64", "vFloat64", "vBool"})
                    if (!value) value = member(tag, name);
            if (key && value) attributes.add(*key, *value);
        }
    }

    void readSpan(Value value)
    {
        m_span.clear();
        const auto id = stringOf(member(value, "traceID"));
        m_span.traceId = hexId(id.value_or(m_traceId), 32);
        m_span.spanId = hexId(stringOf(member(value, "spanID")).value_or(""), 16);
        if (m_span.traceId.empty() || m_span.spanId.empty()) {
            ++m_lostSpans;
            return;
        }
        m_span.parentId = parentOf(value);
        m_span.name = stringOf(member(value, "operationName")).value_or("");
        const std::int64_t start = integerOf(member(value, "startTime")), duration = integerOf(member(value, "duration"));
        constexpr std::int64_t kMaxMicros = 9'000'000'000'000'000;
        if (start > 0 && start < kMaxMicros) m_span.start = start * 1000;
        if (duration >= 0 && duration < kMaxMicros - start) m_span.end = m_span.start + duration * 1000;
        readTags(m_span.attributes, member(value, "tags"));
        readStatus();
        m_span.scope = m_span.attributes.text("otel.scope.name");
        if (m_span.scope.empty()) m_span.scope = m_span.attributes.text("otel.library.name");
        readLogs(value);
        const auto process = m_processes.find(std::string(stringOf(member(value, "processID")).value_or("")));
        if (process != m_processes.end()) m_span.resource = &process->second;
        SpanAttributes own;
        if (const auto inner = member(value, "process"); inner && isObject(inner)) {
            readProcess(own, *inner);
            m_span.resource = &own;
        }
        m_collector.add(m_span, m_collector.wantsBodies() ? simdjson::minify(value) : std::string());
        m_span.resource = nullptr;
    }

    std::string parentOf(Value value) const
    {
        std::string follows;
        simdjson::dom::array references;
        if (const auto list = member(value, "references"); list && list->get(references) == simdjson::SUCCESS)
            for (const Value reference : references) {
                if (hexId(stringOf(member(reference, "traceID")).value_or(m_span.traceId), 32) != m_span.traceId) continue;
                std::string id = hexId(stringOf(member(reference, "spanID")).value_or(""), 16);
                if (stringOf(member(reference, "refType")).value_or("CHILD_OF") == "CHILD_OF") return id;
                if (follows.empty()) follows = std::move(id);
            }
        if (!follows.empty()) return follows;
        return hexId(stringOf(member(value, "parentSpanID")).value_or(""), 16);
    }

    void readStatus()
    {
        const SpanAttributes& tags = m_span.attributes;
        const std::string code = asciiLower(tags.text("otel.status_code"));
        if (code == "ok") m_span.status = StepStatus::Ok;
        if (code == "error" || asciiLower(tags.text("error")) == "true") m_span.status = StepStatus::Error;
        m_span.statusText = tags.firstText({"otel.status_description", "error.message"});
    }

    void readLogs(Value value)
    {
        simdjson::dom::array logs;
        if (const auto list = member(value, "logs"); !list || list->get(logs) != simdjson::SUCCESS) return;
        for (const Value log : logs) {
            if (m_span.events.size() >= kMaxEvents) return;
            SpanEvent& event = m_span.events.emplace_back();
            readTags(event.attributes, member(log, "fields"));
            event.name = event.attributes.firstText({"event", "name"});
            const std::int64_t micros = integerOf(member(log, "timestamp"));
            if (micros > 0 && micros < 9'000'000'000'000'000) event.time = micros * 1000;
        }
    }

    TraceCollector& m_collector;
    std::unordered_map<std::string, SpanAttributes> m_processes;
    std::string_view m_traceId;
    Span m_span;
    std::uint64_t m_lostSpans = 0;
};

/// Whether it is a trace of Jaeger's, or an answer with some.
bool isTrace(std::optional<Value> value)
{
    if (!value) return false;
    simdjson::dom::array list;
    if (const auto data = member(*value, "data"); data && data->get(list) == simdjson::SUCCESS)
        return list.size() > 0 && isTrace(list.at(0).value());
    const auto spans = member(*value, "spans");
    if (!spans || spans->get(list) != simdjson::SUCCESS || !(member(*value, "processes") || member(*value, "traceID")))
        return false;
    return list.size() == 0 || member(list.at(0).value(), "operationName") || member(list.at(0).value(), "spanID");
}

class JaegerJsonFormat : public FileFormat
{
public:
    [[nodiscard]] FormatInfo info() const override { return {"jaeger-json", "Jaeger traces (JSON)"}; }
    [[nodiscard]] std::optional<Recognised> recognise(const FileLook& look) const override
    {
        if (!look.values.empty() && isTrace(look.values.front())) return Recognised{"", {}};
        // Too long to be parsed: its first bytes have to do.
        const bool isLong = look.values.empty() && (look.hasKey("data") || look.hasKey("traceID"));
        if (isLong && look.beginning.contains("\"traceID\"") && look.beginning.contains("\"operationName\""))
            return Recognised{"", {}};
        return std::nullopt;
    }
    [[nodiscard]] Status read(const FileUnit& unit, const FormatRequest& request, FormatSink& sink,
                              const CancelToken& cancel) const override
    {
        const InputFile& file = unit.first();
        TraceCollector collector(sink, request.bodies);
        JaegerTraces traces(collector);
        Parser parser;
        if (file.sizeBytes() > kMaxDocumentBytes)
            return fail(ErrorCode::Refused, file.path().string(),
                        formatText("one JSON document of {} MB; at most {} MB are read at once", file.sizeBytes() >> 20,
                                   kMaxDocumentBytes >> 20));
        TR_ASSIGN(std::string text, file.read(0, static_cast<std::size_t>(file.sizeBytes())));
        if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
        const auto value = parser.parse(text);
        if (value) {
            if (!traces.readDocument(*value))
                return fail(ErrorCode::Damaged, file.path().string(), "there are no traces of Jaeger's in it");
        } else if (const auto lines = readLines(file, traces, sink, cancel); !lines)
            return lines;
        if (cancel.cancelled()) return CancelToken::error();
        TR_ASSIGN([[maybe_unused]] const bool goOn, collector.finish());
        if (traces.lostSpans() > 0)
            sink.skipped(file.path().filename().string(),
                         formatText("{} spans without a trace id or span id", traces.lostSpans()));
        return {};
    }

private:
    static Status readLines(const InputFile& file, JaegerTraces& traces, FormatSink& sink, const CancelToken& cancel)
    {
        Parser parser;
        std::uint64_t good = 0, bad = 0;
        std::string why;
        JsonElementVisitor visitor;
        visitor.visit = [&](const JsonElement& element) -> Result<bool> {
            const auto value = parser.parse(element.text, true);
            if (value && traces.readDocument(*value)) {
                ++good;
                return true;
            }
            ++bad;
            why = value ? "it is no trace of Jaeger's" : value.error().detail;
            if (good > 0) sink.skipped(formatText("line {}", element.index + 1), why);
            return good > 0 || bad < 8;
        };
        TR_TRY(forEachJsonElement(file, JsonLayout::Lines, visitor, cancel));
        if (good == 0) return fail(ErrorCode::Damaged, file.path().string(), why.empty() ? "there is no trace in it" : why);
        return {};
    }
};

} // namespace

const FileFormat& jaegerJsonFormat()
{
    static const JaegerJsonFormat format;
    return format;
}

} // namespace tackroom
