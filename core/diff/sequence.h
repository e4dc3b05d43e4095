// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/hash.h"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace tackroom
{

/// Of the texts that are given numbers, one for all that are equal.
struct TextHash {
    std::size_t operator()(std::string_view text) const { return static_cast<std::size_t>(xxh64(text)); }
};

/// Which elements of two sequences have no partner. The k-th kept element of `a` belongs to the k-th kept one of `b`.
/// Used by lines.h and words.h; ids are dense, 0..idCount-1.
struct Unmatched {
    std::vector<std::uint8_t> a; ///< 1: removed
    std::vector<std::uint8_t> b; ///< 1: added
};

enum class MatchStyle : std::uint8_t {
    Anchored, ///< lines: what is rare on both sides holds first (patience, then histogram), the rest by Myers
    Shortest, ///< words: Myers alone
};

/// Myers in linear space, with the two giving-up rules that keep any input below about `size × 256` steps.
[[nodiscard]] Unmatched matchSequences(std::span<const std::uint32_t> a, std::span<const std::uint32_t> b,
                                       std::uint32_t idCount, MatchStyle style);

} // namespace tackroom
