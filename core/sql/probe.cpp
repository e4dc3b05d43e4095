// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/sql/probe.h"

#include <cerrno>
#include <fcntl.h>
#include <map>
#include <mutex>
#include <utility>

namespace tackroom::sql
{

namespace
{

using FileId = std::pair<std::uint64_t, std::uint64_t>;

FileState stateOf(const struct stat& info)
{
    return {true, info.st_dev, info.st_ino, info.st_size, info.st_mtim.tv_sec * 1'000'000'000 + info.st_mtim.tv_nsec};
}

Result<FileState> lookAtCompanion(const std::filesystem::path& path)
{
    struct stat info{};
    if (::lstat(path.c_str(), &info) != 0) {
        if (errno == ENOENT) return FileState{};
        return std::unexpected(errorFromErrno(errno, path.string(), "cannot look at the file"));
    }
    if (S_ISLNK(info.st_mode))
        return fail(ErrorCode::Refused, path.string(), "this companion of the database is a symbolic link");
    if (!S_ISREG(info.st_mode))
        return fail(ErrorCode::Refused, path.string(), "this companion of the database is not a regular file");
    return stateOf(info);
}

} // namespace

Result<ProbePtr> openProbe(const std::filesystem::path& path)
{
    static std::mutex mutex;
    static std::map<FileId, std::weak_ptr<const Probe>> open;
    const std::lock_guard lock(mutex);
    std::erase_if(open, [](const auto& entry) { return entry.second.expired(); });
    struct stat info{};
    if (::stat(path.c_str(), &info) != 0)
        return std::unexpected(errorFromErrno(errno, path.string(), "cannot look at the file"));
    if (!S_ISREG(info.st_mode)) {
        const char* what = S_ISDIR(info.st_mode)    ? "this is a folder, not a file"
                           : S_ISFIFO(info.st_mode) ? "this is a FIFO, not a regular file"
                           : S_ISSOCK(info.st_mode) ? "this is a socket, not a regular file"
                                                    : "this is a device, not a regular file";
        return fail(ErrorCode::NotAFile, path.string(), what);
    }
    if (const auto it = open.find({info.st_dev, info.st_ino}); it != open.end())
        if (auto probe = it->second.lock()) return probe;
    UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!fd) return std::unexpected(errorFromErrno(errno, path.string(), "cannot open the file"));
    // Looked at again, for the name may stand for another file since.
    if (::fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode))
        return fail(ErrorCode::NotAFile, path.string(), "this is not a regular file");
    auto probe = std::make_shared<const Probe>(std::move(fd));
    open[{info.st_dev, info.st_ino}] = probe;
    return probe;
}

std::filesystem::path companion(const std::filesystem::path& database, const char* suffix)
{
    std::filesystem::path path = database;
    path += suffix;
    return path;
}

Result<StoreState> lookAtStore(const std::filesystem::path& database)
{
    StoreState state;
    struct stat info{};
    if (::stat(database.c_str(), &info) != 0)
        return std::unexpected(errorFromErrno(errno, database.string(), "cannot look at the file"));
    state.database = stateOf(info);
    TR_ASSIGN(state.wal, lookAtCompanion(companion(database, "-wal")));
    TR_ASSIGN(state.shm, lookAtCompanion(companion(database, "-shm")));
    TR_ASSIGN(state.journal, lookAtCompanion(companion(database, "-journal")));
    return state;
}

bool isLocked(const Probe& probe, std::int64_t start, std::int64_t length)
{
    struct flock range{};
    range.l_type = F_WRLCK; // conflicts with any lock, shared ones too
    range.l_whence = SEEK_SET;
    range.l_start = start;
    range.l_len = length;
    return ::fcntl(probe.fd(), F_GETLK, &range) == 0 && range.l_type != F_UNLCK;
}

} // namespace tackroom::sql
