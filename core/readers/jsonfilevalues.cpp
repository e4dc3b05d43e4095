// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/jsonfilevalues.h"

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/readers/filelook.h"

namespace tackroom
{

namespace
{

/// What ends the reading; anything else is told and passed over.
bool isFinal(ErrorCode code) { return code == ErrorCode::Cancelled || code == ErrorCode::Io; }

Status readObject(const InputFile& file, FormatSink& sink, const JsonValueVisitor& visit)
{
    if (file.sizeBytes() > kMaxJsonObjectBytes)
        return fail(
            ErrorCode::Refused, file.path().string(),
            formatText("it is one JSON object of {} bytes; at most {} are read", file.sizeBytes(), kMaxJsonObjectBytes));
    TR_ASSIGN(std::string text, file.read(0, static_cast<std::size_t>(file.sizeBytes())));
    if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
    jsonvalues::Parser parser;
    TR_ASSIGN(const jsonvalues::Value value, parser.parse(text));
    const auto more = visit(value, std::nullopt);
    if (!more && isFinal(more.error().code)) return std::unexpected(more.error());
    if (!more) sink.skipped("the object", more.error().detail);
    return {};
}

} // namespace

Status forEachJsonValue(const InputFile& file, FormatSink& sink, const JsonValueVisitor& visit, const CancelToken& cancel)
{
    FileLook::Shape shape = FileLook::Shape::Other;
    {
        TR_ASSIGN(const LookedFile looked, LookedFile::at(file, cancel));
        shape = looked.look().shape;
    }
    if (shape == FileLook::Shape::Object) return readObject(file, sink, visit);
    if (shape != FileLook::Shape::Array && shape != FileLook::Shape::Lines)
        return fail(ErrorCode::Damaged, file.path().string(), "it is no JSON");
    const bool lines = shape == FileLook::Shape::Lines;
    const auto place = [&](std::uint64_t index) {
        return lines ? formatText("line {}", index + 1) : formatText("element {}", index);
    };
    jsonvalues::Parser parser;
    JsonElementVisitor elements;
    elements.tooLong = [&](std::uint64_t index, std::uint64_t bytes) {
        sink.skipped(place(index), formatText("it has {} bytes; at most {} are read", bytes, kMaxJsonElementBytes));
    };
    elements.visit = [&](const JsonElement& element) -> Result<bool> {
        if (lines && trimmed(element.text).empty()) return true;
        const auto value = parser.parse(element.text, true);
        if (!value) {
            sink.skipped(place(element.index), value.error().detail);
            return true;
        }
        std::optional<FileRange> range;
        if (lines) range = FileRange{element.offset, element.text.size()};
        auto more = visit(*value, range);
        if (element.index % 256 == 0) sink.progress(element.offset);
        if (more) return more;
        if (isFinal(more.error().code)) return more;
        sink.skipped(place(element.index), more.error().detail);
        return true;
    };
    const auto read = forEachJsonElement(file, lines ? JsonLayout::Lines : JsonLayout::Array, elements, cancel);
    if (!read && read.error().code != ErrorCode::Damaged) return read;
    // Cut off in the middle: what came before it is good and stays, the rest is named.
    if (!read) sink.skipped("the rest of the file", read.error().detail);
    return {};
}

} // namespace tackroom
