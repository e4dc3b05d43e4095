// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/diff/rows.h"
#include "tests/unit/diff/randomtext.h"

#include <gtest/gtest.h>

using namespace tackroom;
using namespace tackroom::test;

TEST(RowModel, EveryLineOnceInOrder)
{
    for (unsigned seed = 0; seed < 800; ++seed) {
        const TextPair pair = randomPair(seed);
        const auto model = RowModel::make(pair.before, pair.after);
        std::uint32_t left = 0, right = 0;
        for (const Row& row : model->rows()) {
            if (row.hasLeft()) {
                ASSERT_EQ(row.left.value, left++) << seed;
            }
            if (row.hasRight()) {
                ASSERT_EQ(row.right.value, right++) << seed;
            }
            ASSERT_TRUE(row.hasLeft() || row.hasRight());
            ASSERT_EQ(row.kind == RowKind::Equal, row.hunk == kNone);
            if (row.kind == RowKind::Equal) {
                ASSERT_EQ(model->oldLines().line(row.left), model->newLines().line(row.right));
            }
            if (row.kind == RowKind::Removed) {
                ASSERT_FALSE(row.hasRight());
            }
            if (row.kind == RowKind::Added) {
                ASSERT_FALSE(row.hasLeft());
            }
        }
        ASSERT_EQ(left, model->oldLines().count());
        ASSERT_EQ(right, model->newLines().count());
        left = right = 0;
        for (const UnifiedRow& row : model->unifiedRows()) {
            if (row.hasLeft()) {
                ASSERT_EQ(row.left.value, left++) << seed;
            }
            if (row.hasRight()) {
                ASSERT_EQ(row.right.value, right++) << seed;
            }
        }
        ASSERT_EQ(left, model->oldLines().count());
        ASSERT_EQ(right, model->newLines().count());
        std::uint32_t added = 0, removed = 0;
        for (std::size_t i = 0; i < model->hunks().size(); ++i) {
            const RowHunk& hunk = model->hunks()[i];
            ASSERT_LT(hunk.begin, hunk.end);
            for (std::uint32_t r = hunk.begin.value; r < hunk.end.value; ++r) ASSERT_EQ(model->rows()[r].hunk, i);
            for (std::uint32_t r = hunk.unifiedBegin.value; r < hunk.unifiedEnd.value; ++r)
                ASSERT_EQ(model->unifiedRows()[r].hunk, i);
            added += hunk.lines.newLines.count();
            removed += hunk.lines.oldLines.count();
        }
        ASSERT_EQ(added, model->addedLines());
        ASSERT_EQ(removed, model->removedLines());
    }
}

TEST(RowModel, AlignsALineWithItsSuccessor)
{
    const auto model = RowModel::make("head\nRefund up to 2,000 by yourself.\ntail\n",
                                      "head\nA wholly different sentence.\nRefund up to 5,000 by yourself.\ntail\n");
    ASSERT_EQ(model->rows().size(), 4U);
    EXPECT_EQ(model->rows()[1].kind, RowKind::Added);
    EXPECT_EQ(model->rows()[2].kind, RowKind::Changed);
    EXPECT_EQ(model->rows()[2].left.value, 1U);
    EXPECT_EQ(model->rows()[2].right.value, 2U);
}

TEST(RowModel, WordsAreRangesOfTheFiles)
{
    const std::string before = "head\nRefund up to 2,000 by yourself.\ntail\n",
                      after = "head\nRefund up to 5,000 by yourself.\ntail\n";
    const auto model = RowModel::make(before, after);
    const HunkWords words = model->words(0);
    ASSERT_TRUE(words.refined);
    ASSERT_EQ(words.oldRanges.size(), 1U);
    EXPECT_EQ(before.substr(words.oldRanges[0].begin, words.oldRanges[0].size()), "2,000");
    EXPECT_EQ(after.substr(words.newRanges[0].begin, words.newRanges[0].size()), "5,000");
    EXPECT_FALSE(RowModel::make("a\n", "a\nb\n")->words(0).refined);
}

