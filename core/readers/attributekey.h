// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace tackroom
{

/// The key of an attribute with its hash. A span is asked for a hundred keys, of which it has a few: of those that stand in the
/// code the compiler makes the hash.
class AttributeKey
{
public:
    template <std::size_t N> consteval AttributeKey(const char (&text)[N]) : AttributeKey(std::string_view(text, N - 1)) {}
    constexpr AttributeKey(std::string_view text) : m_text(text), m_hash(hashOf(text)) {}
    AttributeKey(const std::string& text) : AttributeKey(std::string_view(text)) {}

    [[nodiscard]] constexpr std::string_view text() const { return m_text; }
    [[nodiscard]] constexpr std::uint32_t hash() const { return m_hash; }

private:
    /// At most eight bytes, the first one lowest. With a fixed size the copy is one instruction, else a call.
    static constexpr std::uint64_t bytesOf(const char* text, std::size_t size)
    {
        std::uint64_t bytes = 0;
        if (std::is_constant_evaluated() || std::endian::native != std::endian::little) {
            for (std::size_t i = 0; i < size; ++i) bytes |= std::uint64_t{static_cast<unsigned char>(text[i])} << (8 * i);
        } else if (size == sizeof bytes)
            std::memcpy(&bytes, text, sizeof bytes);
        else
            std::memcpy(&bytes, text, size);
        return bytes;
    }
    /// Of the length and the last bytes: keys differ most at their ends.
    static constexpr std::uint32_t hashOf(std::string_view key)
    {
        const std::size_t size = key.size();
        std::uint64_t last = size >= 8 ? bytesOf(key.data() + (size - 8), 8) : bytesOf(key.data(), size);
        last ^= size * 0x9E3779B97F4A7C15ULL;
        if (size > 16) last ^= bytesOf(key.data() + (size - 16), 8) * 0xC2B2AE3D27D4EB4FULL;
        last *= 0xFF51AFD7ED558CCDULL;
        return static_cast<std::uint32_t>(last >> 32);
    }

    std::string_view m_text;
    std::uint32_t m_hash = 0;
};

} // namespace tackroom
