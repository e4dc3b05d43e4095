// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/diff/lines.h"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace tackroom
{

/// The words of a text after UAX #29, as byte ranges that cover it without gaps: words, numbers whole (`2,000`, `1.5`),
/// single marks; blanks and line ends in a row are one segment. Ill-formed UTF-8 is cut somewhere.
[[nodiscard]] std::vector<ByteRange> wordSegments(std::string_view text);

/// What differs inside a replaced block. Ranges are offsets into the texts given, sorted, not touching.
struct WordMarks {
    std::vector<ByteRange> oldRanges;
    std::vector<ByteRange> newRanges;
    /// False where the budget did not suffice or the two have nothing in common worth pointing at: then there are no
    /// ranges, and the whole lines count as changed.
    bool refined = false;
    /// The texts differ in blanks and line breaks alone (a paragraph filled anew). Then there are no ranges either.
    bool layoutOnly = false;
};

struct WordBudget {
    std::size_t maxBytes = 256 * 1024; ///< of both texts together; about 20 ms
};

/// Compares two texts (lines or whole blocks) word by word. A line break equals a blank, so that text that was only filled
/// anew shows the words that changed.
[[nodiscard]] WordMarks diffWords(std::string_view oldText, std::string_view newText, const WordBudget& budget = {});

/// Two lines of a replaced block that are one line before and after. Numbers count from the start of the block.
struct LinePair {
    std::uint32_t oldIndex = 0;
    std::uint32_t newIndex = 0;
    friend bool operator==(const LinePair&, const LinePair&) = default;
};

/// Which lines of a replaced block belong together, by likeness, in order on both sides. Bounded: large blocks are
/// compared in parts, so that a pair across two parts is missed.
[[nodiscard]] std::vector<LinePair> pairLines(const Lines& oldLines, LineRange oldRange, const Lines& newLines,
                                              LineRange newRange);

/// How well the lines of a block pair, as the sum over the pairs of their likeness squared. To compare two ways to cut a block.
[[nodiscard]] double pairingWorth(const Lines& oldLines, LineRange oldRange, const Lines& newLines, LineRange newRange);

/// 0 (nothing in common) to 1 (the same words), from the words of both, blanks aside.
[[nodiscard]] double likeness(std::string_view oldLine, std::string_view newLine);

} // namespace tackroom
