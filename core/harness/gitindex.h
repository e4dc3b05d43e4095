// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/result.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <vector>

namespace tackroom
{

/// One entry of git's index as it lies in the file.
struct IndexEntry {
    std::array<std::uint32_t, 10> stat{}; ///< ctime s, ns, mtime s, ns, device, inode, mode, user, group, size
    std::string id;                       ///< 40 hexadecimal digits
    std::uint16_t flags = 0;              ///< assume-valid, extended, stage; the length of the name is left out
    std::uint16_t extended = 0;
    std::string path;
    [[nodiscard]] unsigned mode() const { return stat[6]; }
    [[nodiscard]] unsigned stage() const { return (flags >> 12) & 3; }
    [[nodiscard]] bool skipWorkTree() const { return (extended & 0x4000) != 0; }
    [[nodiscard]] bool intentToAdd() const { return (extended & 0x2000) != 0; }
    void setStat(const struct stat& status, unsigned mode);
};

/// git's index, versions 2 to 4, read and written without libgit2, which would drop or refresh more than we want to touch.
/// Optional extensions (caches) are dropped, as the format allows; where a mandatory one is there (split or sparse index)
/// reading is Refused.
struct GitIndex {
    unsigned version = 2;
    std::vector<IndexEntry> entries; ///< sorted by path, then stage

    [[nodiscard]] static Result<GitIndex> parse(std::string_view bytes, const std::string& where);
    [[nodiscard]] std::string write() const;
    /// The entry of stage 0; null where there is none.
    [[nodiscard]] const IndexEntry* find(std::string_view path) const;
    [[nodiscard]] bool conflicted(std::string_view path) const; ///< there are entries of stages 1 to 3
    void put(IndexEntry entry);
    void remove(std::string_view path);
    /// An entry below `path` + "/".
    [[nodiscard]] bool hasBelow(std::string_view path) const;
};

} // namespace tackroom
