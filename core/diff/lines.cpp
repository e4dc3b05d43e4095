// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/diff/lines.h"

#include "core/base/asciichars.h"
#include "core/base/hash.h"
#include "core/diff/sequence.h"
#include "core/diff/slide.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <memory>
#include <string>
#include <unordered_map>

namespace tackroom
{

Lines::Lines(std::string_view bytes) : m_bytes(bytes)
{
    m_starts.reserve(bytes.size() / 32 + 2);
    const char* const data = bytes.data();
    std::size_t at = 0;
    while (at < bytes.size()) {
        const void* const end = std::memchr(data + at, '\n', bytes.size() - at);
        at = end ? static_cast<std::size_t>(static_cast<const char*>(end) - data) + 1 : bytes.size();
        m_starts.push_back(at);
    }
    assert(m_starts.size() < 0xffffffff);
}

std::string_view Lines::text(LineNo no) const
{
    std::string_view all = line(no);
    if (all.ends_with('\n')) {
        all.remove_suffix(1);
        if (all.ends_with('\r')) all.remove_suffix(1);
    }
    return all;
}

LineNo Lines::lineAt(std::size_t offset) const
{
    if (offset >= m_bytes.size()) return LineNo{count()};
    const auto after = std::upper_bound(m_starts.begin(), m_starts.end(), offset);
    return LineNo{static_cast<std::uint32_t>(after - m_starts.begin() - 1)};
}

namespace
{

/// What of a line counts under the level. `room` holds it where it is not a part of the line itself.
std::string_view keyOf(std::string_view line, Whitespace level, std::string& room)
{
    if (level == Whitespace::Exact) return line;
    while (!line.empty() && isAsciiBlank(line.back())) line.remove_suffix(1);
    if (level == Whitespace::IgnoreEnds) return line;
    room.clear();
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (!isAsciiBlank(line[i]))
            room += line[i];
        else if (level == Whitespace::IgnoreAmount && (i == 0 || !isAsciiBlank(line[i - 1])))
            room += ' ';
    }
    return room;
}

/// Gives equal lines of both sides one number each.
class Interner
{
public:
    Interner(Whitespace level, std::size_t expected) : m_level(level) { m_ids.reserve(expected); }

    std::vector<std::uint32_t> intern(const Lines& lines)
    {
        std::vector<std::uint32_t> ids(lines.count());
        for (std::uint32_t i = 0; i < lines.count(); ++i) ids[i] = idOf(lines.line(LineNo{i}));
        return ids;
    }
    [[nodiscard]] std::uint32_t count() const { return static_cast<std::uint32_t>(m_ids.size()); }

private:
    std::uint32_t idOf(std::string_view line)
    {
        std::string_view key = keyOf(line, m_level, m_room);
        const auto found = m_ids.find(key);
        if (found != m_ids.end()) return found->second;
        if (key.data() == m_room.data() && !key.empty()) key = *m_kept.emplace_back(std::make_unique<std::string>(key));
        const auto id = static_cast<std::uint32_t>(m_ids.size());
        m_ids.emplace(key, id);
        return id;
    }

    Whitespace m_level;
    std::string m_room;
    std::vector<std::unique_ptr<std::string>> m_kept;
    std::unordered_map<std::string_view, std::uint32_t, TextHash> m_ids;
};

std::vector<LineChange> changesOf(const Unmatched& unmatched)
{
    std::vector<LineChange> changes;
    const auto n = static_cast<std::uint32_t>(unmatched.a.size()), m = static_cast<std::uint32_t>(unmatched.b.size());
    std::uint32_t i = 0, j = 0;
    while (i < n || j < m) {
        const std::uint32_t iBegin = i, jBegin = j;
        while (i < n && unmatched.a[i]) ++i;
        while (j < m && unmatched.b[j]) ++j;
        if (i > iBegin || j > jBegin) {
            changes.push_back({{LineNo{iBegin}, LineNo{i}}, {LineNo{jBegin}, LineNo{j}}});
        } else {
            assert(i < n && j < m); // kept elements come in pairs
            ++i;
            ++j;
        }
    }
    return changes;
}

} // namespace

bool isBinary(std::string_view bytes) { return bytes.substr(0, 8000).contains('\0'); }

std::vector<LineChange> diffLines(const Lines& oldLines, const Lines& newLines, const DiffOptions& options)
{
    if (options.whitespace == Whitespace::Exact && oldLines.bytes() == newLines.bytes()) return {};
    Interner interner(options.whitespace, std::size_t{oldLines.count()} + newLines.count());
    const std::vector<std::uint32_t> oldIds = interner.intern(oldLines), newIds = interner.intern(newLines);
    std::vector<LineChange> changes = changesOf(matchSequences(oldIds, newIds, interner.count(), MatchStyle::Anchored));
    if (options.slide) {
        slideChanges(changes, oldLines, oldIds, newLines, newIds);
        joinAcrossBlanks(changes, oldLines, newLines);
    }
    return changes;
}

} // namespace tackroom
