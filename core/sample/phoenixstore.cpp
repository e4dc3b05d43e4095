// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/sample/phoenixstore.h"

#include "core/sample/phoenixschema.h"

#include <sqlite3.h>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <span>

namespace tackroom
{
namespace
{

struct CloseDatabase {
    void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
};
struct FinishStatement {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;
using Statement = std::unique_ptr<sqlite3_stmt, FinishStatement>;

std::unexpected<Error> sqlError(sqlite3* database, const std::string& where)
{
    const int code = sqlite3_errcode(database) & 0xff;
    const ErrorCode kind = code == SQLITE_FULL                               ? ErrorCode::DiskFull
                           : code == SQLITE_BUSY || code == SQLITE_LOCKED    ? ErrorCode::Locked
                           : code == SQLITE_NOTADB || code == SQLITE_CORRUPT ? ErrorCode::Damaged
                                                                             : ErrorCode::Io;
    return fail(kind, where, sqlite3_errmsg(database));
}

/// 2026-03-02 08:15:30.123456, as SQLAlchemy writes it.
std::string timestamp(UtcNs time)
{
    std::string text = formatTime(time / 1'000'000'000 * 1'000'000'000); // 2026-03-02T08:15:30Z
    text[10] = ' ';
    text.pop_back();
    std::string fraction = std::to_string(time / 1000 % 1'000'000);
    fraction.insert(0, 6 - fraction.size(), '0');
    return text + "." + fraction;
}

struct Totals {
    std::int64_t errors = 0, prompt = 0, completion = 0;
};

} // namespace

struct PhoenixStore::Private {
    std::string where;
    Database database;
    Statement insertSession, findSession, growSession, insertTrace, insertSpan, insertSpanScore, insertTraceScore;
    bool isNew = false, committed = false;
    std::filesystem::path path;
    std::int64_t runs = 0;
    UtcNs lastEnd = 0;

    ~Private()
    {
        if (!committed && database) sqlite3_exec(database.get(), "ROLLBACK", nullptr, nullptr, nullptr);
    }

