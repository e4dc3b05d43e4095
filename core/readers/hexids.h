// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Ids of traces and spans: one tool writes them as hexadecimal digits, another as base64.
#include <cstddef>
#include <string>
#include <string_view>

namespace tackroom
{

/// At least one hexadecimal digit, and nothing else.
[[nodiscard]] bool isHex(std::string_view text);
/// The bytes of base64, of either alphabet, as lower-case hex; empty where it is none.
[[nodiscard]] std::string hexOfBase64(std::string_view text);
/// A trace or span id as lower-case hex of `digits` digits, from hex (of any case, leading zeros left out) or base64; an id of
/// zeros alone is none; another text as it is.
[[nodiscard]] std::string hexId(std::string_view id, std::size_t digits);
/// The same into a text that is used again.
void assignHexId(std::string& to, std::string_view id, std::size_t digits);

} // namespace tackroom
