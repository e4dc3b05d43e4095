// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/readers/rowscan.h"

#include <span>
#include <vector>

namespace tackroom
{

/// What is gone through of a Phoenix store to find a text: its spans, then what was said of them.
[[nodiscard]] std::vector<RowScanPlan> phoenixScanPlans(std::span<const TableInfo> tables);

} // namespace tackroom
