// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/diff/sequence.h"

#include <algorithm>
#include <cstddef>
#include <limits>

namespace tackroom
{
namespace
{

using Ids = std::span<const std::uint32_t>;
using I = std::ptrdiff_t;
constexpr std::uint32_t kAbsent = 0xffffffff;
/// A line that stands more often than this in a region says nothing about where it belongs.
constexpr std::uint32_t kMaxOccurrences = 64;

/// Edits after which Myers' search settles for the furthest point it has reached.
constexpr I kMaxEdits = 256;

/// a[aBegin, aEnd) against b[bBegin, bEnd).
struct Region {
    std::size_t aBegin, aEnd, bBegin, bEnd;
    [[nodiscard]] std::size_t size() const { return aEnd - aBegin + bEnd - bBegin; }
    [[nodiscard]] bool oneSided() const { return aBegin == aEnd || bBegin == bEnd; }
};

void trim(Region& r, Ids a, Ids b)
{
    while (r.aBegin < r.aEnd && r.bBegin < r.bEnd && a[r.aBegin] == b[r.bBegin]) ++r.aBegin, ++r.bBegin;
    while (r.aBegin < r.aEnd && r.bBegin < r.bEnd && a[r.aEnd - 1] == b[r.bEnd - 1]) --r.aEnd, --r.bEnd;
}

void markAll(const Region& r, Unmatched& out)
{
    std::fill(out.a.begin() + I(r.aBegin), out.a.begin() + I(r.aEnd), std::uint8_t{1});
    std::fill(out.b.begin() + I(r.bBegin), out.b.begin() + I(r.bEnd), std::uint8_t{1});
}

/// Myers' search for the middle of a shortest edit script, in linear space. Where the edit distance of a piece exceeds the cap,
/// the furthest point reached splits it: the result is then longer than minimal, but the time stays bounded.
class Myers
{
public:
    Myers(Ids a, Ids b) : m_a(a), m_b(b)
    {
        const std::size_t total = a.size() + b.size();
        m_forward.resize(total + 3);
        m_backward.resize(total + 3);
    }

    Unmatched run()
    {
        Unmatched out{std::vector<std::uint8_t>(m_a.size()), std::vector<std::uint8_t>(m_b.size())};
        std::vector<Region> stack{{0, m_a.size(), 0, m_b.size()}};
        while (!stack.empty()) {
            Region r = stack.back();
            stack.pop_back();
            trim(r, m_a, m_b);
            if (r.oneSided()) {
                markAll(r, out);
                continue;
            }
            const Point p = split(r);
            stack.push_back({p.x, r.aEnd, p.y, r.bEnd});
            stack.push_back({r.aBegin, p.x, r.bBegin, p.y});
        }
        return out;
    }

private:
    struct Point {
        std::size_t x, y;
    };
    static constexpr I kNotReached = -1;
    static constexpr I kNotReachedBack = std::numeric_limits<I>::max();

    /// Both frontiers move on by one edit a turn until they meet on a diagonal (k = x - y). Both corners of a trimmed
    /// region are mismatches, so the edit distance is at least 2 and the meeting point is neither corner.
    Point split(const Region& r)
    {
        const I n = I(r.aEnd - r.aBegin), m = I(r.bEnd - r.bBegin), delta = n - m;
        const std::uint32_t* a = m_a.data() + r.aBegin;
        const std::uint32_t* b = m_b.data() + r.bBegin;
        I* fwd = m_forward.data() + m + 1;
        I* bwd = m_backward.data() + m + 1;
        const auto point = [&](I x, I k) { return Point{r.aBegin + std::size_t(x), r.bBegin + std::size_t(x - k)}; };
        I fMin = 0, fMax = 0, bMin = delta, bMax = delta;
        fwd[0] = 0;
        bwd[delta] = n;
        const bool odd = (delta & 1) != 0;
        for (I d = 1;; ++d) {
            if (fMin > -m)
                fwd[--fMin - 1] = kNotReached;
            else
                ++fMin;
            if (fMax < n)
                fwd[++fMax + 1] = kNotReached;
            else
                --fMax;
            for (I k = fMax; k >= fMin; k -= 2) {
                const I right = fwd[k - 1] >= 0 && fwd[k - 1] < n ? fwd[k - 1] + 1 : kNotReached;
                const I down = fwd[k + 1] >= 0 && fwd[k + 1] - k <= m ? fwd[k + 1] : kNotReached;
                I x = std::max(right, down);
                if (x >= 0)
                    while (x < n && x - k < m && a[x] == b[x - k]) ++x;
                fwd[k] = x;
                if (odd && x >= 0 && k >= bMin && k <= bMax && bwd[k] <= x) return point(x, k);
            }
            if (bMin > -m)
                bwd[--bMin - 1] = kNotReachedBack;
            else
                ++bMin;
            if (bMax < n)
                bwd[++bMax + 1] = kNotReachedBack;
            else
                --bMax;
            for (I k = bMax; k >= bMin; k -= 2) {
                const I left = bwd[k + 1] != kNotReachedBack && bwd[k + 1] > 0 ? bwd[k + 1] - 1 : kNotReachedBack;
                const I up = bwd[k - 1] != kNotReachedBack && bwd[k - 1] - k >= 0 ? bwd[k - 1] : kNotReachedBack;
                I x = std::min(left, up);
                if (x != kNotReachedBack)
                    while (x > 0 && x - k > 0 && a[x - 1] == b[x - k - 1]) --x;
                bwd[k] = x;
                if (!odd && x != kNotReachedBack && k >= fMin && k <= fMax && fwd[k] >= x) return point(x, k);
            }
            if (d >= kMaxEdits) return furthest(fwd, fMin, fMax, point);
        }
    }

