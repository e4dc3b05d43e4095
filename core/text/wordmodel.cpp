// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/wordmodel.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <queue>
#include <unordered_map>

namespace tackroom
{

namespace
{

/// Words of a text do not come independently of each other ("credit card"), so that each counts as a little less than one.
constexpr double kWordCredit = 0.85;
/// The weight of a new group against joining one (the concentration of the Chinese restaurant process).
constexpr double kNewGroup = 10;
/// What a neighbour as near as can be says for its own group, in nats.
constexpr double kNeighbourVote = 2;
constexpr int kRounds = 4, kFittingRounds = 2, kSweeps = 5;
/// So many linked groups of each group are tried, those with the strongest links.
constexpr std::size_t kTried = 40;

double logGamma(double x)
{
    double shift = 0;
    if (x < 8) {
        double product = 1;
        for (; x < 8; ++x) product *= x;
        shift = std::log(product);
    }
    const double r = 1 / (x * x);
    return (x - 0.5) * std::log(x) - x + 0.5 * std::log(2 * std::numbers::pi) +
           (1.0 / 12 - r * (1.0 / 360 - r * (1.0 / 1260 - r / 1680))) / x - shift;
}

/// log Γ(x + count) - log Γ(x)
double rise(double x, double count)
{
    if (count > 12) return logGamma(x + count) - logGamma(x);
    double product = 1;
    for (double i = 0; i < count; ++i) product *= x + i;
    return std::log(product);
}

/// How often each group has each word: a hash table with open places, for lookups are all that costs time here.
class WordCounts
{
public:
    explicit WordCounts(std::size_t expected)
    {
        std::size_t size = 64;
        while (size < 3 * expected) size *= 2;
        m_slots.resize(size);
    }
    [[nodiscard]] double of(std::uint32_t group, std::uint32_t word) const { return m_slots[find(keyOf(group, word))].count; }
    void add(std::uint32_t group, std::uint32_t word, float change)
    {
        const std::uint64_t key = keyOf(group, word);
        std::size_t at = find(key);
        if (m_slots[at].key == 0) {
            if (2 * ++m_used > m_slots.size()) {
                grow();
                at = find(key);
            }
            m_slots[at].key = key;
        }
        m_slots[at].count += change;
    }

private:
    struct Slot {
        std::uint64_t key = 0; ///< 0: free
        float count = 0;
    };
    static std::uint64_t keyOf(std::uint32_t group, std::uint32_t word) { return ((std::uint64_t{group} << 32U) | word) + 1; }
    [[nodiscard]] std::size_t find(std::uint64_t key) const
    {
        const std::size_t mask = m_slots.size() - 1;
        std::size_t at = (key * 0x9E3779B97F4A7C15U >> 20U) & mask;
        while (m_slots[at].key != 0 && m_slots[at].key != key) at = (at + 1) & mask;
        return at;
    }
    void grow()
    {
        std::vector<Slot> old(m_slots.size() * 2);
        old.swap(m_slots);
        for (const Slot& slot : old)
            if (slot.key != 0 && slot.count > 0) m_slots[find(slot.key)] = slot;
    }
    std::vector<Slot> m_slots;
    std::size_t m_used = 0;
};

struct WordCount {
    std::uint32_t word = 0;
    double count = 0;
};

struct Bag {
    std::vector<WordCount> words; ///< by word
    double size = 0;              ///< words
    double texts = 0;
};

class WordModel
{
public:
    WordModel(const TextFeatures& features, const Neighbours& nearest, const Neighbours& graph,
              std::vector<std::uint32_t> groups)
        : m_features(features), m_nearest(nearest), m_graph(graph), m_groups(std::move(groups))
    {
    }

    std::vector<std::uint32_t> run(const CancelToken& cancel)
    {
        for (int round = 0; round < kRounds && !cancel.cancelled(); ++round) {
            m_count = renumber(m_groups);
            if (round < kFittingRounds) fit();
            bool changed = moveTexts(cancel);
            m_count = renumber(m_groups);
            if (round < kFittingRounds) fit();
            changed = joinGroups(cancel) || changed;
            if (!changed && round >= kFittingRounds) break;
        }
        renumber(m_groups);
        return std::move(m_groups);
    }

private:
    [[nodiscard]] std::vector<Bag> bags() const
    {
        std::vector<std::vector<std::uint32_t>> words(m_count);
        std::vector<Bag> out(m_count);
        for (std::size_t i = 0; i < m_groups.size(); ++i) {
            const auto own = m_features.wordsOf(i);
            words[m_groups[i]].insert(words[m_groups[i]].end(), own.begin(), own.end());
            ++out[m_groups[i]].texts;
        }
        for (std::uint32_t group = 0; group < m_count; ++group) {
            std::ranges::sort(words[group]);
            for (const std::uint32_t word : words[group]) {
                if (out[group].words.empty() || out[group].words.back().word != word) out[group].words.push_back({word, 0});
                ++out[group].words.back().count;
            }
            out[group].size = static_cast<double>(words[group].size());
        }
        return out;
    }

