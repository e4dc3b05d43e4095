// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/agui.h"

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/readers/aguievents.h"
#include "core/readers/aguithread.h"
#include "core/readers/jsonmembers.h"

#include <algorithm>

namespace tackroom
{

namespace
{

using namespace jsonvalues;

std::string tooLongText(std::uint64_t bytes)
{
    return formatText("it has {} bytes; at most {} are read", bytes, kMaxJsonElementBytes);
}

/// "data: {…}" of a server-sent event; another line as it is.
std::string_view withoutField(std::string_view line)
{
    line = trimmed(line);
    return line.starts_with("data:") ? trimmed(line.substr(5)) : line;
}

/// The other lines of a stream of server-sent events.
bool isField(std::string_view line)
{
    return line.starts_with("event:") || line.starts_with("id:") || line.starts_with(":") || line.starts_with("retry:") ||
           line == "[DONE]";
}

bool isNamedLists(const FileLook& look)
{
    simdjson::dom::object object;
    if (look.values.empty() || look.values.front().get(object) != simdjson::SUCCESS) return false;
    for (const auto& [key, value] : object) {
        simdjson::dom::array list;
        if (value.get(list) != simdjson::SUCCESS) return false;
        for (const Value event : list) return isAgUiEvent(event);
    }
    return false;
}

Status deliver(AgUiThread& thread, bool isStream, FormatSink& sink)
{
    for (ParsedRun& run : thread.finish(!isStream)) {
        if (!isStream) run.ranges.clear();
        TR_ASSIGN(const bool goOn, sink.add(std::move(run)));
        if (!goOn) break;
    }
    return {};
}

class AgUiFormat : public FileFormat
{
public:
    [[nodiscard]] FormatInfo info() const override { return {"ag-ui", "AG-UI events and requests"}; }

    [[nodiscard]] std::optional<Recognised> recognise(const FileLook& look) const override
    {
        if (look.shape == FileLook::Shape::Array && std::ranges::any_of(look.values, isAgUiEvent))
            return Recognised{"events", {}};
        if (look.shape != FileLook::Shape::Object || look.values.empty()) return std::nullopt;
        if (isAgUiRequest(look.values.front())) return Recognised{"request", {}};
        if (isNamedLists(look)) return Recognised{"named lists of events", {}};
        return std::nullopt;
    }

    [[nodiscard]] std::string unitOf(const std::string& name, const FileLook&) const override
    {
        const auto slash = name.rfind('/');
        return slash == std::string::npos ? "./" : name.substr(0, slash + 1);
    }

    [[nodiscard]] Status read(const FileUnit& unit, const FormatRequest& request, FormatSink& sink,
                              const CancelToken& cancel) const override
    {
        AgUiThread thread(request.bodies);
        std::size_t readable = 0;
        std::optional<Error> last;
        for (const FileUnit::Part& part : unit.parts) {
            const auto read = readPart(part, unit.parts.size() > 1, thread, sink, cancel);
            if (!read && read.error().code == ErrorCode::Cancelled) return read;
            if (read)
                ++readable;
            else
                last = read.error();
            if (!read && unit.parts.size() > 1) sink.skipped(part.name, read.error().detail);
        }
        // Cut off in the middle: what came before it is good.
        if (readable == 0 && last && last->code != ErrorCode::Damaged) return std::unexpected(*last);
        if (last && unit.parts.size() == 1) sink.skipped("the rest of the file", last->detail);
        return deliver(thread, false, sink);
    }

private:
    static Status readPart(const FileUnit::Part& part, bool many, AgUiThread& thread, FormatSink& sink,
                           const CancelToken& cancel)
    {
        TR_ASSIGN(std::string beginning, part.file.read(0, 4096));
        std::string_view text = beginning;
        if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
        Parser parser;
        const auto where = [&](std::string_view what, std::uint64_t index) {
            return (many ? part.name + ", " : std::string()) + formatText("{} {}", what, index + 1);
        };
        const auto take = [&](const JsonElement& element) -> Result<bool> {
            const auto event = parser.parse(element.text, true);
            if (!event || !isObject(*event))
                sink.skipped(where("event", element.index), event ? "it is no object" : event.error().detail);
            else
                thread.addEvent(*event, element.text, {element.offset, element.text.size()});
            return true;
        };
        if (trimmed(text).starts_with('[')) {
            thread.beginList();
            return forEachJsonElement(
                part.file, JsonLayout::Array,
                {take,
                 [&](std::uint64_t index, std::uint64_t bytes) { sink.skipped(where("event", index), tooLongText(bytes)); }},
                cancel);
        }
        return readObject(part, thread, parser, sink, cancel);
    }

