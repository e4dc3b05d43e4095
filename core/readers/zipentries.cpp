// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/zipentries.h"

#include "core/base/format.h"
#include "core/readers/archivepointer.h"

#include <archive_entry.h>

#include <algorithm>
#include <map>
#include <memory>

namespace tackroom
{

namespace
{

constexpr std::uint64_t kLocalHeaderBytes = 30;
constexpr std::uint16_t kEncrypted = 1, kSizesBehind = 8;
constexpr std::string_view kLocalSign("PK\x03\x04"), kTableSign("PK\x01\x02"), kEndSign("PK\x05\x06");
constexpr std::string_view kEnd64Sign("PK\x06\x06"), kLocator64Sign("PK\x06\x07"), kBehindSign("PK\x07\x08");

/// Little-endian number at `at`; 0 beyond the end.
std::uint64_t numberAt(std::string_view bytes, std::size_t at, std::size_t count)
{
    std::uint64_t number = 0;
    if (at > bytes.size() || bytes.size() - at < count) return 0;
    for (std::size_t i = count; i-- > 0;) number = number << 8 | static_cast<unsigned char>(bytes[at + i]);
    return number;
}

void put(std::string& out, std::uint64_t number, std::size_t count)
{
    for (std::size_t i = 0; i < count; ++i) out += static_cast<char>(number >> (8 * i) & 0xff);
}

struct Table {
    std::uint64_t offset = 0, bytes = 0;
};

/// Where the table lies, by the record at the end of the file.
Result<std::optional<Table>> findTable(const InputFile& file)
{
    constexpr std::uint64_t kTail = 22 + 65535 + 20;
    const std::uint64_t from = file.sizeBytes() > kTail ? file.sizeBytes() - kTail : 0;
    TR_ASSIGN(const std::string tail, file.read(from, kTail));
    const auto end = tail.rfind(kEndSign);
    if (end == std::string::npos || tail.size() - end < 22) return std::nullopt;
    Table table{numberAt(tail, end + 16, 4), numberAt(tail, end + 12, 4)};
    if (end >= 20 && std::string_view(tail).substr(end - 20, 4) == kLocator64Sign) {
        TR_ASSIGN(const std::string record, file.read(numberAt(tail, end - 20 + 8, 8), 56));
        if (record.starts_with(kEnd64Sign) && record.size() == 56) table = {numberAt(record, 48, 8), numberAt(record, 40, 8)};
    }
    if (table.offset > file.sizeBytes() || table.bytes > file.sizeBytes() - table.offset) return std::nullopt;
    return table;
}

/// Sizes and offset above 4 GiB stand in an extra field of kind 1, in this order, each only where the usual place is full.
void readExtra64(std::string_view extra, ZipEntry& entry)
{
    while (extra.size() >= 4) {
        const std::size_t bytes = numberAt(extra, 2, 2);
        std::string_view field = extra.substr(4, bytes);
        if (numberAt(extra, 0, 2) == 1)
            for (std::uint64_t* number : {&entry.bytes, &entry.packedBytes, &entry.offset})
                if (*number == 0xffffffff && field.size() >= 8) {
                    *number = numberAt(field, 0, 8);
                    field.remove_prefix(8);
                }
        extra.remove_prefix(std::min(extra.size(), 4 + bytes));
    }
}

/// False where the table is broken: the entries are then looked for by their own headers.
bool readTable(std::string_view table, std::uint64_t fileBytes, std::vector<ZipEntry>& entries)
{
    while (table.starts_with(kTableSign) && table.size() >= 46 && entries.size() < kMaxZipEntries) {
        const std::size_t name = numberAt(table, 28, 2), extra = numberAt(table, 30, 2), comment = numberAt(table, 32, 2);
        if (table.size() - 46 < name + extra + comment) return false;
        ZipEntry entry;
        entry.flags = static_cast<std::uint16_t>(numberAt(table, 8, 2));
        entry.method = static_cast<std::uint16_t>(numberAt(table, 10, 2));
        entry.crc = static_cast<std::uint32_t>(numberAt(table, 16, 4));
        entry.packedBytes = numberAt(table, 20, 4);
        entry.bytes = numberAt(table, 24, 4);
        entry.offset = numberAt(table, 42, 4);
        entry.name = std::string(table.substr(46, name));
        readExtra64(table.substr(46 + name, extra), entry);
        if (entry.offset > fileBytes || entry.packedBytes > fileBytes - entry.offset) return false;
        entries.push_back(std::move(entry));
        table.remove_prefix(46 + name + extra + comment);
    }
    return table.empty() && !entries.empty();
}

/// The first place from `from` where one of the signs stands; the end of the file where there is none.
Result<std::uint64_t> findSign(const InputFile& file, std::uint64_t from, std::initializer_list<std::string_view> signs)
{
    constexpr std::size_t kPiece = std::size_t{1} << 20;
    while (from < file.sizeBytes()) {
        TR_ASSIGN(const std::string piece, file.read(from, kPiece));
        std::size_t found = std::string::npos;
        for (const std::string_view sign : signs) found = std::min(found, piece.find(sign));
        if (found != std::string::npos) return from + found;
        if (piece.size() < kPiece) break;
        from += piece.size() - 3;
    }
    return file.sizeBytes();
}

Result<std::vector<ZipEntry>> walk(const InputFile& file)
{
    std::vector<ZipEntry> entries;
    TR_ASSIGN(std::uint64_t at, findSign(file, 0, {kLocalSign}));
    while (at < file.sizeBytes() && entries.size() < kMaxZipEntries) {
        TR_ASSIGN(const std::string header, file.read(at, kLocalHeaderBytes + 1024));
        ZipEntry entry;
        entry.offset = at;
        entry.flags = static_cast<std::uint16_t>(numberAt(header, 6, 2));
        entry.method = static_cast<std::uint16_t>(numberAt(header, 8, 2));
        entry.crc = static_cast<std::uint32_t>(numberAt(header, 14, 4));
        entry.packedBytes = numberAt(header, 18, 4);
        entry.bytes = numberAt(header, 22, 4);
        const std::size_t name = numberAt(header, 26, 2), extra = numberAt(header, 28, 2);
        if (header.size() >= kLocalHeaderBytes + name) entry.name = header.substr(kLocalHeaderBytes, name);
        if (header.size() >= kLocalHeaderBytes + name + extra)
            readExtra64(std::string_view(header).substr(kLocalHeaderBytes + name, extra), entry);
        const std::uint64_t data = at + kLocalHeaderBytes + name + extra;
        if (entry.packedBytes == 0 && (entry.flags & kSizesBehind || entry.method != 0)) {
            TR_ASSIGN(const std::uint64_t end, findSign(file, data, {kBehindSign, kLocalSign, kTableSign}));
            entry.packedBytes = end > data ? end - data : 0;
            entry.bytes = 0;
            entry.sizesKnown = false;
        }
        const bool whole = data <= file.sizeBytes() && entry.packedBytes <= file.sizeBytes() - data;
        if (whole && !entry.name.empty()) entries.push_back(entry);
        TR_ASSIGN(at, findSign(file, whole ? data + entry.packedBytes : at + 4, {kLocalSign}));
    }
    return entries;
}

/// An entry that was written again under its name replaces the former one.
void keepLast(std::vector<ZipEntry>& entries)
{
    std::map<std::string_view, std::size_t> last;
    for (std::size_t i = 0; i < entries.size(); ++i) last[entries[i].name] = i;
    if (last.size() == entries.size()) return;
    std::vector<ZipEntry> kept;
    for (std::size_t i = 0; i < entries.size(); ++i)
        if (last[entries[i].name] == i) kept.push_back(entries[i]);
    entries = std::move(kept);
}

/// The entry alone, as a zip of its own without a table: a header that we made, with the sizes of the table, and the packed
/// data.
Result<std::string> aloneZip(const InputFile& file, const ZipEntry& entry)
{
    TR_ASSIGN(const std::string header, file.read(entry.offset, kLocalHeaderBytes));
    if (!header.starts_with(kLocalSign) || header.size() < kLocalHeaderBytes)
        return fail(ErrorCode::Damaged, entry.name, "its header in the zip file is not where the table says");
    const std::uint64_t data = entry.offset + kLocalHeaderBytes + numberAt(header, 26, 2) + numberAt(header, 28, 2);
    if (!entry.sizesKnown)
        return file.read(entry.offset, static_cast<std::size_t>(data - entry.offset + entry.packedBytes + 24));
    std::string zip(kLocalSign);
    put(zip, 63, 2);
    put(zip, entry.flags & ~kSizesBehind, 2);
    put(zip, entry.method, 2);
    put(zip, 0, 4);
    put(zip, entry.crc, 4);
    put(zip, entry.packedBytes, 4);
    put(zip, entry.bytes, 4);
    put(zip, 1, 2);
    put(zip, 0, 2);
    zip += 'e';
    TR_ASSIGN(const std::string packed, file.read(data, static_cast<std::size_t>(entry.packedBytes)));
    if (packed.size() < entry.packedBytes) return fail(ErrorCode::Damaged, entry.name, "the file ends inside it");
    return zip + packed;
}

std::unexpected<Error> cannotUnpack(const ZipEntry& entry, archive* from)
{
    const char* words = archive_error_string(from);
    return fail(ErrorCode::Damaged, entry.name,
                formatText("it cannot be unpacked (method {}): {}", entry.method, words ? words : "no reason given"));
}

std::unexpected<Error> tooLarge(const ZipEntry& entry, std::uint64_t maxBytes)
{
    return fail(ErrorCode::Refused, entry.name, formatText("it has more than {} bytes", maxBytes));
}

} // namespace

Result<ZipList> listZip(const InputFile& file)
{
    ZipList list;
    TR_ASSIGN(const auto table, findTable(file));
    if (table) {
        if (table->bytes > kMaxZipTableBytes)
            return fail(ErrorCode::Refused, file.path().string(),
                        formatText("the zip file's table has {} bytes; at most {} are read", table->bytes, kMaxZipTableBytes));
        TR_ASSIGN(const std::string bytes, file.read(table->offset, static_cast<std::size_t>(table->bytes)));
        list.hasTable = readTable(bytes, file.sizeBytes(), list.entries);
    }
    if (!list.hasTable) {
        TR_ASSIGN(list.entries, walk(file));
    }
    if (list.entries.empty()) return fail(ErrorCode::Damaged, file.path().string(), "no entry of the zip file can be found");
    keepLast(list.entries);
    return list;
}

Result<std::string> readZipEntry(const InputFile& file, const ZipEntry& entry, std::uint64_t maxBytes)
{
    if (entry.flags & kEncrypted) return fail(ErrorCode::Refused, entry.name, "it is encrypted");
    if (entry.bytes > maxBytes || entry.packedBytes > maxBytes) return tooLarge(entry, maxBytes);
    TR_ASSIGN(const std::string zip, aloneZip(file, entry));
    const ArchivePointer reader(archive_read_new());
    if (!reader) return fail(ErrorCode::Refused, entry.name, "it needs more memory than the reader may use");
    archive_read_support_format_zip_streamable(reader.get());
    archive_entry* header = nullptr;
    if (archive_read_open_memory(reader.get(), zip.data(), zip.size()) != ARCHIVE_OK ||
        archive_read_next_header(reader.get(), &header) < ARCHIVE_WARN)
        return cannotUnpack(entry, reader.get());
    std::string out;
    out.reserve(static_cast<std::size_t>(std::min(entry.bytes, maxBytes)));
    for (;;) {
        const void* piece = nullptr;
        std::size_t bytes = 0;
        la_int64_t offset = 0;
        const int code = archive_read_data_block(reader.get(), &piece, &bytes, &offset);
        if (code == ARCHIVE_EOF) break;
        if (code < ARCHIVE_OK) return cannotUnpack(entry, reader.get());
        if (bytes > maxBytes - out.size()) return tooLarge(entry, maxBytes);
        out.append(static_cast<const char*>(piece), bytes);
    }
    return out;
}

Result<std::optional<FileRange>> zipEntryRange(const InputFile& file, const ZipEntry& entry)
{
    TR_ASSIGN(const std::string header, file.read(entry.offset, kLocalHeaderBytes));
    if (!header.starts_with(kLocalSign) || header.size() < kLocalHeaderBytes) return std::nullopt;
    // A header that leaves the sizes to the table is of no use without it.
    if (numberAt(header, 18, 4) == 0 || numberAt(header, 18, 4) == 0xffffffff) return std::nullopt;
    const std::uint64_t bytes = kLocalHeaderBytes + numberAt(header, 26, 2) + numberAt(header, 28, 2) + entry.packedBytes;
    return FileRange{entry.offset, bytes};
}

} // namespace tackroom
