// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/result.h"

#include <cstdint>
#include <filesystem>
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

} // namespace tackroom