    [[nodiscard]] double prior(std::uint32_t word) const { return m_strength * m_features.wordProbability[word]; }

    /// How like all texts together each bag is before a text is seen: the strength with which the bags that there are, are
    /// likeliest. Looked for on a ladder of steps of a quarter.
    void fit()
    {
        const std::vector<Bag> all = bags();
        const auto likelihood = [&](int step) {
            m_strength = 5 * std::pow(1.25, step);
            double sum = 0;
            for (const Bag& bag : all) {
                sum -= rise(m_strength, bag.size);
                for (const WordCount& word : bag.words) sum += rise(prior(word.word), word.count);
            }
            return sum;
        };
        int low = 0, high = 41;
        while (low < high) {
            const int middle = (low + high) / 2;
            if (likelihood(middle) < likelihood(middle + 1))
                low = middle + 1;
            else
                high = middle;
        }
        m_strength = 5 * std::pow(1.25, low);
    }

    bool moveTexts(const CancelToken& cancel)
    {
        WordCounts counts(m_features.words.size());
        std::vector<double> sizes(m_count), texts(m_count);
        const auto put = [&](std::size_t i, std::uint32_t group, float sign) {
            for (const std::uint32_t word : m_features.wordsOf(i)) counts.add(group, word, sign);
            sizes[group] += sign * static_cast<double>(m_features.wordsOf(i).size());
            texts[group] += sign;
        };
        for (std::size_t i = 0; i < m_groups.size(); ++i) put(i, m_groups[i], 1);
        bool changed = false;
        std::vector<std::pair<std::uint32_t, double>> votes;
        for (int sweep = 0; sweep < kSweeps; ++sweep) {
            std::size_t moved = 0;
            for (std::size_t i = 0; i < m_groups.size() && !cancel.cancelled(); ++i) {
                const std::uint32_t own = m_groups[i];
                votesOf(i, votes);
                if (votes.size() == 1) continue; // no neighbour is elsewhere
                put(i, own, -1);
                const std::uint32_t best = bestGroup(i, votes, counts, sizes, texts);
                put(i, best, 1);
                m_groups[i] = best;
                if (best != own) ++moved;
            }
            changed = changed || moved > 0;
            if (moved * 2000 <= m_groups.size()) break;
        }
        return changed;
    }

    /// The groups of the text's neighbours and how near they are; the text's own group is the first.
    void votesOf(std::size_t i, std::vector<std::pair<std::uint32_t, double>>& votes) const
    {
        votes.assign(1, {m_groups[i], 0});
        for (const Neighbour& other : m_nearest[i]) {
            const std::uint32_t group = m_groups[other.row];
            const auto at = std::ranges::find(votes, group, &std::pair<std::uint32_t, double>::first);
            if (at == votes.end())
                votes.emplace_back(group, other.similarity);
            else
                at->second += other.similarity;
        }
        std::sort(votes.begin() + 1, votes.end());
    }

    std::uint32_t bestGroup(std::size_t i, const std::vector<std::pair<std::uint32_t, double>>& votes, const WordCounts& counts,
                            const std::vector<double>& sizes, const std::vector<double>& texts) const
    {
        std::uint32_t best = votes.front().first;
        double most = -1e300;
        const auto words = m_features.wordsOf(i);
        for (const auto& [group, near] : votes) {
            if (texts[group] == 0 && group != votes.front().first) continue;
            double fit = -rise(sizes[group] + m_strength, static_cast<double>(words.size()));
            for (const std::uint32_t word : words) fit += std::log(counts.of(group, word) + prior(word));
            const double score =
                kWordCredit * fit + std::log(texts[group] > 0 ? texts[group] : kNewGroup) + kNeighbourVote * near;
            if (score > most) {
                most = score;
                best = group;
            }
        }
        return best;
    }

    struct Join {
        double gain = 0; ///< for each text of the smaller group
        std::uint32_t a = 0, b = 0, ageOfA = 0, ageOfB = 0;

        friend bool operator<(const Join& x, const Join& y)
        {
            if (x.gain != y.gain) return x.gain < y.gain;
            return x.a != y.a ? x.a > y.a : x.b > y.b;
        }
    };

