// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/linkage.h"

#include <algorithm>
#include <numeric>
#include <queue>

namespace tackroom
{

namespace
{

struct Link {
    std::uint32_t group = 0;
    double weight = 0; ///< of all links between the two
};
using Links = std::vector<Link>; ///< by group

/// What a group would be joined with first.
struct Merge {
    double nearness = 0;
    std::uint32_t group = 0, with = 0;
    std::uint32_t age = 0; ///< of the group's choice

    /// The nearest on top; of equally near ones the first.
    friend bool operator<(const Merge& x, const Merge& y)
    {
        if (x.nearness != y.nearness) return x.nearness < y.nearness;
        return x.group != y.group ? x.group > y.group : x.with > y.with;
    }
};

/// Average linkage never makes a third group nearer than the nearer of the two that are joined, so that only who would have
/// joined one of them has to choose anew.
class Linkage
{
public:
    explicit Linkage(const Neighbours& graph)
        : m_links(graph.size()),
          m_with(graph.size()),
          m_parent(graph.size()),
          m_size(graph.size(), 1),
          m_age(graph.size()),
          m_left(graph.size())
    {
        std::iota(m_parent.begin(), m_parent.end(), 0U);
        for (std::uint32_t i = 0; i < graph.size(); ++i) {
            for (const Neighbour& other : graph[i]) m_links[i].push_back({other.row, other.similarity});
            choose(i);
        }
    }

    std::vector<std::uint32_t> run(std::size_t groups)
    {
        while (m_left > groups && !m_queue.empty()) {
            const Merge merge = m_queue.top();
            m_queue.pop();
            if (m_parent[merge.group] == merge.group && m_age[merge.group] == merge.age)
                join(std::min(merge.group, merge.with), std::max(merge.group, merge.with));
        }
        std::vector<std::uint32_t> out(m_parent.size());
        for (std::uint32_t i = 0; i < out.size(); ++i) out[i] = top(i);
        return out;
    }

private:
    std::uint32_t top(std::uint32_t i)
    {
        while (m_parent[i] != i) i = m_parent[i] = m_parent[m_parent[i]];
        return i;
    }

    void choose(std::uint32_t group)
    {
        Merge best{-1, group, group, ++m_age[group]};
        for (const Link& link : m_links[group]) {
            const double pairs = static_cast<double>(m_size[group]) * static_cast<double>(m_size[link.group]);
            if (link.weight / pairs > best.nearness) {
                best.nearness = link.weight / pairs;
                best.with = link.group;
            }
        }
        m_with[group] = best.with;
        if (best.with != group) m_queue.push(best);
    }

    /// The links of both as one list, those between them left out.
    [[nodiscard]] Links joined(std::uint32_t a, std::uint32_t b) const
    {
        Links out;
        const Links &x = m_links[a], &y = m_links[b];
        for (auto i = x.begin(), j = y.begin(); i != x.end() || j != y.end();) {
            if (j == y.end() || (i != x.end() && i->group < j->group))
                out.push_back(*i++);
            else if (i == x.end() || j->group < i->group)
                out.push_back(*j++);
            else
                out.push_back({i->group, (i++)->weight + (j++)->weight});
        }
        std::erase_if(out, [&](const Link& link) { return link.group == a || link.group == b; });
        return out;
    }

    void join(std::uint32_t a, std::uint32_t b)
    {
        m_links[a] = joined(a, b);
        m_links[b] = {};
        m_parent[b] = a;
        m_size[a] += m_size[b];
        --m_left;
        for (const Link& link : m_links[a]) {
            Links& other = m_links[link.group];
            std::erase_if(other, [&](const Link& back) { return back.group == a || back.group == b; });
            other.insert(std::ranges::lower_bound(other, a, {}, &Link::group), {a, link.weight});
            if (m_with[link.group] == a || m_with[link.group] == b) choose(link.group);
        }
        choose(a);
    }

    std::vector<Links> m_links;
    std::vector<std::uint32_t> m_with, m_parent, m_size, m_age;
    std::priority_queue<Merge> m_queue;
    std::size_t m_left;
};

} // namespace

std::vector<std::uint32_t> averageLinkage(const Neighbours& graph, std::size_t groups) { return Linkage(graph).run(groups); }

} // namespace tackroom
