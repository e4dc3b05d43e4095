// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/templates.h"

#include <algorithm>
#include <array>
#include <map>
#include <numeric>

namespace tackroom
{

namespace
{

constexpr std::uint32_t kNoTemplate = ~0U;
/// So many different words at one place of lines that are the same otherwise: it is a value.
constexpr std::size_t kValues = 4;
constexpr std::array kNames{std::string_view{"user"}, std::string_view{"username"}, std::string_view{"by"},
                            std::string_view{"host"}, std::string_view{"hostname"}, std::string_view{"account"}};
constexpr std::array kLinks{std::string_view{"for"}, std::string_view{"from"}, std::string_view{"to"}, std::string_view{"of"},
                            std::string_view{"on"},  std::string_view{"at"},   std::string_view{"is"}};
/// Lines of more words than this are not looked through for two places at once.
constexpr std::size_t kPairWords = 24;
/// Nor are so many kinds of lines: it would take more memory than it is worth.
constexpr std::ptrdiff_t kPairShapes = 10'000;
constexpr std::size_t kReportEach = 100'000;

std::uint64_t mixedHash(std::uint64_t h, std::uint64_t x)
{
    h = (h ^ x) * 0x9E3779B97F4A7C15U;
    return h ^ (h >> 29U);
}

using ShapeWords = std::vector<std::uint32_t>;

/// The pattern says of each word that it is that word, or that something changes there.
bool covers(const ShapeWords& pattern, const ShapeWords& words)
{
    return std::ranges::equal(pattern, words, [](auto mine, auto theirs) { return mine == 0 || mine == theirs; });
}

/// Shapes that become one kind.
class Kinds
{
public:
    Kinds(std::vector<ShapeWords>& shapes, const std::vector<std::uint32_t>& names, const std::vector<std::uint32_t>& links)
        : m_shapes(shapes), m_names(names), m_links(links), m_kind(shapes.size()), m_opened(shapes.size())
    {
        std::iota(m_kind.begin(), m_kind.end(), 0U);
    }

    void run()
    {
        while (round(1)) {
        }
        while (round(2)) {
            while (round(1)) {
            }
        }
        absorb();
        joinRows();
    }

    /// Whether the shape, as it is now, is one that others were joined to as equal words (not as another row of values).
    [[nodiscard]] bool leads(std::uint32_t shape) const { return m_leads[shape]; }

    [[nodiscard]] std::uint32_t of(std::uint32_t shape) const
    {
        while (m_kind[shape] != shape) shape = m_kind[shape];
        return shape;
    }

private:
    struct Place {
        std::uint32_t shape = 0;
        std::uint16_t first = 0, second = 0;
    };

    /// All shapes with one place (or two) left open; where enough of them are the same then, these places are values.
    bool round(int open)
    {
        if (open == 2 &&
            std::ranges::count_if(m_shapes, [](const ShapeWords& words) { return words.size() <= kPairWords; }) > kPairShapes)
            return false;
        std::unordered_map<std::uint64_t, std::vector<Place>> contexts;
        for (std::uint32_t s = 0; s < m_shapes.size(); ++s) {
            if (m_kind[s] != s) continue;
            const ShapeWords& words = m_shapes[s];
            const auto constants = static_cast<std::size_t>(std::ranges::count_if(words, [](auto w) { return w != 0; }));
            if (constants < static_cast<std::size_t>(open) + 1 || (open == 2 && words.size() > kPairWords)) continue;
            for (std::size_t i = 0; i < words.size(); ++i) {
                if (words[i] == 0) continue;
                if (open == 1) {
                    contexts[contextOf(words, i, i)].push_back(
                        {s, static_cast<std::uint16_t>(i), static_cast<std::uint16_t>(i)});
                    continue;
                }
                if (constants < 4) continue;
                for (std::size_t k = i + 1; k < words.size(); ++k)
                    if (words[k] != 0)
                        contexts[contextOf(words, i, k)].push_back(
                            {s, static_cast<std::uint16_t>(i), static_cast<std::uint16_t>(k)});
            }
        }
        return openPlaces(contexts, open);
    }

