// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace tackroom::ui
{

/// How many text lines each display row takes, with sums in logarithmic time (a Fenwick tree), since a row's true height is
/// known only once it was laid out.
class LineHeights
{
public:
    void assign(std::vector<std::uint32_t> heights)
    {
        m_heights = std::move(heights);
        m_tree.assign(m_heights.size() + 1, 0);
        for (std::size_t i = 0; i < m_heights.size(); ++i) {
            m_tree[i + 1] += m_heights[i];
            const std::size_t parent = i + 1 + ((i + 1) & (~i));
            if (parent < m_tree.size()) m_tree[parent] += m_tree[i + 1];
        }
    }
    [[nodiscard]] std::size_t count() const { return m_heights.size(); }
    [[nodiscard]] std::uint32_t at(std::size_t row) const { return m_heights[row]; }
    void set(std::size_t row, std::uint32_t height)
    {
        const auto change = static_cast<std::int64_t>(height) - m_heights[row];
        m_heights[row] = height;
        for (std::size_t i = row + 1; i < m_tree.size(); i += i & (~i + 1)) m_tree[i] += change;
    }
    /// The lines above row `row`; for count() all of them.
    [[nodiscard]] std::int64_t above(std::size_t row) const
    {
        std::int64_t sum = 0;
        for (std::size_t i = row; i > 0; i -= i & (~i + 1)) sum += m_tree[i];
        return sum;
    }
    [[nodiscard]] std::int64_t total() const { return above(m_heights.size()); }
    /// The row that holds line `line`; the last one beyond the end. Needs count() > 0.
    [[nodiscard]] std::size_t rowAt(std::int64_t line) const
    {
        std::size_t row = 0, step = 1;
        while (step * 2 < m_tree.size()) step *= 2;
        for (; step > 0; step /= 2) {
            if (row + step >= m_tree.size() || m_tree[row + step] > line) continue;
            row += step;
            line -= m_tree[row];
        }
        return row < m_heights.size() ? row : m_heights.size() - 1;
    }

private:
    std::vector<std::uint32_t> m_heights;
    std::vector<std::int64_t> m_tree;
};

} // namespace tackroom::ui
