// SPDX-License-Identifier: GPL-3.0-or-later
// A store some of whose pages are damaged: every row that lies on whole pages is copied into a private database, which is then
// read like any store. A table is walked in the order of its row numbers; where a page cannot be read, the next number that can
// be is looked for, in steps that double and then halve again.
#include "core/base/format.h"
#include "core/base/text.h"
#include "core/sql/connection.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

namespace tackroom
{

namespace
{

using namespace sql;
namespace fs = std::filesystem;

/// More holes than that in one table, and the rest is given up: each costs some seeks.
constexpr int kMostHoles = 20'000;
constexpr std::int64_t kRowsBetweenSigns = 4096;
constexpr std::int64_t kLast = std::numeric_limits<std::int64_t>::max();

bool isDamage(const Error& error) { return error.code == ErrorCode::Damaged || error.code == ErrorCode::Io; }

/// The column that is the row's number, where it has a name.
const ColumnInfo* rowNumberOf(const TableInfo& table)
{
    const ColumnInfo* key = nullptr;
    for (const ColumnInfo& column : table.columns) {
        if (column.primaryKeyRank == 0) continue;
        if (key) return nullptr;
        key = &column;
    }
    return key && asciiLower(key->declaredType) == "integer" ? key : nullptr;
}

class TableSalvage
{
public:
    TableSalvage(Database& from, Database& to, const TableInfo& table, const CancelToken& cancel,
                 const std::function<void()>& alive)
        : m_from(from), m_to(to), m_table(table), m_cancel(cancel), m_alive(alive)
    {
        for (const ColumnInfo& column : table.columns)
            if (!column.isComputed) m_columns.push_back(&column);
        for (const std::string_view name : {"rowid", "_rowid_", "oid"})
            if (m_rowNumber.empty() && !table.hasColumn(name) && !table.computes(name)) m_rowNumber = name;
    }

    /// The rows that were copied.
    Result<std::int64_t> run()
    {
        if (m_columns.empty()) return 0;
        TR_TRY(makeTable());
        TR_TRY(m_to.exec("BEGIN"));
        const Status walked = walk();
        TR_TRY(m_to.exec("COMMIT"));
        if (!walked) return std::unexpected(walked.error());
        TR_TRY(copyIndexes());
        return m_copied;
    }
    [[nodiscard]] bool hasHoles() const { return m_holes > 0; }

private:
    Status makeTable()
    {
        const ColumnInfo* number = rowNumberOf(m_table);
        std::string columns;
        for (const ColumnInfo* column : m_columns) {
            // The type says how values are compared; of the stranger's words only the plain ones are taken.
            std::string type;
            for (const char c : column->declaredType)
                if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) type += c;
            columns += (columns.empty() ? "" : ", ") + sql::quotedName(column->name) +
                       (column == number ? std::string(" INTEGER PRIMARY KEY")
                        : type.empty()   ? ""
                                         : " " + sql::quotedName(type));
            m_list += (m_list.empty() ? "" : ", ") + sql::quotedName(column->name);
            m_marks += m_marks.empty() ? "?" : ", ?";
        }
        m_numbered =
            !m_rowNumber.empty() && m_from.prepare(formatText("SELECT {} FROM {} LIMIT 1", m_rowNumber, name())).has_value();
        return m_to.exec(formatText("CREATE TABLE {}({})", name(), columns));
    }

    [[nodiscard]] std::string name() const { return sql::quotedName(m_table.name); }

    Status walk()
    {
        if (!m_numbered) return notNumbered(copyFrom(formatText("SELECT NULL, {} FROM {}", m_list, name()), 0));
        const std::string rows =
            formatText("SELECT {0}, {1} FROM {2} WHERE {0} >= ?1 ORDER BY {0}", m_rowNumber, m_list, name());
        m_last = std::numeric_limits<std::int64_t>::min();
        // Where to go on is looked for by the number itself: the one before it may lie on the page that cannot be read.
        for (std::int64_t from = m_last;;) {
            const auto done = copyFrom(rows, from);
            if (done) return {};
            if (m_targetFailed || !isDamage(done.error())) return done;
            ++m_holes;
            if (m_holes > kMostHoles || m_last == kLast) return {};
            TR_ASSIGN(const auto next, nextReadable());
            if (!next) return {};
            from = *next;
            m_last = from - 1;
        }
    }

    /// Without row numbers there is one way through the table: up to the first hole.
    Status notNumbered(const Status& done)
    {
        if (done || m_targetFailed || !isDamage(done.error())) return done;
        ++m_holes;
        return {};
    }

    Status copyFrom(const std::string& sql, std::int64_t first)
    {
        TR_ASSIGN(Statement rows, m_from.prepare(sql));
        if (m_numbered) rows.bind(1, first);
        TR_ASSIGN(Statement insert,
                  m_to.prepare(m_numbered ? formatText("INSERT OR IGNORE INTO {}({}, {}) VALUES(?, {})", name(), m_rowNumber,
                                                       m_list, m_marks)
                                          : formatText("INSERT INTO {}({}) VALUES({})", name(), m_list, m_marks)));
        for (;;) {
            if (m_cancel.cancelled()) return CancelToken::error();
            TR_ASSIGN(const bool row, rows.step());
            if (!row) return {};
            if (m_numbered && m_copied > 0 && rows.intAt(0) <= m_last)
                return fail(ErrorCode::Damaged, m_from.path().string(), "rows that are out of order");
            int index = 0;
            if (m_numbered) {
                m_last = rows.intAt(0);
                insert.bind(++index, m_last);
            }
            for (int i = 1; i <= static_cast<int>(m_columns.size()); ++i) insert.bindValueOf(++index, rows, i);
            if (const auto inserted = insert.run(); !inserted) {
                m_targetFailed = true;
                return inserted;
            }
            m_copied += m_to.changeCount();
            if (m_alive && m_copied % kRowsBetweenSigns == 0) m_alive();
        }
    }

