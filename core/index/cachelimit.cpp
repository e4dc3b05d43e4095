// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/index/cachelimit.h"

#include "core/base/format.h"
#include "core/index/fulltext.h"
#include "core/index/indexschema.h"
#include "core/platform/filelock.h"
#include "core/platform/uniquefd.h"

#include <algorithm>
#include <fcntl.h>
#include <string_view>
#include <unistd.h>

namespace tackroom
{

namespace
{

namespace fs = std::filesystem;

/// What is being removed has this before its name, so that nobody takes it for an index; a later eviction ends the work.
constexpr std::string_view kGone = ".gone-";

struct Index {
    fs::path folder;
    std::uint64_t bytes = 0;
    fs::file_time_type used;
};

std::uint64_t bytesIn(const fs::path& folder)
{
    std::uint64_t bytes = 0;
    std::error_code error;
    for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
        std::error_code ignored; // a file that has gone meanwhile has no size
        const auto size = at->is_regular_file(ignored) ? at->file_size(ignored) : 0;
        if (!ignored) bytes += size;
    }
    return bytes;
}

Index indexIn(const fs::path& folder)
{
    Index index{folder, bytesIn(folder), {}};
    std::error_code error;
    index.used = fs::last_write_time(folder / kRunsLock, error);
    if (error) index.used = fs::last_write_time(folder, error);
    return index;
}

/// Whether another process has the index open: then it holds a lock on the last bytes of SQLite's -shm.
bool isOpen(const fs::path& folder)
{
    const UniqueFd fd(
        ::open((folder / (std::string(kRunsFile) + "-shm")).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (!fd) return false;
    struct flock lock{};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    lock.l_start = 120;
    lock.l_len = 9;
    return ::fcntl(fd.get(), F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

enum class Removal : std::uint8_t { Done, InUse, Failed };

Removal removeIndex(const fs::path& folder)
{
    // Nobody begins to write while we hold all three.
    const auto runs = FileLock::acquire(folder / kRunsLock, 0);
    if (!runs) return runs.error().code == ErrorCode::Locked ? Removal::InUse : Removal::Failed;
    const auto derived = FileLock::acquire(folder / kDerivedLock, 0);
    if (!derived) return derived.error().code == ErrorCode::Locked ? Removal::InUse : Removal::Failed;
    const auto texts = FileLock::acquire(folder / kTextLock, 0);
    if (!texts) return texts.error().code == ErrorCode::Locked ? Removal::InUse : Removal::Failed;
    if (isOpen(folder)) return Removal::InUse;
    std::error_code error;
    const fs::path gone = folder.parent_path() / formatText("{}{}-{}", kGone, ::getpid(), folder.filename().string());
    fs::rename(folder, gone, error);
    if (error) return Removal::Failed;
    fs::remove_all(gone, error);
    return error ? Removal::Failed : Removal::Done;
}

} // namespace

Result<Eviction> evictIndexes(const fs::path& cacheDirectory, std::uint64_t limitBytes, const fs::path& keep)
{
    Eviction eviction;
    std::vector<Index> indexes;
    std::error_code error;
    const fs::path stores = cacheDirectory / "stores";
    if (!fs::exists(stores, error)) return eviction;
    for (fs::directory_iterator at(stores, error), end; !error && at != end; at.increment(error)) {
        if (at->is_symlink() || !at->is_directory()) continue;
        std::error_code ignored; // what cannot be removed now is looked at again the next time
        if (at->path().filename().string().starts_with(kGone))
            fs::remove_all(at->path(), ignored);
        else
            indexes.push_back(indexIn(at->path()));
    }
    if (error) return fail(ErrorCode::Io, stores.string(), "cannot be looked through: " + error.message());
    for (const Index& index : indexes) eviction.bytesBefore += index.bytes;
    eviction.bytesAfter = eviction.bytesBefore;
    std::ranges::sort(indexes, {}, &Index::used);
    for (const Index& index : indexes) {
        if (eviction.bytesAfter <= limitBytes) break;
        if (fs::equivalent(index.folder, keep, error)) continue;
        const Removal removal = removeIndex(index.folder);
        if (removal == Removal::InUse) ++eviction.inUse;
        if (removal == Removal::Failed) ++eviction.failed;
        if (removal != Removal::Done) continue;
        eviction.bytesAfter -= index.bytes;
        eviction.removed.push_back(index.folder);
    }
    return eviction;
}

} // namespace tackroom
