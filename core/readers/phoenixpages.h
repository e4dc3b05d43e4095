// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The spans of a Phoenix store straight from the pages of their table.
#include "core/readers/phoenixrun.h"
#include "core/readers/phoenixsql.h"
#include "core/sql/tablepages.h"

#include <cstdint>

namespace tackroom
{

class PhoenixPages
{
public:
    using Found = TablePages::Found;
    explicit PhoenixPages(const PhoenixSql& sql);

    /// Within a read transaction: stands on the first span from this row on. Unusual, here and below: SQLite is to be asked.
    [[nodiscard]] Found seek(Database& db, std::int64_t row);
    [[nodiscard]] Found next() { return noted(m_pages.next()); }
    [[nodiscard]] std::int64_t row() const { return m_pages.row(); }
    /// How much room read() needs.
    [[nodiscard]] std::size_t bytes() const { return m_pages.recordBytes(); }
    /// Copies the row to `to`, where its texts lie then. False: unusual.
    [[nodiscard]] bool read(char* to, PhoenixSpanRow& row);
    /// Another file is read from now on.
    void forget() { m_pages.forget(); }

private:
    [[nodiscard]] Found noted(Found found);

    const PhoenixSql& m_sql;
    std::size_t m_columns = 0; ///< of a record that are looked at
    TablePages m_pages;
    RecordColumns m_record;
    int m_unusual = 0; ///< so often lately
};

} // namespace tackroom
