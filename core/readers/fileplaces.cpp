// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/fileplaces.h"

#include "core/base/format.h"
#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "core/readers/filelook.h"

#include <algorithm>
#include <charconv>

namespace tackroom::filesingest
{

namespace
{

/// Files of one unit that stay open; the reader's process may have 256 in all. What comes after is held in memory.
constexpr std::size_t kMaxOpenParts = 64;
constexpr std::uint64_t kMaxHeldBytes = std::uint64_t{512} << 20;

bool staysBelow(const std::string& name)
{
    if (name.empty() || name.starts_with('/')) return false;
    for (const auto part : splitOn(name, '/'))
        if (part == ".." || part.empty()) return false;
    return true;
}

/// Without the "/2" that a second run of the same id got.
std::string formatIdOf(const std::string& nativeId, const FileFormat& format)
{
    if (format.growsByLines()) return nativeId;
    const auto slash = nativeId.rfind("/#");
    return slash == std::string::npos ? nativeId : nativeId.substr(0, slash);
}

Result<FileUnit> filesOfUnit(const std::filesystem::path& root, const Place& place, const FileFormat& format,
                             const std::string& source)
{
    FileUnit unit;
    if (!place.file.empty()) {
        TR_ASSIGN(InputFile file, InputFile::open(root / place.file));
        unit.parts.push_back({place.file, std::move(file)});
        return unit;
    }
    std::uint64_t held = 0;
    const bool isRoot = place.folder == ".";
    TR_ASSIGN(const auto files, listFiles(isRoot ? root : root / place.folder, {}, {}));
    for (const ListedFile& listed : files) {
        const std::string name = isRoot ? listed.name : place.folder + "/" + listed.name;
        auto file = InputFile::open(root / name);
        if (!file) continue;
        const auto looked = LookedFile::at(*file, {});
        const auto known = looked ? formatOf(looked->look()) : std::nullopt;
        if (!known || known->format != &format || format.unitOf(name, looked->look()) != source) continue;
        TR_TRY(addPart(unit, held, name, std::move(*file)));
    }
    if (unit.parts.empty()) return fail(ErrorCode::NotFound, source, "the files of this run are no longer there");
    return unit;
}

/// As many as a place takes: stretches are joined, nearest first.
std::vector<FileRange> fewRanges(const std::vector<FileRange>& ranges)
{
    constexpr std::size_t kMaxRanges = 180; // two numbers of ten digits each: below 4 KiB
    std::vector<FileRange> few = ranges;
    while (few.size() > kMaxRanges) {
        std::vector<std::uint64_t> gaps;
        for (std::size_t i = 1; i < few.size(); ++i) gaps.push_back(few[i].offset - (few[i - 1].offset + few[i - 1].bytes));
        const auto middle = gaps.begin() + static_cast<std::ptrdiff_t>(few.size() - kMaxRanges - 1);
        std::ranges::nth_element(gaps, middle);
        const std::uint64_t largest = *middle;
        std::vector<FileRange> joinedRanges{few.front()};
        for (std::size_t i = 1; i < few.size(); ++i) {
            FileRange& last = joinedRanges.back();
            if (few[i].offset - (last.offset + last.bytes) <= largest)
                last.bytes = few[i].offset + few[i].bytes - last.offset;
            else
                joinedRanges.push_back(few[i]);
        }
        few = std::move(joinedRanges);
    }
    return few;
}

} // namespace

const FileFormat* formatOfKind(std::string_view kind)
{
    for (const FileFormat* format : fileFormats())
        if (format->info().kind == kind) return format;
    return nullptr;
}

Result<InputFile> cutOut(const InputFile& file, const std::vector<FileRange>& ranges)
{
    std::string bytes;
    for (const FileRange& range : ranges) {
        if (range.bytes > kMaxJsonElementBytes * 4 || bytes.size() > kMaxJsonElementBytes * 4)
            return fail(ErrorCode::Refused, file.path().string(), "the run is too long to be read as one");
        TR_ASSIGN(const std::string part, file.read(range.offset, static_cast<std::size_t>(range.bytes)));
        if (!bytes.empty() && !bytes.ends_with('\n')) bytes += '\n';
        bytes += part;
    }
    return InputFile::ofBytes(file.path(), std::move(bytes));
}

Status addPart(FileUnit& unit, std::uint64_t& heldBytes, const std::string& name, InputFile file)
{
    if (unit.parts.size() < kMaxOpenParts) {
        unit.parts.push_back({name, std::move(file)});
        return {};
    }
    heldBytes += file.sizeBytes();
    if (heldBytes > kMaxHeldBytes)
        return fail(ErrorCode::Refused, name, "the files that belong together are too large to be read together");
    TR_ASSIGN(std::string bytes, file.read(0, static_cast<std::size_t>(file.sizeBytes())));
    unit.parts.push_back({name, InputFile::ofBytes(file.path(), std::move(bytes))});
    return {};
}

std::optional<Known> formatOf(const FileLook& look)
{
    for (const FileFormat* format : fileFormats())
        if (auto recognised = format->recognise(look)) return Known{format, std::move(*recognised)};
    return std::nullopt;
}

std::string Place::toText() const { return toText(head()); }

std::string Place::head() const
{
    Json json = {{"k", kind}};
    if (!file.empty()) json["f"] = file;
    if (!folder.empty()) json["d"] = folder;
    std::string text = dumpJson(json);
    text.pop_back(); // what follows is the last member
    return text;
}

std::string Place::toText(std::string_view head) const
{
    std::string text(head);
    text += ranges.empty() ? "" : ",\"r\":[";
    for (const FileRange& range : fewRanges(ranges)) {
        char digits[48];
        char* end = std::to_chars(digits, digits + sizeof digits, range.offset).ptr;
        *end++ = ',';
        end = std::to_chars(end, digits + sizeof digits, range.bytes).ptr;
        *end++ = ',';
        text.append(digits, end);
    }
    if (!ranges.empty()) text.back() = ']';
    return text += '}';
}

std::optional<Place> Place::fromText(std::string_view text)
{
    const auto json = parseJson(text, "place");
    if (!json || !json->is_object()) return std::nullopt;
    Place place{.kind = stringAt(*json, "k"), .file = stringAt(*json, "f"), .folder = stringAt(*json, "d"), .ranges = {}};
    if (place.file.empty() == place.folder.empty()) return std::nullopt;
    if (!staysBelow(place.file.empty() ? place.folder : place.file)) return std::nullopt;
    const Json& ranges = memberAt(*json, "r");
    for (std::size_t i = 0; ranges.is_array() && i + 1 < ranges.size(); i += 2) {
        if (!ranges[i].is_number_unsigned() || !ranges[i + 1].is_number_unsigned()) return std::nullopt;
        place.ranges.push_back({ranges[i].get<std::uint64_t>(), ranges[i + 1].get<std::uint64_t>()});
    }
    return place;
}

Result<std::string> stampOf(const std::filesystem::path& root, const RunAddress& address)
{
    const auto place = Place::fromText(address.place);
    if (!place) return std::string();
    std::vector<ListedFile> files;
    if (place->file.empty()) {
        TR_ASSIGN(files, listFiles(root / place->folder, {}, {}));
    } else {
        TR_ASSIGN(const InputFile file, InputFile::open(root / place->file));
        files.push_back({place->file, file.stamp()});
    }
    std::string all;
    for (const auto& [name, stamp] : files)
        all += formatText("{}\n{}:{}:{}\n", name, stamp.sizeBytes, stamp.mtimeNs, stamp.inode);
    return xxh128Hex(all);
}

Result<ParsedRun> readAgain(const std::filesystem::path& root, const std::string& onlyFile, const RunAddress& address)
{
    const auto place = Place::fromText(address.place);
    if (!place)
        return fail(ErrorCode::NotFound, address.nativeId, "the index does not say where this run lies",
                    "index the store again");
    if (!onlyFile.empty() && place->file != onlyFile)
        return fail(ErrorCode::Refused, place->file, "this run lies in another file than the one that is open");
    const FileFormat* format = formatOfKind(place->kind);
    if (!format) return fail(ErrorCode::UnknownFormat, place->kind, "this run is of a format that is not read");
    TR_ASSIGN(FileUnit unit, filesOfUnit(root, *place, *format, address.source));
    if (!place->ranges.empty()) {
        TR_ASSIGN(InputFile part, cutOut(unit.first(), place->ranges));
        FileUnit cut;
        cut.parts.push_back({unit.parts.front().name, std::move(part)});
        for (std::size_t i = 1; i < unit.parts.size(); ++i) cut.parts.push_back(std::move(unit.parts[i]));
        unit = std::move(cut);
    }
    OneRun sink(formatIdOf(address.nativeId, *format));
    TR_TRY(format->read(unit, {.bodies = true, .fromBytes = 0}, sink, {}));
    auto run = sink.take(!place->ranges.empty());
    if (!run) return fail(ErrorCode::NotFound, address.nativeId, "there is no such run in the file any more");
    return std::move(*run);
}

} // namespace tackroom::filesingest
