// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/safetext.h"

#include "core/base/text.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace tackroom
{

namespace
{

struct Range {
    char32_t first;
    char32_t last;
};

template <std::size_t N> constexpr bool inRanges(const std::array<Range, N>& ranges, char32_t c)
{
    const auto it = std::ranges::upper_bound(ranges, c, {}, &Range::first);
    return it != ranges.begin() && c <= std::prev(it)->last;
}

constexpr std::array kHidden{
    Range{0x0000, 0x001F},   Range{0x007F, 0x009F},    Range{0x00AD, 0x00AD}, Range{0x034F, 0x034F},   Range{0x061C, 0x061C},
    Range{0x115F, 0x1160},   Range{0x17B4, 0x17B5},    Range{0x180B, 0x180F}, Range{0x200B, 0x200F},   Range{0x2028, 0x202E},
    Range{0x2060, 0x206F},   Range{0x3164, 0x3164},    Range{0xE000, 0xF8FF}, Range{0xFDD0, 0xFDEF},   Range{0xFE00, 0xFE0F},
    Range{0xFEFF, 0xFEFF},   Range{0xFFA0, 0xFFA0},    Range{0xFFF0, 0xFFFB}, Range{0x1BCA0, 0x1BCA3}, Range{0x1D173, 0x1D17A},
    Range{0xE0000, 0xE0FFF}, Range{0xF0000, 0x10FFFF},
};

/// Roughly Unicode's Extended_Pictographic: what may stand beside a joiner or a variation selector in an emoji.
constexpr std::array kEmoji{
    Range{0x00A9, 0x00A9},   Range{0x00AE, 0x00AE},   Range{0x203C, 0x203C},   Range{0x2049, 0x2049},   Range{0x2122, 0x2122},
    Range{0x2139, 0x2139},   Range{0x2194, 0x2199},   Range{0x21A9, 0x21AA},   Range{0x231A, 0x231B},   Range{0x2328, 0x2328},
    Range{0x23CF, 0x23CF},   Range{0x23E9, 0x23F3},   Range{0x23F8, 0x23FA},   Range{0x24C2, 0x24C2},   Range{0x25AA, 0x25AB},
    Range{0x25B6, 0x25B6},   Range{0x25C0, 0x25C0},   Range{0x25FB, 0x25FE},   Range{0x2600, 0x2604},   Range{0x260E, 0x2612},
    Range{0x2614, 0x2685},   Range{0x2690, 0x2705},   Range{0x2708, 0x2712},   Range{0x2714, 0x2714},   Range{0x2716, 0x2716},
    Range{0x271D, 0x271D},   Range{0x2721, 0x2721},   Range{0x2728, 0x2728},   Range{0x2733, 0x2734},   Range{0x2744, 0x2744},
    Range{0x2747, 0x2747},   Range{0x274C, 0x274C},   Range{0x274E, 0x274E},   Range{0x2753, 0x2755},   Range{0x2757, 0x2757},
    Range{0x2763, 0x2767},   Range{0x2795, 0x2797},   Range{0x27A1, 0x27A1},   Range{0x27B0, 0x27B0},   Range{0x27BF, 0x27BF},
    Range{0x2934, 0x2935},   Range{0x2B05, 0x2B07},   Range{0x2B1B, 0x2B1C},   Range{0x2B50, 0x2B50},   Range{0x2B55, 0x2B55},
    Range{0x3030, 0x3030},   Range{0x303D, 0x303D},   Range{0x3297, 0x3297},   Range{0x3299, 0x3299},   Range{0x1F004, 0x1F004},
    Range{0x1F0CF, 0x1F0CF}, Range{0x1F170, 0x1F171}, Range{0x1F17E, 0x1F17F}, Range{0x1F18E, 0x1F18E}, Range{0x1F191, 0x1F19A},
    Range{0x1F201, 0x1F20F}, Range{0x1F21A, 0x1F21A}, Range{0x1F22F, 0x1F22F}, Range{0x1F232, 0x1F23A}, Range{0x1F250, 0x1F251},
    Range{0x1F300, 0x1F3FA}, Range{0x1F400, 0x1F53D}, Range{0x1F546, 0x1F64F}, Range{0x1F680, 0x1F6FF}, Range{0x1F7E0, 0x1F7FF},
    Range{0x1F90C, 0x1F9FF}, Range{0x1FA70, 0x1FAFF},
};

/// Scripts in whose words ZWNJ and ZWJ are a matter of spelling: Arabic and its neighbours, the Indic ones, Khmer, Mongolian.
constexpr std::array kJoining{
    Range{0x0620, 0x06FF}, Range{0x0710, 0x08FF}, Range{0x0900, 0x0DFF},   Range{0x0F00, 0x0FFF},   Range{0x1000, 0x109F},
    Range{0x1780, 0x17D3}, Range{0x1820, 0x18AA}, Range{0x1A20, 0x1AAD},   Range{0x1B00, 0x1C4F},   Range{0xA800, 0xA8FF},
    Range{0xA980, 0xA9DF}, Range{0xFB50, 0xFBFF}, Range{0x10A00, 0x10A5F}, Range{0x11000, 0x11AFF},
};

constexpr char32_t kZwnj = 0x200C;
constexpr char32_t kZwj = 0x200D;

bool isEmoji(char32_t c) { return inRanges(kEmoji, c); }
bool isSkinTone(char32_t c) { return c >= 0x1F3FB && c <= 0x1F3FF; }
bool isVariation(char32_t c) { return c == 0xFE0E || c == 0xFE0F; }

/// The last two code points that passed, as the next one sees them.
struct Before {
    char32_t last = 0;
    bool inEmoji = false; ///< an emoji ends here, with its skin tone or variation selector if it has one

    void pass(char32_t c)
    {
        inEmoji = isEmoji(c) || (inEmoji && (isSkinTone(c) || isVariation(c)));
        last = c;
    }
};

/// A joiner or variation selector that is part of visible spelling. `next` is 0 at the end.
bool passesInContext(char32_t c, const Before& before, char32_t next)
{
    if (isVariation(c)) {
        if (isEmoji(before.last)) return true;
        const bool keyCap = (before.last >= U'0' && before.last <= U'9') || before.last == U'#' || before.last == U'*';
        return c == 0xFE0F && keyCap && next == 0x20E3;
    }
    if (c == kZwj && before.inEmoji && isEmoji(next)) return true;
    // A second joiner in a row has no effect that one could see, so it is drawn: nothing can be spelt in chains of them.
    return (c == kZwj || c == kZwnj) && inRanges(kJoining, before.last);
}

void draw(std::string& out, char32_t c)
{
    if (c < 0x20) return appendUtf8(out, 0x2400 + c);
    if (c == 0x7F) return appendUtf8(out, 0x2421);
    static constexpr std::string_view kDigits = "0123456789ABCDEF";
    out += "<U+";
    bool started = false;
    for (int shift = 20; shift >= 0; shift -= 4) {
        const auto digit = (c >> shift) & 0xFu;
        started = started || digit != 0 || shift <= 12;
        if (started) out += kDigits[digit];
    }
    out += '>';
}

/// The code point at `at`; 0 at the end.
char32_t peekAt(std::string_view text, std::size_t at) { return at < text.size() ? nextCodePoint(text, &at) : 0; }

bool isLineSpace(std::string_view text, std::size_t at)
{
    const char c = text[at];
    return c == ' ' || c == '\t' || c == '\n' || (c == '\r' && at + 1 < text.size() && text[at + 1] == '\n');
}

} // namespace

bool isHiddenCodePoint(char32_t c)
{
    if (c == U'\n' || c == U'\t') return false;
    return inRanges(kHidden, c) || (c & 0xFFFEu) == 0xFFFE;
}

SafeText SafeText::block(std::string_view foreign, std::size_t maxBytes) { return make(foreign, maxBytes, false); }

SafeText SafeText::line(std::string_view foreign, std::size_t maxBytes) { return make(foreign, maxBytes, true); }

SafeText SafeText::make(std::string_view foreign, std::size_t maxBytes, bool oneLine)
{
    static constexpr std::string_view kEllipsis = "\xE2\x80\xA6";
    SafeText safe;
    const std::size_t limit = maxBytes == 0 ? std::numeric_limits<std::size_t>::max() : maxBytes;
    const std::size_t reserve = oneLine && limit > kEllipsis.size() ? kEllipsis.size() : 0;
    std::string& out = safe.m_text;
    out.reserve(std::min(foreign.size() + foreign.size() / 16, limit));
    struct Mark {
        std::size_t in = 0, out = 0, drawn = 0;
    } fitting; // the last point after which the sign of a cut still fits
    Before before;
    bool pendingSpace = false;
    std::size_t at = 0;
    while (at < foreign.size()) {
        if (oneLine && isLineSpace(foreign, at)) {
            at += foreign[at] == '\r' ? 2 : 1;
            pendingSpace = !out.empty();
            continue;
        }
        if (std::exchange(pendingSpace, false)) {
            out += ' ';
            before.pass(U' ');
        }
        const char32_t c = nextCodePoint(foreign, &at);
        if (isHiddenCodePoint(c) && !passesInContext(c, before, peekAt(foreign, at))) {
            draw(out, c);
            ++safe.m_drawnCount;
            before = {};
        } else {
            appendUtf8(out, c);
            before.pass(c);
        }
        if (out.size() > limit) {
            out.resize(fitting.out);
            if (reserve != 0) out += kEllipsis;
            safe.m_omittedBytes = foreign.size() - fitting.in;
            safe.m_drawnCount = fitting.drawn;
            return safe;
        }
        if (out.size() + reserve <= limit) fitting = {at, out.size(), safe.m_drawnCount};
    }
    return safe;
}

} // namespace tackroom
