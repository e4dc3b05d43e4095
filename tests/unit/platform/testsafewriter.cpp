// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/platform/directories.h"
#include "core/platform/safewriter.h"
#include "tests/unit/platform/smalldisk.h"

#include <algorithm>
#include <atomic>
#include <fstream>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <thread>

namespace tackroom
{
namespace
{

namespace fs = std::filesystem;
using Kind = SafeFolder::Kind;

class Safe : public ::testing::Test
{
protected:
    void SetUp() override
    {
        auto made = TemporaryFolder::make("tackroom-safe");
        ASSERT_TRUE(made);
        m_folder.emplace(std::move(*made));
        root = m_folder->path() / "root";
        outside = m_folder->path() / "outside";
        fs::create_directories(root);
        fs::create_directories(outside);
        std::ofstream(outside / "secret") << "secret";
        auto opened = SafeFolder::open(root);
        ASSERT_TRUE(opened);
        safe.emplace(std::move(*opened));
    }
    [[nodiscard]] std::string outsideNow() const
    {
        std::string text;
        for (const auto& entry : fs::recursive_directory_iterator(outside)) text += entry.path().filename().string() + ";";
        std::string secret;
        std::ifstream(outside / "secret") >> secret;
        return text + secret;
    }

    fs::path root, outside;
    std::optional<SafeFolder> safe;

private:
    std::optional<TemporaryFolder> m_folder;
};

TEST_F(Safe, WritesReadsListsRemoves)
{
    ASSERT_TRUE(safe->writeAtomically("skills/refund/SKILL.md", "one"));
    ASSERT_TRUE(safe->writeAtomically("skills/refund/SKILL.md", "two"));
    ASSERT_TRUE(safe->writeAtomically("run.sh", "#!/bin/sh\n", 0755));
    EXPECT_EQ(safe->read("skills/refund/SKILL.md", 10), "two");
    EXPECT_EQ(safe->read("skills/refund/SKILL.md", 2).error().code, ErrorCode::Refused);
    fs::create_directory(root / ".git");
    fs::create_symlink("run.sh", root / "link");
    const auto entries = safe->list();
    ASSERT_TRUE(entries);
    ASSERT_EQ(entries->size(), 3u);
    EXPECT_EQ((*entries)[0].name, "link");
    EXPECT_EQ((*entries)[0].kind, Kind::Link);
    EXPECT_EQ((*entries)[1].name, "run.sh");
    EXPECT_EQ((*entries)[1].kind, Kind::File);
    EXPECT_EQ((*entries)[1].sizeBytes, 10u);
    EXPECT_NE((*entries)[1].mode & 0100u, 0u);
    EXPECT_EQ((*entries)[2].kind, Kind::Folder);
    EXPECT_EQ(safe->list("skills/refund")->size(), 1u);
    EXPECT_EQ(safe->list("none").error().code, ErrorCode::NotFound);
    EXPECT_EQ(safe->readLink("link"), "run.sh");
    EXPECT_EQ((*safe->look("link"))->kind, Kind::Link);
    EXPECT_FALSE(*safe->look("none"));
    EXPECT_FALSE(*safe->look("none/deeper"));

    ASSERT_TRUE(safe->writeAtomically("skills/other.md", "x"));
    ASSERT_TRUE(safe->remove("skills/refund/SKILL.md", true));
    EXPECT_FALSE(fs::exists(root / "skills/refund"));
    EXPECT_TRUE(fs::exists(root / "skills/other.md"));
    ASSERT_TRUE(safe->remove("skills/other.md", false));
    EXPECT_TRUE(fs::exists(root / "skills"));
    ASSERT_TRUE(safe->remove("link"));
    EXPECT_TRUE(fs::exists(root / "run.sh"));
    EXPECT_EQ(safe->remove("none").error().code, ErrorCode::NotFound);
    EXPECT_FALSE(safe->remove("skills"));
}

TEST_F(Safe, RefusesPathsThatLeadElsewhere)
{
    using namespace std::string_literals;
    const auto before = outsideNow();
    for (const std::string& path : {""s,
                                    "/etc/passwd"s,
                                    ".."s,
                                    "../outside/secret"s,
                                    "a/../../outside/x"s,
                                    "a/.."s,
                                    "."s,
                                    "./a"s,
                                    "a//b"s,
                                    "a/"s,
                                    "a\0b"s,
                                    ".git"s,
                                    ".git/config"s,
                                    ".GIT/config"s,
                                    ".Git/hooks/post-commit"s,
                                    "sub/.git/config"s,
                                    "git~1"s,
                                    "GIT~1/config"s,
                                    ".git./config"s,
                                    ".git /config"s,
                                    ".git::$INDEX_ALLOCATION/config"s,
                                    ".g\u200cit/config"s,
                                    ".git\ufeff/x"s}) {
        const auto written = safe->writeAtomically(path, "x");
        ASSERT_FALSE(written) << path;
        EXPECT_EQ(written.error().code, ErrorCode::Refused) << path;
        EXPECT_EQ(written.error().where, path);
        EXPECT_EQ(safe->remove(path).error().code, ErrorCode::Refused) << path;
        EXPECT_EQ(safe->read(path, 10).error().code, ErrorCode::Refused) << path;
        EXPECT_EQ(safe->look(path).error().code, ErrorCode::Refused) << path;
        if (path.empty()) continue; // the root, for list
        EXPECT_EQ(safe->list(path).error().code, ErrorCode::Refused) << path;
    }
    for (const char* path : {".gitignore", ".github/workflows/x.yml", "git", "a..b", "..a", "digit~1", ".git2/x", "x.git/y"})
        EXPECT_TRUE(checkRelativePath(path)) << path;
    EXPECT_EQ(outsideNow(), before);
    EXPECT_TRUE(fs::is_empty(root));
}

TEST_F(Safe, FollowsNoLink)
{
    const auto before = outsideNow();
    fs::create_directory_symlink(outside, root / "dir");
    fs::create_symlink(outside / "secret", root / "file");
    fs::create_symlink("dangling", root / "dangling");
    fs::create_symlink("/proc/self/root/etc", root / "magic");
    EXPECT_EQ(safe->writeAtomically("dir/new", "x").error().code, ErrorCode::Refused);
    EXPECT_EQ(safe->writeAtomically("dir/new/deeper", "x").error().code, ErrorCode::Refused);
    EXPECT_EQ(safe->writeAtomically("file", "x").error().code, ErrorCode::Refused);
    EXPECT_EQ(safe->writeAtomically("dangling", "x").error().code, ErrorCode::Refused);
    EXPECT_EQ(safe->read("file", 100).error().code, ErrorCode::Refused);
    EXPECT_EQ(safe->read("dir/secret", 100).error().code, ErrorCode::Refused);
    EXPECT_EQ(safe->read("magic/passwd", 100'000).error().code, ErrorCode::Refused);
    EXPECT_EQ(safe->remove("dir/secret").error().code, ErrorCode::Refused);
    EXPECT_EQ(safe->list("dir").error().code, ErrorCode::Refused);
    EXPECT_EQ(safe->look("dir/secret").error().code, ErrorCode::Refused);
    EXPECT_EQ(outsideNow(), before);
}

TEST_F(Safe, OtherThingsInTheWay)
{
    fs::create_directory(root / "dir");
    ASSERT_EQ(::mkfifo((root / "fifo").c_str(), 0600), 0);
    std::ofstream(root / "file") << "x";
    EXPECT_EQ(safe->writeAtomically("dir", "x").error().code, ErrorCode::NotAFile);
    EXPECT_EQ(safe->writeAtomically("fifo", "x").error().code, ErrorCode::NotAFile);
    EXPECT_EQ(safe->writeAtomically("file/below", "x").error().code, ErrorCode::NotAFile);
    EXPECT_EQ(safe->read("fifo", 10).error().code, ErrorCode::NotAFile); // and does not wait
    EXPECT_EQ(safe->read("dir", 10).error().code, ErrorCode::NotAFile);
    EXPECT_EQ(SafeFolder::open(root / "file").error().code, ErrorCode::NotAFile);
    EXPECT_EQ(SafeFolder::open(root / "none").error().code, ErrorCode::NotFound);
}

/// Somebody swaps a folder of the path for a link to the outside, again and again, while we write.
TEST_F(Safe, SymlinkSwapsLeadNowhere)
{
    const auto before = outsideNow();
    fs::create_directory(root / "dir");
    fs::create_directory_symlink(outside, root / "trap");
    std::atomic<bool> stop = false;
    std::thread attacker([&] {
        const auto dir = (root / "dir").string();
        const auto trap = (root / "trap").string();
        while (!stop) ::renameat2(AT_FDCWD, dir.c_str(), AT_FDCWD, trap.c_str(), RENAME_EXCHANGE);
    });
    int written = 0;
    int refused = 0;
    for (int i = 0; i < 2'000; ++i) {
        const auto done = safe->writeAtomically("dir/new", "x");
        written += done ? 1 : 0;
        refused += !done && done.error().code == ErrorCode::Refused ? 1 : 0;
        (void)safe->remove("dir/secret");
        const auto read = safe->read("dir/secret", 100);
        EXPECT_FALSE(read);
    }
    stop = true;
    attacker.join();
    EXPECT_GT(written, 0);
    EXPECT_GT(refused, 0);
    EXPECT_EQ(outsideNow(), before);
}

TEST_F(Safe, AFullDiskLeavesNothingBehind)
{
    const auto attempt = [this] {
        // Opened anew: the small disk lies over the folder that was there before.
        const auto own = SafeFolder::open(root);
        if (!own || !own->writeAtomically("kept", "old")) return 1;
        const std::string large(2'000'000, 'x');
        const auto replaced = own->writeAtomically("kept", large);
        if (replaced || replaced.error().code != ErrorCode::DiskFull || replaced.error().where != "kept") return 2;
        const auto fresh = own->writeAtomically("new/deep/file", large);
        if (fresh || fresh.error().code != ErrorCode::DiskFull) return 3;
        if (own->read("kept", 100) != "old") return 4;
        return own->list()->size() == 1 ? 0 : 5;
    };
    EXPECT_EQ(tackroom::testing::withSmallFiles(100'000, attempt), 0);
    fs::remove_all(root / "kept");
    const int onTmpfs = tackroom::testing::onSmallDisk(root, 1'000'000, attempt);
    if (onTmpfs == tackroom::testing::kNoSmallDisk)
        GTEST_SKIP() << "no mounts of one's own here; tried with a limit on file sizes alone";
    EXPECT_EQ(onTmpfs, 0);
}

} // namespace
} // namespace tackroom
