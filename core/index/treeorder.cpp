// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/index/treeorder.h"

#include <algorithm>
#include <numeric>
#include <string_view>
#include <unordered_map>

namespace tackroom
{

namespace
{

struct Tree {
    std::vector<std::size_t> roots;
    std::vector<std::vector<std::size_t>> children;
};

/// Both lists are in the order of `byStart`.
Tree treeOf(const std::vector<Step>& steps, const std::vector<std::size_t>& byStart)
{
    std::unordered_map<std::string_view, std::size_t> byId;
    for (std::size_t i = 0; i < steps.size(); ++i) byId.emplace(steps[i].nativeId, i); // the first of a name counts
    Tree tree;
    tree.children.resize(steps.size());
    for (const std::size_t i : byStart) {
        const auto parent = steps[i].parentId.empty() ? byId.end() : byId.find(steps[i].parentId);
        if (parent == byId.end() || parent->second == i)
            tree.roots.push_back(i);
        else
            tree.children[parent->second].push_back(i);
    }
    return tree;
}

} // namespace

std::vector<TreePlace> treeOrder(const std::vector<Step>& steps)
{
    std::vector<std::size_t> byStart(steps.size());
    std::iota(byStart.begin(), byStart.end(), std::size_t{0});
    std::ranges::stable_sort(byStart, {}, [&](std::size_t i) { return steps[i].start; });
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
            const auto& children = tree.children[next.step];
            for (auto child = children.rbegin(); child != children.rend(); ++child)
                if (!placed[*child]) stack.push_back({*child, place, next.depth + 1});
        }
    };
    for (const std::size_t root : tree.roots) walk(root);
    for (const std::size_t i : byStart)
        if (!placed[i]) walk(i);
    return order;
}

} // namespace tackroom
