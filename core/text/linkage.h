// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/text/neighbours.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tackroom
{

/// Joins the texts by average linkage over the graph, the two nearest groups first, until so many groups are left or none is
/// linked to another any more. The group of each text, by the number of one of its texts.
[[nodiscard]] std::vector<std::uint32_t> averageLinkage(const Neighbours& graph, std::size_t groups);

} // namespace tackroom
