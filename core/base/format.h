// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// std::format whose work is compiled once, in format.cpp. Each file that calls std::format itself compiles the whole of the
/// library's formatting anew: about two seconds a file at -O3, and a hundred files do.
#include <format>
#include <string>
#include <string_view>

namespace tackroom
{

[[nodiscard]] std::string formatArguments(std::string_view format, std::format_args arguments);

/// As std::format; the format is checked when compiled.
template <class... A> [[nodiscard]] std::string formatText(std::format_string<A...> format, A&&... arguments)
{
    return formatArguments(format.get(), std::make_format_args(arguments...));
}

} // namespace tackroom
