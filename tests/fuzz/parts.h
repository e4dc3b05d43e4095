// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// What takes foreign bytes beside the formats: texts that a person or a store says (partsfuzz.cpp), and stores together with
/// something that was kept of them: a cursor, a place, what they were before (storesfuzz.cpp).
#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tackroom::fuzz
{

struct Part {
    std::string name;
    void (*feed)(std::string_view bytes);
    std::vector<std::string> (*seeds)();
    bool throughFiles = false; ///< costs a file or more
};
[[nodiscard]] std::span<const Part> textParts();
[[nodiscard]] std::span<const Part> storeParts();

/// Beside the bytes: what stands before the first 0xFF, which is taken off with it.
[[nodiscard]] inline std::string_view takeChunk(std::string_view& bytes)
{
    const std::string_view chunk = bytes.substr(0, bytes.find('\xFF'));
    bytes.remove_prefix(std::min(chunk.size() + 1, bytes.size()));
    return chunk;
}
/// A number of so many bytes, the lowest first; 0 where there are none.
[[nodiscard]] inline std::size_t takeNumber(std::string_view& bytes, std::size_t count)
{
    std::size_t number = 0;
    for (std::size_t i = 0; i < count && !bytes.empty(); ++i) {
        number |= static_cast<std::size_t>(static_cast<unsigned char>(bytes.front())) << (8 * i);
        bytes.remove_prefix(1);
    }
    return number;
}

} // namespace tackroom::fuzz
