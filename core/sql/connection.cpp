// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/sql/connection.h"

#include "core/base/format.h"
#include "core/base/safetext.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <thread>

namespace tackroom
{

namespace
{

constexpr std::size_t kMaxIdleStatements = 64;
/// How many steps of its machine SQLite makes between two looks at the cancel token: well below a millisecond.
constexpr int kProgressSteps = 2'000;

int onProgress(void* context) { return static_cast<Database::Impl*>(context)->cancel.cancelled() ? 1 : 0; }

/// Somebody else holds a lock: waits in small steps, so that a cancel is seen, up to the connection's limit.
int onBusy(void* context, int count)
{
    constexpr int kStepMs = 10;
    const auto* impl = static_cast<Database::Impl*>(context);
    if (impl->cancel.cancelled() || count * kStepMs >= impl->busyTimeoutMs) return 0;
    std::this_thread::sleep_for(std::chrono::milliseconds(kStepMs));
    return 1;
}

/// file:/… with everything but the plainest characters escaped, so that no name can add a parameter.
std::string uriOf(const std::filesystem::path& file, std::string_view query)
{
    const std::filesystem::path full = file.is_absolute() ? file : std::filesystem::absolute(file);
    std::string uri = "file://";
    for (const char c : full.string()) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' || c == '.' ||
                           c == '_' || c == '-';
        if (plain)
            uri += c;
        else
            uri += formatText("%{:02x}", static_cast<unsigned char>(c));
    }
    return uri + "?" + std::string(query);
}

void setLimits(sqlite3* db, Database::Impl::Kind kind)
{
    using Limit = std::pair<int, int>;
    sqlite3_limit(db, SQLITE_LIMIT_LENGTH, 256 << 20);
    if (kind == Database::Impl::Kind::CacheWriter) return; // it runs nothing but our own SQL on our own schema
    for (const auto& [which, value] :
         {Limit{SQLITE_LIMIT_SQL_LENGTH, 1'000'000}, Limit{SQLITE_LIMIT_COLUMN, 2'000}, Limit{SQLITE_LIMIT_EXPR_DEPTH, 100},
          Limit{SQLITE_LIMIT_COMPOUND_SELECT, 50}, Limit{SQLITE_LIMIT_VDBE_OP, 250'000}, Limit{SQLITE_LIMIT_FUNCTION_ARG, 100},
          Limit{SQLITE_LIMIT_ATTACHED, 0}, Limit{SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1'000}, Limit{SQLITE_LIMIT_TRIGGER_DEPTH, 0},
          Limit{SQLITE_LIMIT_WORKER_THREADS, 0}})
        sqlite3_limit(db, which, value);
}

void setSwitches(sqlite3* db, Database::Impl::Kind kind)
{
    using Switch = std::pair<int, int>;
    const bool reading = kind != Database::Impl::Kind::CacheWriter;
    for (const auto& [which, value] :
         {Switch{SQLITE_DBCONFIG_DEFENSIVE, 1}, Switch{SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
          Switch{SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0}, Switch{SQLITE_DBCONFIG_WRITABLE_SCHEMA, 0},
          Switch{SQLITE_DBCONFIG_DQS_DML, 0}, Switch{SQLITE_DBCONFIG_DQS_DDL, 0},
          Switch{SQLITE_DBCONFIG_ENABLE_TRIGGER, reading ? 0 : 1}, Switch{SQLITE_DBCONFIG_ENABLE_VIEW, reading ? 0 : 1},
          // A checkpoint on close would write into the database.
          Switch{SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, reading ? 1 : 0}})
        sqlite3_db_config(db, which, value, nullptr);
}

} // namespace

Database::Impl::~Impl()
{
    for (sqlite3_stmt* stmt : idle) sqlite3_finalize(stmt);
    if (db) sqlite3_close_v2(db);
}

void Database::Impl::giveBack(sqlite3_stmt* stmt)
{
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
    idle.push_back(stmt);
    if (idle.size() <= kMaxIdleStatements) return;
    sqlite3_finalize(idle.front());
    idle.erase(idle.begin());
}

namespace sql
{

ErrorCode codeOf(const Impl& impl, int rc)
{
    switch (rc & 0xFF) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return ErrorCode::Damaged;
    case SQLITE_FULL:
        return ErrorCode::DiskFull;
    case SQLITE_BUSY:
        return impl.cancel.cancelled() ? ErrorCode::Cancelled : ErrorCode::Locked;
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
    case SQLITE_SCHEMA:
        return ErrorCode::Locked;
    case SQLITE_INTERRUPT:
        return ErrorCode::Cancelled;
    case SQLITE_AUTH:
    case SQLITE_TOOBIG:
    case SQLITE_NOMEM:
        return ErrorCode::Refused;
    case SQLITE_PERM:
        return ErrorCode::NotReadable;
    case SQLITE_READONLY:
        // A writer died since the opening: the store wants to be opened in another way.
        return rc == SQLITE_READONLY_ROLLBACK || rc == SQLITE_READONLY_RECOVERY || rc == SQLITE_READONLY_CANTINIT
                   ? ErrorCode::Locked
                   : ErrorCode::NotReadable;
    case SQLITE_IOERR:
        return ErrorCode::Io;
    // A table or column that is not there: in a foreign store it is another format, in a cache our own mistake.
    case SQLITE_ERROR:
        return impl.kind == Impl::Kind::Foreign ? ErrorCode::UnknownFormat : ErrorCode::Internal;
    default:
        return ErrorCode::Internal;
    }
}

Error errorOf(Impl& impl, int rc, std::string_view doing)
{
    // It may quote what the file says.
    const std::string words = SafeText::line(impl.db ? sqlite3_errmsg(impl.db) : sqlite3_errstr(rc)).utf8();
    const int systemErrno = impl.db ? sqlite3_system_errno(impl.db) : 0;
    std::string where = impl.path.string();
    const int primary = rc & 0xFF;
    if ((primary == SQLITE_CANTOPEN || primary == SQLITE_IOERR || primary == SQLITE_PERM) && systemErrno != 0)
        return errorFromErrno(systemErrno, std::move(where), doing);
    if (primary == SQLITE_CANTOPEN) return {ErrorCode::Io, std::move(where), formatText("{}: {}", doing, words), {}};
    const ErrorCode code = codeOf(impl, rc);
    if (code == ErrorCode::Cancelled) return CancelToken::error().error();
    if (code == ErrorCode::Locked)
        return {code, std::move(where), formatText("{}: another program works on it ({})", doing, words), "try again"};
    return {code, std::move(where), formatText("{}: {}", doing, words), {}};
}

Result<std::shared_ptr<Impl>> openConnection(const std::filesystem::path& file, std::string_view query, Impl::Kind kind,
                                             const CancelToken& cancel)
{
    auto impl = std::make_shared<Impl>();
    impl->kind = kind;
    impl->path = file;
    impl->cancel = cancel;
    impl->busyTimeoutMs = kind == Impl::Kind::Foreign ? 2'000 : 5'000;
    const int access = kind == Impl::Kind::CacheWriter ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
    const int flags = access | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE;
    const int rc = sqlite3_open_v2(uriOf(file, query).c_str(), &impl->db, flags, nullptr);
    if (rc != SQLITE_OK) return std::unexpected(errorOf(*impl, rc, "cannot open the database"));
    setLimits(impl->db, kind);
    setSwitches(impl->db, kind);
    sqlite3_busy_handler(impl->db, onBusy, impl.get());
    sqlite3_progress_handler(impl->db, kProgressSteps, onProgress, impl.get());
    TR_TRY(execOn(*impl, "PRAGMA cell_size_check=ON; PRAGMA mmap_size=0;"));
    if (kind != Impl::Kind::CacheWriter) TR_TRY(execOn(*impl, "PRAGMA query_only=ON;"));
    return impl;
}

Status execOn(Impl& impl, const char* sql)
{
    const int rc = sqlite3_exec(impl.db, sql, nullptr, nullptr, nullptr);
    if (rc != SQLITE_OK) return std::unexpected(errorOf(impl, rc, "cannot read the database"));
    return {};
}

} // namespace sql
} // namespace tackroom
