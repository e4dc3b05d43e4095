// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/diff/merge.h"
#include "tests/unit/diff/randomtext.h"

#include <gtest/gtest.h>

using namespace tackroom;
using namespace tackroom::test;

TEST(Merge, ChangesApartAreBothTaken)
{
    const MergeResult r = mergeBytes("1\n2\n3\n4\n5\n", "one\n2\n3\n4\n5\n", "1\n2\n3\n4\nfive\n");
    EXPECT_TRUE(r.clean());
    EXPECT_EQ(r.bytes, "one\n2\n3\n4\nfive\n");
}

TEST(Merge, TheSameChangeIsTakenOnce)
{
    const MergeResult r = mergeBytes("1\n2\n3\n", "1\nx\n3\n", "1\nx\n3\n");
    EXPECT_TRUE(r.clean());
    EXPECT_EQ(r.bytes, "1\nx\n3\n");
    EXPECT_EQ(mergeBytes("1\n2\n3\n4\n", "1\nx\n3\n4\n", "1\nx\n3\n4\n5\n").bytes, "1\nx\n3\n4\n5\n");
}

TEST(Merge, DifferentChangesOfOneLineAreAConflict)
{
    const MergeResult r = mergeBytes("1\n2\n3\n", "1\nours\n3\n", "1\ntheirs\nagain\n3\n");
    ASSERT_EQ(r.conflicts.size(), 1U);
    EXPECT_EQ(r.conflicts[0].base, (LineRange{LineNo{1}, LineNo{2}}));
    EXPECT_EQ(r.conflicts[0].ours, (LineRange{LineNo{1}, LineNo{2}}));
    EXPECT_EQ(r.conflicts[0].theirs, (LineRange{LineNo{1}, LineNo{3}}));
    EXPECT_EQ(r.bytes, "1\nours\n3\n");
}

TEST(Merge, TouchingChangesAreAConflict)
{
    EXPECT_FALSE(mergeBytes("1\n2\n3\n", "1\nx\n3\n", "1\n2\ny\n").clean());
    EXPECT_FALSE(mergeBytes("1\n2\n", "1\nx\n2\n", "1\ny\n2\n").clean());       // two insertions in one place
    EXPECT_FALSE(mergeBytes("1\n2\n3\n", "1\n3\n", "1\nchanged\n3\n").clean()); // removed here, changed there
}

TEST(Merge, BytesAreKept)
{
    const std::string base("a\r\nb\n\0\nc", 9), ours("A\r\nb\n\0\nc", 9), theirs("a\r\nb\n\0\nc\n", 10);
    const MergeResult r = mergeBytes(base, ours, theirs);
    EXPECT_TRUE(r.clean());
    EXPECT_EQ(r.bytes, std::string("A\r\nb\n\0\nc\n", 10));
}

TEST(Merge, LawsHoldOnRandomTexts)
{
    unsigned clean = 0;
    for (unsigned seed = 0; seed < 1500; ++seed) {
        RandomText random(seed);
        const auto lines = random.lines(40, true);
        const std::string base = random.joined(lines), ours = random.joined(random.edited(lines, 2, true)),
                          theirs = random.joined(random.edited(lines, 2, true));
        ASSERT_EQ(mergeBytes(base, ours, base).bytes, ours);
        ASSERT_EQ(mergeBytes(base, base, theirs).bytes, theirs);
        ASSERT_EQ(mergeBytes(base, ours, ours).bytes, ours);
        const MergeResult one = mergeBytes(base, ours, theirs), other = mergeBytes(base, theirs, ours);
        ASSERT_EQ(one.clean(), other.clean()) << seed;
        if (one.clean()) {
            ASSERT_EQ(one.bytes, other.bytes) << seed;
        }
        clean += one.clean();
    }
    EXPECT_GT(clean, 300U);
}
