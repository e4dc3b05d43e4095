// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/diff/lines.h"

#include <cstdint>
#include <span>
#include <vector>

namespace tackroom
{

/// Moves each pure insertion or removal, where the lines around it allow several places, to the one that reads best: it
/// begins with a heading, after a blank line or at the least indented line. Changes that come to touch become one. The
/// ids are those of the lines: equal lines have equal ids.
void slideChanges(std::vector<LineChange>& changes, const Lines& oldLines, std::span<const std::uint32_t> oldIds,
                  const Lines& newLines, std::span<const std::uint32_t> newIds);

/// Joins two changes that only empty lines stand between where lines then find their successors: an empty line says nothing
/// about which paragraph became which.
void joinAcrossBlanks(std::vector<LineChange>& changes, const Lines& oldLines, const Lines& newLines);

} // namespace tackroom