    template <class MakePoint> static Point furthest(const I* fwd, I fMin, I fMax, MakePoint point)
    {
        I bestK = fMin, bestSum = -1;
        for (I k = fMin; k <= fMax; k += 2) {
            if (fwd[k] < 0 || 2 * fwd[k] - k <= bestSum) continue;
            bestSum = 2 * fwd[k] - k;
            bestK = k;
        }
        return point(fwd[bestK], bestK);
    }

    Ids m_a, m_b;
    std::vector<I> m_forward, m_backward;
};

/// Myers on those elements of a region that occur on both sides; the others are unmatched without a search.
class Matcher
{
public:
    Matcher(Ids a, Ids b, std::uint32_t idCount) : m_a(a), m_b(b), m_countA(idCount), m_countB(idCount), m_place(idCount)
    {
        m_out.a.resize(a.size());
        m_out.b.resize(b.size());
    }

    Unmatched run(MatchStyle style)
    {
        Region whole{0, m_a.size(), 0, m_b.size()};
        trim(whole, m_a, m_b);
        // Each region looked at costs its size; this many sizes are enough for any file that a person wrote.
        m_budget = 64 * (whole.size() + 1024);
        m_next.assign(m_a.size(), kAbsent);
        m_stack.push_back(whole);
        while (!m_stack.empty()) {
            Region r = m_stack.back();
            m_stack.pop_back();
            trim(r, m_a, m_b);
            if (r.oneSided())
                markAll(r, m_out);
            else
                handle(r, style);
        }
        return std::move(m_out);
    }

private:
    void spend(std::size_t steps) { m_budget -= std::min(m_budget, steps); }

    void handle(const Region& r, MatchStyle style)
    {
        count(r);
        spend(r.size());
        if (style == MatchStyle::Shortest || m_budget == 0)
            myers(r);
        else if (!splitAtUnique(r) && !splitAtRarest(r))
            myers(r);
        uncount(r);
    }

    void count(const Region& r)
    {
        for (std::size_t i = r.aBegin; i < r.aEnd; ++i) ++m_countA[m_a[i]];
        for (std::size_t j = r.bBegin; j < r.bEnd; ++j) {
            ++m_countB[m_b[j]];
            m_place[m_b[j]] = std::uint32_t(j);
        }
    }
    void uncount(const Region& r)
    {
        for (std::size_t i = r.aBegin; i < r.aEnd; ++i) m_countA[m_a[i]] = 0;
        for (std::size_t j = r.bBegin; j < r.bEnd; ++j) m_countB[m_b[j]] = 0;
    }

    /// Patience: what stands once on each side, in the longest common order, holds; the gaps are regions of their own.
    bool splitAtUnique(const Region& r)
    {
        struct Anchor {
            std::uint32_t a, b, previous;
        };
        std::vector<Anchor> anchors;
        std::vector<std::uint32_t> tails; // index into anchors, by length of the increasing sequence that ends there
        for (std::size_t i = r.aBegin; i < r.aEnd; ++i) {
            if (m_countA[m_a[i]] != 1 || m_countB[m_a[i]] != 1) continue;
            const std::uint32_t place = m_place[m_a[i]];
            const auto at = std::lower_bound(tails.begin(), tails.end(), place,
                                             [&](std::uint32_t tail, std::uint32_t value) { return anchors[tail].b < value; });
            const std::uint32_t previous = at == tails.begin() ? kAbsent : *(at - 1);
            anchors.push_back({std::uint32_t(i), place, previous});
            const auto index = std::uint32_t(anchors.size() - 1);
            if (at == tails.end())
                tails.push_back(index);
            else
                *at = index;
        }
        if (tails.empty()) return false;
        std::size_t aEnd = r.aEnd, bEnd = r.bEnd;
        for (std::uint32_t index = tails.back(); index != kAbsent; index = anchors[index].previous) {
            pushGap({anchors[index].a + std::size_t(1), aEnd, anchors[index].b + std::size_t(1), bEnd});
            aEnd = anchors[index].a;
            bEnd = anchors[index].b;
        }
        pushGap({r.aBegin, aEnd, r.bBegin, bEnd});
        return true;
    }

