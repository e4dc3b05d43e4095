// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace tackroom
{

/// Foreign text made fit for a screen or a terminal: well-formed UTF-8, cut to a length, and every character that hides,
/// reorders or controls drawn as a visible mark. It is plain text: whoever shows it must not read markup from it.
///
/// Drawn: C0 and C1 controls (as U+2400.. pictures or <U+009B>), bidirectional controls (U+061C, U+200E/F, U+202A-202E,
/// U+2066-2069), zero-width and other invisible characters (U+00AD, U+034F, U+115F/1160, U+17B4/5, U+180B-180F,
/// U+200B-200D outside emoji and joining scripts, U+2060-2065, U+206A-206F, U+3164, U+FE00-FE0F outside emoji, U+FEFF,
/// U+FFA0, U+FFF0-FFFB, U+1BCA0-1BCA3, U+1D173-1D17A), line and paragraph separators (U+2028/9), tag characters
/// (U+E0000-E007F), variation selectors supplement (U+E0100-E01EF) and the rest of U+E0000-E0FFF, private use and
/// noncharacters: each as <U+XXXX>. Line feed and tab stay in block text, become a space in one-line text.
///
/// `maxBytes` limits what comes out, marks included. A cut line ends in "…" (within the limit); a cut block has no such end,
/// its owner says how much is missing.
class SafeText
{
public:
    SafeText() = default;
    /// Several lines; `maxBytes` 0 means no cut.
    [[nodiscard]] static SafeText block(std::string_view foreign, std::size_t maxBytes = 0);
    /// One line: runs of white space (CR LF among them; a lone CR is drawn) become one space, none at the ends.
    [[nodiscard]] static SafeText line(std::string_view foreign, std::size_t maxBytes = 400);

    [[nodiscard]] const std::string& utf8() const { return m_text; }
    [[nodiscard]] bool wasCut() const { return m_omittedBytes > 0; }
    /// Of the foreign text, how many bytes are not shown.
    [[nodiscard]] std::size_t omittedBytes() const { return m_omittedBytes; }
    /// How many characters were drawn in place of hidden ones.
    [[nodiscard]] std::size_t drawnCount() const { return m_drawnCount; }
    [[nodiscard]] bool empty() const { return m_text.empty(); }

private:
    static SafeText make(std::string_view foreign, std::size_t maxBytes, bool oneLine);

    std::string m_text;
    std::size_t m_omittedBytes = 0;
    std::size_t m_drawnCount = 0;
};

/// True for a code point that SafeText draws instead of passing (line feed and tab excepted). What passes only beside emoji
/// or in a joining script (U+200C, U+200D, U+FE0E, U+FE0F) is hidden by itself.
[[nodiscard]] bool isHiddenCodePoint(char32_t codePoint);

} // namespace tackroom
