// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/diff/lines.h"
#include "tests/unit/diff/randomtext.h"

#include <gtest/gtest.h>

#include <chrono>

using namespace tackroom;
using namespace tackroom::test;

namespace
{

LineChange change(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d)
{
    return {{LineNo{a}, LineNo{b}}, {LineNo{c}, LineNo{d}}};
}

std::vector<LineChange> diff(std::string_view a, std::string_view b, DiffOptions options = {})
{
    return diffLines(Lines(a), Lines(b), options);
}

/// The new text, from the old one and the changes.
std::string rebuilt(const Lines& a, const Lines& b, const std::vector<LineChange>& changes)
{
    std::string out;
    std::uint32_t at = 0;
    for (const LineChange& c : changes) {
        out += a.slice({LineNo{at}, c.oldLines.begin});
        out += b.slice(c.newLines);
        at = c.oldLines.end.value;
    }
    return out + std::string(a.slice({LineNo{at}, LineNo{a.count()}}));
}

std::size_t changedLines(const std::vector<LineChange>& changes)
{
    std::size_t n = 0;
    for (const LineChange& c : changes) n += c.oldLines.count() + c.newLines.count();
    return n;
}

/// The fewest changed lines there can be, by the full table.
std::size_t minimalChanges(const Lines& a, const Lines& b)
{
    std::vector<std::vector<std::size_t>> t(a.count() + 1, std::vector<std::size_t>(b.count() + 1));
    for (std::uint32_t i = 0; i <= a.count(); ++i)
        for (std::uint32_t j = 0; j <= b.count(); ++j) {
            if (i == 0 || j == 0)
                t[i][j] = i + j;
            else if (a.line(LineNo{i - 1}) == b.line(LineNo{j - 1}))
                t[i][j] = t[i - 1][j - 1];
            else
                t[i][j] = 1 + std::min(t[i - 1][j], t[i][j - 1]);
        }
    return t[a.count()][b.count()];
}

std::string numbered(unsigned lines, unsigned distinct, unsigned changeEvery, unsigned seed)
{
    std::mt19937 random(seed);
    std::string out;
    for (unsigned i = 0; i < lines; ++i) {
        if (changeEvery && i % changeEvery == 0)
            out += "changed " + std::to_string(random()) + "\n";
        else
            out += "line " + std::to_string(distinct ? i % distinct : i) + " of the file\n";
    }
    return out;
}

double secondsOf(auto&& work)
{
    const auto begin = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

} // namespace

TEST(Lines, KeepsEveryEnd)
{
    const std::string text("one\ntwo\r\nlone\rCR\n\nN\0L\nlast", 26);
    const Lines lines(text);
    ASSERT_EQ(lines.count(), 6U);
    EXPECT_EQ(lines.line(LineNo{1}), "two\r\n");
    EXPECT_EQ(lines.text(LineNo{1}), "two");
    EXPECT_EQ(lines.text(LineNo{2}), "lone\rCR");
    EXPECT_EQ(lines.text(LineNo{3}), "");
    EXPECT_EQ(lines.text(LineNo{4}), std::string_view("N\0L", 3));
    EXPECT_EQ(lines.line(LineNo{5}), "last");
    EXPECT_FALSE(lines.endsWithNewline());
    EXPECT_EQ(lines.lineAt(0).value, 0U);
    EXPECT_EQ(lines.lineAt(3).value, 0U);
    EXPECT_EQ(lines.lineAt(4).value, 1U);
    EXPECT_EQ(lines.lineAt(25).value, 5U);
    EXPECT_EQ(lines.lineAt(26).value, 6U);
    EXPECT_EQ(Lines("").count(), 0U);
    EXPECT_EQ(Lines("\n").count(), 1U);
}

TEST(DiffLines, SimpleCases)
{
    EXPECT_TRUE(diff("a\nb\n", "a\nb\n").empty());
    EXPECT_EQ(diff("", "a\n"), (std::vector{change(0, 0, 0, 1)}));
    EXPECT_EQ(diff("a\n", ""), (std::vector{change(0, 1, 0, 0)}));
    EXPECT_EQ(diff("a\nb\nc\n", "a\nx\nc\n"), (std::vector{change(1, 2, 1, 2)}));
    EXPECT_EQ(diff("a\nb", "a\nb\n"), (std::vector{change(1, 2, 1, 2)})); // only the final end
    EXPECT_EQ(diff("a\n", "a\r\n"), (std::vector{change(0, 1, 0, 1)}));
}

TEST(DiffLines, WhitespaceLevels)
{
    EXPECT_TRUE(diff("a \nb", "a\r\nb\n", {Whitespace::IgnoreEnds}).empty());
    EXPECT_FALSE(diff("a  b\n", "a b\n", {Whitespace::IgnoreEnds}).empty());
    EXPECT_TRUE(diff("a  b\n", "a\tb \n", {Whitespace::IgnoreAmount}).empty());
    EXPECT_FALSE(diff("  a\n", "a\n", {Whitespace::IgnoreAmount}).empty());
    EXPECT_TRUE(diff("  a b\n", "ab\n", {Whitespace::IgnoreAll}).empty());
    EXPECT_FALSE(diff("a\n", "b\n", {Whitespace::IgnoreAll}).empty());
}

TEST(DiffLines, AnInsertedSectionBeginsWithItsHeading)
{
    const std::string before = "# T\n\n## A\n\ntext a\n\n## C\n\ntext c\n";
    const std::string after = "# T\n\n## A\n\ntext a\n\n## B\n\ntext b\n\n## C\n\ntext c\n";
    EXPECT_EQ(diff(before, after), (std::vector{change(6, 6, 6, 10)}));
}

TEST(DiffLines, AnInsertedFunctionKeepsItsBraces)
{
    const std::string before = "int f()\n{\n    return 1;\n}\n\nint h()\n{\n    return 3;\n}\n";
    const std::string after = "int f()\n{\n    return 1;\n}\n\nint g()\n{\n    return 2;\n}\n\nint h()\n{\n    return 3;\n}\n";
    EXPECT_EQ(diff(before, after), (std::vector{change(5, 5, 5, 10)}));
}

TEST(DiffLines, AnEmptyLineDoesNotPartALineFromItsSuccessor)
{
    const std::string before = "start\n\n- You should deny requests against this policy.\n\n- You should transfer the user to "
                               "a human agent if needed.\n\nend\n";
    const std::string after = "start\n\n- You should transfer the user to a human agent if it is needed at all.\n\n- Never "
                              "call it with a number.\n- Write one sentence.\n\nend\n";
    EXPECT_EQ(diff(before, after), (std::vector{change(2, 5, 2, 6)}));
    // Two paragraphs that were each reworded stay two changes.
    EXPECT_EQ(diff("one two three four\n\nfive six seven eight\n", "one two 3 four\n\nfive six 7 eight\n").size(), 2U);
}

TEST(DiffLines, RandomEditsAreRebuiltAndNearlyMinimal)
{
    std::size_t got = 0, fewest = 0;
    for (unsigned seed = 0; seed < 3000; ++seed) {
        const TextPair pair = randomPair(seed);
        const Lines a(pair.before), b(pair.after);
        for (const bool slide : {false, true}) {
            const auto changes = diffLines(a, b, {.slide = slide});
            ASSERT_EQ(rebuilt(a, b, changes), pair.after) << seed;
            for (std::size_t i = 0; i < changes.size(); ++i) {
                const LineChange& c = changes[i];
                ASSERT_FALSE(c.oldLines.empty() && c.newLines.empty()) << seed;
                if (i == 0) {
                    // Outside of changes the lines are the same on both sides, in step.
                    ASSERT_EQ(c.oldLines.begin.value, c.newLines.begin.value) << seed;
                    continue;
                }
                const LineChange& p = changes[i - 1];
                ASSERT_GT(c.oldLines.begin.value, p.oldLines.end.value) << seed;
                ASSERT_EQ(c.oldLines.begin.value - p.oldLines.end.value, c.newLines.begin.value - p.newLines.end.value) << seed;
            }
            if (!slide) continue;
            got += changedLines(changes);
            fewest += minimalChanges(a, b);
            ASSERT_GE(changedLines(changes), minimalChanges(a, b)) << seed;
        }
    }
    EXPECT_LE(double(got), 1.15 * double(fewest)) << got << " of at least " << fewest;
    RecordProperty("changedOverMinimal", std::to_string(double(got) / double(fewest)));
}

TEST(DiffLines, TheSameWayTwice)
{
    const TextPair pair = randomPair(7);
    EXPECT_EQ(diff(pair.before, pair.after), diff(pair.before, pair.after));
}

TEST(DiffLines, LargeFilesStayWithinTheBound)
{
    struct Case {
        const char* name;
        std::string before, after;
    };
    std::mt19937 random(1);
    std::string noiseA, noiseB, braces, bracesB;
    for (int i = 0; i < 100'000; ++i) {
        noiseA += std::to_string(random() % 50) + "\n";
        noiseB += std::to_string(random() % 50) + "\n";
        braces += i % 3 == 0 ? "}\n" : i % 3 == 1 ? "{\n" : "\n";
        bracesB += random() % 3 == 0 ? "}\n" : random() % 2 == 0 ? "{\n" : "\n";
    }
    const Case cases[] = {
        {"20 % of 100,000 lines changed", numbered(100'000, 0, 0, 1), numbered(100'000, 0, 5, 2)},
        {"repeating lines", numbered(100'000, 97, 5, 1), numbered(100'000, 97, 7, 2)},
        {"few distinct lines at random", noiseA, noiseB},
        {"braces", braces, bracesB},
        {"nothing in common", numbered(100'000, 0, 1, 1), numbered(100'000, 0, 1, 2)},
    };
    for (const Case& c : cases) {
        const Lines a(c.before), b(c.after);
        std::vector<LineChange> changes;
        const double seconds = secondsOf([&] { changes = diffLines(a, b); });
        EXPECT_EQ(rebuilt(a, b, changes), c.after) << c.name;
        std::printf("%-32s %6.0f ms, %zu changes\n", c.name, seconds * 1e3, changes.size());
        EXPECT_LT(seconds, 4.0) << c.name; // the aim is 0.5 s; machines of a test run are shared
    }
}
