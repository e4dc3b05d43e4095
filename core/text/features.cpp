// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/features.h"

#include "core/base/hash.h"
#include "core/text/words.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace tackroom
{

namespace
{

// The families of features. A pair of words says less than its words do and is mostly rare, hence heavy: it is weighed down.
enum Family : std::uint8_t { Word, Pair, Piece };
constexpr float kFamilyWeight[] = {1.0F, 0.5F, 0.3F};
constexpr std::size_t kPieceFrom = 3, kPieceTo = 4;
/// So many words of a text are looked at: what it is about is said by then.
constexpr std::size_t kMaxWords = 200;

/// Where each code point of the word begins, and its end.
std::vector<std::size_t> borders(std::string_view word)
{
    std::vector<std::size_t> at;
    for (std::size_t i = 0; i < word.size(); ++i)
        if ((static_cast<unsigned char>(word[i]) & 0xC0U) != 0x80U) at.push_back(i);
    at.push_back(word.size());
    return at;
}

/// Numbers the features of all texts as they come.
class Columns
{
public:
    std::uint32_t of(std::string_view text, Family family)
    {
        const auto [at, fresh] = m_numbers.try_emplace(xxh64(text, family), static_cast<std::uint32_t>(m_family.size()));
        if (fresh) {
            m_family.push_back(family);
            textsWith.push_back(0);
        }
        return at->second;
    }
    [[nodiscard]] float familyWeight(std::uint32_t column) const { return kFamilyWeight[m_family[column]]; }
    [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(m_family.size()); }
    std::vector<std::uint32_t> textsWith;

private:
    std::unordered_map<std::uint64_t, std::uint32_t> m_numbers;
    std::vector<Family> m_family;
};

class Collector
{
public:
    void add(const std::vector<std::string>& words)
    {
        m_row.clear();
        m_words.clear();
        std::string before = "^";
        const std::size_t count = std::min(words.size(), kMaxWords);
        for (std::size_t i = 0; i < count; ++i) {
            const std::string stem = stemmed(words[i]);
            m_row.push_back(m_columns.of(stem, Word));
            m_words.push_back(m_row.back());
            m_row.push_back(m_columns.of(before + ' ' + stem, Pair));
            before = stem;
            pieces(words[i]);
        }
        m_row.push_back(m_columns.of(before + " $", Pair));
        flush();
    }

    TextFeatures finish()
    {
        const double n = static_cast<double>(m_out.rowBegin.size());
        m_out.rowBegin.push_back(m_out.cells.size());
        m_out.wordBegin.push_back(m_out.words.size());
        m_out.columns = m_columns.size();
        std::vector<float> weight(m_out.columns);
        for (std::uint32_t c = 0; c < m_out.columns; ++c)
            weight[c] = m_columns.familyWeight(c) * static_cast<float>(std::log((n + 1) / (m_columns.textsWith[c] + 0.5)));
        for (std::size_t i = 0; i < m_out.rows(); ++i)
            weigh(std::span(m_out.cells).subspan(m_out.rowBegin[i], m_out.row(i).size()), weight);
        sharedWords();
        m_out.textsWithColumn = std::move(m_columns.textsWith);
        return std::move(m_out);
    }

private:
    void pieces(const std::string& word)
    {
        const std::string marked = "<" + word + ">";
        const std::vector<std::size_t> at = borders(marked);
        const std::size_t letters = at.size() - 1;
        // A letter of a script without spaces says as much as two of ours.
        const std::size_t shorter = marked.size() > 2 * letters ? 1 : 0;
        for (std::size_t length = kPieceFrom - shorter; length <= kPieceTo - shorter; ++length)
            for (std::size_t i = 0; i + length <= letters; ++i)
                m_row.push_back(m_columns.of(std::string_view(marked).substr(at[i], at[i + length] - at[i]), Piece));
    }

    void flush()
    {
        m_out.rowBegin.push_back(m_out.cells.size());
        std::ranges::sort(m_row);
        for (auto i = m_row.begin(); i != m_row.end();) {
            const auto end = std::upper_bound(i, m_row.end(), *i);
            m_out.cells.push_back({*i, static_cast<float>(1 + std::log(static_cast<double>(end - i)))});
            ++m_columns.textsWith[*i];
            i = end;
        }
        std::ranges::sort(m_words);
        m_words.erase(std::ranges::unique(m_words).begin(), m_words.end());
        m_out.wordBegin.push_back(m_out.words.size());
        m_out.words.insert(m_out.words.end(), m_words.begin(), m_words.end());
    }

    static void weigh(std::span<Feature> row, const std::vector<float>& weight)
    {
        double squares = 0;
        for (Feature& cell : row) {
            cell.weight *= weight[cell.column];
            squares += static_cast<double>(cell.weight) * cell.weight;
        }
        const auto length = static_cast<float>(std::sqrt(squares));
        if (length > 0)
            for (Feature& cell : row) cell.weight /= length;
    }

    /// Only words that at least two texts have, numbered anew.
    void sharedWords()
    {
        constexpr std::uint32_t kNone = ~0U;
        std::vector<std::uint32_t> number(m_out.columns, kNone);
        std::vector<double> count;
        std::size_t to = 0;
        for (std::size_t i = 0; i < m_out.rows(); ++i) {
            const std::size_t from = m_out.wordBegin[i], end = m_out.wordBegin[i + 1];
            m_out.wordBegin[i] = to;
            for (std::size_t w = from; w < end; ++w) {
                const std::uint32_t column = m_out.words[w];
                if (m_columns.textsWith[column] < 2) continue;
                if (number[column] == kNone) {
                    number[column] = static_cast<std::uint32_t>(count.size());
                    count.push_back(0);
                }
                ++count[number[column]];
                m_out.words[to++] = number[column];
            }
            std::ranges::sort(m_out.words.begin() + static_cast<std::ptrdiff_t>(m_out.wordBegin[i]),
                              m_out.words.begin() + static_cast<std::ptrdiff_t>(to));
        }
        m_out.wordBegin.back() = to;
        m_out.words.resize(to);
        m_out.wordProbability = std::move(count);
        for (double& p : m_out.wordProbability) p /= static_cast<double>(std::max<std::size_t>(to, 1));
    }

    Columns m_columns;
    TextFeatures m_out;
    std::vector<std::uint32_t> m_row, m_words;
};

} // namespace

TextFeatures featuresOf(const std::vector<std::vector<std::string>>& texts)
{
    Collector collector;
    for (const auto& words : texts) collector.add(words);
    return collector.finish();
}

} // namespace tackroom
