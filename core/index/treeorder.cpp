// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/index/treeorder.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace tackroom
{

namespace
{

constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();
/// Up to so many steps, looking through all ids is faster than a table of them.
constexpr std::size_t kFew = 32;

struct Tree {
    std::vector<std::size_t> roots;          ///< by start
    std::vector<std::size_t> child, sibling; ///< of each step its last child, and the child before it
};

class Ids
{
public:
    explicit Ids(std::span<const StepView> steps) : m_steps(steps)
    {
        if (steps.size() <= kFew) return;
        m_byId.reserve(steps.size());
        for (std::size_t i = 0; i < steps.size(); ++i) m_byId.emplace(steps[i].nativeId, i); // the first of a name counts
    }
    [[nodiscard]] std::size_t find(std::string_view id)
    {
        if (m_steps.size() > kFew) {
            const auto found = m_byId.find(id);
            return found == m_byId.end() ? kNone : found->second;
        }
        if (m_last != kNone && m_steps[m_last].nativeId == id) return m_last; // a sibling of the one before
        for (std::size_t i = 0; i < m_steps.size(); ++i)
            if (m_steps[i].nativeId == id) return m_last = i;
        return kNone;
    }

private:
    std::span<const StepView> m_steps;
    std::size_t m_last = kNone;
    std::unordered_map<std::string_view, std::size_t> m_byId;
};

Tree treeOf(std::span<const StepView> steps, const std::vector<std::size_t>& byStart)
{
    Ids ids(steps);
    Tree tree;
    tree.child.assign(steps.size(), kNone);
    tree.sibling.assign(steps.size(), kNone);
    for (const std::size_t i : byStart) {
        const std::size_t parent = steps[i].parentId.empty() ? kNone : ids.find(steps[i].parentId);
        if (parent == kNone || parent == i)
            tree.roots.push_back(i);
        else
            tree.sibling[i] = std::exchange(tree.child[parent], i);
    }
    return tree;
}

} // namespace

std::vector<TreePlace> treeOrder(const std::vector<Step>& steps) { return treeOrder(viewsOf(steps)); }

std::vector<TreePlace> treeOrder(std::span<const StepView> steps)
{
    std::vector<std::size_t> byStart(steps.size());
    std::iota(byStart.begin(), byStart.end(), std::size_t{0});
    // Most readers give them in this order already.
    const auto startOf = [&](std::size_t i) { return steps[i].start; };
    if (!std::ranges::is_sorted(byStart, {}, startOf)) std::ranges::stable_sort(byStart, {}, startOf);
    const Tree tree = treeOf(steps, byStart);

    std::vector<TreePlace> order;
    order.reserve(steps.size());
    std::vector<bool> placed(steps.size());
    struct Pending {
        std::size_t step, parent;
        int depth;
    };
    std::vector<Pending> stack; // not recursion: a chain may be 200,000 deep
    const auto walk = [&](std::size_t root) {
        stack.push_back({root, 0, 0});
        while (!stack.empty()) {
            const Pending next = stack.back();
            stack.pop_back();
            if (placed[next.step]) continue;
            placed[next.step] = true;
            order.push_back({next.step, next.parent, next.depth});
            const std::size_t place = order.size();
            for (std::size_t child = tree.child[next.step]; child != kNone; child = tree.sibling[child])
                if (!placed[child]) stack.push_back({child, place, next.depth + 1});
        }
    };
    for (const std::size_t root : tree.roots) walk(root);
    for (const std::size_t i : byStart)
        if (!placed[i]) walk(i);
    return order;
}

} // namespace tackroom
