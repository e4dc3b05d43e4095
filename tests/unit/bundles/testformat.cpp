// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/hash.h"
#include "handmade.h"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>
#include <sys/stat.h>

namespace tackroom::test
{

using ::testing::HasSubstr;

namespace
{

const std::vector<Content> kSmall = {
    {"AGENTS.md", "Refund up to 2,000.\n"}, {"hooks/before.sh", "#!/bin/sh\nexit 0\n", 0755}, {"skills/refund/SKILL.md", ""}};

std::string replaced(std::string text, std::string_view from, std::string_view to)
{
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

bool full()
{
    const char* campaign = std::getenv("TACKROOM_CAMPAIGN");
    return campaign && std::string_view(campaign) == "full";
}

} // namespace

TEST(BundleFormat, TreeIdIsGits)
{
    // `git write-tree` of: a.b, a/c, a-d, all with the blob of "x\n"; folders sort as if they ended in '/'.
    const std::string blob = gitBlobId("x\n");
    EXPECT_EQ(blob, "587be6b4c3f93f93c489c0111bba5596147a26cb");
    EXPECT_EQ(gitBlobId(""), "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
    EXPECT_EQ(gitTreeId({}), "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
    const std::string tree = gitTreeId({{"a.b", 0100644, blob}, {"a/c", 0100755, blob}, {"a-d", 0120000, blob}});
    EXPECT_EQ(tree, gitTreeId({{"a/c", 0100755, blob}, {"a-d", 0120000, blob}, {"a.b", 0100644, blob}}));
    EXPECT_EQ(tree, "afc6cdce489ddcf3155880c1ba5c117350682bf7");
}

TEST(BundleFormat, HeaderSplitsLongPathsOnlyWhereTheyFit)
{
    EXPECT_TRUE(tarHeader(std::string(100, 'n'), 0644, 0));
    EXPECT_FALSE(tarHeader(std::string(101, 'n'), 0644, 0));
    const std::string most = std::string(155, 'p') + "/" + std::string(100, 'n');
    const auto header = tarHeader(most, 0755, 8);
    ASSERT_TRUE(header);
    EXPECT_EQ(header->substr(345, 155), std::string(155, 'p'));
    EXPECT_EQ(header->substr(0, 100), std::string(100, 'n'));
    EXPECT_EQ(header->substr(100, 8), std::string("0000755\0", 8));
    EXPECT_EQ(header->substr(124, 12), std::string("00000000010\0", 12));
    EXPECT_FALSE(tarHeader("p" + most, 0644, 0));
    EXPECT_FALSE(tarHeader("", 0644, 0));
    EXPECT_FALSE(tarHeader("big", 0644, kMaxBundleBytes + 1));
}

TEST(BundleFormat, ManifestTextIsCanonicalAndComesBack)
{
    BundleManifest m = manifestFor(kSmall);
    m.omitted.push_back({"CLAUDE.md", 0120000, std::string(40, 'c')});
    const std::string text = manifestText(m);
    EXPECT_TRUE(text.starts_with(R"({"commit":"aaaa)")) << text;
    EXPECT_EQ(text.find('\n'), std::string::npos);
    const auto back = parseManifestText(text);
    ASSERT_TRUE(back) << back.error().detail;
    EXPECT_EQ(*back, m);
    m.decision.reset();
    EXPECT_EQ(parseManifestText(manifestText(m)).value(), m);
}

TEST(BundleFormat, ManifestsThatSayTheSameOtherwiseAreRefused)
{
    const std::string text = manifestText(manifestFor(kSmall));
    for (const auto& other :
         {text + "\n", " " + text, replaced(text, "\":\"v4", "\": \"v4"), replaced(text, "v4", "\\u00764"),
          replaced(text, "\"version\"", "\"unknown\":1,\"version\""), replaced(text, "\"size\":20", "\"size\":2e1"),
          replaced(text, "\"size\":20", "\"size\":-1"), replaced(text, "0755", "4755"),
          replaced(text, "hbundle/1", "hbundle/2"), replaced(text, "\"tree\"", "\"commit\":\"x\",\"tree\""), std::string("[]"),
          std::string("{"), std::string()})
        EXPECT_FALSE(parseManifestText(other)) << other;
}

TEST(VerifyBundle, TakesTheWellFormed)
{
    const Folder folder;
    EXPECT_EQ(problemOf(folder, archiveOf(kSmall)), "");
    EXPECT_EQ(problemOf(folder, archiveOf({})), "");
    const auto report = verifyBundle(folder.path() / "one.hbundle", {});
    ASSERT_TRUE(report);
    EXPECT_EQ(report->version, "v4");
    EXPECT_EQ(report->reviewer, "Rhea Viewer <rhea@example.org>");
    EXPECT_FALSE(report->isSigned);
}

TEST(VerifyBundle, RefusesEveryFlippedByte)
{
    const Folder folder;
    const std::string good = archiveOf({{"AGENTS.md", "Refund up to 2,000.\n"}, {"run.sh", "x", 0755}});
    ASSERT_EQ(problemOf(folder, good), "");
    const auto path = folder.path() / "one.hbundle";
    writeFile(path, good);
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    int kinds = 0;
    for (std::size_t i = 0; i < good.size(); ++i) {
        for (const int bits : {0x01, 0xff, 0x20}) { // one bit, all bits, letter case
            file.seekp(static_cast<std::streamoff>(i)).put(static_cast<char>(good[i] ^ bits)).flush();
            const auto report = verifyBundle(path, {});
            ASSERT_TRUE(report);
            ASSERT_FALSE(report->ok) << "byte " << i << " ^ " << bits;
            ASSERT_FALSE(report->problem.empty());
            ++kinds;
        }
        file.seekp(static_cast<std::streamoff>(i)).put(good[i]).flush();
    }
    EXPECT_EQ(kinds, static_cast<int>(3 * good.size()));
    EXPECT_TRUE(verifyBundle(path, {})->ok);
}

TEST(VerifyBundle, RefusesEveryCutAndAnyMore)
{
    const Folder folder;
    const std::string good = archiveOf({{"a", "1"}});
    for (std::size_t size = 0; size < good.size(); ++size) ASSERT_NE(problemOf(folder, good.substr(0, size)), "") << size;
    EXPECT_THAT(problemOf(folder, good + '\0'), HasSubstr("behind the end"));
    EXPECT_THAT(problemOf(folder, good + std::string(512, '\0')), HasSubstr("behind the end"));
    EXPECT_EQ(problemOf(folder, ""), "the file is empty");
}

TEST(VerifyBundle, FlippedBytesOfABiggerBundleAreRefused)
{
    const Folder folder;
    std::mt19937 random(20260302);
    std::vector<Content> files;
    for (int i = 0; i < 200; ++i) {
        std::string bytes(random() % 3000, '\0');
        for (char& c : bytes) c = static_cast<char>(random());
        files.push_back({"skills/" + std::to_string(1000 + i) + "/SKILL.md", bytes, i % 7 ? 0644U : 0755U});
    }
    std::string bytes = archiveOf(files);
    const auto path = folder.path() / "one.hbundle";
    ASSERT_EQ(problemOf(folder, bytes), "");
    const int rounds = full() ? 5000 : 200;
    std::cout << "flipped bytes: " << rounds << "\n";
    for (int i = 0; i < rounds; ++i) {
        const std::size_t at = random() % bytes.size();
        const char old = bytes[at];
        bytes[at] = static_cast<char>(old ^ static_cast<char>(1 + random() % 255));
        std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
        file.seekp(static_cast<std::streamoff>(at)).put(bytes[at]).flush();
        const auto report = verifyBundle(path, {});
        ASSERT_TRUE(report);
        ASSERT_FALSE(report->ok) << "byte " << at;
        bytes[at] = old;
        file.seekp(static_cast<std::streamoff>(at)).put(old).flush();
    }
    EXPECT_TRUE(verifyBundle(path, {})->ok);
}

TEST(VerifyBundle, NamesTheFirstThingWrong)
{
    const Folder folder;
    const BundleManifest m = manifestFor(kSmall);
    const std::string text = manifestText(m);
    const std::string a = entry("files/AGENTS.md", 0644, kSmall[0].bytes);
    const std::string h = entry("files/hooks/before.sh", 0755, kSmall[1].bytes);
    const std::string s = entry("files/skills/refund/SKILL.md", 0644, "");
    ASSERT_EQ(problemOf(folder, archive(text, {a, h, s})), "");
    EXPECT_THAT(problemOf(folder, archive(text, {h, a, s})),
                HasSubstr("files/hooks/before.sh stands where the manifest wants files/AGENTS.md"));
    EXPECT_THAT(problemOf(folder, archive(text, {a, s})), HasSubstr("wants files/hooks/before.sh"));
    EXPECT_THAT(problemOf(folder, archive(text, {a, h, s, entry("files/z", 0644, "")})),
                HasSubstr("files/z stands where the manifest wants digest"));
    EXPECT_THAT(problemOf(folder, archive(text, {a, h, s, s})), HasSubstr("wants digest"));
    EXPECT_THAT(problemOf(folder, archive(text, {entry("files/AGENTS.md", 0755, kSmall[0].bytes), h, s})),
                HasSubstr("files/AGENTS.md: its mode"));
    EXPECT_THAT(problemOf(folder, archive(text, {entry("files/AGENTS.md", 0644, "Refund up to 9,000.\n"), h, s})),
                HasSubstr("files/AGENTS.md: its bytes"));
    EXPECT_THAT(problemOf(folder, archive(text, {entry("files/AGENTS.md", 0644, "x"), h, s})),
                HasSubstr("files/AGENTS.md: its size"));
    EXPECT_THAT(problemOf(folder, "not an archive at all"), HasSubstr("manifest.json"));
    EXPECT_THAT(problemOf(folder, std::string(2048, 'x')), HasSubstr("this is not a bundle"));

    BundleManifest other = m;
    other.tree = std::string(40, '0');
    EXPECT_THAT(problemOf(folder, archive(manifestText(other), {a, h, s})), HasSubstr("its tree is not"));
    other = m;
    other.omitted.push_back({"CLAUDE.md", 0120000, std::string(40, 'c')}); // claims a link that the tree does not have
    EXPECT_THAT(problemOf(folder, archive(manifestText(other), {a, h, s})), HasSubstr("its tree is not"));

    std::string owner = archive(text, {a, h, s});
    owner.replace(108, 7, "0001750");
    EXPECT_THAT(problemOf(folder, owner), HasSubstr("checksum"));
}

namespace
{

std::string withChecksum(std::string header)
{
    header.replace(148, 8, "        ");
    unsigned sum = 0;
    for (std::size_t i = 0; i < kBlockBytes; ++i) sum += static_cast<unsigned char>(header[i]);
    char digits[8];
    std::snprintf(digits, sizeof digits, "%06o", sum);
    return header.replace(148, 6, digits).replace(154, 2, std::string("\0 ", 2));
}

/// An archive whose entry for the first file has another type, with a checksum that fits.
std::string withType(char type)
{
    std::string a = entry("files/AGENTS.md", 0644, "");
    a[156] = type;
    return archive(manifestText(manifestFor({{"AGENTS.md", ""}})), {withChecksum(a)});
}

std::string withPaths(const std::vector<std::string>& paths)
{
    std::vector<Content> files;
    for (const auto& path : paths) files.push_back({path, "x"});
    return archiveOf(files);
}

} // namespace

TEST(VerifyBundle, OtherHeadersAreRefusedEvenWithAFittingChecksumAndDigest)
{
    const Folder folder;
    const std::string text = manifestText(manifestFor({{"AGENTS.md", "x"}}));
    const std::string good = entry("files/AGENTS.md", 0644, "x");
    ASSERT_EQ(problemOf(folder, archive(text, {good})), "");
    for (std::size_t i = 0; i < kBlockBytes; ++i) {
        if (i >= 148 && i < 156) continue; // the checksum itself, made to fit below
        std::string other = good;
        other[i] = static_cast<char>(other[i] ^ 1);
        ASSERT_NE(problemOf(folder, archive(text, {withChecksum(other)})), "") << i;
    }
}

TEST(VerifyBundle, RefusesLinksDevicesAndFolders)
{
    const Folder folder;
    EXPECT_EQ(problemOf(folder, withType('0')), "");
    EXPECT_THAT(problemOf(folder, withType('1')), HasSubstr("a hard link"));
    EXPECT_THAT(problemOf(folder, withType('2')), HasSubstr("a symbolic link"));
    EXPECT_THAT(problemOf(folder, withType('3')), HasSubstr("a device"));
    EXPECT_THAT(problemOf(folder, withType('5')), HasSubstr("a folder"));
    EXPECT_THAT(problemOf(folder, withType('6')), HasSubstr("a FIFO"));
    EXPECT_THAT(problemOf(folder, withType('x')), HasSubstr("a pax header"));
    EXPECT_NE(problemOf(folder, withType('\0')), "");
}

TEST(VerifyBundle, RefusesPathsThatCannotBeUnpackedEverywhere)
{
    const Folder folder;
    EXPECT_EQ(problemOf(folder, withPaths({"a", "b/c", "b/d"})), "");
    for (const auto& paths : std::vector<std::vector<std::string>>{{"../x"},
                                                                   {"/etc/x"},
                                                                   {"a/../b"},
                                                                   {"./a"},
                                                                   {"a//b"},
                                                                   {".git/config"},
                                                                   {"a\\b"},
                                                                   {"a\nb"},
                                                                   {"a", "a"},
                                                                   {"A.md", "a.md"},
                                                                   {"a", "a/b"},
                                                                   {"A/x", "a/y"},
                                                                   {"\xc3\xa9", "e\xcc\x81"},
                                                                   {"STRASSE", "stra\xc3\x9f"
                                                                               "e"},
                                                                   {"b", "a"},
                                                                   {"\xff"}})
        EXPECT_NE(problemOf(folder, withPaths(paths)), "") << paths.front();
    EXPECT_THAT(problemOf(folder, withPaths({"A.md", "a.md"})), HasSubstr("differs only in case"));
    EXPECT_THAT(problemOf(folder, withPaths({"a", "a"})), HasSubstr("occurs twice"));
}

TEST(VerifyBundle, WhatIsNoFileIsAnError)
{
    const Folder folder;
    const auto code = [](const std::filesystem::path& path) {
        const auto report = verifyBundle(path, {});
        return report ? ErrorCode::Internal : report.error().code;
    };
    EXPECT_EQ(code(folder.path()), ErrorCode::NotAFile);
    EXPECT_EQ(code(folder.path() / "none"), ErrorCode::NotFound);
    ASSERT_EQ(::mkfifo((folder.path() / "fifo").c_str(), 0600), 0);
    EXPECT_EQ(code(folder.path() / "fifo"), ErrorCode::NotAFile);
    writeFile(folder.path() / "big", "");
    std::filesystem::resize_file(folder.path() / "big", kMaxBundleBytes + 1); // sparse
    EXPECT_EQ(code(folder.path() / "big"), ErrorCode::Refused);
}

TEST(VerifyBundle, ASizeInTheManifestThatTheFileDoesNotHaveCostsNoMemory)
{
    const Folder folder;
    BundleManifest m = manifestFor({{"a", "x"}});
    m.files[0].sizeBytes = kMaxBundleBytes;
    std::string bytes = entry("manifest.json", 0644, manifestText(m)) + tarHeader("files/a", 0644, kMaxBundleBytes).value();
    EXPECT_THAT(problemOf(folder, bytes), HasSubstr("files/a: the file ends inside it"));
}

} // namespace tackroom::test
