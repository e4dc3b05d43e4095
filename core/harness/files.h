// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/result.h"

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

/// The few file operations that everything durable in this folder is made of. Each one that changes a file is one or two system
/// calls, so that a kill leaves either side of it. Errors come from errno (a full disk is DiskFull). Blocking; any thread.
namespace tackroom::files
{

/// Owns a file descriptor.
class Fd
{
public:
    Fd() = default;
    explicit Fd(int fd) : m_fd(fd) {}
    Fd(Fd&& other) noexcept : m_fd(other.release()) {}
    Fd& operator=(Fd&& other) noexcept;
    Fd(const Fd&) = delete;
    Fd& operator=(const Fd&) = delete;
    ~Fd();
    [[nodiscard]] int get() const { return m_fd; }
    [[nodiscard]] bool valid() const { return m_fd >= 0; }
    int release();

private:
    int m_fd = -1;
};

/// Device and inode: the same file under two names.
struct FileId {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::uint64_t links = 0;
    [[nodiscard]] bool sameFile(const FileId& other) const { return device == other.device && inode == other.inode; }
};

/// All bytes into the descriptor.
[[nodiscard]] Status writeAll(int fd, std::string_view bytes, const std::filesystem::path& where);
/// A new file that must not be there yet, written and synced. Removed again where writing fails.
[[nodiscard]] Status writeNew(const std::filesystem::path& path, std::string_view bytes, unsigned mode = 0666);
/// Replaces a file by way of a temporary one beside it (`path` + ".new"), synced. For files of the data directory.
[[nodiscard]] Status replace(const std::filesystem::path& path, std::string_view bytes);
[[nodiscard]] Status syncFolder(const std::filesystem::path& folder);
[[nodiscard]] Status rename(const std::filesystem::path& from, const std::filesystem::path& to);
/// A second name for a file. Locked where `to` is there already.
[[nodiscard]] Status link(const std::filesystem::path& from, const std::filesystem::path& to);
/// No error where it is not there.
[[nodiscard]] Status removeFile(const std::filesystem::path& path);
/// An empty folder; no error where it is not there or not empty.
[[nodiscard]] Status removeEmptyFolder(const std::filesystem::path& path);
/// The folder and what is missing above it, synced upwards.
[[nodiscard]] Status makeFolders(const std::filesystem::path& folder);
/// Never follows a last symbolic link. Nothing where the file is not there.
[[nodiscard]] Result<FileId> idOf(const std::filesystem::path& path);
/// Names in a folder, sorted; none where the folder is not there.
[[nodiscard]] Result<std::vector<std::string>> namesIn(const std::filesystem::path& folder);

/// How long a lock is waited for: what others do under one takes less.
inline constexpr int kLockMs = 20'000;

/// An exclusive lock on a file, gone when the holder ends, however it ends. Not inherited by children.
class Lock
{
public:
    Lock() = default;
    /// Waits up to `timeoutMs`; then Locked.
    [[nodiscard]] static Result<Lock> take(const std::filesystem::path& path, int timeoutMs,
                                           const std::function<bool()>& cancelled = {});

private:
    explicit Lock(Fd fd) : m_fd(std::move(fd)) {}
    Fd m_fd;
};

} // namespace tackroom::files
