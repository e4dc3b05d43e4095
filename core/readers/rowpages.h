// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The rows that a search goes through straight from the pages of their table, from the last to the first. Where SQLite would
/// run a program for each row, here a row's bytes are looked at as they lie there, and taken apart only where that pays.
#include "core/sql/tablepages.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tackroom
{

/// Where in a record of a table is what is looked at; -1: no such column.
struct RowPlaces {
    std::string table; ///< whose row number is the plan's rowId
    int id = 0;        ///< the row's number, which no record has: NULL stands in its place
    int run = 0;       ///< a number
    int step = -1;
    std::vector<int> texts;
    std::uint64_t mostTextBytes = 0; ///< longer texts are not looked at
};

class RowPages
{
public:
    using Found = TablePages::Found;

    /// Within a read transaction: stands on the last row up to this number. Unusual, here and below: SQLite is to be asked.
    [[nodiscard]] Found seekBack(Database& db, const RowPlaces& places, std::int64_t row);
    [[nodiscard]] Found previous() { return noted(m_pages.previous()); }
    [[nodiscard]] std::int64_t row() const { return m_pages.row(); }

    /// All bytes of the row, good until it stands on another one. False: unusual.
    [[nodiscard]] bool readBytes(std::string_view& record);
    /// Of these bytes the run alone, and all that is looked at.
    [[nodiscard]] bool readRun(const RowPlaces& places, std::string_view record, std::int64_t& run);
    struct Parts {
        std::string_view step;
        std::vector<std::string_view> texts; ///< as many as there are places
    };
    [[nodiscard]] bool readParts(const RowPlaces& places, std::string_view record, std::int64_t& run, Parts& parts);

private:
    [[nodiscard]] Found noted(Found found);
    [[nodiscard]] bool runAt(int place, std::int64_t& run) const;
    [[nodiscard]] bool textAt(int place, std::string_view& text) const;

    TablePages m_pages;
    RecordColumns m_columns;
    std::string m_copy; ///< of a row that does not lie in one piece
    int m_last = 0;     ///< the last column that is looked at
    int m_unusual = 0;  ///< so often lately
};

} // namespace tackroom
