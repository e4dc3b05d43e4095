// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/diff/lines.h"

#include <string>
#include <string_view>
#include <vector>

namespace tackroom
{

/// Where both sides changed the same or touching lines in different ways.
struct MergeConflict {
    LineRange base;
    LineRange ours;
    LineRange theirs;
    friend bool operator==(const MergeConflict&, const MergeConflict&) = default;
};

struct MergeResult {
    /// The merged bytes when there is no conflict; else what is certain, with ours in place of each conflict.
    std::string bytes;
    std::vector<MergeConflict> conflicts;
    [[nodiscard]] bool clean() const { return conflicts.empty(); }
};

/// Three-way merge by lines (diff3). Changes that both made alike are taken once. Lines changed by one side that touch
/// lines changed by the other are a conflict, as in git.
[[nodiscard]] MergeResult mergeBytes(std::string_view base, std::string_view ours, std::string_view theirs);

} // namespace tackroom
