// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/traces/traces.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace tackroom
{

/// Hands out at most so many bytes to the texts of one Body and counts what it did not.
class BodyBudget
{
public:
    explicit BodyBudget(std::uint64_t maxBytes) : m_left(maxBytes) {}
    /// As much of the text as is left, well-formed, never cutting a code point.
    [[nodiscard]] std::string take(std::string_view text);
    /// Every text of a message: content first, then the calls.
    [[nodiscard]] Message take(const Message& message);
    [[nodiscard]] std::uint64_t omittedBytes() const { return m_omitted; }

private:
    std::uint64_t m_left = 0;
    std::uint64_t m_omitted = 0;
};

} // namespace tackroom
