// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// core/text: what is alike among many texts, without a model, a network or a store. Same texts, same answer, whatever the
/// number of threads and wherever it runs.
///
///   words.h       the words of a text: lower case, names taken apart, figures as one mark, light stems
///   features.h    a text as a sparse vector: words, pairs of words, pieces of words, weighed by rarity
///   latent.h      the same in few dimensions (LSA), where "fly to" and "plane for" are near
///   neighbours.h  the nearest texts of each text; how many of them two texts share
///   linkage.h     average linkage over that graph: small, pure groups
///   wordmodel.h   which of these groups use the same words and so are one; it decides how many there are
///   agreement.h   how well two groupings agree (adjusted Rand index, V-measure)
///   templates.h   log lines: what each kind of line has in common (another method: one pass, a million lines a second)
///   decisivestep.h  where in a conversation of agents the mistake was made
///   (here)        all of it for short texts: user tasks, error messages, explanations of signals
///
/// How the settings below were found, and on what, stands in texts.cpp.
#include "core/base/cancel.h"
#include "core/base/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tackroom
{

struct TextGrouping {
    std::vector<std::uint32_t> assignment; ///< the group of each text; groups are numbered in order of their first text
    std::uint32_t groups = 0;
    std::uint32_t distinct = 0; ///< texts that differ in more than their figures
};

/// Groups texts by what they are about. Nobody says how many groups there are. Texts without a word are one group.
/// `threads`: how many may be used; the answer is the same.
[[nodiscard]] Result<TextGrouping> groupTexts(const std::vector<std::string_view>& texts, unsigned threads,
                                              const CancelToken& cancel, const Progress& progress);

} // namespace tackroom
