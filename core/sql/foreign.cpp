// SPDX-License-Identifier: GPL-3.0-or-later
// Opening a user's store without changing a byte of it. SQLite by itself does not promise that, not even for mode=ro: in WAL
// mode it makes -wal and -shm where they are missing, the last connection checkpoints, and a hot rollback journal wants to be
// played back. So we look first, from outside, and choose:
//
//   rollback mode                        mode=ro; shared locks only                                    Plain
//   a hot journal that nobody works on   copy database and journal, recover the copy                   PrivateCopy
//   WAL mode, somebody is connected      mode=ro; only the reader's marks in -shm may change           LiveWal
//   WAL mode, a stale -wal               mode=ro, no locks (unix-none), the index of the WAL in our
//                                        memory (locking_mode=EXCLUSIVE), no checkpoint on close       StaleWal
//   WAL mode, no -wal                    mode=ro, immutable: the database file is all there is         StaleWal
//
// What is read without locks is looked at again after the opening and by recheck(): a writer that has come in between is
// noticed by the files' sizes and times and by its locks, and the store is opened anew. All of it goes through a VFS of our own
// (lookingvfs.cpp), for which no file of a store is to be written or made.
#include "core/base/format.h"
#include "core/base/text.h"
#include "core/sql/connection.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <thread>
#include <unistd.h>

namespace tackroom
{

namespace
{

using namespace sql;
namespace fs = std::filesystem;

constexpr std::size_t kHeaderBytes = 100;
constexpr std::string_view kMagic{"SQLite format 3\0", 16};

struct Look {
    ProbePtr database;
    ProbePtr shm; ///< none where there is no -shm, or one that we may not read
    StoreState state;
    std::array<unsigned char, kHeaderBytes> header{};
    std::uint64_t names = 1; ///< hard links
    bool locked = false;     ///< by another process
    bool hotJournal = false;

