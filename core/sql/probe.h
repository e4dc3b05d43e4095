// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Private to core/sql: looking at a store's files and at the locks on them, from outside of SQLite.
#include "core/base/result.h"
#include "core/platform/uniquefd.h"

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <sys/stat.h>

namespace tackroom::sql
{

/// What tells whether a file has changed.
struct FileState {
    bool there = false;
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::int64_t sizeBytes = 0;
    std::int64_t modifiedNs = 0;
    friend bool operator==(const FileState&, const FileState&) = default;
};

struct StoreState {
    FileState database, wal, shm, journal;
    friend bool operator==(const StoreState&, const StoreState&) = default;
};

/// An open file that is only looked at. Closing any descriptor of a file drops all POSIX locks that this process has on it,
/// SQLite's own among them; so one probe of a file is shared by all connections to it and lives as long as the last of them.
class Probe
{
public:
    explicit Probe(UniqueFd fd) : m_fd(std::move(fd)) {}
    [[nodiscard]] int fd() const { return m_fd.get(); }

private:
    UniqueFd m_fd;
};
using ProbePtr = std::shared_ptr<const Probe>;

/// Opens (or finds the open one of) a regular file; never blocks on a FIFO. `NotFound` where there is none.
[[nodiscard]] Result<ProbePtr> openProbe(const std::filesystem::path& path);

/// -wal, -shm or -journal of a store.
[[nodiscard]] std::filesystem::path companion(const std::filesystem::path& database, const char* suffix);

/// The database and its companions. Refused where a companion is a link or no regular file: SQLite would follow or block.
[[nodiscard]] Result<StoreState> lookAtStore(const std::filesystem::path& database);

/// Whether another process holds a lock on the bytes. Locks of this process are not seen.
[[nodiscard]] bool isLocked(const Probe& probe, std::int64_t start, std::int64_t length);

/// The locks of SQLite's unix VFS: PENDING, RESERVED and SHARED in the database …
inline constexpr std::int64_t kDatabaseLockStart = 0x40000000;
inline constexpr std::int64_t kDatabaseLockLength = 512;
/// … and in -shm the eight WAL locks and the dead man's switch, which every connection holds.
inline constexpr std::int64_t kShmLockStart = 120;
inline constexpr std::int64_t kShmLockLength = 9;

} // namespace tackroom::sql
