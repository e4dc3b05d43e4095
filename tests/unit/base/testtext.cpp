// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/safetext.h"
#include "core/base/text.h"

#include <gtest/gtest.h>

namespace tackroom
{
namespace
{

using namespace std::string_literals;

TEST(Text, WellFormedUtf8)
{
    EXPECT_TRUE(isUtf8(""));
    EXPECT_TRUE(isUtf8("a é € 𝄞"));
    EXPECT_TRUE(isUtf8("\xF4\x8F\xBF\xBF"));
    EXPECT_FALSE(isUtf8("\xC0\x80"));         // overlong
    EXPECT_FALSE(isUtf8("\xE0\x9F\xBF"));     // overlong
    EXPECT_FALSE(isUtf8("\xED\xA0\x80"));     // surrogate
    EXPECT_FALSE(isUtf8("\xF4\x90\x80\x80")); // beyond U+10FFFF
    EXPECT_FALSE(isUtf8("\xF0\x9D\x84"));     // cut short
    EXPECT_FALSE(isUtf8("\x80"));
}

TEST(Text, IllFormedPartsBecomeOneReplacementEach)
{
    EXPECT_EQ(toUtf8("héllo"), "héllo");
    // The example of the Unicode standard, table 3-11.
    EXPECT_EQ(toUtf8("\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41"), "\uFFFD\uFFFD\uFFFD\uFFFDA");
    EXPECT_EQ(toUtf8("\xC0\xAF\xE0\x80\xBF"), "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD");
    EXPECT_EQ(toUtf8("\xF0\x9D\x84"), "\uFFFD");
}

TEST(Text, CutNeverSplitsACodePoint)
{
    const std::string text = "aé€𝄞"; // 1 + 2 + 3 + 4 bytes
    for (std::size_t max = 0; max <= 12; ++max) {
        const auto cut = cutUtf8(text, max);
        EXPECT_LE(cut.size(), max);
        EXPECT_TRUE(isUtf8(cut)) << max;
    }
    EXPECT_EQ(cutUtf8(text, 5), "aé");
    EXPECT_EQ(cutUtf8(text, 6), "aé€");
    EXPECT_EQ(cutUtf8(text, 100), text);
}

TEST(Text, CodePointsThereAndBack)
{
    std::string out;
    const std::string text = "aé€𝄞";
    for (std::size_t at = 0; at < text.size();) appendUtf8(out, nextCodePoint(text, &at));
    EXPECT_EQ(out, text);
    std::string bad;
    appendUtf8(bad, 0xD800);
    EXPECT_EQ(bad, "\uFFFD");
}

TEST(Text, SmallOnes)
{
    EXPECT_EQ(trimmed(" \t a b \r\n"), "a b");
    EXPECT_EQ(trimmed("  "), "");
    EXPECT_EQ(asciiLower("ÄbC"), "Äbc");
    EXPECT_TRUE(containsNoCase("The Order", "ORDER"));
    EXPECT_TRUE(containsNoCase("x", ""));
    EXPECT_FALSE(containsNoCase("order", "orders"));
    EXPECT_EQ(splitOn("a,,b", ',').size(), 3u);
    EXPECT_EQ(splitOn("", ',').size(), 1u);
    EXPECT_EQ(firstLine("one\r\ntwo"), "one");
    EXPECT_EQ(firstLine(""), "");
}

std::string drawn(std::string_view text) { return SafeText::block(text).utf8(); }

TEST(SafeText, DrawsWhatHides)
{
    EXPECT_EQ(drawn("a\x1b[2Jb"), "a␛[2Jb");
    EXPECT_EQ(drawn("a\rb"), "a␍b");
    EXPECT_EQ(drawn("a\0b"s), "a␀b");
    EXPECT_EQ(drawn("\x7f"), "␡");
    EXPECT_EQ(drawn("\u009b"), "<U+009B>");
    EXPECT_EQ(drawn("user\u202Egpj.exe"), "user<U+202E>gpj.exe");
    EXPECT_EQ(drawn("\u2066\u2069\u200E\u061C"), "<U+2066><U+2069><U+200E><U+061C>");
    EXPECT_EQ(drawn("pa\u200Bss\u2060\u00AD"), "pa<U+200B>ss<U+2060><U+00AD>");
    EXPECT_EQ(drawn("\uFEFF\u3164\uFFA0\u115F\u034F"), "<U+FEFF><U+3164><U+FFA0><U+115F><U+034F>");
    EXPECT_EQ(drawn("\U000E0041\U000E007F\U000E0101"), "<U+E0041><U+E007F><U+E0101>");
    EXPECT_EQ(drawn("\uE000\U0010FFFD\uFFFF\uFDD0"), "<U+E000><U+10FFFD><U+FFFF><U+FDD0>");
    EXPECT_EQ(drawn("a\u2028b"), "a<U+2028>b");
    EXPECT_EQ(drawn("ill\xFF"
                    "formed"),
              "ill\uFFFD"
              "formed");
    const auto safe = SafeText::block("\u200B\u200Bx");
    EXPECT_EQ(safe.drawnCount(), 2u);
}

TEST(SafeText, EveryListedCodePointIsHidden)
{
    for (const char32_t c :
         {0x00ADu, 0x034Fu,  0x061Cu,   0x115Fu,  0x1160u, 0x17B4u, 0x17B5u,  0x180Bu,  0x180Eu,  0x180Fu,  0x200Bu,
          0x200Eu, 0x200Fu,  0x202Au,   0x202Eu,  0x2060u, 0x2064u, 0x2066u,  0x2069u,  0x206Au,  0x206Fu,  0x3164u,
          0xFE00u, 0xFE0Fu,  0xFEFFu,   0xFFA0u,  0xFFF9u, 0xFFFBu, 0xE0000u, 0xE007Fu, 0xE0100u, 0xE01EFu, 0xE000u,
          0xF8FFu, 0xF0000u, 0x10FFFFu, 0x1FFFEu, 0xFDEFu, 0x00u,   0x1Bu,    0x7Fu,    0x80u,    0x9Fu})
        EXPECT_TRUE(isHiddenCodePoint(c)) << std::hex << static_cast<unsigned>(c);
    for (const char32_t c :
         {0x0Au, 0x09u, 0x20u, 0x41u, 0xA0u, 0xE9u, 0x4E2Du, 0x1F600u, 0x2027u, 0x202Fu, 0x2070u, 0xFFFCu, 0xFFFDu})
        EXPECT_FALSE(isHiddenCodePoint(c)) << std::hex << static_cast<unsigned>(c);
}

TEST(SafeText, PassesVisibleSpelling)
{
    for (const std::string text : {"Grüße, 你好, مرحبا, שלום", "👩‍👩‍👧‍👦 family", "👩🏽‍🚒", "❤️",
                                   "🏳️‍🌈", "1️⃣ #️⃣", "می‌خواهم", "क्‍ष", "ന്‍", "line\n\ttab"}) {
        const auto safe = SafeText::block(text);
        EXPECT_EQ(safe.utf8(), text);
        EXPECT_EQ(safe.drawnCount(), 0u);
    }
}

TEST(SafeText, JoinersElsewhereAreDrawn)
{
    EXPECT_EQ(drawn("pass\u200Dword"), "pass<U+200D>word");
    EXPECT_EQ(drawn("pass\u200Cword"), "pass<U+200C>word");
    EXPECT_EQ(drawn("A\uFE0F"), "A<U+FE0F>");
    EXPECT_EQ(drawn("1\uFE0F"), "1<U+FE0F>");
    EXPECT_EQ(drawn("❤\uFE0F\uFE0F"), "❤\uFE0F<U+FE0F>");
    EXPECT_EQ(drawn("👩\u200Dx"), "👩<U+200D>x");
    // Only one of a chain means anything.
    EXPECT_EQ(drawn("م\u200C\u200Dا"), "م\u200C<U+200D>ا");
}

TEST(SafeText, OneLine)
{
    EXPECT_EQ(SafeText::line("  a \n\t b\r\nc ").utf8(), "a b c");
    EXPECT_EQ(SafeText::line("a\rb").utf8(), "a␍b");
    EXPECT_EQ(SafeText::line("").utf8(), "");
    EXPECT_FALSE(SafeText::line("short").wasCut());
}

TEST(SafeText, CutsAndSaysHowMuch)
{
    const auto line = SafeText::line("abcdefghij", 8);
    EXPECT_EQ(line.utf8(), "abcde…");
    EXPECT_EQ(line.omittedBytes(), 5u);
    EXPECT_EQ(SafeText::line("abcdefgh", 8).utf8(), "abcdefgh");
    const auto block = SafeText::block("abcdefghij", 4);
    EXPECT_EQ(block.utf8(), "abcd");
    EXPECT_EQ(block.omittedBytes(), 6u);
    EXPECT_EQ(SafeText::block("€€", 4).utf8(), "€");
    // A mark is longer than what it stands for; the limit is on what comes out, and no mark is cut in two.
    EXPECT_EQ(SafeText::block("ab\u200Bcd", 6).utf8(), "ab");
    EXPECT_EQ(SafeText::block("ab\u200Bcd", 6).drawnCount(), 0u);
    for (std::size_t max = 1; max < 40; ++max) {
        EXPECT_LE(SafeText::line("é\u202Eü 👩‍🚒 plain and more of it", max).utf8().size(), max);
        EXPECT_TRUE(isUtf8(SafeText::line("é\u202Eü 👩‍🚒 plain and more of it", max).utf8()));
    }
}

} // namespace
} // namespace tackroom
