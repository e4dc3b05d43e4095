// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <span>

namespace tackroom
{

/// How well groups agree with labels that people have given.
struct Agreement {
    double adjustedRand = 0; ///< 1: the same; about 0: no better than chance (Hubert and Arabie 1985)
    double homogeneity = 0;  ///< 1: each group has texts of one label
    double completeness = 0; ///< 1: the texts of each label are in one group
    double vMeasure = 0;     ///< harmonic mean of both (Rosenberg and Hirschberg 2007)
};

/// Both of the same length.
[[nodiscard]] Agreement agreementOf(std::span<const std::uint32_t> groups, std::span<const std::uint32_t> labels);

} // namespace tackroom
