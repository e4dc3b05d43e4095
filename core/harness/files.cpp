// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/harness/files.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace tackroom::files
{

namespace
{

std::unexpected<Error> failed(const std::filesystem::path& where, std::string_view doing)
{
    return std::unexpected(errorFromErrno(errno, where.string(), doing));
}

} // namespace

Fd& Fd::operator=(Fd&& other) noexcept
{
    if (this != &other) {
        if (m_fd >= 0) ::close(m_fd);
        m_fd = other.release();
    }
    return *this;
}

Fd::~Fd()
{
    if (m_fd >= 0) ::close(m_fd);
}

int Fd::release() { return std::exchange(m_fd, -1); }

Status writeAll(int fd, std::string_view bytes, const std::filesystem::path& where)
{
    while (!bytes.empty()) {
        const ssize_t n = ::write(fd, bytes.data(), bytes.size());
        if (n < 0) {
            if (errno == EINTR) continue;
            return failed(where, "writing");
        }
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return {};
}

Status writeNew(const std::filesystem::path& path, std::string_view bytes, unsigned mode)
{
    const Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
    if (!fd.valid()) return failed(path, "making a file");
    auto written = writeAll(fd.get(), bytes, path);
    if (written && ::fsync(fd.get()) != 0) written = failed(path, "writing to the disk");
    if (!written) ::unlink(path.c_str());
    return written;
}

Status replace(const std::filesystem::path& path, std::string_view bytes)
{
    auto fresh = path;
    fresh += ".new";
    TR_TRY(removeFile(fresh));
    TR_TRY(writeNew(fresh, bytes));
    TR_TRY(files::rename(fresh, path));
    return syncFolder(path.parent_path());
}

Status syncFolder(const std::filesystem::path& folder)
{
    const Fd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd.valid()) return failed(folder, "opening the folder");
    // Some file systems cannot sync a folder; they say so with EINVAL, and their renames are as durable as they get.
    if (::fsync(fd.get()) != 0 && errno != EINVAL) return failed(folder, "writing the folder to the disk");
    return {};
}

Status rename(const std::filesystem::path& from, const std::filesystem::path& to)
{
    if (::rename(from.c_str(), to.c_str()) != 0) return failed(to, "renaming");
    return {};
}

Status link(const std::filesystem::path& from, const std::filesystem::path& to)
{
    if (::link(from.c_str(), to.c_str()) == 0) return {};
    if (errno == EEXIST)
        return fail(ErrorCode::Locked, to.string(), "another program holds this lock",
                    "wait until it is done; if no git program is running, the file is left over and can be removed");
    if (errno == EPERM || errno == ENOTSUP || errno == EOPNOTSUPP)
        return fail(ErrorCode::Io, to.string(), "this file system has no hard links, which safe landing needs");
    return failed(to, "locking");
}

Status removeFile(const std::filesystem::path& path)
{
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return failed(path, "removing");
    return {};
}

Status removeEmptyFolder(const std::filesystem::path& path)
{
    if (::rmdir(path.c_str()) != 0 && errno != ENOENT && errno != ENOTEMPTY && errno != EEXIST)
        return failed(path, "removing the folder");
    return {};
}

Status makeFolders(const std::filesystem::path& folder)
{
    struct stat status{};
    if (::stat(folder.c_str(), &status) == 0) {
        if (S_ISDIR(status.st_mode)) return {};
        return fail(ErrorCode::Io, folder.string(), "a file is in the way of a folder");
    }
    if (folder.has_parent_path() && folder.parent_path() != folder) TR_TRY(makeFolders(folder.parent_path()));
    if (::mkdir(folder.c_str(), 0777) != 0) {
        if (errno == EEXIST) return {};
        return failed(folder, "making the folder");
    }
    return syncFolder(folder.parent_path().empty() ? "." : folder.parent_path());
}

Result<FileId> idOf(const std::filesystem::path& path)
{
    struct stat status{};
    if (::lstat(path.c_str(), &status) != 0) return failed(path, "looking at");
    return FileId{status.st_dev, status.st_ino, status.st_nlink};
}

Result<std::vector<std::string>> namesIn(const std::filesystem::path& folder)
{
    std::vector<std::string> names;
    DIR* handle = ::opendir(folder.c_str());
    if (!handle) {
        if (errno == ENOENT) return names;
        return failed(folder, "reading the folder");
    }
    errno = 0;
    while (const dirent* entry = ::readdir(handle)) {
        const std::string_view name = entry->d_name;
        if (name != "." && name != "..") names.emplace_back(name);
        errno = 0;
    }
    const int error = errno;
    ::closedir(handle);
    if (error != 0) return std::unexpected(errorFromErrno(error, folder.string(), "reading the folder"));
    std::ranges::sort(names);
    return names;
}

Result<Lock> Lock::take(const std::filesystem::path& path, int timeoutMs, const std::function<bool()>& cancelled)
{
    Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666));
    if (!fd.valid()) return failed(path, "opening the lock");
    const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeoutMs);
    while (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR) return failed(path, "locking");
        if (cancelled && cancelled()) return fail(ErrorCode::Cancelled, path.string(), "cancelled");
        if (std::chrono::steady_clock::now() >= until)
            return fail(ErrorCode::Locked, path.string(), "another Tackroom is at work on this harness",
                        "try again when it is done");
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return Lock(std::move(fd));
}

} // namespace tackroom::files
