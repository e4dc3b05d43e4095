// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tackroom
{

struct Feature {
    std::uint32_t column = 0;
    float weight = 0;
};

/// Texts as rows of unit length, and their words for the word model.
struct TextFeatures {
    std::vector<std::size_t> rowBegin; ///< one more than there are rows
    std::vector<Feature> cells;        ///< by column within a row
    std::uint32_t columns = 0;
    std::vector<std::uint32_t> textsWithColumn; ///< for each column

    std::vector<std::size_t> wordBegin;  ///< one more than there are rows
    std::vector<std::uint32_t> words;    ///< distinct words of each text that another text has too, sorted
    std::vector<double> wordProbability; ///< of each word among all of them; adds up to 1

    [[nodiscard]] std::size_t rows() const { return rowBegin.empty() ? 0 : rowBegin.size() - 1; }
    [[nodiscard]] std::span<const Feature> row(std::size_t i) const
    {
        return std::span(cells).subspan(rowBegin[i], rowBegin[i + 1] - rowBegin[i]);
    }
    [[nodiscard]] std::span<const std::uint32_t> wordsOf(std::size_t i) const
    {
        return std::span(words).subspan(wordBegin[i], wordBegin[i + 1] - wordBegin[i]);
    }
};

/// `texts`: the words of each, as textWords() gives them.
[[nodiscard]] TextFeatures featuresOf(const std::vector<std::vector<std::string>>& texts);

} // namespace tackroom
