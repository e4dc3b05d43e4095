// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// What a character of ASCII is, whatever the locale says (as <cctype> asks it).

namespace tackroom
{

[[nodiscard]] constexpr bool isAsciiDigit(char c) { return c >= '0' && c <= '9'; }
[[nodiscard]] constexpr bool isAsciiLower(char c) { return c >= 'a' && c <= 'z'; }
[[nodiscard]] constexpr bool isAsciiUpper(char c) { return c >= 'A' && c <= 'Z'; }
[[nodiscard]] constexpr bool isAsciiLetter(char c) { return isAsciiLower(c) || isAsciiUpper(c); }
[[nodiscard]] constexpr bool isAsciiAlnum(char c) { return isAsciiDigit(c) || isAsciiLetter(c); }
[[nodiscard]] constexpr bool isAsciiBlank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

} // namespace tackroom
