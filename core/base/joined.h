// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace tackroom
{

/// The texts one after the other with `between` between them.
[[nodiscard]] inline std::string joined(const std::vector<std::string>& texts, std::string_view between = ", ")
{
    std::string all;
    for (const std::string& each : texts) (all.empty() ? all : all += between) += each;
    return all;
}

} // namespace tackroom
