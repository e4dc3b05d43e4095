// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/cancel.h"
#include "core/base/result.h"
#include "core/base/time.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace tackroom
{

struct Eviction {
    std::uint64_t bytesBefore = 0, bytesAfter = 0;
    std::vector<std::filesystem::path> removed; ///< least recently used first
    std::size_t inUse = 0;                      ///< that would have gone, but somebody works with them
    std::size_t failed = 0;                     ///< that could not be removed
};

/// Removes indexes of stores below <cache>/stores, the least recently used first, until they have at most `limitBytes`
/// together. An index is used when its store is opened (the time of its runs.lock). `keep` stays, and so does every index that
/// a process writes (its locks) or has open (SQLite's lock on runs.db-shm). A removed index is made again when its store is
/// opened.
///
/// Call it in a process that has no index open itself: looking at the locks of a file drops those of the own process.
[[nodiscard]] Result<Eviction> evictIndexes(const std::filesystem::path& cacheDirectory, std::uint64_t limitBytes,
                                            const std::filesystem::path& keep);
/// Removes this one alone, where nobody works with it. A folder that is no index below the cache: NotFound. As above, only in a
/// process that has no index open.
[[nodiscard]] Result<Eviction> removeIndexOf(const std::filesystem::path& cacheDirectory, const std::filesystem::path& folder);
/// The same two in a reader's process, for a parent that has indexes open: `only` empty, evictIndexes(). Blocking.
[[nodiscard]] Result<Eviction> askEviction(const std::filesystem::path& cacheDirectory, std::uint64_t limitBytes,
                                           const std::filesystem::path& keep, const std::filesystem::path& only,
                                           const CancelToken& cancel);

/// An index as the cache has it.
struct CachedIndex {
    std::filesystem::path folder;
    std::string store, title; ///< path and format of the store as store.json tells them; foreign. Empty: it was never finished
    std::int64_t runs = 0;
    std::uint64_t bytes = 0;
    UtcNs used = 0;
};
/// What lies below the cache, the most recently used first. Opens no index and looks at no lock.
[[nodiscard]] Result<std::vector<CachedIndex>> cachedIndexes(const std::filesystem::path& cacheDirectory);

} // namespace tackroom
