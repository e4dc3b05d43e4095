// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tackroom
{

/// True when the bytes are well-formed UTF-8 (Unicode 15, table 3-7: no surrogates, no overlong forms).
[[nodiscard]] bool isUtf8(std::string_view bytes);
/// Bytes as UTF-8: each maximal ill-formed part becomes one U+FFFD. Well-formed input is returned as it is.
[[nodiscard]] std::string toUtf8(std::string_view bytes);
/// At most `maxBytes` of well-formed UTF-8, never cutting a code point.
[[nodiscard]] std::string_view cutUtf8(std::string_view text, std::size_t maxBytes);
/// One code point from `text` at `*offset`, which is moved on; U+FFFD for each maximal ill-formed part, as toUtf8 counts them.
/// Needs *offset < text.size().
[[nodiscard]] char32_t nextCodePoint(std::string_view text, std::size_t* offset);
void appendUtf8(std::string& out, char32_t codePoint);

/// Without the ASCII white space at both ends.
[[nodiscard]] std::string_view trimmed(std::string_view text);
[[nodiscard]] std::string asciiLower(std::string_view text);
[[nodiscard]] bool containsNoCase(std::string_view haystack, std::string_view needle); ///< ASCII letters folded
/// Always at least one part; empty parts are kept.
[[nodiscard]] std::vector<std::string_view> splitOn(std::string_view text, char separator);
/// First line without its end (LF or CR LF); empty for empty text.
[[nodiscard]] std::string_view firstLine(std::string_view text);

} // namespace tackroom
