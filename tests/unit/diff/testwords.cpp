// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/diff/words.h"

#include <gtest/gtest.h>

#include <random>

using namespace tackroom;

namespace
{

std::vector<std::string> parts(std::string_view text, const std::vector<ByteRange>& ranges)
{
    std::vector<std::string> out;
    for (const ByteRange& r : ranges) out.emplace_back(text.substr(r.begin, r.size()));
    return out;
}
using Texts = std::vector<std::string>;

std::vector<LinePair> pairs(std::string_view a, std::string_view b)
{
    const Lines x(a), y(b);
    return pairLines(x, {LineNo{0}, LineNo{x.count()}}, y, {LineNo{0}, LineNo{y.count()}});
}

} // namespace

TEST(WordSegments, NumbersStayWhole)
{
    const std::string text = "Refund up to $2,000 or 1.5 %.";
    EXPECT_EQ(parts(text, wordSegments(text)),
              (Texts{"Refund", " ", "up", " ", "to", " ", "$", "2,000", " ", "or", " ", "1.5", " ", "%", "."}));
}

TEST(WordSegments, CoverAnyBytes)
{
    std::mt19937 random(3);
    for (int round = 0; round < 300; ++round) {
        std::string text;
        for (unsigned i = random() % 60; i > 0; --i)
            text += static_cast<char>(random() % 3 == 0 ? random() % 256 : "ab ,\n\xc3\xa9"[random() % 7]);
        std::size_t at = 0;
        for (const ByteRange& r : wordSegments(text)) {
            ASSERT_EQ(r.begin, at);
            ASSERT_GT(r.end, r.begin);
            at = r.end;
        }
        ASSERT_EQ(at, text.size());
    }
}

TEST(DiffWords, MarksTheWordsThatChanged)
{
    const std::string a = "Refund up to 2,000 without asking.", b = "Refund up to 5,000 without asking anybody.";
    const WordMarks marks = diffWords(a, b);
    ASSERT_TRUE(marks.refined);
    EXPECT_EQ(parts(a, marks.oldRanges), (Texts{"2,000"}));
    EXPECT_EQ(parts(b, marks.newRanges), (Texts{"5,000", "anybody"}));
}

TEST(DiffWords, AParagraphFilledAnewShowsOnlyItsWords)
{
    const std::string a = "The agent may refund an order\nonce it was delivered late, and never\nbefore.\n";
    const std::string b = "The agent may refund an order once it was\ndelivered very late, and never before.\n";
    const WordMarks marks = diffWords(a, b);
    ASSERT_TRUE(marks.refined);
    EXPECT_TRUE(marks.oldRanges.empty());
    EXPECT_EQ(parts(b, marks.newRanges), (Texts{"very"}));
    EXPECT_FALSE(marks.layoutOnly);
    EXPECT_TRUE(diffWords("a b\nc\n", "a\nb c\n").layoutOnly);
}

TEST(DiffWords, NothingInCommonIsNotRefined)
{
    const WordMarks marks = diffWords("When above, refuse politely.", "zebra quantum 17 & violins");
    EXPECT_FALSE(marks.refined);
    EXPECT_TRUE(marks.oldRanges.empty() && marks.newRanges.empty());
    EXPECT_FALSE(diffWords(std::string(300'000, 'a'), "b").refined); // over the budget
}

TEST(DiffWords, AChanceMatchBetweenTwoLargeChangesIsPartOfOneMark)
{
    const std::string a = "keep this start: alpha beta a gamma delta and this end stays";
    const std::string b = "keep this start: first second a third fourth and this end stays";
    const WordMarks marks = diffWords(a, b);
    EXPECT_EQ(parts(a, marks.oldRanges), (Texts{"alpha beta a gamma delta"}));
    EXPECT_EQ(parts(b, marks.newRanges), (Texts{"first second a third fourth"}));
}

TEST(PairLines, AlikeLinesMeet)
{
    EXPECT_EQ(pairs("one two three\nfour five six\n", "entirely new line\none two 3\nfour five six seven\n"),
              (std::vector<LinePair>{{0, 1}, {1, 2}}));
    EXPECT_TRUE(pairs("alpha beta\n", "gamma delta\n").empty());
    EXPECT_TRUE(pairs("", "gamma\n").empty());
}

TEST(PairLines, LargeBlocksKeepOrderAndEnd)
{
    std::string a, b;
    for (int i = 0; i < 20'000; ++i) {
        a += "the value of entry " + std::to_string(i) + " is here\n";
        b += "the value of entry " + std::to_string(i) + " was there\n";
    }
    const auto found = pairs(a, b);
    EXPECT_GT(found.size(), 19'000U);
    for (std::size_t i = 1; i < found.size(); ++i) {
        ASSERT_GT(found[i].oldIndex, found[i - 1].oldIndex);
        ASSERT_GT(found[i].newIndex, found[i - 1].newIndex);
    }
}

TEST(Likeness, FromNothingToAll)
{
    EXPECT_DOUBLE_EQ(likeness("a b c", "a  b\tc"), 1.0);
    EXPECT_DOUBLE_EQ(likeness("alpha", "beta"), 0.0);
    EXPECT_DOUBLE_EQ(likeness("", ""), 1.0);
    EXPECT_GT(likeness("refund up to 2,000", "refund up to 5,000"), 0.6);
}
