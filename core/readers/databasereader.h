// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Stores that are databases: what their readers share. A DatabaseFormat knows one schema: which runs there are, and how one of
/// them is read. DatabaseReader does everything around it: opening again when a writer comes, the fingerprint, what is new
/// since the last time, starting over, batches of few milliseconds with no transaction open between them, and delivering.
///
/// The cursor holds the highest row of a run, a digest of the ids up to it and digests of the runs' states in buckets (as many
/// as there are runs, at most 4,096). Where the ids up to the mark are no longer the same (a run was deleted, another database
/// stands at the path), everything is delivered anew; else the runs above the mark and those whose bucket has changed.
///
/// SQL is written with the functions of `sqltext`; what differs from one dialect to the next is there and nowhere else.
#include "core/readers/fileformat.h"
#include "core/readers/rowscan.h"
#include "core/sql/sql.h"

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tackroom
{

/// A run, as a look over the whole store finds it.
struct RunMark {
    std::int64_t row = 0;    ///< finds it again while the store stands; a newer run has a higher one
    std::uint64_t id = 0;    ///< xxh64 of its native id
    std::uint64_t state = 0; ///< hash of all that changes when the run grows
};

class DatabaseFormat
{
public:
    using Skipped = std::function<void(std::string where, std::string why)>;

    virtual ~DatabaseFormat() = default;
    /// All runs, from columns that cost little to read. Called in a transaction; what it learns of the store may be kept for
    /// read().
    [[nodiscard]] virtual Result<std::vector<RunMark>> look(Database& db) = 0;
    /// One run, with its conversation and texts where `bodies` asks for them. Nothing: it is no longer there. After look().
    [[nodiscard]] virtual Result<std::optional<ParsedRun>> read(Database& db, std::int64_t row, bool bodies,
                                                                const Skipped& skipped) = 0;
    /// The row of a run; nothing where there is none of that id. Also without a look() before.
    [[nodiscard]] virtual Result<std::optional<std::int64_t>> find(Database& db, const std::string& nativeId) = 0;
    /// What is gone through to find a text; none: the bodies of the runs.
    [[nodiscard]] virtual Result<std::vector<RowScanPlan>> scanPlans(Database& db);
};

class DatabaseReader : public StoreReader, public TextScanner
{
public:
    DatabaseReader(Database db, std::filesystem::path path, StoreInfo info, std::unique_ptr<DatabaseFormat> format);
    ~DatabaseReader() override;

    [[nodiscard]] const StoreInfo& info() const override;
    [[nodiscard]] Result<std::string> fingerprint() override;
    [[nodiscard]] Result<std::string> ingest(const std::string& cursor, RunSink& sink, const CancelToken& cancel) override;
    [[nodiscard]] Result<Body> fetch(const RunAddress& run, const std::string& stepId, std::uint64_t maxBytes) override;
    [[nodiscard]] Result<bool> scan(const std::vector<TextNeedle>& words, const Hit& hit, const Done& done,
                                    const CancelToken& cancel) override;
    [[nodiscard]] const std::vector<ScanLoss>& losses() const override;

private:
    struct Private;
    std::unique_ptr<Private> d;
};

/// Ingests; and where pages of the database are damaged, once more from what lies on whole ones, which `db` then is: one bad
/// page does not hide the others, and what is missing is said. `ingest` reads `db` from a cursor on.
using IngestFrom = std::function<Result<std::string>(const std::string& cursor)>;
[[nodiscard]] Result<std::string> ingestOrSalvage(Database& db, const std::filesystem::path& path, const std::string& cursor,
                                                  RunSink& sink, const CancelToken& cancel, const IngestFrom& ingest);

/// An opened database that is asked whether it is one of the known stores.
struct DatabaseCandidate {
    Database db;
    std::vector<TableInfo> tables;
    std::filesystem::path path;
    CancelToken cancel;
};

/// A table that holds rows of its own; none where there is no such name, or where it is a view or a virtual table.
[[nodiscard]] const TableInfo* storedTable(std::span<const TableInfo> tables, std::string_view name);

/// The error of a store in which a column that is needed is computed by its schema: `column` as it is to be named.
[[nodiscard]] std::unexpected<Error> computedColumn(const std::filesystem::path& path, const std::string& column);

/// Whether the tables with these columns are there: {"spans", {"id", "name"}}. Refused where one of the names is a view or a
/// virtual table and the rest would fit.
struct NeededTable {
    std::string_view name;
    std::vector<std::string_view> columns;
};
[[nodiscard]] Result<bool> hasTables(const DatabaseCandidate& candidate, std::string_view storeName,
                                     std::initializer_list<NeededTable> needed);

/// Pieces of SQL.
namespace sqltext
{
/// `alias.name`, or `otherwise` where this generation of the table has no such column (or there is no such table).
[[nodiscard]] std::string column(const TableInfo* table, std::string_view alias, std::string_view name,
                                 std::string_view otherwise = "NULL");
/// The value where it is no longer than `maxBytes`, else NULL. A text of a gigabyte is never loaded.
[[nodiscard]] std::string limited(const std::string& expression, std::uint64_t maxBytes);
/// The number that SQLite gives every row of a table without an integer key.
[[nodiscard]] std::string rowId(std::string_view alias);
} // namespace sqltext

/// Adds values to a hash of a run's state.
class StateHash
{
public:
    StateHash& add(std::string_view text);
    StateHash& add(std::int64_t number);
    StateHash& add(const Statement& row, int fromColumn); ///< all columns from there on, as texts
    [[nodiscard]] std::uint64_t value() const { return m_value; }

private:
    std::uint64_t m_value = 0;
};

/// Seconds since 1970 with a fraction, or milliseconds, as UTC nanoseconds; 0 where the number is no time.
[[nodiscard]] UtcNs timeOfSeconds(double seconds);
[[nodiscard]] UtcNs timeOfMilliseconds(std::int64_t milliseconds);

} // namespace tackroom
