// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/filelook.h"

#include "core/base/text.h"
#include "core/readers/archivepointer.h"

#include <archive_entry.h>

#include <algorithm>

namespace tackroom
{

namespace
{

constexpr std::size_t kBeginningBytes = std::size_t{64} << 10;
constexpr std::size_t kMaxValues = 8;
constexpr int kMaxEntries = 64;

/// libarchive's way of reading by pieces.
struct ZipSource {
    const InputFile& file;
    std::uint64_t at = 0;
    std::string chunk;
};

la_ssize_t readPiece(archive*, void* data, const void** buffer)
{
    auto& source = *static_cast<ZipSource*>(data);
    auto piece = source.file.read(source.at, kBeginningBytes);
    if (!piece) return ARCHIVE_FATAL;
    source.chunk = std::move(*piece);
    source.at += source.chunk.size();
    *buffer = source.chunk.data();
    return static_cast<la_ssize_t>(source.chunk.size());
}

la_int64_t seekPiece(archive*, void* data, la_int64_t offset, int whence)
{
    auto& source = *static_cast<ZipSource*>(data);
    const auto size = static_cast<la_int64_t>(source.file.sizeBytes());
    const la_int64_t from = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? static_cast<la_int64_t>(source.at) : size;
    const la_int64_t to = std::clamp<la_int64_t>(from + offset, 0, size);
    source.at = static_cast<std::uint64_t>(to);
    return to;
}

std::vector<std::string> zipEntries(const InputFile& file)
{
    std::vector<std::string> names;
    const ArchivePointer reader(archive_read_new());
    if (!reader) return names;
    ZipSource source{file, 0, {}};
    archive_read_support_format_zip(reader.get());
    archive_read_set_read_callback(reader.get(), readPiece);
    archive_read_set_seek_callback(reader.get(), seekPiece);
    archive_read_set_callback_data(reader.get(), &source);
    if (archive_read_open1(reader.get()) != ARCHIVE_OK) return names;
    archive_entry* entry = nullptr;
    for (int i = 0; i < kMaxEntries && archive_read_next_header(reader.get(), &entry) == ARCHIVE_OK; ++i) {
        const char* name = archive_entry_pathname(entry);
        if (name) names.emplace_back(name);
    }
    return names;
}

} // namespace

bool FileLook::hasKey(std::string_view key) const { return std::ranges::contains(keys, key); }

struct LookedFile::Data {
    FileLook look;
    std::string beginning;
    std::vector<std::unique_ptr<jsonvalues::Parser>> parsers;

    void parse(std::string text)
    {
        auto parser = std::make_unique<jsonvalues::Parser>();
        const auto value = parser->parse(text);
        if (!value) return;
        look.values.push_back(*value);
        parsers.push_back(std::move(parser));
    }
    [[nodiscard]] Status lookAtArray(const InputFile& file, const CancelToken& cancel);
    [[nodiscard]] Status lookAtObject(const InputFile& file, const CancelToken& cancel);
};

Status LookedFile::Data::lookAtArray(const InputFile& file, const CancelToken& cancel)
{
    look.shape = FileLook::Shape::Array;
    std::uint64_t bytes = 0;
    JsonElementVisitor visitor;
    visitor.visit = [&](const JsonElement& element) -> Result<bool> {
        bytes += element.text.size();
        if (element.index == 0) look.keys = objectKeys(element.text);
        if (bytes > kMaxLookBytes) return false;
        parse(std::string(element.text));
        return look.values.size() < kMaxValues;
    };
    const auto cutting = forEachJsonElement(file, JsonLayout::Array, visitor, cancel);
    if (!cutting && cutting.error().code != ErrorCode::Damaged && cutting.error().code != ErrorCode::UnknownFormat)
        return cutting;
    const std::string_view first = trimmed(std::string_view(look.beginning).substr(1));
    if (look.keys.empty() && first.starts_with('{')) look.keys = objectKeys(first);
    return {};
}

/// One object, or lines of them: what follows the first decides.
Status LookedFile::Data::lookAtObject(const InputFile& file, const CancelToken& cancel)
{
    look.keys = objectKeys(look.beginning);
    // A whole first line that is a value, and something behind it: lines.
    bool lines = false;
    std::uint64_t bytes = 0;
    std::vector<std::string> texts;
    JsonElementVisitor visitor;
    visitor.visit = [&](const JsonElement& element) -> Result<bool> {
        bytes += element.text.size();
        if (bytes > kMaxLookBytes) return false;
        if (texts.empty()) {
            jsonvalues::Parser parser;
            const auto value = parser.parse(element.text, true);
            if (!value && value.error().code == ErrorCode::Refused) return std::unexpected(value.error());
            if (!value) return false;
            lines = element.offset + element.text.size() < file.sizeBytes();
        }
        texts.emplace_back(element.text);
        return texts.size() < kMaxValues;
    };
    TR_TRY(forEachJsonElement(file, JsonLayout::Lines, visitor, cancel));
    if (lines && texts.size() == 1) {
        // A single line with its line feed: an object, unless a half-written line follows it.
        TR_ASSIGN(const std::string rest, file.read(texts.front().size(), kBeginningBytes));
        lines = !trimmed(rest).empty();
    }
    look.shape = lines || texts.size() > 1 ? FileLook::Shape::Lines : FileLook::Shape::Object;
    if (look.shape == FileLook::Shape::Lines || !texts.empty()) {
        for (std::string& text : texts) parse(std::move(text));
        return {};
    }
    if (file.sizeBytes() > kMaxLookBytes) return {};
    TR_ASSIGN(std::string whole, file.read(0, static_cast<std::size_t>(file.sizeBytes())));
    if (whole.starts_with("\xEF\xBB\xBF")) whole.erase(0, 3);
    parse(std::move(whole));
    return {};
}

Result<LookedFile> LookedFile::at(const InputFile& file, const CancelToken& cancel)
{
    auto data = std::make_unique<Data>();
    TR_ASSIGN(data->beginning, file.read(0, kBeginningBytes));
    std::string_view beginning = data->beginning;
    if (beginning.starts_with("\xEF\xBB\xBF")) beginning.remove_prefix(3);
    data->look.beginning = beginning;
    const std::string_view text = trimmed(beginning);
    if (beginning.starts_with("PK\x03\x04") || beginning.starts_with("PK\x05\x06")) {
        data->look.shape = FileLook::Shape::Zip;
        data->look.entries = zipEntries(file);
    } else if (text.starts_with('[')) {
        TR_TRY(data->lookAtArray(file, cancel));
    } else if (text.starts_with('{')) {
        TR_TRY(data->lookAtObject(file, cancel));
    }
    return LookedFile(std::move(data));
}

LookedFile::LookedFile(std::unique_ptr<Data> data) : d(std::move(data)) {}
LookedFile::LookedFile(LookedFile&&) noexcept = default;
LookedFile::~LookedFile() = default;
const FileLook& LookedFile::look() const { return d->look; }

} // namespace tackroom