    static std::uint64_t contextOf(const ShapeWords& words, std::size_t first, std::size_t second)
    {
        std::uint64_t hash = mixedHash(words.size(), first * 1000 + second);
        for (std::size_t i = 0; i < words.size(); ++i) hash = mixedHash(hash, i == first || i == second ? ~0ULL : words[i]);
        return hash;
    }

    /// The largest first: what many words have stood at is surest.
    bool openPlaces(std::unordered_map<std::uint64_t, std::vector<Place>>& contexts, int open)
    {
        std::vector<std::vector<Place>*> large;
        for (auto& [hash, places] : contexts)
            if (open == 1 ? places.size() >= neededAt(places.front()) : places.size() >= kValues && differInBoth(places))
                large.push_back(&places);
        std::ranges::sort(large, [](const auto* a, const auto* b) {
            if (a->size() != b->size()) return a->size() > b->size();
            return std::pair(a->front().shape, a->front().first * 1000 + a->front().second) <
                   std::pair(b->front().shape, b->front().first * 1000 + b->front().second);
        });
        bool changed = false;
        std::vector<bool> used(m_shapes.size());
        for (const auto* places : large) {
            if (std::ranges::any_of(*places, [&](const Place& place) { return used[place.shape]; })) continue;
            const std::uint32_t leader = places->front().shape;
            for (const Place& place : *places) {
                used[place.shape] = true;
                m_kind[place.shape] = leader;
            }
            m_opened[leader] = true;
            m_shapes[leader][places->front().first] = 0;
            m_shapes[leader][places->front().second] = 0;
            changed = true;
        }
        if (changed) joinEqual();
        return changed;
    }

    /// After a word that announces a value fewer are enough.
    [[nodiscard]] std::size_t neededAt(const Place& place) const
    {
        if (place.first == 0) return kValues;
        const std::uint32_t before = m_shapes[place.shape][place.first - 1];
        return std::ranges::contains(m_names, before) ? 2 : std::ranges::contains(m_links, before) ? 3 : kValues;
    }

    bool differInBoth(const std::vector<Place>& places) const
    {
        std::vector<std::uint32_t> first, second;
        for (const Place& place : places) {
            first.push_back(m_shapes[place.shape][place.first]);
            second.push_back(m_shapes[place.shape][place.second]);
        }
        const auto distinct = [](std::vector<std::uint32_t>& list) {
            std::ranges::sort(list);
            return static_cast<std::size_t>(std::ranges::unique(list).begin() - list.begin());
        };
        return distinct(first) >= kValues - 1 && distinct(second) >= kValues - 1;
    }

    /// Shapes that have become the same.
    void joinEqual()
    {
        std::map<ShapeWords, std::uint32_t> first;
        for (std::uint32_t s = 0; s < m_shapes.size(); ++s) {
            if (m_kind[s] != s) continue;
            m_kind[s] = first.try_emplace(m_shapes[s], s).first->second;
            if (m_opened[s]) m_opened[m_kind[s]] = true;
        }
    }

    /// What was too rare to be found a value of its own, where a pattern with values covers it.
    void absorb()
    {
        std::unordered_map<std::size_t, std::vector<std::uint32_t>> opened;
        for (std::uint32_t s = 0; s < m_shapes.size(); ++s)
            if (m_kind[s] == s && m_opened[s]) opened[m_shapes[s].size()].push_back(s);
        for (std::uint32_t s = 0; s < m_shapes.size(); ++s) {
            if (m_kind[s] != s) continue;
            const auto at = opened.find(m_shapes[s].size());
            if (at == opened.end()) continue;
            for (const std::uint32_t pattern : at->second)
                if (pattern != s && m_kind[pattern] == pattern && covers(m_shapes[pattern], m_shapes[s])) {
                    m_kind[s] = pattern;
                    break;
                }
        }
    }

    /// Patterns that differ only in how many values stand in a row.
    void joinRows()
    {
        m_leads.resize(m_shapes.size());
        std::map<ShapeWords, std::uint32_t> first;
        for (std::uint32_t s = 0; s < m_shapes.size(); ++s) {
            if (m_kind[s] != s) continue;
            m_leads[s] = true;
            ShapeWords words = m_shapes[s];
            words.erase(std::unique(words.begin(), words.end(), [](auto a, auto b) { return a == 0 && b == 0; }), words.end());
            m_kind[s] = first.try_emplace(std::move(words), s).first->second;
        }
    }

