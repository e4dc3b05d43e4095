// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/index/cachelimit.h"

#include "core/base/bytes.h"
#include "core/base/format.h"
#include "core/base/json.h"
#include "core/index/fulltext.h"
#include "core/index/indexschema.h"
#include "core/platform/filelock.h"
#include "core/platform/uniquefd.h"

#include <algorithm>
#include <chrono>
#include <fcntl.h>
#include <format>
#include <functional>
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

/// `endRemovals`: what an earlier removal has left is removed, too.
Result<std::vector<Index>> indexesBelow(const fs::path& cacheDirectory, bool endRemovals)
{
    std::vector<Index> indexes;
    std::error_code error;
    const fs::path stores = cacheDirectory / "stores";
    if (!fs::exists(stores, error)) return indexes;
    for (fs::directory_iterator at(stores, error), end; !error && at != end; at.increment(error)) {
        if (at->is_symlink() || !at->is_directory()) continue;
        std::error_code ignored; // what cannot be removed now is looked at again the next time
        if (!at->path().filename().string().starts_with(kGone))
            indexes.push_back(indexIn(at->path()));
        else if (endRemovals)
            fs::remove_all(at->path(), ignored);
    }
    if (error) return fail(ErrorCode::Io, stores.string(), "cannot be looked through: " + error.message());
    return indexes;
}

void remove(const Index& index, Eviction& eviction)
{
    const Removal removal = removeIndex(index.folder);
    if (removal == Removal::InUse) ++eviction.inUse;
    if (removal == Removal::Failed) ++eviction.failed;
    if (removal != Removal::Done) return;
    eviction.bytesAfter -= index.bytes;
    eviction.removed.push_back(index.folder);
}

UtcNs timeOf(fs::file_time_type time)
{
    const auto system = std::chrono::file_clock::to_sys(time);
    return std::chrono::duration_cast<std::chrono::nanoseconds>(system.time_since_epoch()).count();
}

} // namespace

Result<Eviction> evictIndexes(const fs::path& cacheDirectory, std::uint64_t limitBytes, const fs::path& keep)
{
    Eviction eviction;
    TR_ASSIGN(std::vector<Index> indexes, indexesBelow(cacheDirectory, true));
    for (const Index& index : indexes) eviction.bytesBefore += index.bytes;
    eviction.bytesAfter = eviction.bytesBefore;
    std::ranges::sort(indexes, {}, &Index::used);
    for (const Index& index : indexes) {
        if (eviction.bytesAfter <= limitBytes) break;
        std::error_code error; // a folder that is not there is none of these
        if (!keep.empty() && fs::equivalent(index.folder, keep, error)) continue;
        remove(index, eviction);
    }
    return eviction;
}

Result<Eviction> removeIndexOf(const fs::path& cacheDirectory, const fs::path& folder)
{
    Eviction eviction;
    TR_ASSIGN(const std::vector<Index> indexes, indexesBelow(cacheDirectory, false));
    for (const Index& index : indexes) eviction.bytesBefore += index.bytes;
    eviction.bytesAfter = eviction.bytesBefore;
    const auto one = std::ranges::find_if(indexes, [&](const Index& index) {
        std::error_code error; // a folder that is not there is none of these
        return fs::equivalent(index.folder, folder, error);
    });
    if (one == indexes.end()) return fail(ErrorCode::NotFound, folder.string(), "this is no index of the cache");
    remove(*one, eviction);
    return eviction;
}

Result<std::vector<CachedIndex>> cachedIndexes(const fs::path& cacheDirectory)
{
    TR_ASSIGN(std::vector<Index> indexes, indexesBelow(cacheDirectory, false));
    std::ranges::sort(indexes, std::greater<>{}, &Index::used);
    std::vector<CachedIndex> found;
    for (const Index& index : indexes) {
        CachedIndex each{
            .folder = index.folder, .store = {}, .title = {}, .runs = 0, .bytes = index.bytes, .used = timeOf(index.used)};
        const auto bytes = readFile(index.folder / kStoreFile, std::size_t{1} << 20, false);
        if (const auto json = bytes ? parseJson(*bytes, "store.json") : Result<Json>(Json())) {
            each.store = stringAt(*json, "path");
            each.title = stringAt(*json, "title");
            each.runs = intAt(*json, "runs");
        }
        found.push_back(std::move(each));
    }
    return found;
}

} // namespace tackroom
