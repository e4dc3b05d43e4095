// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// core/sql: SQLite without exceptions and with errors as values. Three ways to open a database:
///
///   openForeign      a user's trace store: not one byte of it or of its folder is changed; hostile until proved otherwise
///   openCacheWriter  our own cache files, by their one writer
///   openCacheReader  our own cache files, to look at: read-only and hardened, for what wrote them read hostile stores
///
///     TR_ASSIGN(Database db, openForeign(path, cancel));
///     TR_ASSIGN(Statement stmt, db.prepare("SELECT id, name FROM spans WHERE start_time > ?"));
///     stmt.bind(1, since);
///     for (;;) {
///         TR_ASSIGN(const bool row, stmt.step());
///         if (!row) break;
///         use(stmt.intAt(0), stmt.textAt(1));
///     }
///
/// A Database and its statements belong to one thread at a time; only interrupt() may be called from another.
#include "core/base/cancel.h"
#include "core/base/result.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace tackroom
{

enum class ColumnType : std::uint8_t { Null, Integer, Real, Text, Blob };

/// How a foreign store was opened; see foreign.cpp for the reasons.
enum class ForeignMode : std::uint8_t {
    None,        ///< not a foreign store
    Plain,       ///< rollback journal mode, nothing to recover: read in place
    PrivateCopy, ///< a hot rollback journal: a private copy was made and recovered
    StaleWal,    ///< WAL mode, nobody writes: read in place without locks and without shared memory
    LiveWal,     ///< WAL mode with a live writer: read in place; only SQLite's own marks in -shm may change
};

class Statement;
class Transaction;

class Database
{
public:
    Database(Database&&) noexcept;
    Database& operator=(Database&&) noexcept;
    ~Database();

    /// Prepared statements are kept: a second prepare of the same text costs next to nothing. Errors: Refused (a view, a
    /// virtual table or anything but reading in a foreign store), UnknownFormat (a foreign store without that table or
    /// column), Damaged, Locked, Cancelled, Internal (our own SQL is wrong).
    [[nodiscard]] Result<Statement> prepare(std::string_view sql);
    /// One or more statements whose rows nobody wants.
    [[nodiscard]] Status exec(std::string_view sql);
    /// The first column of the first row; 0 where there is no row.
    [[nodiscard]] Result<std::int64_t> scalar(std::string_view sql);

    /// BEGIN IMMEDIATE for a writer, BEGIN (deferred) for a reader's consistent view.
    enum class Begin : std::uint8_t { Write, Read };
    [[nodiscard]] Result<Transaction> transaction(Begin kind = Begin::Write);

    [[nodiscard]] std::int64_t lastInsertRowId() const;
    [[nodiscard]] std::int64_t changeCount() const; ///< rows changed by the last statement

    /// The token that a running statement looks at; statements then end with Cancelled.
    void setCancel(CancelToken cancel);
    /// Ends what runs just now with Cancelled. From any thread, while the object lives.
    void interrupt();

    [[nodiscard]] const std::filesystem::path& path() const; ///< as it was given
    [[nodiscard]] ForeignMode foreignMode() const;
    /// Of a foreign store: one sentence on rows that may lie where they are not seen; mostly empty.
    [[nodiscard]] const std::string& caution() const;
    /// For a foreign store before and after each batch: whether what the way of opening was chosen by still holds (no writer
    /// has come to a store that is read without locks). Locked when not: close it and open it again.
    [[nodiscard]] Status recheck();

    [[nodiscard]] sqlite3* handle() const; ///< for what is not wrapped here

    struct Impl; ///< private to core/sql
    explicit Database(std::shared_ptr<Impl> impl);
    [[nodiscard]] Impl& impl() const { return *m_impl; } ///< private to core/sql

private:
    std::shared_ptr<Impl> m_impl;
};

/// A prepared statement, borrowed from its connection until the object dies. It keeps the connection open.
class Statement
{
public:
    Statement(Statement&&) noexcept;
    Statement& operator=(Statement&&) noexcept;
    ~Statement();

    /// Parameters count from 1. Texts and blobs are copied. A mistake (no such parameter, too large) comes out of step().
    Statement& bind(int index, std::int64_t value);
    Statement& bind(int index, int value) { return bind(index, static_cast<std::int64_t>(value)); }
    Statement& bind(int index, unsigned value) { return bind(index, static_cast<std::int64_t>(value)); }
    Statement& bind(int index, bool value) { return bind(index, static_cast<std::int64_t>(value)); }
    /// Above 2^63 the value is stored as the negative number of the same bits.
    Statement& bind(int index, std::uint64_t value) { return bind(index, static_cast<std::int64_t>(value)); }
    Statement& bind(int index, double value);
    Statement& bind(int index, std::string_view text);
    Statement& bind(int index, const char* text) { return bind(index, std::string_view(text)); }
    Statement& bind(int index, const std::string& text) { return bind(index, std::string_view(text)); }
    Statement& bind(int index, std::nullptr_t);
    Statement& bindBlob(int index, std::string_view bytes);
    /// The value of a column (from 0) of another statement's row, as it is.
    Statement& bindValueOf(int index, const Statement& row, int column);

    /// True: there is a row. False: the end. Errors: Damaged, DiskFull, Locked, Cancelled, Refused (a limit), Io, Internal.
    [[nodiscard]] Result<bool> step();
    /// Steps to the end and resets: for INSERT, UPDATE, DELETE.
    [[nodiscard]] Status run();
    /// Ready to be bound and stepped again. Bindings stay until `clearBindings`.
    void reset();
    void clearBindings();

    /// Columns count from 0. Values are converted as SQLite does it ("12" is 12 as an integer); NULL is 0 or empty.
    [[nodiscard]] int columnCount() const;
    [[nodiscard]] std::string_view columnName(int column) const;
    [[nodiscard]] ColumnType typeAt(int column) const;
    [[nodiscard]] bool isNullAt(int column) const { return typeAt(column) == ColumnType::Null; }
    [[nodiscard]] std::int64_t intAt(int column) const;
    [[nodiscard]] std::int64_t int64At(int column) const { return intAt(column); }
    [[nodiscard]] double doubleAt(int column) const;
    /// Valid until the next step, reset or end of this statement. A foreign store's text need not be well-formed UTF-8.
    [[nodiscard]] std::string_view textAt(int column) const;
    [[nodiscard]] std::string stringAt(int column) const { return std::string(textAt(column)); }
    [[nodiscard]] std::string_view blobAt(int column) const;

private:
    friend class Database;
    Statement(std::shared_ptr<Database::Impl> impl, sqlite3_stmt* stmt);
    void giveBack();
    void note(int rc);

    std::shared_ptr<Database::Impl> m_impl;
    sqlite3_stmt* m_stmt = nullptr;
    int m_bindError = 0;
};

/// Rolls back when it dies without commit(). It must not outlive a commit of its own or nest in another one.
class Transaction
{
public:
    Transaction(Transaction&& other) noexcept;
    Transaction& operator=(Transaction&&) = delete;
    ~Transaction();
    [[nodiscard]] Status commit();

private:
    friend class Database;
    explicit Transaction(std::shared_ptr<Database::Impl> impl);
    std::shared_ptr<Database::Impl> m_impl;
};

struct ColumnInfo {
    std::string name;
    std::string declaredType; ///< as written in the schema, may be empty
    int primaryKeyRank = 0;   ///< 1-based place in the primary key, 0 outside
    bool isComputed = false;  ///< by an expression in the schema whenever it is read
};

struct TableInfo {
    std::string name;
    bool isView = false;
    bool isVirtual = false;
    bool hasRowNumbers = true;       ///< reached as `rowid`: not WITHOUT ROWID, and no other column is named so
    std::vector<ColumnInfo> columns; ///< empty for views and virtual tables, which are never looked into
    /// A column with values of its own. One that the schema computes when it is read is none: a stranger's expression would
    /// run for each row, as long and with as much memory as it likes.
    [[nodiscard]] bool hasColumn(std::string_view column) const;
    [[nodiscard]] bool computes(std::string_view column) const;
};

/// The tables and views of the main schema in the order of their names, without SQLite's own (sqlite_…).
[[nodiscard]] Result<std::vector<TableInfo>> tables(Database& db);
/// The entry of that name (ASCII case folded, as SQLite does it), or none.
[[nodiscard]] const TableInfo* findTable(std::span<const TableInfo> tables, std::string_view name);

/// A user's store, read without changing a byte of it, of its companions (-wal, -shm, -journal) or of its folder; with a live
/// writer only SQLite's own marks in -shm may change. A link is resolved first. Only SELECT on real tables is possible.
/// Errors, each with one sentence: NotFound, NotAFile (folder, FIFO, socket, device), NotReadable, Empty (0 bytes),
/// UnknownFormat (not SQLite), Damaged, Refused (companions that are links or no files), Locked, Cancelled, DiskFull (the
/// private copy of a store that needs recovery).
[[nodiscard]] Result<Database> openForeign(const std::filesystem::path& path, const CancelToken& cancel = {});

/// What can still be read of a store some of whose pages are damaged, in a private copy (foreignMode() PrivateCopy): the rows
/// that lie on whole pages, without views, virtual tables and computed columns. Errors: those of openForeign; Damaged where
/// nothing can be read or a program goes on writing; DiskFull. `alive` is called now and then meanwhile.
struct SalvagedStore {
    struct Loss {
        std::string where, why; ///< "table spans", "2310 of 2400 rows could be read; …"
    };
    Database db;
    std::vector<Loss> losses;
};
[[nodiscard]] Result<SalvagedStore> openSalvaged(const std::filesystem::path& path, const CancelToken& cancel = {},
                                                 const std::function<void()>& alive = {});

/// Makes the file (mode 0600, in a folder that exists) where it is missing. WAL, synchronous=NORMAL, foreign keys on. One
/// writer at a time is the caller's matter (FileLock). `applicationId` is written into a new file; another one in the file
/// that is there is UnknownFormat: delete it and begin anew. Errors also: Damaged, Locked, DiskFull, NotReadable, NotFound.
[[nodiscard]] Result<Database> openCacheWriter(const std::filesystem::path& path, std::int32_t applicationId = 0x7461636b);

/// Read-only; views and triggers are off. Errors: NotFound, Damaged, Locked, NotReadable.
[[nodiscard]] Result<Database> openCacheReader(const std::filesystem::path& path, const CancelToken& cancel = {});

} // namespace tackroom
