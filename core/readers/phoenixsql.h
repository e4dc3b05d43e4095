// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/readers/phoenixmarks.h"
#include "core/sql/sql.h"

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tackroom
{

/// The SELECTs for one generation of Phoenix's schema: a column that it has not is a constant. What the columns of the rows are
/// stands in phoenix.cpp, where they are read.
struct PhoenixSql {
    std::string traces;      ///< without WHERE; table alias t
    std::string spanColumns; ///< of table alias s
    std::string spans;       ///< of a range of traces ?1 … ?2, highest first, going on below trace ?3, row ?4
    std::string spansById;   ///< of a range of rows, in their order
    /// Where the columns of spanColumns stand in a record of the table, -1 for those that this generation has not; nothing
    /// where a record alone does not tell.
    std::optional<std::array<int, 16>> spanPlaces;
    std::string costs; ///< of a range of traces; empty: no such table
    /// By kAnnotationTables, of a range of traces; empty: no such table.
    std::array<std::string, kAnnotationTables.size()> annotations;
    /// The same of spans and documents, where the spans lie in the rows ?3 … ?4: looks at the annotations, not at each span.
    std::array<std::string, kAnnotationTables.size()> annotationsById;
    /// Traces (row ids) of which something was said above a row id and, where there is a second parameter, since a time.
    std::array<std::string, kAnnotationTables.size()> annotated;
};
/// PhoenixSql::spanColumns with attributes and events of at most so many bytes; of longer ones how long they are, negative.
[[nodiscard]] std::string phoenixSpanColumns(const TableInfo* spans, std::int64_t maxBytes);
[[nodiscard]] PhoenixSql phoenixSqlOf(std::span<const TableInfo> tables);

/// The table of that name, where it is a real one.
[[nodiscard]] const TableInfo* realTable(std::span<const TableInfo> tables, std::string_view name);

} // namespace tackroom
