// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/cancel.h"
#include "core/base/result.h"
#include "core/platform/uniquefd.h"

#include <filesystem>

namespace tackroom
{

/// An exclusive lock among processes and among threads of one process (flock on an open file). The kernel frees it when its
/// owner dies, however it dies. The lock file stays where it is; it holds the owner's process id for people.
class FileLock
{
public:
    /// Waits up to `timeoutMs` (0: not at all). The file's folder must exist. Errors: Locked ("process 4711 holds the lock"),
    /// Cancelled, NotReadable, NotFound, NotAFile, Io.
    [[nodiscard]] static Result<FileLock> acquire(const std::filesystem::path& path, int timeoutMs,
                                                  const CancelToken& cancel = {});
    FileLock(FileLock&&) noexcept = default;
    FileLock& operator=(FileLock&& other) noexcept;
    ~FileLock(); ///< frees it

private:
    explicit FileLock(UniqueFd fd) : m_fd(std::move(fd)) {}
    void free();
    UniqueFd m_fd;
};

} // namespace tackroom
