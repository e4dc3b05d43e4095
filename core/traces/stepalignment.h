// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/traces/traces.h"

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace tackroom
{

/// One line of two runs that are read beside each other: a step of each, or of one alone.
struct AlignedSteps {
    std::optional<std::size_t> left, right;
    /// Both are there and do and say the same, times aside.
    bool same = false;
    friend bool operator==(const AlignedSteps&, const AlignedSteps&) = default;
};

/// Pairs the steps of two runs without changing either's order: only of one kind, tools only with the same tool, and of those
/// the pairs whose arguments and texts have most words in common. Deterministic. Exact up to some thousand steps a side; longer
/// runs are paired piece by piece.
[[nodiscard]] std::vector<AlignedSteps> alignSteps(std::span<const Step> left, std::span<const Step> right);

} // namespace tackroom
