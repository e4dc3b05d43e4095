// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/hexids.h"

#include "core/readers/jsonvalues.h"

#include <algorithm>

namespace tackroom
{

namespace
{

int base64Digit(char c)
{
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    if (c == '+' || c == '-') return 62;
    if (c == '/' || c == '_') return 63;
    return -1;
}

} // namespace

bool isHex(std::string_view text)
{
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    });
}

std::string hexOfBase64(std::string_view text)
{
    while (text.ends_with('=')) text.remove_suffix(1);
    constexpr std::string_view kHex = "0123456789abcdef";
    std::string hex;
    unsigned bits = 0;
    int count = 0;
    for (const char c : text) {
        const int digit = base64Digit(c);
        if (digit < 0) return {};
        bits = ((bits << 6) | static_cast<unsigned>(digit)) & 0xFFFFU;
        count += 6;
        if (count < 8) continue;
        count -= 8;
        const unsigned byte = (bits >> count) & 0xFFU;
        hex += kHex[byte >> 4];
        hex += kHex[byte & 15U];
    }
    return hex;
}

std::string hexId(std::string_view id, std::size_t digits)
{
    if (id.empty() || id.size() > 512) return std::string(id.substr(0, 512));
    std::string hex;
    if (isHex(id) && id.size() <= digits) {
        hex.reserve(digits);
        hex.append(digits - id.size(), '0');
        for (const char c : id) hex += static_cast<char>(c >= 'A' && c <= 'F' ? c + ('a' - 'A') : c);
    } else {
        hex = hexOfBase64(id);
        if (hex.size() != digits) return jsonvalues::cut(id, 512);
    }
    return hex.find_first_not_of('0') == std::string::npos ? std::string() : hex;
}

void assignHexId(std::string& to, std::string_view id, std::size_t digits)
{
    unsigned bad = 0, notZero = 0; // over all, without a branch for each
    for (const char c : id.substr(0, digits)) {
        const auto byte = static_cast<unsigned char>(c);
        const bool isDigit = byte - unsigned{'0'} <= 9, isLetter = byte - unsigned{'a'} <= 5;
        bad |= static_cast<unsigned>(!isDigit) & static_cast<unsigned>(!isLetter);
        notZero |= byte ^ unsigned { '0' };
    }
    if (id.size() == digits && bad == 0 && notZero != 0) // as most write it
        to.assign(id);
    else
        to = hexId(id, digits);
}

} // namespace tackroom