    [[nodiscard]] Result<std::optional<std::int64_t>> firstFrom(std::int64_t number)
    {
        TR_ASSIGN(Statement row, m_from.prepare(formatText("SELECT {0}, {1} FROM {2} WHERE {0} >= ?1 ORDER BY {0} LIMIT 1",
                                                           m_rowNumber, m_list, name())));
        row.bind(1, number);
        TR_ASSIGN(const bool there, row.step());
        if (!there || row.intAt(0) < number) return std::nullopt;
        return row.intAt(0);
    }

    /// The first number behind the hole from which on a row can be read; nothing where there is none.
    Result<std::optional<std::int64_t>> nextReadable()
    {
        const std::int64_t start = m_last == std::numeric_limits<std::int64_t>::min() ? 0 : m_last;
        std::int64_t bad = start;
        for (std::int64_t step = 1;; step *= 2) {
            const bool atEnd = step > kLast / 2 || start > kLast - step;
            const std::int64_t tried = atEnd ? kLast : start + step;
            auto found = firstFrom(tried);
            if (!found && !isDamage(found.error())) return found;
            if (found) return narrowed(bad, tried, *found);
            if (atEnd) return std::optional<std::int64_t>();
            bad = tried;
        }
    }

    /// Between a number that fails and one that does not.
    Result<std::optional<std::int64_t>> narrowed(std::int64_t bad, std::int64_t good, std::optional<std::int64_t> answer)
    {
        while (good - bad > 1) {
            const std::int64_t middle = bad + (good - bad) / 2;
            const auto found = firstFrom(middle);
            if (!found && !isDamage(found.error())) return found;
            if (!found) {
                bad = middle;
                continue;
            }
            good = middle;
            answer = *found;
        }
        return answer;
    }

    /// The columns of its indexes, as far as they are columns: readers count on finding rows soon.
    Status copyIndexes()
    {
        std::vector<std::string> names;
        {
            auto list = m_from.prepare(formatText("PRAGMA main.index_list({})", name()));
            if (!list) return {};
            for (auto more = list->step(); more && *more; more = list->step()) names.push_back(list->stringAt(1));
        }
        int number = 0;
        for (const std::string& index : names) {
            auto info = m_from.prepare(formatText("PRAGMA main.index_info({})", sql::quotedName(index)));
            if (!info) continue;
            std::string columns;
            bool plain = true;
            for (auto more = info->step(); more && *more; more = info->step()) {
                plain = plain && info->intAt(1) >= 0 && m_table.hasColumn(info->textAt(2));
                columns += (columns.empty() ? "" : ", ") + sql::quotedName(info->textAt(2));
            }
            if (plain && !columns.empty())
                TR_TRY(m_to.exec(formatText("CREATE INDEX {} ON {}({})",
                                            sql::quotedName(formatText("i{} {}", ++number, m_table.name)), name(), columns)));
        }
        return {};
    }

    Database& m_from;
    Database& m_to;
    const TableInfo& m_table;
    const CancelToken& m_cancel;
    const std::function<void()>& m_alive;
    std::vector<const ColumnInfo*> m_columns;
    std::string m_list, m_marks, m_rowNumber;
    bool m_numbered = false, m_targetFailed = false;
    std::int64_t m_last = 0, m_copied = 0;
    int m_holes = 0;
};

/// What is said of a table with holes.
std::string lossOf(Database& from, const TableInfo& table, std::int64_t copied)
{
    // From an index that is whole, if there is one.
    const auto all = from.scalar(formatText("SELECT count(*) FROM {}", sql::quotedName(table.name)));
    if (all && *all > copied) return formatText("{} of {} rows could be read; the others lie on damaged pages", copied, *all);
    return formatText("{} rows could be read; some lie on damaged pages, how many cannot be told", copied);
}

} // namespace

Result<SalvagedStore> openSalvaged(const fs::path& path, const CancelToken& cancel, const std::function<void()>& alive)
{
    TR_ASSIGN(Database from, openForeign(path, cancel));
    if (from.foreignMode() == ForeignMode::LiveWal)
        return fail(ErrorCode::Damaged, path.string(), "the database is damaged, and a program goes on writing to it",
                    "end that program first; then what can still be read is shown");
    TR_ASSIGN(const auto found, tables(from));
    TR_ASSIGN(TemporaryFolder folder, TemporaryFolder::make("tackroom-store"));
    const fs::path copy = folder.path() / "store.db";
    std::vector<SalvagedStore::Loss> losses;
    std::int64_t rows = 0;
    {
        TR_ASSIGN(Database to, openCacheWriter(copy));
        TR_TRY(to.exec("PRAGMA journal_mode=MEMORY; PRAGMA synchronous=OFF"));
        for (const TableInfo& table : found) {
            if (table.isView || table.isVirtual) continue;
            TableSalvage salvage(from, to, table, cancel, alive);
            TR_ASSIGN(const std::int64_t copied, salvage.run());
            rows += copied;
            if (salvage.hasHoles())
                losses.push_back({formatText("table {}", cutUtf8(toUtf8(table.name), 60)), lossOf(from, table, copied)});
        }
    }
    if (rows == 0) return fail(ErrorCode::Damaged, path.string(), "the database is damaged, and none of its rows can be read");
    TR_ASSIGN(Database opened, openPrivateStore(std::move(folder), copy, from));
    return SalvagedStore{std::move(opened), std::move(losses)};
}

} // namespace tackroom
