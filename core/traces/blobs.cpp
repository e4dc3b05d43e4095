// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/traces/blobs.h"

#include "core/base/asciichars.h"
#include "core/base/format.h"

#include <array>

namespace tackroom
{

namespace
{

constexpr std::size_t kShortestData = 64;  ///< of a data address: a tiny one can be read
constexpr std::size_t kShortestBase64 = 400;

bool isBase64(char c)
{
    return isAsciiLower(c) || isAsciiUpper(c) || isAsciiDigit(c) || c == '+' || c == '/' || c == '-' || c == '_';
}

/// By the first bytes, as base64 has them.
std::string_view mimeOf(std::string_view base64)
{
    struct Sign {
        std::string_view begin, mime;
    };
    constexpr std::array kSigns{Sign{"iVBORw0KGgo", "image/png"},   Sign{"/9j/", "image/jpeg"},     Sign{"R0lGOD", "image/gif"},
                                Sign{"UklGR", "image/webp"},        Sign{"JVBERi0", "application/pdf"}, Sign{"UEsDB", "application/zip"},
                                Sign{"H4sI", "application/gzip"},   Sign{"SUQz", "audio/mpeg"},     Sign{"T2dnUw", "audio/ogg"},
                                Sign{"PHN2Zy", "image/svg+xml"}};
    for (const Sign& sign : kSigns)
        if (base64.starts_with(sign.begin)) return sign.mime;
    return "base64";
}

std::string chipOf(std::string_view mime, std::size_t characters)
{
    const std::size_t bytes = characters / 4 * 3;
    const std::string size = bytes < 1000        ? formatText("{} B", bytes)
                             : bytes < 1'000'000 ? formatText("{:.0f} kB", static_cast<double>(bytes) / 1e3)
                                                 : formatText("{:.1f} MB", static_cast<double>(bytes) / 1e6);
    return formatText("{}{}, {}{}", kChipBegin, mime, size, kChipEnd);
}

std::size_t base64From(std::string_view text, std::size_t at)
{
    std::size_t end = at;
    while (end < text.size() && isBase64(text[end])) ++end;
    while (end < text.size() && end - at < text.size() && text[end] == '=') ++end;
    return end - at;
}

/// Letters of both cases and digits: not a line of dashes, not a long hexadecimal number.
bool looksCoded(std::string_view text)
{
    bool lower = false, upper = false, digit = false;
    for (const char c : text.substr(0, kShortestBase64)) {
        lower = lower || isAsciiLower(c);
        upper = upper || isAsciiUpper(c);
        digit = digit || isAsciiDigit(c);
    }
    return lower && upper && digit;
}

} // namespace

std::string foldBlobs(std::string_view text)
{
    std::string out;
    std::size_t kept = 0;
    const auto replace = [&](std::size_t at, std::size_t size, std::string chip) {
        out += text.substr(kept, at - kept);
        out += chip;
        kept = at + size;
    };
    for (std::size_t at = 0; at < text.size();) {
        if (!isBase64(text[at])) {
            ++at;
            continue;
        }
        if (text.substr(at).starts_with("data:")) {
            constexpr std::size_t kLongestHead = 120;
            const std::string_view head = text.substr(at, kLongestHead);
            const std::size_t comma = head.find(";base64,");
            const std::size_t end = head.find_first_of("\" '\n,");
            if (comma != std::string_view::npos && end == comma + 7) {
                const std::size_t begin = at + comma + 8, size = base64From(text, begin);
                std::string_view mime = head.substr(5, comma - 5);
                mime = mime.substr(0, mime.find(';'));
                if (size >= kShortestData) {
                    replace(at, begin + size - at, chipOf(mime.empty() ? "base64" : mime, size));
                    at = kept;
                    continue;
                }
            }
        }
        const std::size_t size = base64From(text, at);
        const std::string_view run = text.substr(at, size);
        if (size >= kShortestBase64 && looksCoded(run)) replace(at, size, chipOf(mimeOf(run), size));
        // Inside of a word no data address begins, but one may stand right behind it ("url=data:…").
        at += size;
    }
    if (kept == 0) return std::string(text);
    out += text.substr(kept);
    return out;
}

} // namespace tackroom