    void pushGap(const Region& gap)
    {
        if (gap.size() > 0) m_stack.push_back(gap);
    }

    /// Histogram: the common run with the rarest element splits the region.
    bool splitAtRarest(const Region& r)
    {
        chain(r);
        Region best{0, 0, 0, 0};
        std::uint32_t bestCount = kMaxOccurrences + 1;
        for (std::size_t j = r.bBegin; j < r.bEnd && m_budget > 0;) {
            std::size_t nextJ = j + 1;
            const std::uint32_t occurrences = m_countA[m_b[j]];
            if (occurrences > 0 && occurrences <= std::min(bestCount, kMaxOccurrences)) {
                for (std::uint32_t i = m_place[m_b[j]]; i != kAbsent; i = m_next[i]) {
                    const Region run = extend(r, i, j);
                    const std::uint32_t rarest = rarestIn(run);
                    if (run.aEnd - run.aBegin > best.aEnd - best.aBegin || rarest < bestCount) {
                        best = run;
                        bestCount = rarest;
                    }
                    nextJ = std::max(nextJ, run.bEnd);
                    spend(run.aEnd - run.aBegin + 1);
                }
            }
            j = nextJ;
        }
        if (best.aBegin == best.aEnd) return false;
        pushGap({best.aEnd, r.aEnd, best.bEnd, r.bEnd});
        pushGap({r.aBegin, best.aBegin, r.bBegin, best.bBegin});
        return true;
    }

    /// Links the places of each element of `a` in the region, first to last. m_place is then the head in `a`.
    void chain(const Region& r)
    {
        for (std::size_t j = r.bBegin; j < r.bEnd; ++j) m_place[m_b[j]] = kAbsent;
        for (std::size_t i = r.aBegin; i < r.aEnd; ++i) m_place[m_a[i]] = kAbsent;
        for (std::size_t i = r.aEnd; i-- > r.aBegin;) {
            m_next[i] = m_place[m_a[i]];
            m_place[m_a[i]] = std::uint32_t(i);
        }
    }

    Region extend(const Region& r, std::size_t i, std::size_t j) const
    {
        Region run{i, i + 1, j, j + 1};
        while (run.aBegin > r.aBegin && run.bBegin > r.bBegin && m_a[run.aBegin - 1] == m_b[run.bBegin - 1])
            --run.aBegin, --run.bBegin;
        while (run.aEnd < r.aEnd && run.bEnd < r.bEnd && m_a[run.aEnd] == m_b[run.bEnd]) ++run.aEnd, ++run.bEnd;
        return run;
    }

    std::uint32_t rarestIn(const Region& run) const
    {
        std::uint32_t rarest = kAbsent;
        for (std::size_t i = run.aBegin; i < run.aEnd; ++i) rarest = std::min(rarest, m_countA[m_a[i]]);
        return rarest;
    }

    void myers(const Region& r)
    {
        std::vector<std::uint32_t> a, b, aPlace, bPlace;
        for (std::size_t i = r.aBegin; i < r.aEnd; ++i) {
            if (m_countB[m_a[i]] == 0)
                m_out.a[i] = 1;
            else
                a.push_back(m_a[i]), aPlace.push_back(std::uint32_t(i));
        }
        for (std::size_t j = r.bBegin; j < r.bEnd; ++j) {
            if (m_countA[m_b[j]] == 0)
                m_out.b[j] = 1;
            else
                b.push_back(m_b[j]), bPlace.push_back(std::uint32_t(j));
        }
        const Unmatched part = Myers(a, b).run();
        for (std::size_t i = 0; i < a.size(); ++i) m_out.a[aPlace[i]] = part.a[i];
        for (std::size_t j = 0; j < b.size(); ++j) m_out.b[bPlace[j]] = part.b[j];
    }

    Ids m_a, m_b;
    std::vector<std::uint32_t> m_countA, m_countB, m_place, m_next;
    std::vector<Region> m_stack;
    std::size_t m_budget = 0;
    Unmatched m_out;
};

} // namespace

Unmatched matchSequences(Ids a, Ids b, std::uint32_t idCount, MatchStyle style) { return Matcher(a, b, idCount).run(style); }

} // namespace tackroom
