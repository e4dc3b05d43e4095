// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/format.h"
#include "core/base/safetext.h"
#include "core/base/text.h"
#include "core/sql/connection.h"

#include <algorithm>

namespace tackroom
{

using sql::errorOf;

namespace
{

/// The name between the first pair of double quotes.
std::string_view quotedIn(std::string_view words)
{
    const auto start = words.find('"');
    const auto end = words.rfind('"');
    return start == std::string_view::npos || end <= start ? std::string_view{} : words.substr(start + 1, end - start - 1);
}

/// Why a statement cannot be prepared. In a store, what was refused on purpose gets a sentence of its own.
Error prepareError(Database::Impl& impl, int rc, std::string_view sql)
{
    const std::string words = SafeText::line(sqlite3_errmsg(impl.db)).utf8(); // it may quote what the file says
    const std::string where = impl.path.string();
    if (!impl.denied.empty()) return {ErrorCode::Refused, where, std::exchange(impl.denied, {}), {}};
    if (words.starts_with("access to view"))
        return {ErrorCode::Refused,
                where,
                formatText("`{}` is a view, and only real tables are read from a store", quotedIn(words)),
                {}};
    if (words.starts_with("no such module"))
        return {ErrorCode::Refused,
                where,
                formatText("this table is a virtual one ({}), and only real tables are read from a store", words),
                {}};
    if (impl.kind != Database::Impl::Kind::Foreign && (rc & 0xFF) == SQLITE_ERROR)
        return {ErrorCode::Internal, where, formatText("{}, in: {}", words, cutUtf8(sql, 200)), {}};
    return errorOf(impl, rc, "cannot query the database");
}

Result<sqlite3_stmt*> prepareOn(Database::Impl& impl, std::string_view sql, std::string_view* rest = nullptr)
{
    impl.denied.clear();
    sqlite3_stmt* stmt = nullptr;
    const char* tail = nullptr;
    const int rc = sqlite3_prepare_v3(impl.db, sql.data(), static_cast<int>(sql.size()), rest ? 0u : SQLITE_PREPARE_PERSISTENT,
                                      &stmt, &tail);
    if (rc != SQLITE_OK) return std::unexpected(prepareError(impl, rc, sql));
    if (rest) *rest = sql.substr(static_cast<std::size_t>(tail - sql.data()));
    return stmt;
}

} // namespace

Database::Database(std::shared_ptr<Impl> impl) : m_impl(std::move(impl)) {}
Database::Database(Database&&) noexcept = default;
Database& Database::operator=(Database&&) noexcept = default;
Database::~Database() = default;

Result<Statement> Database::prepare(std::string_view sql)
{
    auto& idle = m_impl->idle;
    // The last one used first: it is often the one that is wanted again.
    for (std::size_t i = idle.size(); i-- > 0;) {
        sqlite3_stmt* stmt = idle[i];
        if (sqlite3_sql(stmt) != sql) continue;
        idle.erase(idle.begin() + static_cast<std::ptrdiff_t>(i));
        return Statement(m_impl, stmt);
    }
    TR_ASSIGN(sqlite3_stmt * stmt, prepareOn(*m_impl, sql));
    if (!stmt) return fail(ErrorCode::Internal, m_impl->path.string(), "an empty SQL statement");
    return Statement(m_impl, stmt);
}

Status Database::exec(std::string_view sql)
{
    while (!sql.empty()) {
        std::string_view rest;
        TR_ASSIGN(sqlite3_stmt * stmt, prepareOn(*m_impl, sql, &rest));
        sql = rest;
        if (!stmt) continue; // white space or a comment
        int rc = SQLITE_ROW;
        while (rc == SQLITE_ROW) rc = sqlite3_step(stmt);
        if (rc != SQLITE_DONE) {
            auto error = errorOf(*m_impl, rc, "cannot change the database");
            sqlite3_finalize(stmt);
            return std::unexpected(std::move(error));
        }
        sqlite3_finalize(stmt);
    }
    return {};
}

Result<std::int64_t> Database::scalar(std::string_view sql)
{
    TR_ASSIGN(Statement stmt, prepare(sql));
    TR_ASSIGN(const bool row, stmt.step());
    return row ? stmt.intAt(0) : 0;
}

Result<Transaction> Database::transaction(Begin kind)
{
    TR_TRY(exec(kind == Begin::Write ? "BEGIN IMMEDIATE" : "BEGIN"));
    return Transaction(m_impl);
}

std::int64_t Database::lastInsertRowId() const { return sqlite3_last_insert_rowid(m_impl->db); }
std::int64_t Database::changeCount() const { return sqlite3_changes64(m_impl->db); }
void Database::setCancel(CancelToken cancel) { m_impl->cancel = std::move(cancel); }
void Database::interrupt() { sqlite3_interrupt(m_impl->db); }
const std::filesystem::path& Database::path() const { return m_impl->path; }
const std::string& Database::caution() const { return m_impl->caution; }
ForeignMode Database::foreignMode() const { return m_impl->foreignMode; }
sqlite3* Database::handle() const { return m_impl->db; }

Transaction::Transaction(std::shared_ptr<Database::Impl> impl) : m_impl(std::move(impl)) {}
Transaction::Transaction(Transaction&& other) noexcept = default;

Transaction::~Transaction()
{
    // SQLite may have rolled back by itself (disk full, interrupt); then there is nothing left to do. Whatever fails here,
    // the next opening rolls back.
    if (m_impl && !sqlite3_get_autocommit(m_impl->db)) sqlite3_exec(m_impl->db, "ROLLBACK", nullptr, nullptr, nullptr);
}

Status Transaction::commit()
{
    const int rc = sqlite3_exec(m_impl->db, "COMMIT", nullptr, nullptr, nullptr);
    if (rc != SQLITE_OK) return std::unexpected(errorOf(*m_impl, rc, "cannot commit")); // the destructor rolls back
    m_impl.reset();
    return {};
}

Statement::Statement(std::shared_ptr<Database::Impl> impl, sqlite3_stmt* stmt) : m_impl(std::move(impl)), m_stmt(stmt) {}

Statement::Statement(Statement&& other) noexcept
    : m_impl(std::move(other.m_impl)), m_stmt(std::exchange(other.m_stmt, nullptr)), m_bindError(other.m_bindError)
{
}

Statement& Statement::operator=(Statement&& other) noexcept
{
    if (this != &other) {
        giveBack();
        m_impl = std::move(other.m_impl);
        m_stmt = std::exchange(other.m_stmt, nullptr);
        m_bindError = other.m_bindError;
    }
    return *this;
}

Statement::~Statement() { giveBack(); }

void Statement::giveBack()
{
    if (m_stmt) m_impl->giveBack(std::exchange(m_stmt, nullptr));
}

void Statement::note(int rc)
{
    if (rc != SQLITE_OK && m_bindError == SQLITE_OK) m_bindError = rc;
}

Statement& Statement::bind(int index, std::int64_t value)
{
    note(sqlite3_bind_int64(m_stmt, index, value));
    return *this;
}

Statement& Statement::bind(int index, double value)
{
    note(sqlite3_bind_double(m_stmt, index, value));
    return *this;
}

Statement& Statement::bind(int index, std::string_view text)
{
    // A null pointer would bind NULL; an empty text is a text.
    note(sqlite3_bind_text64(m_stmt, index, text.data() ? text.data() : "", text.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
    return *this;
}

Statement& Statement::bind(int index, std::nullptr_t)
{
    note(sqlite3_bind_null(m_stmt, index));
    return *this;
}

Statement& Statement::bindBlob(int index, std::string_view bytes)
{
    note(sqlite3_bind_blob64(m_stmt, index, bytes.data() ? bytes.data() : "", bytes.size(), SQLITE_TRANSIENT));
    return *this;
}

Statement& Statement::bindValueOf(int index, const Statement& row, int column)
{
    note(sqlite3_bind_value(m_stmt, index, sqlite3_column_value(row.m_stmt, column)));
    return *this;
}

Result<bool> Statement::step()
{
    if (m_bindError != SQLITE_OK) {
        const int rc = std::exchange(m_bindError, SQLITE_OK);
        const auto code =
            (rc & 0xFF) == SQLITE_TOOBIG || (rc & 0xFF) == SQLITE_NOMEM ? ErrorCode::Refused : ErrorCode::Internal;
        return fail(code, m_impl->path.string(),
                    formatText("cannot bind a value: {}, in: {}", sqlite3_errstr(rc), cutUtf8(sqlite3_sql(m_stmt), 200)));
    }
    if (m_impl->cancel.cancelled()) return CancelToken::error();
    const int rc = sqlite3_step(m_stmt);
    if (rc == SQLITE_ROW) return true;
    if (rc == SQLITE_DONE) return false;
    auto error =
        errorOf(*m_impl, rc,
                m_impl->kind == Database::Impl::Kind::CacheWriter ? "cannot change the database" : "cannot read the database");
    sqlite3_reset(m_stmt);
    return std::unexpected(std::move(error));
}

Status Statement::run()
{
    for (;;) {
        TR_ASSIGN(const bool row, step());
        if (!row) break;
    }
    reset();
    return {};
}

void Statement::reset() { sqlite3_reset(m_stmt); }
void Statement::clearBindings() { sqlite3_clear_bindings(m_stmt); }

int Statement::columnCount() const { return sqlite3_column_count(m_stmt); }

std::string_view Statement::columnName(int column) const
{
    const char* name = sqlite3_column_name(m_stmt, column);
    return name ? name : "";
}

ColumnType Statement::typeAt(int column) const
{
    switch (sqlite3_column_type(m_stmt, column)) {
    case SQLITE_INTEGER:
        return ColumnType::Integer;
    case SQLITE_FLOAT:
        return ColumnType::Real;
    case SQLITE_TEXT:
        return ColumnType::Text;
    case SQLITE_BLOB:
        return ColumnType::Blob;
    default:
        return ColumnType::Null;
    }
}

std::int64_t Statement::intAt(int column) const { return sqlite3_column_int64(m_stmt, column); }
double Statement::doubleAt(int column) const { return sqlite3_column_double(m_stmt, column); }

std::string_view Statement::textAt(int column) const
{
    // The value is looked up once for both; sqlite3_column_text and _bytes do it each, and check for errors each.
    sqlite3_value* value = sqlite3_column_value(m_stmt, column);
    const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(value));
    return text ? std::string_view(text, static_cast<std::size_t>(sqlite3_value_bytes(value))) : std::string_view{};
}

std::string_view Statement::blobAt(int column) const
{
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(m_stmt, column));
    return bytes ? std::string_view(bytes, static_cast<std::size_t>(sqlite3_column_bytes(m_stmt, column))) : std::string_view{};
}

} // namespace tackroom
