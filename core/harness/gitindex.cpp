// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/harness/gitindex.h"

#include "core/base/hash.h"
#include "core/harness/gitstore.h"

#include <algorithm>

namespace tackroom
{

namespace
{

constexpr std::uint16_t kExtended = 0x4000;
constexpr std::uint16_t kNameMask = 0x0fff;

std::uint32_t big32(std::string_view bytes, std::size_t at)
{
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) value = (value << 8) | static_cast<unsigned char>(bytes[at + i]);
    return value;
}

std::uint16_t big16(std::string_view bytes, std::size_t at)
{
    return static_cast<std::uint16_t>((static_cast<unsigned char>(bytes[at]) << 8) | static_cast<unsigned char>(bytes[at + 1]));
}

void put32(std::string& out, std::uint32_t value)
{
    for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>((value >> shift) & 0xff));
}

void put16(std::string& out, std::uint16_t value)
{
    out.push_back(static_cast<char>(value >> 8));
    out.push_back(static_cast<char>(value & 0xff));
}

std::unexpected<Error> damaged(const std::string& where, std::string detail)
{
    return fail(ErrorCode::Damaged, where, std::move(detail));
}

/// The offset number of version 4 (as in packs): seven bits a byte, each step one more.
Result<std::size_t> readOffset(std::string_view bytes, std::size_t* at, const std::string& where)
{
    std::size_t value = 0;
    for (int i = 0; i < 6 && *at < bytes.size(); ++i) {
        const auto byte = static_cast<unsigned char>(bytes[(*at)++]);
        value = (i == 0 ? 0 : (value + 1) << 7) | (byte & 0x7f);
        if ((byte & 0x80) == 0) return value;
    }
    return damaged(where, "the index ends in the middle of a number");
}

void putOffset(std::string& out, std::size_t value)
{
    std::string digits(1, static_cast<char>(value & 0x7f));
    while ((value >>= 7) != 0) {
        --value;
        digits.insert(digits.begin(), static_cast<char>(0x80 | (value & 0x7f)));
    }
    out += digits;
}

Result<IndexEntry> readEntry(std::string_view bytes, std::size_t* at, unsigned version, const std::string& previous,
                             const std::string& where)
{
    const std::size_t begin = *at;
    if (bytes.size() < begin + 62) return damaged(where, "the index ends in the middle of an entry");
    IndexEntry entry;
    for (std::size_t i = 0; i < 10; ++i) entry.stat[i] = big32(bytes, begin + 4 * i);
    entry.id = idFromRaw(bytes.substr(begin + 40, 20));
    entry.flags = big16(bytes, begin + 60);
    std::size_t name = begin + 62;
    if (entry.flags & kExtended) {
        if (version < 3 || bytes.size() < name + 2) return damaged(where, "an entry of the index has flags of a later version");
        entry.extended = big16(bytes, name);
        name += 2;
    }
    entry.flags &= static_cast<std::uint16_t>(~kNameMask);
    std::string prefix;
    if (version == 4) {
        TR_ASSIGN(const auto strip, readOffset(bytes, &name, where));
        if (strip > previous.size()) return damaged(where, "an entry of the index refers to a name that is too short");
        prefix = previous.substr(0, previous.size() - strip);
    }
    const auto nul = bytes.find('\0', name);
    if (nul == std::string_view::npos) return damaged(where, "a name in the index does not end");
    entry.path = prefix + std::string(bytes.substr(name, nul - name));
    *at = version == 4 ? nul + 1 : begin + ((nul - begin + 8) / 8) * 8;
    return entry;
}

bool before(const IndexEntry& one, const IndexEntry& two)
{
    const int order = one.path.compare(two.path);
    return order != 0 ? order < 0 : one.stage() < two.stage();
}

} // namespace

void IndexEntry::setStat(const struct stat& status, unsigned mode)
{
    const auto low = [](auto value) { return static_cast<std::uint32_t>(value); };
    stat = {low(status.st_ctim.tv_sec),
            low(status.st_ctim.tv_nsec),
            low(status.st_mtim.tv_sec),
            low(status.st_mtim.tv_nsec),
            low(status.st_dev),
            low(status.st_ino),
            mode,
            low(status.st_uid),
            low(status.st_gid),
            low(status.st_size)};
}

