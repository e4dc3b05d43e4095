// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace tackroom
{

/// Texts that are given up together: thousands of them cost one allocation, or none.
class TextArena
{
public:
    /// A copy that lives until clear().
    [[nodiscard]] std::string_view keep(std::string_view text)
    {
        if (text.empty()) return {};
        if (text.size() > m_left) makeRoom(text.size());
        char* to = m_next;
        std::memcpy(to, text.data(), text.size());
        m_next += text.size();
        m_left -= text.size();
        return {to, text.size()};
    }
    void clear();

private:
    struct Block {
        std::unique_ptr<char[]> bytes;
        std::size_t size = 0;
    };
    void makeRoom(std::size_t bytes);

    std::vector<Block> m_blocks; ///< the first m_used of them hold texts
    std::size_t m_used = 0;
    char* m_next = nullptr;
    std::size_t m_left = 0;
};

} // namespace tackroom
