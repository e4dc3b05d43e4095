// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/neighbours.h"

#include "core/text/parallel.h"

#include <algorithm>

namespace tackroom
{

namespace
{

/// The share of the words in the similarity; the rest is that of the latent rows. Words tell more, but not all.
constexpr float kWordShare = 0.65F;
/// So many texts are compared in full with each text.
constexpr std::size_t kCandidates = 96;
/// So many places are read for a text while its candidates are looked for: bounds the time of 100,000 texts that have much in
/// common. Of some thousand texts everything is read.
constexpr std::size_t kMaxPlaces = 15'000;

/// In which texts each feature is.
struct Places {
    std::vector<std::size_t> begin;
    std::vector<Neighbour> texts;

    explicit Places(const TextFeatures& features) : begin(features.columns + 1)
    {
        for (const Feature& cell : features.cells) ++begin[cell.column + 1];
        for (std::size_t c = 1; c < begin.size(); ++c) begin[c] += begin[c - 1];
        texts.resize(features.cells.size());
        std::vector<std::size_t> at(begin.begin(), begin.end() - 1);
        for (std::size_t i = 0; i < features.rows(); ++i)
            for (const Feature& cell : features.row(i)) texts[at[cell.column]++] = {static_cast<std::uint32_t>(i), cell.weight};
    }
};

float dot(std::span<const Feature> a, std::span<const Feature> b)
{
    float sum = 0;
    for (auto i = a.begin(), j = b.begin(); i != a.end() && j != b.end();) {
        if (i->column == j->column)
            sum += (i++)->weight * (j++)->weight;
        else if (i->column < j->column)
            ++i;
        else
            ++j;
    }
    return sum;
}

float dot(const float* a, const float* b, std::size_t count)
{
    // Four sums side by side, so that the compiler may use the processor's wide registers without changing the order.
    float sums[8] = {};
    std::size_t i = 0;
    for (; i + 8 <= count; i += 8)
        for (std::size_t k = 0; k < 8; ++k) sums[k] += a[i + k] * b[i + k];
    for (; i < count; ++i) sums[0] += a[i] * b[i];
    return ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]));
}

bool nearer(const Neighbour& a, const Neighbour& b)
{
    return a.similarity != b.similarity ? a.similarity > b.similarity : a.row < b.row;
}

void keepNearest(std::vector<Neighbour>& list, std::size_t count)
{
    if (list.size() > count) {
        std::ranges::nth_element(list, list.begin() + static_cast<std::ptrdiff_t>(count), nearer);
        list.resize(count);
    }
}

/// Looks for the neighbours of one text after the other; each thread has one.
class Search
{
public:
    Search(const TextFeatures& features, const DenseRows& latent, const Places& places)
        : m_features(features), m_latent(latent), m_places(places), m_sums(features.rows())
    {
    }

    std::vector<Neighbour> nearest(std::size_t i, std::size_t count)
    {
        std::vector<Neighbour> list = candidates(i);
        const std::span<const Feature> row = m_features.row(i);
        for (Neighbour& other : list)
            other.similarity = kWordShare * dot(row, m_features.row(other.row)) +
                               (1 - kWordShare) * dot(m_latent.row(i), m_latent.row(other.row), m_latent.columns);
        std::erase_if(list, [](const Neighbour& other) { return other.similarity <= 0; });
        keepNearest(list, count);
        std::ranges::sort(list, nearer);
        return list;
    }

private:
    std::vector<Neighbour> candidates(std::size_t i)
    {
        const std::span<const Feature> row = m_features.row(i);
        m_row.assign(row.begin(), row.end());
        std::ranges::sort(m_row, [&](const Feature& a, const Feature& b) {
            const auto x = m_features.textsWithColumn[a.column], y = m_features.textsWithColumn[b.column];
            return x != y ? x < y : a.column < b.column;
        });
        m_touched.clear();
        std::size_t read = 0;
        for (const Feature& cell : m_row) {
            const std::size_t from = m_places.begin[cell.column], end = m_places.begin[cell.column + 1];
            if (read > 0 && read + (end - from) > kMaxPlaces) break;
            read += end - from;
            for (std::size_t at = from; at < end; ++at) {
                const Neighbour& place = m_places.texts[at];
                if (m_sums[place.row] == 0) m_touched.push_back(place.row);
                m_sums[place.row] += cell.weight * place.similarity;
            }
        }
        m_list.clear();
        for (const std::uint32_t other : m_touched) {
            if (other != i && m_sums[other] > 0) m_list.push_back({other, m_sums[other]});
            m_sums[other] = 0;
        }
        keepNearest(m_list, kCandidates);
        return {m_list.begin(), m_list.end()};
    }

    const TextFeatures& m_features;
    const DenseRows& m_latent;
    const Places& m_places;
    std::vector<float> m_sums;
    std::vector<std::uint32_t> m_touched;
    std::vector<Feature> m_row;
    std::vector<Neighbour> m_list;
};

} // namespace

Neighbours nearestTexts(const TextFeatures& features, const DenseRows& latent, std::size_t count, unsigned threads,
                        const CancelToken& cancel)
{
    const Places places(features);
    Neighbours out(features.rows());
    // A few pieces a thread: each makes room for a sum of every text.
    const std::size_t piece = std::max<std::size_t>(256, features.rows() / 16);
    inParallel(threads, features.rows(), piece, [&](std::size_t begin, std::size_t end) {
        Search search(features, latent, places);
        for (std::size_t i = begin; i < end && !cancel.cancelled(); ++i) out[i] = search.nearest(i, count);
    });
    return out;
}

Neighbours sharedNeighbours(const Neighbours& nearest, std::size_t count)
{
    const std::size_t n = nearest.size();
    std::vector<std::vector<std::uint32_t>> sets(n);
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t k = 0; k < std::min(count, nearest[i].size()); ++k) sets[i].push_back(nearest[i][k].row);
        sets[i].push_back(static_cast<std::uint32_t>(i));
        std::ranges::sort(sets[i]);
    }
    Neighbours out(n);
    std::vector<std::uint32_t> both;
    for (std::uint32_t i = 0; i < n; ++i) {
        for (const std::uint32_t j : sets[i]) {
            if (j == i || (j < i && std::ranges::binary_search(sets[j], i))) continue; // known from the other side
            both.clear();
            std::ranges::set_intersection(sets[i], sets[j], std::back_inserter(both));
            const auto shared = static_cast<float>(both.size());
            const float weight = shared / (static_cast<float>(sets[i].size() + sets[j].size()) - shared);
            out[i].push_back({j, weight});
            out[j].push_back({i, weight});
        }
    }
    for (auto& list : out) std::ranges::sort(list, {}, &Neighbour::row);
    return out;
}

} // namespace tackroom