Result<GitIndex> GitIndex::parse(std::string_view bytes, const std::string& where)
{
    GitIndex index;
    if (bytes.size() < 32 || !bytes.starts_with("DIRC")) return damaged(where, "this is no git index");
    index.version = big32(bytes, 4);
    if (index.version < 2 || index.version > 4)
        return fail(ErrorCode::Refused, where, "an index of a version that is not known");
    const auto body = bytes.substr(0, bytes.size() - 20);
    const auto sum = bytes.substr(bytes.size() - 20);
    // A sum of zeros: git was told to leave it out (index.skipHash).
    if (sum != std::string(20, '\0') && sha1Hex(body) != idFromRaw(sum))
        return damaged(where, "the index does not fit its own checksum");
    const std::uint32_t count = big32(bytes, 8);
    std::size_t at = 12;
    std::string previous;
    bool sorted = true;
    for (std::uint32_t i = 0; i < count; ++i) {
        TR_ASSIGN(auto entry, readEntry(body, &at, index.version, previous, where));
        if (entry.mode() == 0040000)
            return fail(ErrorCode::Refused, where, "the index is a sparse one", "git sparse-checkout disable");
        previous = entry.path;
        // Judged at the end: the entries of a split index are not sorted, and that is said better.
        sorted = sorted && (index.entries.empty() || before(index.entries.back(), entry));
        index.entries.push_back(std::move(entry));
    }
    while (at + 8 <= body.size()) {
        const auto name = body.substr(at, 4);
        const std::size_t size = big32(body, at + 4);
        if (size > body.size() - at - 8) return damaged(where, "an extension of the index does not end");
        if (name == "link")
            return fail(ErrorCode::Refused, where, "the index is a split one", "git update-index --no-split-index");
        if (name[0] < 'A' || name[0] > 'Z')
            return fail(ErrorCode::Refused, where, "the index has an extension that is not known: " + std::string(name));
        at += 8 + size;
    }
    if (at != body.size()) return damaged(where, "the index has bytes left over");
    if (!sorted) return damaged(where, "the index is not sorted");
    return index;
}

std::string GitIndex::write() const
{
    const bool extended = std::ranges::any_of(entries, [](const IndexEntry& entry) { return entry.extended != 0; });
    const unsigned as = version == 4 ? 4 : extended ? 3 : 2;
    std::string out = "DIRC";
    put32(out, as);
    put32(out, static_cast<std::uint32_t>(entries.size()));
    std::string previous;
    for (const auto& entry : entries) {
        const std::size_t begin = out.size();
        for (const auto value : entry.stat) put32(out, value);
        out += idToRaw(entry.id);
        auto flags = static_cast<std::uint16_t>(entry.flags & 0xb000);
        if (entry.extended != 0) flags |= kExtended;
        put16(out, static_cast<std::uint16_t>(flags | std::min<std::size_t>(entry.path.size(), kNameMask)));
        if (entry.extended != 0) put16(out, entry.extended);
        if (as == 4) {
            const auto common = static_cast<std::size_t>(std::ranges::mismatch(previous, entry.path).in1 - previous.begin());
            putOffset(out, previous.size() - common);
            out += entry.path.substr(common);
            out.push_back('\0');
        } else {
            out += entry.path;
            out.append(8 - (out.size() - begin) % 8, '\0');
        }
        previous = entry.path;
    }
    out += idToRaw(sha1Hex(out));
    return out;
}

const IndexEntry* GitIndex::find(std::string_view path) const
{
    const auto at =
        std::ranges::lower_bound(entries, path, {}, [](const IndexEntry& entry) { return std::string_view(entry.path); });
    return at != entries.end() && at->path == path && at->stage() == 0 ? &*at : nullptr;
}

bool GitIndex::conflicted(std::string_view path) const
{
    const auto at =
        std::ranges::lower_bound(entries, path, {}, [](const IndexEntry& entry) { return std::string_view(entry.path); });
    return at != entries.end() && at->path == path && at->stage() != 0;
}

void GitIndex::put(IndexEntry entry)
{
    remove(entry.path);
    entries.insert(std::ranges::lower_bound(entries, entry, before), std::move(entry));
}

void GitIndex::remove(std::string_view path)
{
    std::erase_if(entries, [&](const IndexEntry& entry) { return entry.path == path; });
}

bool GitIndex::hasBelow(std::string_view path) const
{
    const std::string prefix = std::string(path) + '/';
    const auto at =
        std::ranges::lower_bound(entries, prefix, {}, [](const IndexEntry& entry) { return std::string_view(entry.path); });
    return at != entries.end() && at->path.starts_with(prefix);
}

} // namespace tackroom