    [[nodiscard]] double gainOf(const Bag& a, const Bag& b) const
    {
        double words = rise(m_strength, a.size) + rise(m_strength, b.size) - rise(m_strength, a.size + b.size);
        const Bag& small = a.words.size() < b.words.size() ? a : b;
        const Bag& large = a.words.size() < b.words.size() ? b : a;
        auto at = large.words.begin();
        for (const WordCount& word : small.words) {
            at = std::lower_bound(at, large.words.end(), word.word,
                                  [](const WordCount& x, std::uint32_t w) { return x.word < w; });
            if (at == large.words.end()) break;
            if (at->word != word.word) continue;
            const double p = prior(word.word);
            words += rise(p + at->count, word.count) - rise(p, word.count);
        }
        return kWordCredit * words + logGamma(a.texts + b.texts) - logGamma(a.texts) - logGamma(b.texts) - std::log(kNewGroup);
    }

    static void pour(Bag& from, Bag& into)
    {
        std::vector<WordCount> words;
        words.reserve(from.words.size() + into.words.size());
        for (auto i = from.words.begin(), j = into.words.begin(); i != from.words.end() || j != into.words.end();) {
            if (j == into.words.end() || (i != from.words.end() && i->word < j->word))
                words.push_back(*i++);
            else if (i == from.words.end() || j->word < i->word)
                words.push_back(*j++);
            else
                words.push_back({i->word, (i++)->count + (j++)->count});
        }
        into.words = std::move(words);
        into.size += from.size;
        into.texts += from.texts;
        from = {};
    }

    /// The groups that links lead to, strongest first.
    static std::vector<std::uint32_t> strongest(const std::unordered_map<std::uint32_t, double>& links)
    {
        std::vector<std::pair<double, std::uint32_t>> list;
        list.reserve(links.size());
        for (const auto& [group, weight] : links) list.emplace_back(-weight, group);
        const std::size_t kept = std::min(list.size(), kTried);
        std::partial_sort(list.begin(), list.begin() + static_cast<std::ptrdiff_t>(kept), list.end());
        std::vector<std::uint32_t> out(kept);
        for (std::size_t i = 0; i < kept; ++i) out[i] = list[i].second;
        return out;
    }

    bool joinGroups(const CancelToken& cancel)
    {
        std::vector<Bag> all = bags();
        std::vector<std::unordered_map<std::uint32_t, double>> links(m_count);
        for (std::size_t i = 0; i < m_groups.size(); ++i)
            for (const Neighbour& other : m_graph[i])
                if (m_groups[i] != m_groups[other.row]) links[m_groups[i]][m_groups[other.row]] += other.similarity;
        std::vector<std::uint32_t> into(m_count), age(m_count);
        std::iota(into.begin(), into.end(), 0U);
        std::priority_queue<Join> queue;
        const auto offer = [&](std::uint32_t a, std::uint32_t b) {
            if (a > b) std::swap(a, b);
            const double gain = gainOf(all[a], all[b]);
            if (gain > 0) queue.push({gain / std::min(all[a].texts, all[b].texts), a, b, age[a], age[b]});
        };
        for (std::uint32_t a = 0; a < m_count; ++a)
            for (const std::uint32_t b : strongest(links[a])) offer(a, b);
        bool changed = false;
        while (!queue.empty() && !cancel.cancelled()) {
            const Join join = queue.top();
            queue.pop();
            if (into[join.a] != join.a || into[join.b] != join.b) continue;
            if (age[join.a] != join.ageOfA || age[join.b] != join.ageOfB) continue;
            pour(all[join.b], all[join.a]);
            into[join.b] = join.a;
            ++age[join.a];
            changed = true;
            for (const auto& [other, weight] : links[join.b]) {
                if (other == join.a) continue;
                links[join.a][other] += weight;
                links[other][join.a] += weight;
                links[other].erase(join.b);
            }
            links[join.a].erase(join.b);
            links[join.b].clear();
            for (const std::uint32_t other : strongest(links[join.a])) offer(join.a, other);
        }
        for (std::uint32_t& group : m_groups)
            while (into[group] != group) group = into[group];
        return changed;
    }

    const TextFeatures& m_features;
    const Neighbours& m_nearest;
    const Neighbours& m_graph;
    std::vector<std::uint32_t> m_groups;
    std::uint32_t m_count = 0;
    double m_strength = 30;
};

} // namespace

std::vector<std::uint32_t> joinByWords(const TextFeatures& features, const Neighbours& nearest, const Neighbours& graph,
                                       std::vector<std::uint32_t> groups, const CancelToken& cancel)
{
    return WordModel(features, nearest, graph, std::move(groups)).run(cancel);
}

std::uint32_t renumber(std::vector<std::uint32_t>& groups)
{
    std::unordered_map<std::uint32_t, std::uint32_t> numbers;
    for (std::uint32_t& group : groups)
        group = numbers.try_emplace(group, static_cast<std::uint32_t>(numbers.size())).first->second;
    return static_cast<std::uint32_t>(numbers.size());
}

} // namespace tackroom
