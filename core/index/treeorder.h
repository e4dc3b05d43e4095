// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/readers/stepview.h"

#include <cstddef>
#include <span>
#include <vector>

namespace tackroom
{

struct TreePlace {
    std::size_t step = 0;   ///< index in the given steps
    std::size_t parent = 0; ///< place of the parent in the result, from 1; 0 for a root
    int depth = 0;
};

/// Depth first, children by start, then as given. A step whose parent is missing is a root; of steps that stand in a circle
/// the earliest becomes one. Every step occurs exactly once, whatever the ids say.
[[nodiscard]] std::vector<TreePlace> treeOrder(std::span<const StepView> steps);
[[nodiscard]] std::vector<TreePlace> treeOrder(const std::vector<Step>& steps);

} // namespace tackroom
