// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/diff/patch.h"
#include "tests/unit/diff/damagedpatch.h"

#include <gtest/gtest.h>

using namespace tackroom;
using namespace tackroom::test;

namespace
{

ErrorCode codeOf(std::string_view patch)
{
    const auto result = parsePatch(patch, "p");
    EXPECT_FALSE(result) << patch;
    return result ? ErrorCode::Internal : result.error().code;
}

std::string modify(std::string_view body) { return "diff --git a/f b/f\n--- a/f\n+++ b/f\n" + std::string(body); }

} // namespace

TEST(PatchPath, RefusesWhatLeadsElsewhere)
{
    for (const char* good : {"a", "a/b.md", ".gitignore", "x/.gitkeep", "a b/c", "caf\xc3\xa9", "..a", "git"})
        EXPECT_TRUE(checkPatchPath(good)) << good;
    for (const char* bad :
         {"", "/etc/passwd", "../x", "a/../b", "a//b", "a/", "./a", ".git/config", "a/.GIT/hooks/x", ".git", ".git /x",
          ".git./x", "git~1/x", ".git::$INDEX_ALLOCATION/x", ".g\xe2\x80\x8cit/x", "a\\b", "C:/x", "a\nb", "\xff"})
        EXPECT_EQ(checkPatchPath(bad).error().code, ErrorCode::Refused) << bad;
}

TEST(PatchParse, EveryKindOfChange)
{
    const std::string text =
        "diff --git a/n.md b/n.md\nnew file mode 100755\nindex 0000000..1234567\n--- /dev/null\n+++ b/n.md\n@@ -0,0 +1 "
        "@@\n+new\n"
        "diff --git a/gone b/gone\ndeleted file mode 100644\nindex 1234567..0000000\n--- a/gone\n+++ /dev/null\n@@ -1 +0,0 "
        "@@\n-old\n"
        "diff --git a/x y b/z\nsimilarity index 90%\nrename from x y\nrename to z\nindex 1111111..2222222 100644\n--- a/x "
        "y\t\n+++ b/z\n@@ -1,2 +1,2 @@ sec\n same\n-a\n+b\n"
        "diff --git a/m b/m\nold mode 100644\nnew mode 100755\n"
        "diff --git \"a/t\\303\\251\\t\\\"q\" \"b/t\\303\\251\\t\\\"q\"\nnew file mode 100644\nindex 0000000..e69de29\n"
        "diff --git a/c1 b/c2\nsimilarity index 100%\ncopy from c1\ncopy to c2\n";
    const auto refused = parsePatch(text, "p");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::Refused); // a tab in a name
    std::string good = text;
    for (std::size_t at; (at = good.find("\\t\\\"q")) != std::string::npos;) good.replace(at, 5, "");
    const auto patch = parsePatch(good, "p");
    ASSERT_TRUE(patch) << patch.error().where << patch.error().detail;
    ASSERT_EQ(patch->files.size(), 6U);
    const auto& f = patch->files;
    EXPECT_EQ(f[0].change, PatchChange::Add);
    EXPECT_EQ(f[0].newMode, 0100755U);
    EXPECT_EQ(f[0].newBlobId, "1234567");
    EXPECT_TRUE(f[0].oldBlobId.empty() && f[0].oldPath.empty());
    EXPECT_EQ(f[1].change, PatchChange::Delete);
    EXPECT_EQ(f[1].path(), "gone");
    EXPECT_EQ(f[2].change, PatchChange::Rename);
    EXPECT_EQ(f[2].oldPath, "x y");
    EXPECT_EQ(f[2].newPath, "z");
    EXPECT_EQ(f[2].similarityPercent, 90);
    EXPECT_EQ(f[2].hunks[0].section, "sec");
    EXPECT_EQ(f[3].newMode, 0100755U);
    EXPECT_EQ(f[4].newPath, "t\xc3\xa9");
    EXPECT_EQ(f[5].change, PatchChange::Copy);
}

TEST(PatchParse, PlainDiffs)
{
    const auto one =
        parsePatch("--- old/dir/f.md\t2026-01-01 00:00:00\n+++ new/dir/f.md\t2026-01-02 00:00:00\n@@ -1 +1 @@\n-a\n+b\n", "p");
    ASSERT_TRUE(one);
    EXPECT_EQ(one->files[0].path(), "dir/f.md");
    const auto two = parsePatch("--- dir/f.md\n+++ dir/f.md\n@@ -1 +1 @@\n-a\n+b\n", "p");
    ASSERT_TRUE(two);
    EXPECT_EQ(two->files[0].path(), "dir/f.md");
    const auto three = parsePatch("--- /dev/null\n+++ b/f.md\n@@ -0,0 +1 @@\n+b\n", "p");
    ASSERT_TRUE(three);
    EXPECT_EQ(three->files[0].change, PatchChange::Add);
    EXPECT_EQ(three->files[0].path(), "f.md");
    const auto noPrefix = parsePatch("diff --git b/f b/f\n--- b/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+b\n", "p");
    ASSERT_TRUE(noPrefix);
    EXPECT_EQ(noPrefix->files[0].path(), "b/f");
}

