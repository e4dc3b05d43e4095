// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/format.h"
#include "core/sql/connection.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tackroom
{

namespace
{

using namespace sql;

/// SQLite would make the file readable for everybody; its companions take over the mode of the database.
Status makePrivateFile(const std::filesystem::path& path)
{
    // O_EXCL: a file that is there is never opened here, for closing it would drop the locks of this process's connections.
    const UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd && errno != EEXIST) return std::unexpected(errorFromErrno(errno, path.string(), "cannot make the database"));
    return {};
}

Status checkIsFile(const std::filesystem::path& path)
{
    struct stat info{};
    if (::stat(path.c_str(), &info) != 0)
        return std::unexpected(errorFromErrno(errno, path.string(), "cannot open the database"));
    if (!S_ISREG(info.st_mode)) return fail(ErrorCode::NotAFile, path.string(), "this is not a regular file");
    return {};
}

Status checkApplicationId(Database& db, std::int32_t applicationId)
{
    TR_ASSIGN(const std::int64_t there, db.scalar("PRAGMA application_id"));
    if (there == applicationId) return {};
    TR_ASSIGN(const std::int64_t entries, db.scalar("SELECT count(*) FROM sqlite_schema"));
    if (there != 0 || entries != 0)
        return fail(ErrorCode::UnknownFormat, db.path().string(), "this database is not one of Tackroom's own of this kind");
    return db.exec(formatText("PRAGMA application_id={}", applicationId));
}

Status setWalMode(Database& db)
{
    TR_ASSIGN(Statement stmt, db.prepare("PRAGMA journal_mode=WAL"));
    TR_ASSIGN(const bool row, stmt.step());
    if (row && stmt.textAt(0) == "wal") return {};
    return fail(ErrorCode::Io, db.path().string(), "this file system cannot hold the index (no shared memory for WAL mode)");
}

} // namespace

Result<Database> openCacheWriter(const std::filesystem::path& path, std::int32_t applicationId)
{
    TR_TRY(makePrivateFile(path));
    TR_TRY(checkIsFile(path));
    TR_ASSIGN(auto impl, openConnection(path, "mode=rw", Impl::Kind::CacheWriter, {}));
    Database db(std::move(impl));
    TR_TRY(checkApplicationId(db, applicationId));
    TR_TRY(setWalMode(db));
    TR_TRY(db.exec("PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;"));
    return db;
}

Result<Database> openCacheReader(const std::filesystem::path& path, const CancelToken& cancel)
{
    TR_TRY(checkIsFile(path));
    TR_ASSIGN(auto impl, openConnection(path, "mode=ro", Impl::Kind::CacheReader, cancel));
    // Damage and missing rights show here and not in the first query.
    TR_TRY(execOn(*impl, "SELECT count(*) FROM sqlite_schema;"));
    return Database(std::move(impl));
}

} // namespace tackroom
