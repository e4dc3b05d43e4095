// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/textscan.h"

#include "core/base/jsonpieces.h"
#include "core/base/text.h"

#include <algorithm>
#include <cstring>

namespace tackroom
{

namespace
{

constexpr std::size_t kBefore = 60, kAfter = 120;
constexpr int kMaxDepth = 3;
/// Shorter ones stand everywhere and save nothing.
constexpr std::size_t kShortestSign = 2;

bool isLetter(unsigned char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; }

/// How often a byte stands in JSON with English in it, roughly: the lower the rarer.
int commonness(unsigned char c)
{
    constexpr std::string_view kByFrequency = "etaoinsrhldcumpgfywb_\"vk0123456789:,.{}[]-/xjqz";
    const auto lower = static_cast<char>(isLetter(c) ? c | 0x20 : c);
    if (c == ' ') return 100;
    const auto at = kByFrequency.find(lower);
    return at == std::string_view::npos ? 0 : static_cast<int>(kByFrequency.size() - at);
}

/// Left as it is by every writer of JSON: no quote, backslash or control, nor what some write as \u003c to please HTML.
bool isNeverEscaped(unsigned char c) { return c >= 0x20 && c < 0x7F && !std::strchr("\"\\/<>&'", static_cast<char>(c)); }

std::string longestPlainPart(std::string_view text)
{
    std::string_view best;
    for (std::size_t i = 0; i < text.size();) {
        std::size_t end = i;
        while (end < text.size() && isNeverEscaped(static_cast<unsigned char>(text[end]))) ++end;
        if (end - i > best.size()) best = text.substr(i, end - i);
        i = end + 1;
    }
    return std::string(best);
}

std::string escaped(char32_t codePoint)
{
    constexpr std::string_view kHex = "0123456789abcdef";
    const auto unit = [&](std::uint32_t value) {
        std::string text = "\\u";
        for (int shift = 12; shift >= 0; shift -= 4) text += kHex[(value >> shift) & 0xF];
        return text;
    };
    if (codePoint < 0x10000) return unit(codePoint);
    return unit(0xD800 + ((codePoint - 0x10000) >> 10)) + unit(0xDC00 + ((codePoint - 0x10000) & 0x3FF));
}

/// Where the string ends whose first byte after the quote is at `from`: the place of its closing quote, or the end.
std::size_t closingQuote(std::string_view json, std::size_t from)
{
    for (;;) {
        const auto at = json.find('"', from);
        if (at == std::string_view::npos) return json.size();
        std::size_t backslashes = 0;
        while (at - backslashes > 0 && json[at - backslashes - 1] == '\\') ++backslashes;
        if (backslashes % 2 == 0) return at;
        from = at + 1;
    }
}

bool looksLikeJson(std::string_view text)
{
    const auto inner = trimmed(text);
    return inner.size() >= 2 &&
           ((inner.front() == '{' && inner.back() == '}') || (inner.front() == '[' && inner.back() == ']') ||
            (inner.front() == '"' && inner.back() == '"'));
}

/// Whether a place in a text that may be JSON itself begins within an escape: the n of \n, the 00e4 of \u00e4.
bool beginsInEscape(std::string_view text, std::size_t at)
{
    std::size_t backslashes = 0;
    while (backslashes < at && text[at - backslashes - 1] == '\\') ++backslashes;
    if (backslashes % 2 == 1) return true;
    for (std::size_t back = 2; back < 6 && back <= at; ++back)
        if (text[at - back] == '\\' && text[at - back + 1] == 'u') return true;
    return false;
}

} // namespace

TextSnippet snippetAt(std::string_view text, std::size_t at, std::size_t bytes)
{
    constexpr std::string_view kCut = "…";
    const auto isInside = [&](std::size_t i) {
        return i < text.size() && (static_cast<unsigned char>(text[i]) & 0xC0) == 0x80;
    };
    std::size_t begin = at > kBefore ? at - kBefore : 0;
    while (isInside(begin)) ++begin;
    begin = std::min(begin, at);
    std::size_t end = std::min(text.size(), at + std::min(bytes, std::size_t{400}) + kAfter);
    while (end > at && isInside(end)) --end;
    TextSnippet snippet;
    if (begin > 0) snippet.text = kCut;
    snippet.markAt = snippet.text.size() + (at - begin);
    snippet.markBytes = std::min(bytes, end - at);
    snippet.text += text.substr(begin, end - begin);
    if (end < text.size()) snippet.text += kCut;
    // Well-formed input keeps its places; what is not well-formed is mended, and the mark with it.
    if (!isUtf8(snippet.text)) {
        const std::string before = toUtf8(std::string_view(snippet.text).substr(0, snippet.markAt));
        const std::string marked = toUtf8(std::string_view(snippet.text).substr(snippet.markAt, snippet.markBytes));
        const std::string after = toUtf8(std::string_view(snippet.text).substr(snippet.markAt + snippet.markBytes));
        snippet = {before + marked + after, before.size(), marked.size()};
    }
    return snippet;
}

FoldedFinder::FoldedFinder(std::string_view wanted) : m_wanted(asciiLower(wanted))
{
    std::vector<std::size_t> places(m_wanted.size());
    for (std::size_t i = 0; i < places.size(); ++i) places[i] = i;
    std::ranges::stable_sort(places, {}, [&](std::size_t i) { return commonness(static_cast<unsigned char>(m_wanted[i])); });
    if (!places.empty()) m_rare = places.front();
    if (places.size() > 1) m_second = places[1];
}

bool FoldedFinder::fitsAt(const char* at) const
{
    for (const char wanted : m_wanted) {
        const auto c = static_cast<unsigned char>(*at++);
        const auto folded = c >= 'A' && c <= 'Z' ? static_cast<unsigned char>(c | 0x20) : c;
        if (folded != static_cast<unsigned char>(wanted)) return false;
    }
    return true;
}

std::size_t FoldedFinder::in(std::string_view text, std::size_t from) const
{
    if (m_wanted.empty() || from > text.size() || text.size() - from < m_wanted.size()) return std::string_view::npos;
    constexpr std::size_t kWidth = 16; // what every processor of the reference has; wider ones are taken apart again
    using Bytes = unsigned char __attribute__((vector_size(kWidth)));
    using Words = std::uint64_t __attribute__((vector_size(kWidth)));
    const std::size_t last = text.size() - m_wanted.size(); // the last place where it may begin
    const auto a = static_cast<unsigned char>(m_wanted[m_rare]), b = static_cast<unsigned char>(m_wanted[m_second]);
    const unsigned char foldA = isLetter(a) ? 0x20 : 0, foldB = isLetter(b) ? 0x20 : 0;
    const Bytes wantedA = Bytes{} + a, wantedB = Bytes{} + b, orA = Bytes{} + foldA, orB = Bytes{} + foldB;
    std::size_t at = from;
    for (; at + kWidth <= last + 1; at += kWidth) {
        Bytes one, two;
        std::memcpy(&one, text.data() + at + m_rare, kWidth);
        std::memcpy(&two, text.data() + at + m_second, kWidth);
        const auto fits = reinterpret_cast<Words>(((one | orA) == wantedA) & ((two | orB) == wantedB));
        if ((fits[0] | fits[1]) == 0) continue;
        for (std::size_t i = 0; i < kWidth; ++i)
            if (fitsAt(text.data() + at + i)) return at + i;
    }
    for (; at <= last; ++at)
        if (fitsAt(text.data() + at)) return at;
    return std::string_view::npos;
}

TextNeedle::TextNeedle(std::string_view wanted) : m_whole(wanted)
{
    if (const std::string plain = longestPlainPart(wanted); plain.size() >= kShortestSign || plain.size() == wanted.size()) {
        if (!plain.empty()) m_signs.emplace_back(plain);
        return;
    }
    // Nothing plain: the first letter beyond ASCII stands there as it is or as an escape.
    for (std::size_t at = 0; at < wanted.size();) {
        const std::size_t began = at;
        const char32_t codePoint = nextCodePoint(wanted, &at);
        if (codePoint < 0x80) continue;
        m_signs.emplace_back(wanted.substr(began, at - began));
        m_signs.emplace_back(escaped(codePoint));
        return;
    }
}

std::optional<TextSnippet> TextNeedle::inText(std::string_view plain) const
{
    const auto at = m_whole.in(plain);
    if (at == std::string_view::npos) return std::nullopt;
    return snippetAt(plain, at, wanted().size());
}

bool TextNeedle::mayBeInJson(std::string_view json) const { return signIn(json, 0) != std::string_view::npos; }

std::size_t TextNeedle::signIn(std::string_view json, std::size_t from) const
{
    if (m_signs.empty()) return m_whole.wanted().empty() ? std::string_view::npos : from;
    std::size_t first = std::string_view::npos;
    for (const FoldedFinder& sign : m_signs) first = std::min(first, sign.in(json, from));
    return first;
}

std::optional<TextSnippet> TextNeedle::inJson(std::string_view json, int depth) const
{
    std::size_t sign = signIn(json, 0);
    for (std::size_t at = json.find('"'); at != std::string_view::npos && sign != std::string_view::npos;) {
        const std::size_t end = closingQuote(json, at + 1);
        if (end <= sign) { // it ends before the first place where it may be
            at = json.find('"', std::min(end + 1, json.size()));
            continue;
        }
        const std::string_view literal = json.substr(at + 1, end - at - 1);
        std::size_t next = std::min(end + 1, json.size());
        while (next < json.size() && (json[next] == ' ' || json[next] == '\n' || json[next] == '\t' || json[next] == '\r'))
            ++next;
        const bool isName = next < json.size() && json[next] == ':';
        // Of JSON within a text its names are part of that text: the arguments of a tool, as they are shown.
        if (!isName || depth > 0)
            if (auto found = inValue(literal, depth)) return found;
        sign = signIn(json, end);
        at = json.find('"', next);
    }
    return std::nullopt;
}

std::optional<TextSnippet> TextNeedle::inValue(std::string_view literal, int depth) const
{
    if (!mayBeInJson(literal)) return std::nullopt;
    const bool isPlain = literal.find('\\') == std::string_view::npos;
    std::string decoded;
    if (!isPlain) decoded = decodedJsonString(literal);
    const std::string_view text = isPlain ? literal : std::string_view(decoded);
    const bool nested = depth < kMaxDepth && text.find('\\') != std::string_view::npos && looksLikeJson(text);
    for (auto at = m_whole.in(text); at != std::string_view::npos; at = m_whole.in(text, at + 1))
        if (!nested || !beginsInEscape(text, at)) return snippetAt(text, at, wanted().size());
    return nested ? inJson(text, depth + 1) : std::nullopt;
}

void addLosses(std::vector<ScanLoss>& told, std::vector<ScanLoss> more)
{
    for (ScanLoss& loss : more)
        if (!std::ranges::contains(told, loss)) told.push_back(std::move(loss));
}

} // namespace tackroom
