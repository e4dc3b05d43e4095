// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The rows of one table of a foreign store straight from its pages. SQLite fetches a store page by page and looks at every row
/// with a program; for a store that is gone through as a whole that costs several times as much as copying the rows.
#include "core/sql/sql.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

struct sqlite3_file;

namespace tackroom
{

/// Nothing here trusts a page: what is not as SQLite writes it is Unusual, and the rows are asked of SQLite, which knows every
/// form and tells damage in its own words. Pages are read through SQLite's own file, under the lock of its transaction.
class TablePages
{
public:
    enum class Found : std::uint8_t { Row, End, Unusual };

    /// Within a transaction of `db` that was begun to read; good until it ends. False where the rows are to be asked of SQLite:
    /// some of them may lie in a WAL, the texts are not UTF-8, there is no such table.
    [[nodiscard]] bool begin(Database& db, std::string_view table);
    /// Another file is read from now on.
    void forget();

    /// Stands on the first row from this number on.
    [[nodiscard]] Found seek(std::int64_t row);
    [[nodiscard]] Found next();
    /// The same the other way: stands on the last row up to this number; End is in front of the first one.
    [[nodiscard]] Found seekBack(std::int64_t row);
    [[nodiscard]] Found previous();
    [[nodiscard]] std::int64_t row() const { return m_row; }
    /// Of the row as it is stored: a header with the columns' types, then their values.
    [[nodiscard]] std::size_t recordBytes() const { return m_recordBytes; }
    /// False: unusual.
    [[nodiscard]] bool copyRecord(char* to);
    /// What of it lies on its leaf, good until it stands on another row; the whole, but of long rows.
    [[nodiscard]] std::string_view recordHere() const { return {reinterpret_cast<const char*>(m_record), m_localBytes}; }

private:
    /// Neighbouring pages, read at once.
    struct Block {
        std::uint32_t first = 0, count = 0, used = 0; ///< first: its page number, 0 where nothing was read
        std::uint64_t lastUse = 0;
        std::unique_ptr<unsigned char[]> bytes;
    };
    /// A page above the leaves, on the way to the row.
    struct Level {
        std::vector<unsigned char> bytes;
        std::size_t count = 0, at = 0; ///< at: which child; `count` is the last one
    };

    [[nodiscard]] bool readHeader(Database& db);
    [[nodiscard]] bool readAt(unsigned char* to, std::uint32_t page, std::uint32_t count) const;
    [[nodiscard]] const unsigned char* pageAt(std::uint32_t page);
    [[nodiscard]] Block* load(std::uint32_t page);
    [[nodiscard]] bool readLevel(std::uint32_t page);
    [[nodiscard]] std::uint32_t childOf(const Level& level) const;
    [[nodiscard]] bool goTo(Level& level, std::int64_t row) const;
    [[nodiscard]] bool goDown(std::uint32_t page, std::int64_t row);
    [[nodiscard]] Found descend(std::uint32_t page, std::int64_t row);
    [[nodiscard]] Found descendBack(std::uint32_t page, std::int64_t row);
    [[nodiscard]] Found nextLeaf();
    [[nodiscard]] Found previousLeaf();
    [[nodiscard]] bool openLeaf(std::uint32_t page);
    [[nodiscard]] bool readCell(std::size_t index);

    sqlite3_file* m_file = nullptr;
    std::array<unsigned char, 100> m_header{};
    std::uint32_t m_pageBytes = 0, m_usable = 0, m_pages = 0, m_root = 0;
    std::array<Block, 6> m_blocks;
    Block* m_leafBlock = nullptr; ///< not to be used for others while the leaf is looked at
    std::uint64_t m_uses = 0;
    std::uint32_t m_window = 1;  ///< pages that are read at once
    bool m_backward = false;     ///< pages are wanted from the last to the first
    std::vector<Level> m_levels; ///< the first m_depth of them are on the way
    std::size_t m_depth = 0;
    std::size_t m_leafDepth = 0; ///< pages above a leaf …
    bool m_knowsDepth = false;   ///< … once one was seen
    const unsigned char* m_leaf = nullptr;
    std::size_t m_cells = 0, m_cell = 0;
    std::int64_t m_row = 0;
    std::size_t m_recordBytes = 0, m_localBytes = 0;
    const unsigned char* m_record = nullptr;
};

/// A record as it is stored, taken apart. Bytes of the record live elsewhere.
class RecordColumns
{
public:
    static constexpr std::size_t kMost = 64;
    /// The first `count` columns; false where there are fewer (added to the table later) or it is none.
    [[nodiscard]] bool read(std::string_view record, std::size_t count);
    /// False where the value is of another kind; NULL is 0 or empty.
    [[nodiscard]] bool intAt(std::size_t column, std::int64_t& to) const;
    [[nodiscard]] bool textAt(std::size_t column, std::string_view& to) const;
    [[nodiscard]] bool isNull(std::size_t column) const { return m_columns[column].type == 0; }

private:
    struct Column {
        std::uint64_t type = 0;
        std::size_t at = 0, bytes = 0;
    };
    std::string_view m_record;
    std::array<Column, kMost> m_columns;
};

} // namespace tackroom