TEST(PatchParse, TheMailTellsWhoAndWhy)
{
    const std::string mail =
        "From 0123456789012345678901234567890123456789 Mon Sep 17 00:00:00 2001\nFrom: =?UTF-8?q?J=C3=B6rg?= <j@x.org>\n"
        "Date: Mon, 1 Jan 2026 00:00:00 +0000\nSubject: [PATCH 1/2] Hand over above\n the limit\nContent-Transfer-Encoding: "
        "8bit\n\n"
        "The agent refused.\n\nIt should hand over.\n\nCluster: over-limit\nProposed-by: bot <b@x>\n---\n f | 2 +-\n 1 file "
        "changed\n\n" +
        modify("@@ -1 +1 @@\n-a\n+b\n") + "-- \n2.47.0\n";
    const auto patch = parsePatch(mail, "p");
    ASSERT_TRUE(patch) << patch.error().detail;
    EXPECT_EQ(patch->authorName, "J\xc3\xb6rg");
    EXPECT_EQ(patch->authorMail, "j@x.org");
    EXPECT_EQ(patch->title, "Hand over above the limit");
    EXPECT_EQ(patch->description, "The agent refused.\n\nIt should hand over.");
    ASSERT_EQ(patch->trailers.size(), 2U);
    EXPECT_EQ(patch->trailers[0].first, "Cluster");
    EXPECT_EQ(patch->trailers[1].second, "bot <b@x>");
    EXPECT_EQ(patch->mails, 1U);
    std::string encoded = mail;
    encoded.replace(encoded.find("8bit"), 4, "base64");
    EXPECT_EQ(codeOf(encoded), ErrorCode::Refused);
}

TEST(PatchParse, ErrorsNameTheLine)
{
    const auto result = parsePatch(modify("@@ -1,2 +1 @@\n-a\n+b\n?\n"), "my.patch");
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::InvalidPatch);
    EXPECT_EQ(result.error().where, "my.patch:7");
}

TEST(PatchParse, RefusesAndRejects)
{
    EXPECT_EQ(codeOf(""), ErrorCode::Empty);
    EXPECT_EQ(codeOf("hello\n"), ErrorCode::InvalidPatch);
    EXPECT_EQ(codeOf("diff --git a/f b/f\nindex 1..2\nGIT binary patch\nliteral 1\n"), ErrorCode::Refused);
    EXPECT_EQ(codeOf("diff --git a/f b/f\nindex 1..2\nBinary files a/f and b/f differ\n"), ErrorCode::Refused);
    EXPECT_EQ(codeOf("diff --cc f\nindex 1,2..3\n"), ErrorCode::Refused);
    EXPECT_EQ(codeOf("diff --git a/../f b/../f\n--- a/../f\n+++ b/../f\n@@ -1 +1 @@\n-a\n+b\n"), ErrorCode::Refused);
    EXPECT_EQ(codeOf("diff --git a/.git/config b/.git/config\nold mode 100644\nnew mode 100755\n"), ErrorCode::Refused);
    EXPECT_EQ(codeOf("--- /etc/passwd\n+++ /etc/passwd\n@@ -1 +1 @@\n-a\n+b\n"), ErrorCode::Refused);
    EXPECT_EQ(codeOf("diff --git a/s b/s\nnew file mode 160000\n"), ErrorCode::Refused);
    EXPECT_EQ(codeOf("diff --git a/f b/f\n"), ErrorCode::InvalidPatch);
    EXPECT_EQ(codeOf(modify("")), ErrorCode::InvalidPatch);
    EXPECT_EQ(codeOf(modify("@@ -1 +1 @@\n a\n")), ErrorCode::InvalidPatch);         // changes nothing
    EXPECT_EQ(codeOf(modify("@@ -1 +1 @@\n-a\n+b\n+c\n")), ErrorCode::InvalidPatch); // more than it says
    EXPECT_EQ(codeOf(modify("@@ -1 +1 @@\n-a\n")), ErrorCode::InvalidPatch);         // less
    EXPECT_EQ(codeOf(modify("@@ -1 +1 @@\n-a\n+b")), ErrorCode::InvalidPatch);       // cut off
    EXPECT_EQ(codeOf(modify("@@ -1 +x @@\n-a\n+b\n")), ErrorCode::InvalidPatch);
    EXPECT_EQ(codeOf(modify("@@ -1,2 +1,2 @@\n-a\n\\ No newline at end of file\n-b\n+c\n+d\n")), ErrorCode::InvalidPatch);
    EXPECT_EQ(codeOf(modify("@@ -5 +5 @@\n-a\n+b\n@@ -2 +2 @@\n-a\n+b\n")), ErrorCode::InvalidPatch);
    EXPECT_EQ(codeOf(modify("@@ -99999999999999999999 +1 @@\n-a\n+b\n")), ErrorCode::InvalidPatch);
    EXPECT_EQ(codeOf(modify("@@ -4294967295 +1 @@\n-a\n+b\n")), ErrorCode::Refused);
    EXPECT_EQ(codeOf("@@ -1 +1 @@\n-a\n+b\n"), ErrorCode::InvalidPatch);
    EXPECT_EQ(codeOf(modify("@@ -1 +1 @@\n-a\n+b\n") + modify("@@ -1 +1 @@\n-a\n+b\n")), ErrorCode::Refused); // twice
    EXPECT_EQ(codeOf("diff --git a/f b/f\nnew file mode 100644\n--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+b\n"),
              ErrorCode::InvalidPatch);
    EXPECT_EQ(codeOf("diff --git a/f b/g\n--- a/f\n+++ b/g\n@@ -1 +1 @@\n-a\n+b\n"), ErrorCode::InvalidPatch);
}