    static Status readObject(const FileUnit::Part& part, AgUiThread& thread, Parser& parser, FormatSink& sink,
                             const CancelToken& cancel)
    {
        if (part.file.sizeBytes() > kMaxJsonElementBytes)
            return fail(ErrorCode::Refused, part.name, tooLongText(part.file.sizeBytes()));
        TR_ASSIGN(std::string whole, part.file.read(0, static_cast<std::size_t>(part.file.sizeBytes())));
        if (whole.starts_with("\xEF\xBB\xBF")) whole.erase(0, 3);
        TR_ASSIGN(const Value object, parser.parse(whole));
        if (isAgUiRequest(object)) {
            thread.addRequest(object, whole, {});
            return {};
        }
        simdjson::dom::object lists;
        if (object.get(lists) != simdjson::SUCCESS) return fail(ErrorCode::Damaged, part.name, "it is no JSON object");
        for (const auto& [name, value] : lists) {
            simdjson::dom::array list;
            if (cancel.cancelled()) return CancelToken::error();
            if (value.get(list) != simdjson::SUCCESS) continue;
            thread.beginList();
            for (const Value event : list)
                if (isObject(event))
                    thread.addEvent(event, textOf(event), {});
                else
                    sink.skipped(std::string(name), "there is something that is no event in it");
        }
        return {};
    }
};

class AgUiStreamFormat : public FileFormat
{
public:
    [[nodiscard]] FormatInfo info() const override { return {"ag-ui-stream", "AG-UI event stream"}; }

    [[nodiscard]] std::optional<Recognised> recognise(const FileLook& look) const override
    {
        if (look.shape == FileLook::Shape::Lines || look.shape == FileLook::Shape::Object) {
            if (std::ranges::none_of(look.values, isAgUiEvent)) return std::nullopt;
            return Recognised{"lines", {}};
        }
        if (look.shape != FileLook::Shape::Other) return std::nullopt;
        int lines = 0;
        Parser parser;
        for (const std::string_view line : splitOn(look.beginning, '\n')) {
            if (trimmed(line).empty() || isField(trimmed(line))) continue;
            if (++lines > 8 || !trimmed(line).starts_with("data:")) return std::nullopt;
            const std::string text(withoutField(line));
            if (const auto event = parser.parse(text); event && isAgUiEvent(*event))
                return Recognised{"server-sent events", {}};
        }
        return std::nullopt;
    }

    [[nodiscard]] Status read(const FileUnit& unit, const FormatRequest& request, FormatSink& sink,
                              const CancelToken& cancel) const override
    {
        const InputFile& file = unit.first();
        AgUiThread thread(request.bodies);
        thread.beginList();
        Parser parser;
        JsonElementVisitor visitor;
        visitor.tooLong = [&](std::uint64_t index, std::uint64_t bytes) {
            sink.skipped(formatText("line {}", index + 1), tooLongText(bytes));
        };
        const auto visit = [&](const JsonElement& element) -> Result<bool> {
            sink.progress(element.offset);
            const std::string_view text = withoutField(element.text);
            if (text.empty() || isField(text)) return true;
            const auto event = parser.parse(text);
            const bool isLast = element.offset + element.text.size() >= file.sizeBytes();
            if (!event && !isLast) sink.skipped(formatText("line {}", element.index + 1), event.error().detail);
            if (event && isAgUiRequest(*event) && agUiType(*event).empty())
                thread.addRequest(*event, text, {element.offset, element.text.size()});
            else if (event && !isObject(*event))
                sink.skipped(formatText("line {}", element.index + 1), "it is no event");
            else if (event)
                thread.addEvent(*event, text, {element.offset, element.text.size()});
            return true;
        };
        visitor.visit = visit;
        TR_TRY(forEachJsonElement(file, JsonLayout::Lines, visitor, cancel));
        return deliver(thread, true, sink);
    }
};

} // namespace

const FileFormat& agUiFormat()
{
    static const AgUiFormat format;
    return format;
}

const FileFormat& agUiStreamFormat()
{
    static const AgUiStreamFormat format;
    return format;
}

} // namespace tackroom
