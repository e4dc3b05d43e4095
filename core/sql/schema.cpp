// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/text.h"
#include "core/sql/connection.h"
#include "core/sql/sql.h"

#include <algorithm>

namespace tackroom
{

namespace
{

/// SQLite folds ASCII letters in names, and no others.
bool sameName(std::string_view a, std::string_view b) { return a.size() == b.size() && asciiLower(a) == asciiLower(b); }

Status readColumns(Database& db, TableInfo& table)
{
    // table_xinfo also tells generated and hidden columns.
    TR_ASSIGN(Statement stmt, db.prepare("PRAGMA main.table_xinfo(" + sql::quotedName(table.name) + ")"));
    for (;;) {
        TR_ASSIGN(const bool row, stmt.step());
        if (!row) return {};
        constexpr std::int64_t kVirtualGenerated = 2; // 3 are stored with the row
        // A column that is the row's number itself may well have its name.
        const bool isRowNumber = stmt.intAt(5) == 1 && asciiLower(stmt.textAt(2)) == "integer";
        table.hasRowNumbers = table.hasRowNumbers && (isRowNumber || asciiLower(stmt.textAt(1)) != "rowid");
        table.columns.push_back(
            {stmt.stringAt(1), stmt.stringAt(2), static_cast<int>(stmt.intAt(5)), stmt.intAt(6) == kVirtualGenerated});
    }
}

} // namespace

std::string sql::quotedName(std::string_view name)
{
    std::string out = "\"";
    for (const char c : name) {
        out += c;
        if (c == '"') out += c;
    }
    return out + '"';
}

bool TableInfo::hasColumn(std::string_view column) const
{
    return std::ranges::any_of(columns, [&](const auto& entry) { return !entry.isComputed && sameName(entry.name, column); });
}

bool TableInfo::computes(std::string_view column) const
{
    return std::ranges::any_of(columns, [&](const auto& entry) { return entry.isComputed && sameName(entry.name, column); });
}

Result<std::vector<TableInfo>> tables(Database& db)
{
    std::vector<TableInfo> found;
    {
        // Its types come from the schema as SQLite has parsed it, so that no trick in the schema's text can hide a view.
        TR_ASSIGN(Statement stmt, db.prepare("PRAGMA main.table_list"));
        for (;;) {
            TR_ASSIGN(const bool row, stmt.step());
            if (!row) break;
            const auto name = stmt.textAt(1);
            if (stmt.textAt(0) != "main" || asciiLower(name).starts_with("sqlite_")) continue;
            found.push_back({std::string(name), stmt.textAt(2) == "view", stmt.textAt(2) == "virtual", stmt.intAt(4) == 0, {}});
        }
    }
    std::ranges::sort(found, {}, &TableInfo::name);
    for (auto& table : found)
        if (!table.isView && !table.isVirtual) TR_TRY(readColumns(db, table));
    return found;
}

const TableInfo* findTable(std::span<const TableInfo> tables, std::string_view name)
{
    const auto it = std::ranges::find_if(tables, [&](const auto& table) { return sameName(table.name, name); });
    return it == tables.end() ? nullptr : &*it;
}

} // namespace tackroom
