// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/text/neighbours.h"

#include <cstdint>
#include <vector>

namespace tackroom
{

/// Brings small groups of texts together where they are made of the same words, and moves texts to where they fit better.
///
/// Each group is taken for a bag out of which its texts drew their words (a Dirichlet-multinomial mixture, as in Nigam et al.
/// 2000 and Yin and Wang 2014). Two groups become one where the words of both are better explained by one bag than by two
/// (Bayes factor): this, and nobody's wish, decides how many groups there are. How unlike bags are on the whole is taken from
/// the texts themselves. Only groups that neighbours link are tried. `nearest` also speaks for a text's group.
[[nodiscard]] std::vector<std::uint32_t> joinByWords(const TextFeatures& features, const Neighbours& nearest,
                                                     const Neighbours& graph, std::vector<std::uint32_t> groups,
                                                     const CancelToken& cancel);

/// Numbers the groups 0, 1, 2 … in order of their first text; how many there are.
std::uint32_t renumber(std::vector<std::uint32_t>& groups);

} // namespace tackroom
