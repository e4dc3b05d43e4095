// SPDX-License-Identifier: GPL-3.0-or-later
/// Spans of Arize Phoenix as its client hands them out (arize-phoenix 4 to 12), written as JSON:
///   px.Client().get_spans_dataframe(), written by pandas' to_json(): orient records, lines, columns (the default), index,
///   split, table. Columns context.trace_id, context.span_id (also as the frame's index), parent_id, name, span_kind,
///   start_time, end_time (ISO 8601 or a number since 1970 in any unit), status_code, status_message, events, and attributes.*
///   with flat names the REST API's /v1/projects/…/spans: {"data": [{"context": {"trace_id", "span_id"}, "attributes": {…},
///   …}], "next_cursor"}
///
/// What a span means is OpenInference's, read by spans.h; span_kind stands for openinference.span.kind where that is missing.
/// Run = one trace; Run::nativeId = the trace id. Annotations are not in these frames. Parquet and pickle are not read.
#include "core/base/format.h"
#include "core/readers/filelook.h"
#include "core/readers/formats.h"
#include "core/readers/jsonfilevalues.h"
#include "core/readers/tracerecords.h"

#include <algorithm>
#include <functional>

namespace tackroom
{

namespace
{

using namespace jsonvalues;

constexpr std::string_view kAttributes = "attributes.";

/// A row of the frame: its cells by column.
struct Row {
    std::string index;
    std::vector<std::pair<std::string_view, Value>> cells;
    [[nodiscard]] std::optional<Value> cell(std::string_view column) const
    {
        const auto found = std::ranges::find(cells, column, &std::pair<std::string_view, Value>::first);
        if (found == cells.end() || found->second.is_null()) return std::nullopt;
        return found->second;
    }
    [[nodiscard]] std::string text(std::string_view column) const { return cut(textOf(cell(column)), kIdBytes); }
};

enum class Orient : std::uint8_t { None, Row, Rows, Columns, Index, Split };

bool isRow(Value value)
{
    if (member(value, "context.trace_id")) return member(value, "start_time") || member(value, "span_kind");
    return at(value, "context.trace_id") && member(value, "span_kind") && member(value, "attributes");
}

std::optional<Value> firstOf(std::optional<Value> list)
{
    simdjson::dom::array values;
    if (list && list->get(values) == simdjson::SUCCESS)
        for (const Value value : values) return value;
    return std::nullopt;
}

std::optional<Value> firstMemberOf(Value value)
{
    simdjson::dom::object members;
    if (value.get(members) == simdjson::SUCCESS)
        for (const auto& [key, inner] : members) return inner;
    return std::nullopt;
}

Orient orientOf(Value value)
{
    if (!isObject(value)) return Orient::None;
    if (const auto columns = member(value, "columns"); isArray(columns) && isArray(member(value, "data"))) {
        for (const Value column : simdjson::dom::array(*columns))
            if (stringOf(column) == "context.trace_id") return Orient::Split;
        return Orient::None;
    }
    if (const auto first = firstOf(member(value, "data")); first && isRow(*first)) return Orient::Rows;
    if (isObject(member(value, "context.trace_id"))) return Orient::Columns;
    if (isRow(value)) return Orient::Row;
    const auto first = firstMemberOf(value);
    return first && isObject(first) && isRow(*first) ? Orient::Index : Orient::None;
}

Row rowOf(Value value, std::string_view index)
{
    Row row;
    row.index = index;
    simdjson::dom::object cells;
    if (value.get(cells) == simdjson::SUCCESS)
        for (const auto& [column, cell] : cells) row.cells.emplace_back(column, cell);
    return row;
}

/// All columns have the same rows in the same order.
void eachOfColumns(Value frame, const std::function<void(Row)>& visit)
{
    struct Column {
        std::string_view name;
        simdjson::dom::object::iterator at, end;
    };
    std::vector<Column> columns;
    for (const auto& [name, column] : simdjson::dom::object(frame)) {
        simdjson::dom::object cells;
        if (column.get(cells) == simdjson::SUCCESS) columns.push_back({name, cells.begin(), cells.end()});
    }
    while (!columns.empty() && columns.front().at != columns.front().end) {
        Row row;
        row.index = columns.front().at.key();
        for (Column& column : columns) {
            if (column.at == column.end) continue;
            row.cells.emplace_back(column.name, column.at.value());
            ++column.at;
        }
        visit(std::move(row));
    }
}

void eachOfSplit(Value frame, const std::function<void(Row)>& visit)
{
    std::vector<std::string_view> names;
    for (const Value name : simdjson::dom::array(*member(frame, "columns"))) names.push_back(stringOf(name).value_or(""));
    std::vector<std::string> indexes;
    if (const auto index = member(frame, "index"); isArray(index))
        for (const Value each : simdjson::dom::array(*index)) indexes.push_back(textOf(each));
    std::size_t number = 0;
    for (const Value line : simdjson::dom::array(*member(frame, "data"))) {
        Row row;
        if (number < indexes.size()) row.index = indexes[number];
        ++number;
        simdjson::dom::array cells;
        if (line.get(cells) != simdjson::SUCCESS) continue;
        std::size_t column = 0;
        for (const Value cell : cells) {
            if (column == names.size()) break;
            row.cells.emplace_back(names[column++], cell);
        }
        visit(std::move(row));
    }
}

/// False where the value is no frame and no row.
bool eachRow(Value value, const std::function<void(Row)>& visit)
{
    switch (orientOf(value)) {
    case Orient::Row:
        visit(rowOf(value, {}));
        return true;
    case Orient::Rows:
        for (const Value row : simdjson::dom::array(*member(value, "data"))) visit(rowOf(row, {}));
        return true;
    case Orient::Columns:
        eachOfColumns(value, visit);
        return true;
    case Orient::Index:
        for (const auto& [index, row] : simdjson::dom::object(value)) visit(rowOf(row, index));
        return true;
    case Orient::Split:
        eachOfSplit(value, visit);
        return true;
    case Orient::None:
        break;
    }
    return false;
}

/// pandas writes times as numbers of seconds, milli-, micro- or nanoseconds.
UtcNs timeOf(std::optional<Value> value)
{
    if (const auto text = stringOf(value)) return parseTime(*text).value_or(0);
    auto number = numberOf(value);
    if (!number || *number <= 0) return 0;
    for (const double limit : {1e11, 1e14, 1e17})
        if (*number < limit) return static_cast<UtcNs>(*number * (1e20 / limit));
    return integerOf(value);
}

std::string idIn(const Row& row, std::string_view name)
{
    if (std::string id = row.text("context." + std::string(name)); !id.empty()) return id;
    const auto context = row.cell("context");
    return context ? cut(textOf(member(*context, name)), kIdBytes) : std::string();
}

void readEvents(const Row& row, Span& span)
{
    simdjson::dom::array events;
    const auto list = row.cell("events");
    if (!list || list->get(events) != simdjson::SUCCESS) return;
    for (const Value value : events) {
        SpanEvent event;
        event.name = cut(textOf(member(value, "name")), kIdBytes);
        event.time = timeOf(member(value, "timestamp"));
        if (const auto attributes = member(value, "attributes")) event.attributes.addMembers(*attributes);
        span.events.push_back(std::move(event));
    }
}

void readSpan(const Row& row, std::string spanId, std::string traceId, Span& span)
{
    span.spanId = std::move(spanId);
    span.traceId = std::move(traceId);
    span.parentId = row.text("parent_id");
    span.name = row.text("name");
    span.start = timeOf(row.cell("start_time"));
    span.end = timeOf(row.cell("end_time"));
    const std::string status = row.text("status_code");
    if (status == "OK") span.status = StepStatus::Ok;
    if (status == "ERROR") span.status = StepStatus::Error;
    span.statusText = textOf(row.cell("status_message"));
    for (const auto& [column, cell] : row.cells)
        if (column.starts_with(kAttributes)) span.attributes.add(column.substr(kAttributes.size()), cell);
    if (const auto attributes = row.cell("attributes")) span.attributes.addMembers(*attributes);
    if (const auto kind = stringOf(row.cell("span_kind")); kind && !span.attributes.has("openinference.span.kind"))
        span.attributes.addText("openinference.span.kind", *kind);
    readEvents(row, span);
}

std::string rawOf(const Row& row)
{
    std::string raw = "{";
    for (const auto& [column, cell] : row.cells) {
        if (cell.is_null()) continue;
        raw += raw.size() > 1 ? ",\"" : "\"";
        for (const char c : column) raw += c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20 ? '_' : c;
        raw += "\":" + simdjson::minify(cell);
    }
    return raw + "}";
}

class PhoenixFrameFormat : public FileFormat
{
public:
    FormatInfo info() const override { return {.kind = "phoenix-dataframe", .title = "Arize Phoenix spans (data frame)"}; }

