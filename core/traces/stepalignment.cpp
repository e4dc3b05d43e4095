// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/traces/stepalignment.h"

#include "core/base/hash.h"

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace tackroom
{

namespace
{

constexpr std::size_t kMostWords = 48;         ///< of one step: enough to tell two calls apart
constexpr std::size_t kMostCells = 4'000'000;  ///< of the exact table
constexpr std::size_t kPiece = 1500;           ///< steps a side that are paired at once in longer runs

/// What a step is compared by.
struct Features {
    StepKind kind = StepKind::Other;
    std::string_view name;            ///< of the tool, else of the step
    std::vector<std::uint64_t> words; ///< sorted, each once
    std::uint64_t all = 0;            ///< of everything that it does and says
};

void addWords(std::vector<std::uint64_t>& words, std::string_view text)
{
    std::size_t begin = 0;
    for (std::size_t i = 0; i <= text.size() && words.size() < kMostWords; ++i) {
        const auto c = i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
        const bool inWord = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
        if (inWord) continue;
        if (i > begin) words.push_back(xxh64(text.substr(begin, i - begin)));
        begin = i + 1;
    }
}

Features featuresOf(const Step& step)
{
    Features features;
    features.kind = step.kind;
    features.name = step.toolName.empty() ? step.name : step.toolName;
    addWords(features.words, step.arguments);
    addWords(features.words, step.outputText);
    addWords(features.words, step.inputText);
    addWords(features.words, step.result);
    std::ranges::sort(features.words);
    features.words.erase(std::ranges::unique(features.words).begin(), features.words.end());
    for (const std::string* text : {&step.arguments, &step.result, &step.inputText, &step.outputText, &step.errorText, &step.errorType})
        features.all = xxh64(*text, features.all + 1);
    features.all += static_cast<std::uint64_t>(step.status);
    return features;
}

/// 0: they are not a pair. Else 1 and the share of words that they have in common, more where the name is the same.
float likeness(const Features& a, const Features& b)
{
    if (a.kind != b.kind) return 0;
    const bool sameName = a.name == b.name;
    if (!sameName && a.kind == StepKind::Tool) return 0;
    std::size_t common = 0;
    for (std::size_t i = 0, j = 0; i < a.words.size() && j < b.words.size();) {
        if (a.words[i] == b.words[j])
            ++common, ++i, ++j;
        else if (a.words[i] < b.words[j])
            ++i;
        else
            ++j;
    }
    const std::size_t all = a.words.size() + b.words.size() - common;
    const float words = all == 0 ? 1.0F : static_cast<float>(common) / static_cast<float>(all);
    return (sameName ? 1.0F : 0.4F) + words;
}

class Aligner
{
public:
    Aligner(std::span<const Step> left, std::span<const Step> right)
    {
        for (const Step& step : left) m_left.push_back(featuresOf(step));
        for (const Step& step : right) m_right.push_back(featuresOf(step));
    }

    std::vector<AlignedSteps> run()
    {
        std::size_t i = 0, j = 0;
        // What begins and ends alike need not be searched.
        while (i < m_left.size() && j < m_right.size() && identical(i, j)) pair(i++, j++);
        std::size_t leftEnd = m_left.size(), rightEnd = m_right.size();
        while (leftEnd > i && rightEnd > j && identical(leftEnd - 1, rightEnd - 1)) --leftEnd, --rightEnd;
        while ((leftEnd - i) * (rightEnd - j) > kMostCells) {
            // A piece of each; of its pairs all but the last stretch are kept, for the next piece may know better.
            const std::size_t leftPiece = std::min(leftEnd, i + kPiece), rightPiece = std::min(rightEnd, j + kPiece);
            const std::size_t before = m_rows.size();
            search(i, leftPiece, j, rightPiece);
            giveBack(before, i, j, leftPiece == leftEnd || rightPiece == rightEnd);
        }
        search(i, leftEnd, j, rightEnd);
        for (; leftEnd < m_left.size(); ++leftEnd, ++rightEnd) pair(leftEnd, rightEnd);
        return std::move(m_rows);
    }

private:
    [[nodiscard]] bool identical(std::size_t i, std::size_t j) const
    {
        return m_left[i].kind == m_right[j].kind && m_left[i].name == m_right[j].name && m_left[i].all == m_right[j].all;
    }
    void pair(std::size_t i, std::size_t j) { m_rows.push_back({i, j, identical(i, j)}); }

    /// The pairs with the greatest sum of likeness, by the table of all prefixes.
    void search(std::size_t leftBegin, std::size_t leftEnd, std::size_t rightBegin, std::size_t rightEnd)
    {
        const std::size_t rows = leftEnd - leftBegin, columns = rightEnd - rightBegin;
        // best[i][j]: of the steps from i and j on. Walked from the front afterwards.
        std::vector<float> best((rows + 1) * (columns + 1), 0.0F);
        const auto at = [&](std::size_t i, std::size_t j) -> float& { return best[i * (columns + 1) + j]; };
        for (std::size_t i = rows; i-- > 0;)
            for (std::size_t j = columns; j-- > 0;) {
                const float like = likeness(m_left[leftBegin + i], m_right[rightBegin + j]);
                at(i, j) = std::max({at(i + 1, j), at(i, j + 1), like > 0 ? like + at(i + 1, j + 1) : 0.0F});
            }
        std::size_t i = 0, j = 0;
        while (i < rows || j < columns) {
            const float like = i < rows && j < columns ? likeness(m_left[leftBegin + i], m_right[rightBegin + j]) : 0.0F;
            if (like > 0 && at(i, j) == like + at(i + 1, j + 1)) {
                pair(leftBegin + i++, rightBegin + j++);
            } else if (i < rows && (j == columns || at(i, j) == at(i + 1, j))) {
                m_rows.push_back({leftBegin + i++, std::nullopt, false});
            } else {
                m_rows.push_back({std::nullopt, rightBegin + j++, false});
            }
        }
    }

    /// Takes back what stands behind the last pair in the front half of a piece, and says where to go on.
    void giveBack(std::size_t before, std::size_t& i, std::size_t& j, bool last)
    {
        const std::size_t made = m_rows.size() - before;
        std::size_t keep = last ? made : made / 2 + 1;
        while (!last && keep > 1 && !(m_rows[before + keep - 1].left && m_rows[before + keep - 1].right)) --keep;
        m_rows.resize(before + keep);
        for (std::size_t row = before; row < m_rows.size(); ++row) {
            if (m_rows[row].left) i = *m_rows[row].left + 1;
            if (m_rows[row].right) j = *m_rows[row].right + 1;
        }
    }

    std::vector<Features> m_left, m_right;
    std::vector<AlignedSteps> m_rows;
};

} // namespace

std::vector<AlignedSteps> alignSteps(std::span<const Step> left, std::span<const Step> right) { return Aligner(left, right).run(); }

} // namespace tackroom
