// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/platform/filelock.h"

#include "core/base/format.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace tackroom
{

namespace
{

/// What the owner wrote; 0 when it has not (yet, or for a full disk).
int ownerOf(int fd)
{
    std::array<char, 32> text{};
    const ssize_t got = ::pread(fd, text.data(), text.size(), 0);
    int pid = 0;
    if (got > 0) std::from_chars(text.data(), text.data() + got, pid);
    return pid;
}

std::unexpected<Error> lockedError(int fd, const std::filesystem::path& path)
{
    const int pid = ownerOf(fd);
    return fail(ErrorCode::Locked, path.string(),
                pid > 0 ? formatText("process {} holds the lock", pid) : "another process holds the lock",
                "try again when it has finished");
}

} // namespace

Result<FileLock> FileLock::acquire(const std::filesystem::path& path, int timeoutMs, const CancelToken& cancel)
{
    using Clock = std::chrono::steady_clock;
    UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0600));
    if (!fd) return std::unexpected(errorFromErrno(errno, path.string(), "cannot open the lock file"));
    struct stat info{};
    if (::fstat(fd.get(), &info) != 0)
        return std::unexpected(errorFromErrno(errno, path.string(), "cannot look at the lock file"));
    if (!S_ISREG(info.st_mode)) return fail(ErrorCode::NotAFile, path.string(), "the lock file is not a regular file");

    const auto deadline = Clock::now() + std::chrono::milliseconds(std::max(timeoutMs, 0));
    auto pause = std::chrono::milliseconds(2);
    while (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno == EINTR) continue;
        if (errno != EWOULDBLOCK) return std::unexpected(errorFromErrno(errno, path.string(), "cannot lock the file"));
        if (cancel.cancelled()) return CancelToken::error();
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
        if (left.count() <= 0) return lockedError(fd.get(), path);
        std::this_thread::sleep_for(std::min(pause, left));
        pause = std::min(pause * 2, std::chrono::milliseconds(50));
    }
    // For people alone, so that a full disk does not keep the lock from being had.
    const std::string text = formatText("{}\n", ::getpid());
    if (::ftruncate(fd.get(), 0) == 0) (void)!::pwrite(fd.get(), text.data(), text.size(), 0);
    return FileLock(std::move(fd));
}

FileLock& FileLock::operator=(FileLock&& other) noexcept
{
    if (this != &other) {
        free();
        m_fd = std::move(other.m_fd);
    }
    return *this;
}

FileLock::~FileLock() { free(); }

void FileLock::free()
{
    if (!m_fd) return;
    (void)!::ftruncate(m_fd.get(), 0);
    // Unlocked by name too: a child forked just now may share the open file until it runs its program.
    ::flock(m_fd.get(), LOCK_UN);
    m_fd.reset();
}

} // namespace tackroom
