// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/textarena.h"

#include <algorithm>

namespace tackroom
{

namespace
{

constexpr std::size_t kBlockBytes = std::size_t{256} << 10;
constexpr std::size_t kMostIdleBlocks = 16; ///< more were needed for once

} // namespace

void TextArena::makeRoom(std::size_t bytes)
{
    if (m_used == m_blocks.size() || m_blocks[m_used].size < bytes) {
        const std::size_t size = std::max(bytes, kBlockBytes);
        m_blocks.insert(m_blocks.begin() + static_cast<std::ptrdiff_t>(m_used),
                        {std::make_unique_for_overwrite<char[]>(size), size});
    }
    m_next = m_blocks[m_used].bytes.get();
    m_left = m_blocks[m_used].size;
    ++m_used;
}

void TextArena::clear()
{
    std::erase_if(m_blocks, [](const Block& block) { return block.size > kBlockBytes; });
    if (m_blocks.size() > kMostIdleBlocks) m_blocks.resize(kMostIdleBlocks);
    m_used = 0;
    m_next = nullptr;
    m_left = 0;
}

} // namespace tackroom