    Status exec(std::string_view sql)
    {
        if (sqlite3_exec(database.get(), std::string(sql).c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
            return sqlError(database.get(), where);
        return {};
    }

    Status prepare(Statement& statement, const char* sql)
    {
        sqlite3_stmt* made = nullptr;
        if (sqlite3_prepare_v2(database.get(), sql, -1, &made, nullptr) != SQLITE_OK) return sqlError(database.get(), where);
        statement.reset(made);
        return {};
    }

    Status open(int flags)
    {
        sqlite3* made = nullptr;
        const int code = sqlite3_open_v2(path.c_str(), &made, flags | SQLITE_OPEN_NOFOLLOW, nullptr);
        database.reset(made);
        if (code != SQLITE_OK)
            return made ? Status(sqlError(made, where)) : Status(fail(ErrorCode::Io, where, "SQLite ran out of memory"));
        sqlite3_busy_timeout(made, 5000);
        sqlite3_db_config(made, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
        sqlite3_db_config(made, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
        return {};
    }

    Status prepareAll()
    {
        TR_TRY(prepare(findSession, "SELECT id FROM project_sessions WHERE session_id = ?"));
        TR_TRY(prepare(insertSession,
                       "INSERT INTO project_sessions (session_id, project_id, start_time, end_time) VALUES (?, 1, ?, ?)"));
        TR_TRY(prepare(growSession, "UPDATE project_sessions SET end_time = max(end_time, ?) WHERE id = ?"));
        TR_TRY(prepare(insertTrace, "INSERT INTO traces (project_rowid, trace_id, start_time, end_time, project_session_rowid) "
                                    "VALUES (1, ?, ?, ?, ?)"));
        TR_TRY(prepare(
            insertSpan,
            "INSERT INTO spans (trace_rowid, span_id, parent_id, name, span_kind, start_time, end_time, attributes, events, "
            "status_code, status_message, cumulative_error_count, cumulative_llm_token_count_prompt, "
            "cumulative_llm_token_count_completion, llm_token_count_prompt, llm_token_count_completion) "
            "VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"));
        constexpr const char* kSpanScore = "INSERT INTO span_annotations (span_rowid, name, label, score, explanation, "
                                           "metadata, annotator_kind, created_at, updated_at, user_id, "
                                           "identifier, source) VALUES (?,?,?,?,?,?,?,?,?,?,'',?)";
        constexpr const char* kTraceScore = "INSERT INTO trace_annotations (trace_rowid, name, label, score, explanation, "
                                            "metadata, annotator_kind, created_at, updated_at, user_id, "
                                            "identifier, source) VALUES (?,?,?,?,?,?,?,?,?,?,'',?)";
        TR_TRY(prepare(insertSpanScore, kSpanScore));
        return prepare(insertTraceScore, kTraceScore);
    }

    Status step(Statement& statement)
    {
        const int code = sqlite3_step(statement.get());
        if (code != SQLITE_DONE && code != SQLITE_ROW) {
            auto error = sqlError(database.get(), where);
            sqlite3_reset(statement.get());
            return error;
        }
        return {};
    }

    /// Runs an INSERT or UPDATE and makes it ready for the next time.
    Status done(Statement& statement)
    {
        TR_TRY(step(statement));
        sqlite3_reset(statement.get());
        sqlite3_clear_bindings(statement.get());
        return {};
    }

    Result<std::int64_t> session(const PlayedRun& run);
    Status score(const PlayedScore& score, std::int64_t target);
    Status span(const PlayedSpan& span, std::int64_t traceRow, const Totals& totals);
};

namespace
{

void bindText(Statement& statement, int at, const std::string& text)
{
    sqlite3_bind_text64(statement.get(), at, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

void bindTextOrNull(Statement& statement, int at, const std::string& text)
{
    if (text.empty())
        sqlite3_bind_null(statement.get(), at);
    else
        bindText(statement, at, text);
}

} // namespace

PhoenixStore::PhoenixStore(std::unique_ptr<Private> data) : d(std::move(data)) {}
PhoenixStore::PhoenixStore(PhoenixStore&&) noexcept = default;
PhoenixStore& PhoenixStore::operator=(PhoenixStore&&) noexcept = default;
PhoenixStore::~PhoenixStore() = default;
std::int64_t PhoenixStore::runCount() const { return d->runs; }
UtcNs PhoenixStore::lastEnd() const { return d->lastEnd; }

Result<PhoenixStore> PhoenixStore::create(const std::filesystem::path& path, UtcNs createdAt)
{
    auto d = std::make_unique<Private>();
    d->where = path.string();
    d->path = path;
    d->isNew = true;
    std::error_code ignored;
    if (std::filesystem::exists(path, ignored)) return fail(ErrorCode::Io, d->where, "there is a file of this name already");
    TR_TRY(d->open(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE));
    // Until commit() the file has no name that anybody looks for; a crash leaves rubbish, not a broken store.
    TR_TRY(d->exec("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -65536; BEGIN"));
    TR_TRY(d->exec(kPhoenixDdl));
    const std::string now = timestamp(createdAt);
    TR_TRY(d->exec("INSERT INTO alembic_version VALUES ('" + std::string(kPhoenixRevision) +
                   "'); INSERT INTO user_roles VALUES (1, 'SYSTEM'), (2, 'ADMIN'), (3, 'MEMBER'), (4, 'VIEWER');"
                   "INSERT INTO projects (id, name, description, created_at, updated_at) VALUES (1, 'refund-agent', '" +
                   std::string(kSampleNote) + "', '" + now + "', '" + now + "');"));
    int id = 1;
    for (const std::string_view manager : kManagers) {
        std::string mail(manager);
        for (char& c : mail) c = c == ' ' ? '.' : static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
        TR_TRY(d->exec("INSERT INTO users (id, user_role_id, username, email, reset_password, auth_method, created_at, "
                       "updated_at) VALUES (" +
                       std::to_string(id++) + ", 3, '" + std::string(manager) + "', '" + mail +
                       "@nordlicht.example', 0, 'OAUTH2', '" + now + "', '" + now + "')"));
    }
    TR_TRY(d->prepareAll());
    return PhoenixStore(std::move(d));
}

Result<PhoenixStore> PhoenixStore::append(const std::filesystem::path& path)
{
    auto d = std::make_unique<Private>();
    d->where = path.string();
    d->path = path;
    std::error_code error;
    const auto kind = std::filesystem::symlink_status(path, error).type();
    if (kind == std::filesystem::file_type::not_found) return fail(ErrorCode::NotFound, d->where, "there is no such store");
    if (kind != std::filesystem::file_type::regular)
        return fail(ErrorCode::NotAFile, d->where, "the store must be a regular file");
    TR_TRY(d->open(SQLITE_OPEN_READWRITE));
    TR_TRY(d->exec("BEGIN IMMEDIATE"));
    const auto refused =
        fail(ErrorCode::Refused, d->where, "this is not a store of the sample; played runs are appended to no other",
             "make one with: tackroom-cli sample DIR");
    Statement statement;
    if (!d->prepare(statement, "SELECT description FROM projects WHERE id = 1 AND name = 'refund-agent'")) return refused;
    if (sqlite3_step(statement.get()) != SQLITE_ROW) return refused;
    const auto* note = reinterpret_cast<const char*>(sqlite3_column_text(statement.get(), 0));
    if (!note || note != kSampleNote) return refused;
    TR_TRY(d->prepare(statement, "SELECT count(*), max(end_time) FROM traces"));
    TR_TRY(d->step(statement));
    d->runs = sqlite3_column_int64(statement.get(), 0);
    if (const auto* last = reinterpret_cast<const char*>(sqlite3_column_text(statement.get(), 1)))
        d->lastEnd = parseTime(last).value_or(0);
    statement.reset();
    TR_TRY(d->prepareAll());
    return PhoenixStore(std::move(d));
}

Result<std::int64_t> PhoenixStore::Private::session(const PlayedRun& run)
{
    bindText(findSession, 1, run.sessionId);
    TR_TRY(step(findSession));
    const bool known = sqlite3_data_count(findSession.get()) > 0;
    const std::int64_t id = known ? sqlite3_column_int64(findSession.get(), 0) : 0;
    sqlite3_reset(findSession.get());
    if (known) {
        bindText(growSession, 1, timestamp(run.end));
        sqlite3_bind_int64(growSession.get(), 2, id);
        TR_TRY(done(growSession));
        return id;
    }
    bindText(insertSession, 1, run.sessionId);
    bindText(insertSession, 2, timestamp(run.start));
    bindText(insertSession, 3, timestamp(run.end));
    TR_TRY(done(insertSession));
    return sqlite3_last_insert_rowid(database.get());
}

Status PhoenixStore::Private::span(const PlayedSpan& span, std::int64_t traceRow, const Totals& totals)
{
    sqlite3_stmt* s = insertSpan.get();
    sqlite3_bind_int64(s, 1, traceRow);
    bindText(insertSpan, 2, span.spanId);
    bindTextOrNull(insertSpan, 3, span.parentId);
    bindText(insertSpan, 4, span.name);
    bindText(insertSpan, 5, span.kind);
    bindText(insertSpan, 6, timestamp(span.start));
    bindText(insertSpan, 7, timestamp(span.end));
    bindText(insertSpan, 8, dumpJson(span.attributes));
    bindText(insertSpan, 9, dumpJson(span.events));
    bindText(insertSpan, 10, span.statusCode);
    bindText(insertSpan, 11, span.statusMessage);
    sqlite3_bind_int64(s, 12, totals.errors);
    sqlite3_bind_int64(s, 13, totals.prompt);
    sqlite3_bind_int64(s, 14, totals.completion);
    if (span.promptTokens >= 0) {
        sqlite3_bind_int(s, 15, span.promptTokens);
        sqlite3_bind_int(s, 16, span.completionTokens);
    }
    return done(insertSpan);
}

Status PhoenixStore::Private::score(const PlayedScore& score, std::int64_t target)
{
    Statement& statement = score.spanId.empty() ? insertTraceScore : insertSpanScore;
    sqlite3_bind_int64(statement.get(), 1, target);
    bindText(statement, 2, score.name);
    bindTextOrNull(statement, 3, score.label);
    if (score.score) sqlite3_bind_double(statement.get(), 4, *score.score);
    bindTextOrNull(statement, 5, score.explanation);
    bindText(statement, 6, dumpJson(score.metadata));
    bindText(statement, 7, score.annotator);
    bindText(statement, 8, timestamp(score.time));
    bindText(statement, 9, timestamp(score.time));
    if (score.managerIndex >= 0) sqlite3_bind_int(statement.get(), 10, score.managerIndex + 1);
    bindText(statement, 11, score.managerIndex >= 0 ? "APP" : "API");
    return done(statement);
}

Status PhoenixStore::add(const PlayedRun& run)
{
    TR_ASSIGN(const std::int64_t sessionRow, d->session(run));
    bindText(d->insertTrace, 1, run.traceId);
    bindText(d->insertTrace, 2, timestamp(run.start));
    bindText(d->insertTrace, 3, timestamp(run.end));
    sqlite3_bind_int64(d->insertTrace.get(), 4, sessionRow);
    TR_TRY(d->done(d->insertTrace));
    const std::int64_t traceRow = sqlite3_last_insert_rowid(d->database.get());
    auto own = [](const PlayedSpan& span) {
        return Totals{span.statusCode == "ERROR", std::max(span.promptTokens, 0), std::max(span.completionTokens, 0)};
    };
    Totals all; // every span hangs on the root
    for (const PlayedSpan& span : run.spans) {
        const Totals totals = own(span);
        all.errors += totals.errors;
        all.prompt += totals.prompt;
        all.completion += totals.completion;
    }
    std::vector<std::pair<std::string_view, std::int64_t>> rows;
    for (const PlayedSpan& span : run.spans) {
        TR_TRY(d->span(span, traceRow, span.parentId.empty() ? all : own(span)));
        rows.emplace_back(span.spanId, sqlite3_last_insert_rowid(d->database.get()));
    }
    for (const PlayedScore& score : run.scores) {
        std::int64_t target = score.spanId.empty() ? traceRow : 0;
        for (const auto& [id, row] : rows)
            if (id == score.spanId) target = row;
        if (target == 0) return fail(ErrorCode::Internal, d->where, "a score of the player names no span");
        TR_TRY(d->score(score, target));
    }
    ++d->runs;
    return {};
}

Status PhoenixStore::commit()
{
    for (Statement* statement : {&d->insertSession, &d->findSession, &d->growSession, &d->insertTrace, &d->insertSpan,
                                 &d->insertSpanScore, &d->insertTraceScore})
        statement->reset();
    if (d->isNew) TR_TRY(d->exec(kPhoenixIndexes));
    TR_TRY(d->exec("COMMIT"));
    d->committed = true;
    d->database.reset();
    if (!d->isNew) return {};
    // Written without syncs; one at the end, before the file gets its name.
    const int file = ::open(d->path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return std::unexpected(errorFromErrno(errno, d->where, "opening"));
    const int synced = ::fsync(file);
    const int problem = errno;
    ::close(file);
    if (synced != 0) return std::unexpected(errorFromErrno(problem, d->where, "writing"));
    return {};
}

} // namespace tackroom