    [[nodiscard]] bool walMode() const { return state.wal.there || header[18] == 2 || header[19] == 2; }
};

std::uint32_t bigEndian(const unsigned char* bytes)
{
    return (std::uint32_t{bytes[0]} << 24) | (std::uint32_t{bytes[1]} << 16) | (std::uint32_t{bytes[2]} << 8) | bytes[3];
}

Status readHeader(Look& look, const fs::path& path)
{
    std::size_t used = 0;
    while (used < kHeaderBytes) {
        const ssize_t got =
            ::pread(look.database->fd(), look.header.data() + used, kHeaderBytes - used, static_cast<off_t>(used));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return std::unexpected(errorFromErrno(errno, path.string(), "cannot read the file"));
        if (got == 0) break;
        used += static_cast<std::size_t>(got);
    }
    if (used == 0) return fail(ErrorCode::Empty, path.string(), "the file is empty (0 bytes)");
    if (used < kMagic.size() || std::memcmp(look.header.data(), kMagic.data(), kMagic.size()) != 0)
        return fail(ErrorCode::UnknownFormat, path.string(), "this is not a SQLite database");
    if (used < kHeaderBytes) return fail(ErrorCode::Damaged, path.string(), "the database ends within its header");
    return {};
}

/// The journal of an unfinished transaction. SQLite's own rule: its first byte is not zero.
Result<bool> beginsWithByte(const fs::path& journal)
{
    const auto probe = openProbe(journal);
    if (!probe && probe.error().code == ErrorCode::NotFound) return false;
    if (!probe) return std::unexpected(probe.error());
    unsigned char first = 0;
    ssize_t got = 0;
    do got = ::pread((*probe)->fd(), &first, 1, 0);
    while (got < 0 && errno == EINTR);
    if (got < 0) return std::unexpected(errorFromErrno(errno, journal.string(), "cannot read the journal"));
    return got == 1 && first != 0;
}

bool isLockedNow(const Look& look)
{
    return isLocked(*look.database, kDatabaseLockStart, kDatabaseLockLength) ||
           (look.shm && isLocked(*look.shm, kShmLockStart, kShmLockLength));
}

Result<Look> lookAt(const fs::path& real)
{
    Look look;
    TR_ASSIGN(look.database, openProbe(real));
    TR_TRY(readHeader(look, real));
    TR_ASSIGN(look.state, lookAtStore(real));
    struct stat info{};
    if (::fstat(look.database->fd(), &info) == 0) look.names = info.st_nlink;
    if (look.state.shm.there) {
        // Where it may not be read, the lock that every connection in WAL mode holds on the database tells the same.
        if (auto shm = openProbe(companion(real, "-shm"))) look.shm = std::move(*shm);
    }
    look.locked = isLockedNow(look);
    if (look.state.journal.sizeBytes > 0 && !look.locked) {
        TR_ASSIGN(look.hotJournal, beginsWithByte(companion(real, "-journal")));
    }
    return look;
}

/// Whether a program that uses this name has left something beside it.
bool hasUnfinished(const fs::path& database)
{
    struct stat info{};
    return ::lstat(companion(database, "-wal").c_str(), &info) == 0
               ? info.st_size > 0
               : beginsWithByte(companion(database, "-journal")).value_or(false);
}

/// A file of several names (hard links): a program that uses another one keeps its newest rows beside that one. Answers what
/// is to be said of names that are not found.
Result<std::string> checkOtherNames(const Look& look, const fs::path& real)
{
    constexpr int kMostEntries = 100'000;
    if (look.names < 2) return std::string();
    std::uint64_t found = 1;
    std::error_code error;
    fs::directory_iterator at(real.parent_path(), error);
    for (int n = 0; !error && n < kMostEntries && at != fs::directory_iterator(); at.increment(error), ++n) {
        struct stat info{};
        if (at->path() == real || ::lstat(at->path().c_str(), &info) != 0 || !S_ISREG(info.st_mode) ||
            info.st_ino != look.state.database.inode || info.st_dev != look.state.database.device)
            continue;
        ++found;
        const std::string name(cutUtf8(toUtf8(at->path().filename().string()), 100));
        if (hasUnfinished(at->path()))
            return fail(ErrorCode::Refused, real.string(),
                        formatText("the same file is also named {}, and what was written last lies beside that name", name),
                        formatText("open {} instead", name));
    }
    if (look.locked && look.walMode() && !look.state.wal.there)
        return fail(ErrorCode::Refused, real.string(),
                    "a program works on this file under another name, and what it wrote last lies beside that name",
                    "open it by the name that the program uses");
    if (found >= look.names) return std::string();
    return std::string(
        "the file has another name elsewhere (a hard link): what a program wrote last by that name may be missing");
}

/// A file that is shorter than its header says. Only where the header is the whole truth: no WAL, no journal, no writer.
Status checkLength(const Look& look, const fs::path& path)
{
    const std::uint32_t rawPageSize = (std::uint32_t{look.header[16]} << 8) | look.header[17];
    const std::uint64_t pageSize = rawPageSize == 1 ? 65'536 : rawPageSize;
    const bool countIsValid = std::equal(&look.header[24], &look.header[28], &look.header[92]);
    const std::uint64_t wanted = pageSize * bigEndian(&look.header[28]);
    if (look.state.wal.sizeBytes > 0 || look.hotJournal || look.locked || !countIsValid) return {};
    const auto have = static_cast<std::uint64_t>(look.state.database.sizeBytes);
    if (have >= wanted) return {};
    return fail(ErrorCode::Damaged, path.string(),
                formatText("the database is cut off: {} of {} bytes are there", have, wanted));
}

Status copyFile(const fs::path& from, const fs::path& to, const CancelToken& cancel)
{
    TR_ASSIGN(const ProbePtr source, openProbe(from));
    UniqueFd target(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!target) return std::unexpected(errorFromErrno(errno, to.string(), "cannot make a private copy of the database"));
    std::vector<char> buffer(1 << 20);
    for (off_t at = 0;;) {
        if (cancel.cancelled()) return CancelToken::error();
        const ssize_t got = ::pread(source->fd(), buffer.data(), buffer.size(), at);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return std::unexpected(errorFromErrno(errno, from.string(), "cannot read the file"));
        if (got == 0) return {};
        for (ssize_t done = 0; done < got;) {
            const ssize_t wrote = ::write(target.get(), buffer.data() + done, static_cast<std::size_t>(got - done));
            if (wrote < 0 && errno == EINTR) continue;
            if (wrote < 0)
                return std::unexpected(errorFromErrno(errno, to.string(), "cannot make a private copy of the database"));
            done += wrote;
        }
        at += got;
    }
}

/// Reads the schema: the first touch, in which locks are taken, a WAL is found and recovered, and damage shows.
Status firstRead(Impl& impl) { return execOn(impl, "SELECT count(*) FROM sqlite_schema;"); }

using Opened = std::shared_ptr<Impl>;

/// SQLite takes paths of 512 bytes with their suffixes. A longer one is named through its open folder.
Result<fs::path> shortened(const fs::path& file, UniqueFd& folder)
{
    constexpr std::size_t kLongestPath = 500;
    if (file.native().size() <= kLongestPath) return file;
    folder.reset(::open(file.parent_path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!folder) return std::unexpected(errorFromErrno(errno, file.string(), "cannot open the folder of the database"));
    return fs::path(formatText("/proc/self/fd/{}", folder.get())) / file.filename();
}

Result<Opened> openLooking(const fs::path& file, const char* vfs, const CancelToken& cancel, std::string_view more = {})
{
    if (!makeLookingVfs()) return fail(ErrorCode::Internal, file.string(), "SQLite's ways of reading files are not there");
    UniqueFd folder;
    TR_ASSIGN(const fs::path name, shortened(file, folder));
    TR_ASSIGN(Opened opened, openConnection(name, formatText("mode=ro&vfs={}{}", vfs, more), Impl::Kind::Foreign, cancel));
    opened->path = file;
    opened->folder = std::move(folder);
    return opened;
}

/// Why SQLite could not open one of the files: a companion that may not be read, or one that has gone just now (nothing).
std::optional<Error> whyNotOpened(const fs::path& real)
{
    for (const char* suffix : {"-wal", "-shm"}) {
        const fs::path path = companion(real, suffix);
        if (::access(path.c_str(), R_OK) != 0 && errno != ENOENT)
            return errorFromErrno(errno, path.string(), "what was written last cannot be read");
    }
    return std::nullopt;
}

Result<Opened> openPrivateCopy(const Look& look, const fs::path& real, const CancelToken& cancel)
{
    TR_ASSIGN(TemporaryFolder folder, TemporaryFolder::make("tackroom-store"));
    const fs::path copy = folder.path() / "store.db";
    TR_TRY(copyFile(real, copy, cancel));
    TR_TRY(copyFile(companion(real, "-journal"), companion(copy, "-journal"), cancel));
    if (look.state.wal.there) TR_TRY(copyFile(companion(real, "-wal"), companion(copy, "-wal"), cancel));
    {
        // Recovery writes: with the writer's switches, in our own folder, and then never again.
        TR_ASSIGN(const Opened recovering, openConnection(copy, "mode=rw", Impl::Kind::CacheWriter, cancel));
        recovering->path = real;
        sqlite3_db_config(recovering->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
        sqlite3_db_config(recovering->db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
        TR_TRY(firstRead(*recovering));
    }
    TR_ASSIGN(Opened opened, openLooking(copy, kLookingVfs, cancel));
    opened->foreignMode = ForeignMode::PrivateCopy;
    opened->copy = std::move(folder);
    return opened;
}

Result<Opened> openInPlace(const Look& look, const fs::path& real, const CancelToken& cancel)
{
    if (!look.walMode() || look.locked) {
        TR_ASSIGN(Opened opened, openLooking(real, kLookingVfs, cancel));
        opened->foreignMode = look.walMode() ? ForeignMode::LiveWal : ForeignMode::Plain;
        return opened;
    }
    const bool hasFrames = look.state.wal.sizeBytes > 0;
    TR_ASSIGN(Opened opened, openLooking(real, kLookingVfsWithoutLocks, cancel, hasFrames ? "" : "&immutable=1"));
    // Before the first read, or SQLite would look for shared memory.
    if (hasFrames) TR_TRY(execOn(*opened, "PRAGMA locking_mode=EXCLUSIVE;"));
    opened->foreignMode = ForeignMode::StaleWal;
    return opened;
}

/// Nothing: the store changed under our hands, look again.
Result<std::optional<Database>> openOnce(const fs::path& path, const fs::path& real, const CancelToken& cancel)
{
    TR_ASSIGN(Look look, lookAt(real));
    TR_TRY(checkLength(look, path));
    TR_ASSIGN(std::string caution, checkOtherNames(look, real));
    TR_ASSIGN(Opened opened, look.hotJournal ? openPrivateCopy(look, real, cancel) : openInPlace(look, real, cancel));
    opened->path = path;
    opened->realPath = real;
    opened->caution = std::move(caution);
    opened->state = look.state;
    opened->probes = {look.database};
    if (look.shm) opened->probes.push_back(look.shm);
    if (const auto read = firstRead(*opened); !read) {
        // A writer died, went away or changed the mode since we looked: it needs another way of opening.
        const int code = sqlite3_errcode(opened->db) & 0xFF;
        if (code == SQLITE_READONLY) return std::nullopt;
        if (code != SQLITE_CANTOPEN) return std::unexpected(read.error());
        if (auto why = whyNotOpened(real)) return std::unexpected(std::move(*why));
        return std::nullopt;
    }
    if (opened->foreignMode == ForeignMode::StaleWal || opened->foreignMode == ForeignMode::PrivateCopy) {
        TR_ASSIGN(const StoreState now, lookAtStore(real));
        if (now != look.state || isLockedNow(look)) return std::nullopt;
    }
    TR_TRY(restrictToReading(*opened));
    return Database(std::move(opened));
}

/// The user may give a link; everything after is done with what it stands for, so that -wal and -journal are the right ones.
Result<fs::path> resolve(const fs::path& path)
{
    std::array<char, PATH_MAX> buffer;
    if (::realpath(path.c_str(), buffer.data())) return fs::path(buffer.data());
    if (errno == ENOENT) return fail(ErrorCode::NotFound, path.string(), "there is no such file");
    return std::unexpected(errorFromErrno(errno, path.string(), "cannot find the file"));
}

} // namespace

Result<Database> sql::openPrivateStore(TemporaryFolder folder, const fs::path& copy, Database& store)
{
    Impl& of = store.impl();
    TR_ASSIGN(Opened opened, openLooking(copy, kLookingVfs, of.cancel));
    opened->foreignMode = ForeignMode::PrivateCopy;
    opened->copy = std::move(folder);
    opened->path = of.path;
    opened->realPath = of.realPath;
    opened->caution = of.caution;
    opened->probes = of.probes;
    opened->state = of.state;
    TR_TRY(firstRead(*opened));
    TR_TRY(restrictToReading(*opened));
    return Database(std::move(opened));
}

Result<Database> openForeign(const fs::path& path, const CancelToken& cancel)
{
    constexpr int kAttempts = 10;
    TR_ASSIGN(const fs::path real, resolve(path));
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
        if (cancel.cancelled()) return CancelToken::error();
        TR_ASSIGN(std::optional<Database> opened, openOnce(path, real, cancel));
        if (opened) return std::move(*opened);
        std::this_thread::sleep_for(std::chrono::milliseconds(20 << std::min(attempt, 4)));
    }
    return fail(ErrorCode::Locked, path.string(), "another program keeps changing this database while it is being opened",
                "try again");
}

Status Database::recheck()
{
    const Impl& impl = *m_impl;
    if (impl.foreignMode == ForeignMode::None) return {};
    const auto changed = [&] {
        return fail(ErrorCode::Locked, impl.path.string(), "another program has begun to write to this database",
                    "open it again");
    };
    TR_ASSIGN(const StoreState now, lookAtStore(impl.realPath));
    if (impl.foreignMode == ForeignMode::LiveWal) {
        // The writer may do what it likes to these files; other files in their place are another matter.
        if (now.database.inode != impl.state->database.inode || now.wal.inode != impl.state->wal.inode) return changed();
        return {};
    }
    if (impl.foreignMode == ForeignMode::Plain) {
        // SQLite's own locks protect this way, as long as the database does not turn to WAL mode.
        std::array<unsigned char, 2> versions{};
        if (now.wal.there || now.database.inode != impl.state->database.inode) return changed();
        if (::pread(impl.probes.front()->fd(), versions.data(), versions.size(), 18) != 2 || versions[0] == 2 ||
            versions[1] == 2)
            return changed();
        return {};
    }
    if (now != *impl.state) return changed();
    if (isLocked(*impl.probes.front(), kDatabaseLockStart, kDatabaseLockLength)) return changed();
    if (impl.probes.size() > 1 && isLocked(*impl.probes.back(), kShmLockStart, kShmLockLength)) return changed();
    return {};
}

} // namespace tackroom