TEST(PatchApply, ExactToTheByte)
{
    const std::string patch = modify("@@ -1,3 +1,3 @@\n one\r\n-two\n+2\r\n three\n\\ No newline at end of file\n");
    const auto parsed = parsePatch(patch, "p");
    ASSERT_TRUE(parsed);
    EXPECT_EQ(applyFile("one\r\ntwo\nthree", parsed->files[0]), "one\r\n2\r\nthree");
    EXPECT_EQ(applyFile("one\ntwo\nthree", parsed->files[0]).error().code, ErrorCode::Conflict);
    EXPECT_EQ(applyFile("one\r\ntwo\nthree\n", parsed->files[0]).error().code, ErrorCode::Conflict);
}

TEST(PatchApply, FindsTheNearestPlaceAndNeverBends)
{
    std::string before, moved;
    for (int i = 0; i < 30; ++i) before += "line " + std::to_string(i) + "\n";
    std::string after = before;
    after.replace(after.find("line 15\n"), 8, "changed\n");
    const FilePatch patch = makeFilePatch("f", "f", before, after);
    moved = "x\ny\n" + before;
    EXPECT_EQ(applyFile(moved, patch), "x\ny\n" + after);
    EXPECT_EQ(applyFile(moved, patch, {.maxOffsetLines = 1}).error().code, ErrorCode::Conflict);
    std::string other = before;
    other.replace(other.find("line 17"), 7, "LINE 17"); // in the context
    const auto refused = applyFile(other, patch);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::Conflict);
    EXPECT_EQ(refused.error().where, "f, hunk 1, line 13");
}

TEST(PatchApply, NewAndDeletedFiles)
{
    EXPECT_EQ(applyFile("", makeFilePatch("", "f", "", "a\nb")), "a\nb");
    EXPECT_EQ(applyFile("x\n", makeFilePatch("", "f", "", "a\nb")).error().code, ErrorCode::Conflict);
    EXPECT_EQ(applyFile("a\nb", makeFilePatch("f", "", "a\nb", "")), "");
    EXPECT_EQ(applyFile("a\nb\n", makeFilePatch("f", "", "a\nb", "")).error().code, ErrorCode::Conflict);
}

TEST(PatchRoundTrip, DamagedPatchesAreRefusedOrStayWhole)
{
    unsigned taken = 0;
    for (unsigned seed = 0; seed < 4000; ++seed) {
        const std::string text = damagedPatch(seed);
        const auto read = parsePatch(text, "p");
        if (!read) {
            EXPECT_FALSE(read.error().detail.empty());
            continue;
        }
        ++taken;
        const std::string written = writePatch(read->files);
        const auto again = parsePatch(written, "p");
        ASSERT_TRUE(again) << seed << again.error().where << again.error().detail << "\n" << text << "\n->\n" << written;
        ASSERT_EQ(writePatch(again->files), written) << seed;
    }
    EXPECT_GT(taken, 100U);
}

TEST(PatchRoundTrip, WriteReadApply)
{
    for (unsigned seed = 0; seed < 2000; ++seed) {
        const TextPair pair = randomPair(seed);
        if (pair.before == pair.after) continue;
        const std::uint32_t context = seed % 4;
        const FilePatch made = makeFilePatch("a b/f\xc3\xa9.md", "a b/f\xc3\xa9.md", pair.before, pair.after, context);
        const std::string text = writePatch(std::vector{made});
        const auto read = parsePatch(text, "p");
        ASSERT_TRUE(read) << seed << read.error().where << read.error().detail << text;
        ASSERT_EQ(read->files.size(), 1U) << seed;
        ASSERT_EQ(read->files[0].path(), made.path());
        ASSERT_EQ(writePatch(read->files), text) << seed;
        ASSERT_EQ(applyFile(pair.before, read->files[0], {.zeroContext = context == 0}), pair.after) << seed << text;
    }
}
