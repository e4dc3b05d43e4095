// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/sql/tablepages.h"

#include "core/sql/connection.h"

#include <algorithm>
#include <cstring>
#include <limits>

namespace tackroom
{

namespace
{

constexpr unsigned char kInterior = 0x05, kLeaf = 0x0D; ///< kinds of pages of a table
constexpr std::size_t kLeafHeader = 8, kInteriorHeader = 12;
constexpr std::size_t kMostLevels = 20;
constexpr std::uint32_t kWindowBytes = 64 << 10;
constexpr std::uint64_t kMostRecordBytes = std::uint64_t{1} << 30;

std::uint32_t two(const unsigned char* at) { return static_cast<std::uint32_t>(at[0]) << 8 | at[1]; }
std::uint32_t four(const unsigned char* at) { return two(at) << 16 | two(at + 2); }

/// A number of up to nine bytes; false where it does not end before `end`.
bool takeNumber(const unsigned char*& at, const unsigned char* end, std::uint64_t& value)
{
    if (at < end && *at < 0x80) {
        value = *at++;
        return true;
    }
    value = 0;
    for (int i = 0; i < 9; ++i) {
        if (at == end) return false;
        const unsigned char byte = *at++;
        if (i == 8) {
            value = value << 8 | byte;
            return true;
        }
        value = value << 7 | (byte & 0x7F);
        if (byte < 0x80) return true;
    }
    return false;
}

/// How much of a record of that size lies on its leaf; the rest follows on pages of its own.
std::size_t localBytesOf(std::uint64_t record, std::uint32_t usable)
{
    if (record <= usable - 35) return record;
    const std::uint64_t least = (usable - 12) * 32 / 255 - 23;
    const std::uint64_t fitting = least + (record - least) % (usable - 4);
    return fitting <= usable - 35 ? fitting : least;
}

} // namespace

void TablePages::forget()
{
    for (Block& block : m_blocks) block.first = block.count = 0;
    m_header = {};
    m_knowsDepth = false;
}

bool TablePages::readHeader(Database& db)
{
    const Database::Impl& impl = db.impl();
    m_file = nullptr;
    if (sqlite3_file_control(impl.db, "main", SQLITE_FCNTL_FILE_POINTER, &m_file) != SQLITE_OK || !m_file || !m_file->pMethods)
        return false;
    std::array<unsigned char, 100> header{};
    sqlite3_int64 size = 0;
    if (m_file->pMethods->xRead(m_file, header.data(), static_cast<int>(header.size()), 0) != SQLITE_OK ||
        m_file->pMethods->xFileSize(m_file, &size) != SQLITE_OK)
        return false;
    // SQLite's own sign of a change; also that of another file in its place, whose connection is another one.
    if (header != m_header) forget();
    m_header = header;
    const bool wal = header[18] == 2 || header[19] == 2;
    const bool whole = !wal ? header[18] == 1 && header[19] == 1
                            : impl.foreignMode == ForeignMode::StaleWal && impl.state && impl.state->wal.sizeBytes == 0;
    if (!whole || std::memcmp(header.data(), "SQLite format 3", 16) != 0 || four(&header[56]) != SQLITE_UTF8) return false;
    const std::uint32_t pageBytes = two(&header[16]) == 1 ? 65'536 : two(&header[16]);
    if (pageBytes < 512 || (pageBytes & (pageBytes - 1)) != 0 || header[20] > 32) return false;
    if (pageBytes != m_pageBytes) {
        forget();
        m_header = header;
        m_pageBytes = pageBytes;
        m_window = std::max(1U, kWindowBytes / m_pageBytes);
        for (Block& block : m_blocks) block.bytes.reset();
    }
    m_usable = m_pageBytes - header[20];
    m_pages = static_cast<std::uint32_t>(
        std::clamp<sqlite3_int64>(size / m_pageBytes, 0, std::numeric_limits<std::uint32_t>::max() - 1));
    return true;
}

bool TablePages::begin(Database& db, std::string_view table)
{
    m_leafBlock = nullptr;
    m_leaf = nullptr;
    std::int64_t root = 0;
    {
        // Also what takes the lock of the transaction.
        auto statement = db.prepare("SELECT rootpage FROM sqlite_schema WHERE type = 'table' AND lower(name) = lower(?)");
        if (!statement) return false;
        statement->bind(1, table);
        const auto found = statement->step();
        if (!found || !*found) return false;
        root = statement->intAt(0);
    }
    if (root <= 1 || root > std::numeric_limits<std::int32_t>::max() || !readHeader(db)) return false;
    if (m_root != static_cast<std::uint32_t>(root)) m_knowsDepth = false;
    m_root = static_cast<std::uint32_t>(root);
    return true;
}

bool TablePages::readAt(unsigned char* to, std::uint32_t page, std::uint32_t count) const
{
    if (page < 1 || page > m_pages || count > m_pages - page + 1) return false;
    return m_file->pMethods->xRead(m_file, to, static_cast<int>(count * m_pageBytes),
                                   static_cast<sqlite3_int64>(page - 1) * m_pageBytes) == SQLITE_OK;
}

TablePages::Block* TablePages::load(std::uint32_t page)
{
    Block* oldest = nullptr;
    for (Block& block : m_blocks)
        if (&block != m_leafBlock && (!oldest || block.lastUse < oldest->lastUse)) oldest = &block;
    // Where the table's pages lie scattered, their neighbours are read for nothing.
    const std::uint32_t most = std::max(1U, kWindowBytes / m_pageBytes);
    if (oldest->first != 0 && oldest->used * 4 < oldest->count) m_window = std::max(1U, m_window / 2);
    if (oldest->first != 0 && oldest->used * 2 > oldest->count) m_window = std::min(most, m_window * 2);
    if (!oldest->bytes) oldest->bytes = std::make_unique_for_overwrite<unsigned char[]>(std::size_t{most} * m_pageBytes);
    oldest->first = 0;
    // Forward, what follows is wanted next; backward, what is in front of it, and of long rows what follows.
    const std::uint32_t first = m_backward && page > 0 ? page - (page - 1) % m_window : page;
    const std::uint32_t count = std::min(m_window, page <= m_pages ? m_pages - first + 1 : 0);
    if (count == 0 || !readAt(oldest->bytes.get(), first, count)) return nullptr;
    oldest->first = first;
    oldest->count = count;
    oldest->used = 0;
    return oldest;
}

/// Good until another page is asked for, but for the leaf's.
const unsigned char* TablePages::pageAt(std::uint32_t page)
{
    Block* found = nullptr;
    for (Block& block : m_blocks)
        if (block.first != 0 && page >= block.first && page - block.first < block.count) found = &block;
    if (!found) found = load(page);
    if (!found) return nullptr;
    ++found->used;
    found->lastUse = ++m_uses;
    return found->bytes.get() + std::size_t{page - found->first} * m_pageBytes;
}

/// Adds a page above the leaves to the way.
bool TablePages::readLevel(std::uint32_t page)
{
    if (m_depth >= kMostLevels) return false;
    if (m_levels.size() <= m_depth) m_levels.emplace_back();
    Level& level = m_levels[m_depth];
    level.bytes.resize(m_pageBytes);
    level.count = level.at = 0;
    if (!readAt(level.bytes.data(), page, 1)) return false;
    if (level.bytes[0] != kInterior) return level.bytes[0] == kLeaf;
    level.count = two(&level.bytes[3]);
    return kInteriorHeader + 2 * level.count <= m_usable;
}

/// 0 where there is none.
std::uint32_t TablePages::childOf(const Level& level) const
{
    if (level.at >= level.count) return four(&level.bytes[8]);
    const std::size_t cell = two(&level.bytes[kInteriorHeader + 2 * level.at]);
    return cell >= kInteriorHeader + 2 * level.count && cell + 4 <= m_usable ? four(&level.bytes[cell]) : 0;
}

/// To the child in which the row is, if it is anywhere.
bool TablePages::goTo(Level& level, std::int64_t row) const
{
    std::size_t low = 0, high = level.count;
    while (low < high) {
        const std::size_t middle = low + (high - low) / 2;
        const std::size_t cell = two(&level.bytes[kInteriorHeader + 2 * middle]);
        if (cell < kInteriorHeader + 2 * level.count || cell + 4 >= m_usable) return false;
        const unsigned char* at = &level.bytes[cell + 4];
        std::uint64_t key = 0;
        if (!takeNumber(at, level.bytes.data() + m_usable, key)) return false;
        if (static_cast<std::int64_t>(key) >= row)
            high = middle;
        else
            low = middle + 1;
    }
    level.at = low;
    return true;
}

bool TablePages::openLeaf(std::uint32_t page)
{
    m_leafBlock = nullptr;
    m_leaf = pageAt(page);
    if (!m_leaf || m_leaf[0] != kLeaf) return false;
    for (Block& block : m_blocks)
        if (block.lastUse == m_uses) m_leafBlock = &block;
    m_cells = two(m_leaf + 3);
    m_cell = 0;
    return kLeafHeader + 2 * m_cells <= m_usable;
}

bool TablePages::readCell(std::size_t index)
{
    const std::size_t cell = two(m_leaf + kLeafHeader + 2 * index);
    if (cell < kLeafHeader + 2 * m_cells || cell >= m_usable) return false;
    const unsigned char* at = m_leaf + cell;
    const unsigned char* end = m_leaf + m_usable;
    std::uint64_t bytes = 0, row = 0;
    if (!takeNumber(at, end, bytes) || !takeNumber(at, end, row) || bytes > kMostRecordBytes) return false;
    m_row = static_cast<std::int64_t>(row);
    m_recordBytes = bytes;
    m_localBytes = localBytesOf(bytes, m_usable);
    m_record = at;
    const std::size_t link = m_localBytes < m_recordBytes ? 4 : 0;
    return m_localBytes + link <= static_cast<std::size_t>(end - at);
}

/// From the page down to the leaf in which the row is, if it is anywhere.
bool TablePages::goDown(std::uint32_t page, std::int64_t row)
{
    for (;;) {
        if (page <= 1 || page > m_pages) return false;
        if (m_knowsDepth && m_depth == m_leafDepth) break;
        if (!readLevel(page)) return false;
        Level& level = m_levels[m_depth];
        if (level.bytes[0] == kLeaf) {
            if (m_knowsDepth) {
                m_knowsDepth = false; // all leaves are equally deep
                return false;
            }
            m_knowsDepth = true;
            m_leafDepth = m_depth;
            break;
        }
        if (!goTo(level, row)) return false;
        ++m_depth;
        page = childOf(level);
    }
    if (openLeaf(page)) return true;
    m_knowsDepth = false;
    return false;
}

/// To the first row from `row` on.
TablePages::Found TablePages::descend(std::uint32_t page, std::int64_t row)
{
    if (!goDown(page, row)) return Found::Unusual;
    std::size_t low = 0, high = m_cells;
    while (low < high) {
        const std::size_t middle = low + (high - low) / 2;
        if (!readCell(middle)) return Found::Unusual;
        if (m_row >= row)
            high = middle;
        else
            low = middle + 1;
    }
    m_cell = low;
    if (low == m_cells) {
        if (m_cells == 0) return m_depth == 0 ? Found::End : Found::Unusual; // only a whole table can be empty
        return nextLeaf();
    }
    return readCell(low) ? Found::Row : Found::Unusual;
}

/// To the last row up to `row`.
TablePages::Found TablePages::descendBack(std::uint32_t page, std::int64_t row)
{
    if (!goDown(page, row)) return Found::Unusual;
    if (m_cells == 0) return m_depth == 0 ? Found::End : Found::Unusual;
    std::size_t low = 0, high = m_cells;
    while (low < high) {
        const std::size_t middle = low + (high - low) / 2;
        if (!readCell(middle)) return Found::Unusual;
        if (m_row > row)
            high = middle;
        else
            low = middle + 1;
    }
    if (low == 0) return previousLeaf();
    m_cell = low - 1;
    return readCell(m_cell) ? Found::Row : Found::Unusual;
}

TablePages::Found TablePages::nextLeaf()
{
    while (m_depth > 0) {
        Level& level = m_levels[m_depth - 1];
        if (level.at < level.count) {
            ++level.at;
            return descend(childOf(level), std::numeric_limits<std::int64_t>::min());
        }
        --m_depth;
    }
    return Found::End;
}

TablePages::Found TablePages::previousLeaf()
{
    while (m_depth > 0) {
        Level& level = m_levels[m_depth - 1];
        if (level.at > 0) {
            --level.at;
            return descendBack(childOf(level), std::numeric_limits<std::int64_t>::max());
        }
        --m_depth;
    }
    return Found::End;
}

TablePages::Found TablePages::seek(std::int64_t row)
{
    m_depth = 0;
    m_backward = false;
    const Found found = descend(m_root, row);
    // From a leaf that belongs elsewhere: whoever goes on behind the last row would come by here again and again.
    return found == Found::Row && m_row < row ? Found::Unusual : found;
}

TablePages::Found TablePages::next()
{
    const std::int64_t former = m_row;
    Found found = Found::Row;
    if (++m_cell >= m_cells)
        found = nextLeaf();
    else if (!readCell(m_cell))
        found = Found::Unusual;
    return found == Found::Row && m_row <= former ? Found::Unusual : found;
}

TablePages::Found TablePages::seekBack(std::int64_t row)
{
    m_depth = 0;
    m_backward = true;
    const Found found = descendBack(m_root, row);
    return found == Found::Row && m_row > row ? Found::Unusual : found;
}

TablePages::Found TablePages::previous()
{
    const std::int64_t former = m_row;
    Found found = Found::Row;
    if (m_cell == 0)
        found = previousLeaf();
    else if (!readCell(--m_cell))
        found = Found::Unusual;
    return found == Found::Row && m_row >= former ? Found::Unusual : found;
}

bool TablePages::copyRecord(char* to)
{
    std::memcpy(to, m_record, m_localBytes);
    to += m_localBytes;
    if (m_localBytes == m_recordBytes) return true;
    std::uint32_t page = four(m_record + m_localBytes);
    for (std::size_t left = m_recordBytes - m_localBytes; left > 0;) {
        const unsigned char* bytes = page > 1 ? pageAt(page) : nullptr;
        if (!bytes) return false;
        const std::size_t taken = std::min<std::size_t>(left, m_usable - 4);
        std::memcpy(to, bytes + 4, taken);
        to += taken;
        left -= taken;
        page = four(bytes);
    }
    return true;
}

bool RecordColumns::read(std::string_view record, std::size_t count)
{
    if (count > kMost) return false;
    m_record = record;
    const auto* begin = reinterpret_cast<const unsigned char*>(record.data());
    const unsigned char* at = begin;
    std::uint64_t headerBytes = 0;
    if (!takeNumber(at, begin + record.size(), headerBytes) || headerBytes > record.size()) return false;
    const unsigned char* end = begin + headerBytes;
    if (end < at) return false; // it ends within its own number
    std::size_t value = headerBytes;
    for (std::size_t i = 0; i < count; ++i) {
        static constexpr std::array<unsigned char, 12> kBytes{0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0};
        Column& column = m_columns[i];
        if (!takeNumber(at, end, column.type)) return false;
        if (column.type == 10 || column.type == 11) return false;
        const std::uint64_t bytes = column.type < 12 ? kBytes[column.type] : (column.type - 12) / 2;
        if (bytes > record.size() - value) return false;
        column.at = value;
        column.bytes = bytes;
        value += bytes;
    }
    return true;
}

bool RecordColumns::intAt(std::size_t index, std::int64_t& to) const
{
    const Column& column = m_columns[index];
    to = column.type == 9 ? 1 : 0;
    if (column.type == 0 || column.type == 8 || column.type == 9) return true;
    if (column.type > 6) return false;
    const auto* at = reinterpret_cast<const unsigned char*>(m_record.data()) + column.at;
    std::uint64_t bits = *at >= 0x80 ? ~std::uint64_t{0} : 0;
    for (std::size_t i = 0; i < column.bytes; ++i) bits = bits << 8 | at[i];
    to = static_cast<std::int64_t>(bits);
    return true;
}

bool RecordColumns::textAt(std::size_t index, std::string_view& to) const
{
    const Column& column = m_columns[index];
    to = m_record.substr(column.at, column.bytes);
    return column.type == 0 || (column.type >= 13 && column.type % 2 == 1);
}

} // namespace tackroom