TEST(RowModel, AParagraphFilledAnewShowsItsWords)
{
    const std::string before = "The agent may refund an order once it was\ndelivered late by more than three days, and "
                               "never\nbefore the customer asked for it in writing.\n";
    const std::string after = "The agent may refund an order\nonce it was delivered late by\nmore than five days, and never "
                              "before the\ncustomer asked for it in writing.\n";
    const HunkWords words = RowModel::make(before, after)->words(0);
    ASSERT_EQ(words.newRanges.size(), 1U);
    EXPECT_EQ(after.substr(words.newRanges[0].begin, words.newRanges[0].size()), "five");
}

TEST(RowModel, ARemovedLineDoesNotLendItsWords)
{
    const std::string before = "- You should deny requests.\n- You should transfer the user if needed.\n";
    const std::string after = "- You should transfer the user if really needed.\n";
    const HunkWords words = RowModel::make(before, after)->words(0);
    EXPECT_TRUE(words.oldRanges.empty());
    ASSERT_EQ(words.newRanges.size(), 1U);
    EXPECT_EQ(after.substr(words.newRanges[0].begin, words.newRanges[0].size()), "really");
}

TEST(RowModel, WordRangesStayInsideTheirHunk)
{
    for (unsigned seed = 0; seed < 400; ++seed) {
        const TextPair pair = randomPair(seed);
        const auto model = RowModel::make(pair.before, pair.after);
        for (std::uint32_t h = 0; h < model->hunks().size(); ++h) {
            const HunkWords words = model->words(h);
            const auto inside = [](const std::vector<ByteRange>& ranges, ByteRange within) {
                std::size_t at = within.begin;
                for (const ByteRange& r : ranges) {
                    ASSERT_GE(r.begin, at);
                    ASSERT_GT(r.end, r.begin);
                    ASSERT_LE(r.end, within.end);
                    at = r.end;
                }
            };
            inside(words.oldRanges, model->oldLines().byteRange(model->hunks()[h].lines.oldLines));
            inside(words.newRanges, model->newLines().byteRange(model->hunks()[h].lines.newLines));
        }
    }
}

TEST(RowModel, FoldsAndSteps)
{
    std::string before, after;
    for (int i = 0; i < 100; ++i) {
        before += "line " + std::to_string(i) + "\n";
        after += i == 20 ? "other\n" : i == 60 ? std::string("more\nline 60\n") : "line " + std::to_string(i) + "\n";
    }
    const auto model = RowModel::make(before, after);
    ASSERT_EQ(model->hunks().size(), 2U);
    EXPECT_EQ(model->folds(false), (std::vector<Fold>{{RowNo{0}, RowNo{17}}, {RowNo{24}, RowNo{57}}, {RowNo{64}, RowNo{101}}}));
    EXPECT_EQ(model->folds(true), (std::vector<Fold>{{RowNo{0}, RowNo{17}}, {RowNo{25}, RowNo{58}}, {RowNo{65}, RowNo{102}}}));
    EXPECT_EQ(model->folds(false, 3, 34).size(), 1U);
    EXPECT_EQ(model->folds(false, 17, 4).size(), 2U);
    EXPECT_EQ(model->nextHunk(RowNo{0}, false), 0U);
    EXPECT_EQ(model->nextHunk(RowNo{20}, false), 1U);
    EXPECT_EQ(model->nextHunk(RowNo{60}, false), std::nullopt);
    EXPECT_EQ(model->previousHunk(RowNo{20}, false), std::nullopt);
    EXPECT_EQ(model->previousHunk(RowNo{101}, false), 1U);
    EXPECT_TRUE(RowModel::make(before, before)->folds(false).empty());
    EXPECT_TRUE(RowModel::make("", "")->rows().empty());
}