    std::optional<Recognised> recognise(const FileLook& look) const override
    {
        for (const auto& value : look.values)
            if (const auto orient = orientOf(value); orient != Orient::None)
                return Recognised{.schema = orient == Orient::Row || orient == Orient::Rows ? "records" : "frame", .note = {}};
        if (look.values.empty() && look.hasKey("context.trace_id")) return Recognised{.schema = "frame", .note = {}};
        return std::nullopt;
    }

    Status read(const FileUnit& unit, const FormatRequest& request, FormatSink& sink, const CancelToken& cancel) const override
    {
        TraceRecords traces(request.bodies);
        std::size_t nameless = 0;
        const auto visit = [&](Value value, std::optional<FileRange> range) -> Result<bool> {
            const bool known = eachRow(value, [&](const Row& row) {
                std::string traceId = idIn(row, "trace_id"), spanId = idIn(row, "span_id");
                if (spanId.empty()) spanId = cut(row.index, kIdBytes);
                if (traceId.empty() || spanId.empty()) {
                    ++nameless;
                    return;
                }
                CollectedTrace& trace = traces.trace(traceId);
                if (range && (trace.ranges.empty() || trace.ranges.back() != *range)) trace.ranges.push_back(*range);
                Span span;
                readSpan(row, std::move(spanId), std::move(traceId), span);
                trace.add(normaliseSpan(span, request.bodies), request.bodies ? rawOf(row) : std::string());
            });
            if (!known) return fail(ErrorCode::Damaged, {}, "it is no span of Phoenix");
            return true;
        };
        for (const auto& part : unit.parts) TR_TRY(forEachJsonValue(part.file, sink, visit, cancel));
        if (nameless) sink.skipped("rows", formatText("{} without a trace id or span id", nameless));
        TR_ASSIGN([[maybe_unused]] const bool more, traces.deliver(sink, cancel));
        return {};
    }
};

} // namespace

const FileFormat& phoenixFrameFormat()
{
    static const PhoenixFrameFormat format;
    return format;
}

} // namespace tackroom
