// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <string_view>

namespace tackroom
{

/// `*` and `?` stay within a folder, `**` crosses folders, a leading or inner `**/` also stands for no folder at all. Time is
/// bounded by the product of the two lengths.
[[nodiscard]] bool globMatches(std::string_view glob, std::string_view path);

} // namespace tackroom
