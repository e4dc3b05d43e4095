// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/bytes.h"
#include "core/platform/atomicfile.h"
#include "core/platform/directories.h"
#include "core/platform/filelock.h"
#include "tests/unit/platform/smalldisk.h"

#include <chrono>
#include <cstdlib>
#include <gtest/gtest.h>
#include <optional>
#include <sys/stat.h>
#include <thread>

namespace tackroom
{
namespace
{

namespace fs = std::filesystem;
using tackroom::testing::kNoSmallDisk;

unsigned modeOf(const fs::path& path)
{
    struct stat info{};
    return ::stat(path.c_str(), &info) == 0 ? info.st_mode & 07777u : 0;
}

std::size_t entriesIn(const fs::path& folder)
{
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

class Files : public ::testing::Test
{
protected:
    void SetUp() override
    {
        auto made = TemporaryFolder::make("tackroom-files");
        ASSERT_TRUE(made);
        m_folder.emplace(std::move(*made));
        folder = m_folder->path();
    }
    fs::path folder;

private:
    std::optional<TemporaryFolder> m_folder;
};

class Environment
{
public:
    Environment(const char* name, const char* value) : m_name(name)
    {
        if (const char* old = std::getenv(name)) m_old = old;
        value ? ::setenv(name, value, 1) : ::unsetenv(name);
    }
    Environment(const Environment&) = delete;
    Environment& operator=(const Environment&) = delete;
    ~Environment() { m_old ? ::setenv(m_name, m_old->c_str(), 1) : ::unsetenv(m_name); }

private:
    const char* m_name;
    std::optional<std::string> m_old;
};

TEST(Directories, FollowXdg)
{
    const Environment home("HOME", "/home/somebody");
    const Environment cache("XDG_CACHE_HOME", "/var/c");
    const Environment data("XDG_DATA_HOME", "relative/is/ignored");
    const Environment config("XDG_CONFIG_HOME", nullptr);
    const auto places = defaultDirectories();
    EXPECT_EQ(places.cache, "/var/c/tackroom");
    EXPECT_EQ(places.data, "/home/somebody/.local/share/tackroom");
    EXPECT_EQ(places.config, "/home/somebody/.config/tackroom");
}

TEST_F(Files, PrivateDirectories)
{
    const auto deep = folder / "a" / "b" / "c";
    ASSERT_TRUE(makePrivateDirectory(deep));
    EXPECT_EQ(modeOf(deep), 0700u);
    EXPECT_EQ(modeOf(folder / "a"), 0700u);
    EXPECT_TRUE(makePrivateDirectory(deep));
    EXPECT_TRUE(makePrivateDirectory(folder / "x" / "y/"));
    ASSERT_EQ(::chmod(deep.c_str(), 0755), 0);
    EXPECT_TRUE(makePrivateDirectory(deep));
    EXPECT_EQ(modeOf(deep), 0755u) << "one that is there belongs to the user";
    ASSERT_TRUE(writeFileAtomically(folder / "file", "x"));
    EXPECT_EQ(makePrivateDirectory(folder / "file").error().code, ErrorCode::NotAFile);
    EXPECT_FALSE(makePrivateDirectory(folder / "file" / "below"));
    if (::geteuid() != 0) {
        ::chmod(deep.c_str(), 0500);
        EXPECT_EQ(makePrivateDirectory(deep / "d").error().code, ErrorCode::NotReadable);
    }
}

TEST_F(Files, TemporaryFoldersGoWithTheirContent)
{
    fs::path path;
    {
        auto made = TemporaryFolder::make("here", folder);
        ASSERT_TRUE(made);
        path = made->path();
        EXPECT_EQ(modeOf(path), 0700u);
        EXPECT_EQ(path.parent_path(), folder);
        ASSERT_TRUE(writeFileAtomically(path / "file", "x"));
        auto moved = std::move(*made);
        EXPECT_TRUE(fs::exists(path / "file"));
    }
    EXPECT_FALSE(fs::exists(path));
    EXPECT_FALSE(TemporaryFolder::make("x", folder / "none"));
}

TEST_F(Files, AtomicWriting)
{
    const auto path = folder / "file";
    ASSERT_TRUE(writeFileAtomically(path, "one"));
    EXPECT_EQ(modeOf(path), 0600u);
    ASSERT_TRUE(writeFileAtomically(path, std::string(300'000, 'x')));
    EXPECT_EQ(fs::file_size(path), 300'000u);
    EXPECT_EQ(entriesIn(folder), 1u);
    EXPECT_EQ(writeFileAtomically(folder / "none" / "file", "x").error().code, ErrorCode::NotFound);
    fs::create_directory(folder / "dir");
    const auto onFolder = writeFileAtomically(folder / "dir", "x");
    EXPECT_EQ(onFolder.error().code, ErrorCode::NotAFile);
    EXPECT_EQ(onFolder.error().where, (folder / "dir").string());
    EXPECT_EQ(entriesIn(folder), 2u) << "a temporary file was left";
    EXPECT_TRUE(syncDirectory(folder));
}

TEST_F(Files, AFullDiskLeavesTheOldFileAndNothingElse)
{
    const auto attempt = [this] {
        if (!writeFileAtomically(folder / "file", "old")) return 1;
        const auto failed = writeFileAtomically(folder / "file", std::string(2'000'000, 'x'));
        if (failed || failed.error().code != ErrorCode::DiskFull) return 2;
        if (readFile(folder / "file", 100) != "old") return 3;
        return entriesIn(folder) == 1 ? 0 : 4;
    };
    EXPECT_EQ(tackroom::testing::withSmallFiles(100'000, attempt), 0);
    const int onTmpfs = tackroom::testing::onSmallDisk(folder, 1'000'000, attempt);
    if (onTmpfs == kNoSmallDisk) GTEST_SKIP() << "no mounts of one's own here; tried with a limit on file sizes alone";
    EXPECT_EQ(onTmpfs, 0);
}

TEST_F(Files, ALockKeepsOthersOut)
{
    const auto path = folder / "lock";
    {
        const auto held = FileLock::acquire(path, 0);
        ASSERT_TRUE(held);
        const auto start = std::chrono::steady_clock::now();
        const auto second = FileLock::acquire(path, 60);
        EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(60));
        ASSERT_FALSE(second);
        EXPECT_EQ(second.error().code, ErrorCode::Locked);
        EXPECT_EQ(second.error().detail, "process " + std::to_string(::getpid()) + " holds the lock");
    }
    auto again = FileLock::acquire(path, 0);
    ASSERT_TRUE(again);
    FileLock moved = std::move(*again);
    EXPECT_FALSE(FileLock::acquire(path, 0));
    std::thread releaser([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(30));
        const FileLock gone = std::move(moved);
    });
    EXPECT_TRUE(FileLock::acquire(path, 5'000));
    releaser.join();
    EXPECT_EQ(FileLock::acquire(folder / "none" / "lock", 0).error().code, ErrorCode::NotFound);
    EXPECT_EQ(FileLock::acquire(folder, 0).error().code, ErrorCode::NotAFile);
}

TEST_F(Files, WaitingForALockIsCancelled)
{
    const auto held = FileLock::acquire(folder / "lock", 0);
    ASSERT_TRUE(held);
    CancelSource source;
    std::thread canceller([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(30));
        source.cancel();
    });
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(FileLock::acquire(folder / "lock", 60'000, source.token()).error().code, ErrorCode::Cancelled);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
    canceller.join();
}

TEST_F(Files, AKilledOwnersLockIsFree)
{
    const auto path = folder / "lock";
    std::array<int, 2> pipe{};
    ASSERT_EQ(::pipe(pipe.data()), 0);
    const pid_t pid = ::fork();
    if (pid == 0) {
        const auto held = FileLock::acquire(path, 0);
        (void)!::write(pipe[1], held ? "y" : "n", 1);
        for (;;) ::pause();
    }
    ::close(pipe[1]); // or the read would never end if the child came to grief
    char answer = 0;
    ASSERT_EQ(::read(pipe[0], &answer, 1), 1);
    ASSERT_EQ(answer, 'y');
    EXPECT_EQ(FileLock::acquire(path, 0).error().detail, "process " + std::to_string(pid) + " holds the lock");
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    EXPECT_TRUE(FileLock::acquire(path, 0));
    ::close(pipe[0]);
}

} // namespace
} // namespace tackroom