    std::vector<ShapeWords>& m_shapes;
    const std::vector<std::uint32_t>& m_names; ///< words after which a name comes
    const std::vector<std::uint32_t>& m_links; ///< words after which often something comes that changes
    std::vector<std::uint32_t> m_kind;
    std::vector<bool> m_opened, m_leads;
};

} // namespace

std::uint32_t LogTemplates::wordOf(std::string_view word)
{
    if (word.empty()) return 0;
    const auto [at, fresh] = m_wordNumbers.try_emplace(std::string(word), static_cast<std::uint32_t>(m_words.size()));
    if (fresh) m_words.emplace_back(word);
    return at->second;
}

std::uint32_t LogTemplates::matching(const Words& words) const
{
    const auto at = m_patterns.find(words.size());
    if (at == m_patterns.end()) return kNoTemplate;
    for (const Pattern& pattern : at->second)
        if (covers(pattern.words, words)) return pattern.id;
    return kNoTemplate;
}

void LogTemplates::add(std::vector<Words> shapes, const std::vector<std::uint64_t>& hashes)
{
    const std::size_t before = m_templates.size();
    std::vector<std::uint32_t> fresh;
    for (std::uint32_t s = 0; s < shapes.size(); ++s) {
        const std::uint32_t known = before > 0 ? matching(shapes[s]) : kNoTemplate;
        if (known == kNoTemplate)
            fresh.push_back(s);
        else
            m_known[hashes[s]] = known;
    }
    std::vector<Words> kinds;
    for (const std::uint32_t s : fresh) kinds.push_back(shapes[s]);
    std::vector<std::uint32_t> names, links;
    for (const std::string_view word : kNames) names.push_back(wordOf(word));
    for (const std::string_view word : kLinks) links.push_back(wordOf(word));
    Kinds joined(kinds, names, links);
    joined.run();
    std::unordered_map<std::uint32_t, std::uint32_t> numbers;
    for (std::uint32_t k = 0; k < fresh.size(); ++k) {
        const std::uint32_t kind = joined.of(k);
        const auto [at, first] = numbers.try_emplace(kind, static_cast<std::uint32_t>(m_templates.size()));
        if (first) {
            m_templates.push_back(kinds[kind]);
        }
        m_known[hashes[fresh[k]]] = at->second;
        auto& patterns = m_patterns[kinds[k].size()];
        if (joined.leads(k)) patterns.push_back({kinds[k], at->second});
    }
}

Result<std::vector<std::uint32_t>> LogTemplates::learn(const std::vector<std::string_view>& lines, const CancelToken& cancel,
                                                       const Progress& progress)
{
    const LogHeader header = headerOf(lines);
    const ShapeScanner scanner;
    std::vector<std::uint64_t> ofLine;
    ofLine.reserve(lines.size());
    std::vector<Words> shapes;
    std::vector<std::uint64_t> hashes;
    ShapeScanner::Shape shape;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (i % kReportEach == 0) {
            if (cancel.cancelled()) return CancelToken::error();
            progress.report("reading lines", i, lines.size());
        }
        scanner.scan(withoutHeader(lines[i], header), shape);
        ofLine.push_back(shape.hash);
        const auto [at, fresh] = m_known.try_emplace(shape.hash, kNoTemplate);
        if (!fresh) continue;
        Words words;
        for (const std::string_view word : shape.words) words.push_back(wordOf(word));
        shapes.push_back(std::move(words));
        hashes.push_back(shape.hash);
    }
    add(std::move(shapes), hashes);
    std::vector<std::uint32_t> out;
    out.reserve(lines.size());
    for (const std::uint64_t hash : ofLine) out.push_back(m_known.at(hash));
    return out;
}

std::string LogTemplates::text(std::uint32_t id) const
{
    std::string out;
    for (const std::uint32_t word : m_templates[id]) {
        if (!out.empty()) out += ' ';
        out += word == 0 ? std::string("\u2039\u2026\u203a") : m_words[word];
    }
    return out;
}

} // namespace tackroom
