// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/cancel.h"
#include "core/text/features.h"
#include "core/text/latent.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tackroom
{

struct Neighbour {
    std::uint32_t row = 0;
    float similarity = 0;
};

/// For each text the texts most like it, nearest first; equally near ones in their order.
using Neighbours = std::vector<std::vector<Neighbour>>;

/// By the cosine of the words and of the latent rows together. Candidates are the texts that share the most weight of
/// features; the rarest are looked at first, and of very many texts with the same ones not all.
[[nodiscard]] Neighbours nearestTexts(const TextFeatures& features, const DenseRows& latent, std::size_t count,
                                      unsigned threads, const CancelToken& cancel);

/// Each pair of which one is among the other's nearest, weighed by how many of them both share (Jaccard): a text between two
/// subjects has few shared neighbours with either, however near it is. Symmetric, by row.
[[nodiscard]] Neighbours sharedNeighbours(const Neighbours& nearest, std::size_t count);

} // namespace tackroom
