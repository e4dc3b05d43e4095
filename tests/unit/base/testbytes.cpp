// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/bytes.h"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tackroom
{
namespace
{

namespace fs = std::filesystem;

class ReadFile : public testing::Test
{
protected:
    void SetUp() override
    {
        std::string name = (fs::temp_directory_path() / "tackroom-bytes-XXXXXX").string();
        ASSERT_NE(::mkdtemp(name.data()), nullptr);
        m_folder = name;
        std::ofstream(m_folder / "file") << "twelve bytes";
    }
    void TearDown() override { fs::remove_all(m_folder); }

    fs::path m_folder;
};

TEST_F(ReadFile, ReadsUpToTheLimit)
{
    EXPECT_EQ(readFile(m_folder / "file", 12), "twelve bytes");
    EXPECT_EQ(readFile(m_folder / "file", 100), "twelve bytes");
    EXPECT_EQ(readFile(m_folder / "file", 11).error().code, ErrorCode::Refused);
    std::ofstream(m_folder / "empty");
    EXPECT_EQ(readFile(m_folder / "empty", 0), "");
    // Its size is said to be 0.
    const auto status = readFile("/proc/self/status", 1 << 20);
    ASSERT_TRUE(status);
    EXPECT_NE(status->find("Pid:"), std::string::npos);
    EXPECT_EQ(readFile("/proc/self/status", 10).error().code, ErrorCode::Refused);
}

TEST_F(ReadFile, OnlyRegularFiles)
{
    EXPECT_EQ(readFile(m_folder / "none", 9).error().code, ErrorCode::NotFound);
    EXPECT_EQ(readFile(m_folder, 9).error().code, ErrorCode::NotAFile);
    ASSERT_EQ(::mkfifo((m_folder / "fifo").c_str(), 0600), 0);
    EXPECT_EQ(readFile(m_folder / "fifo", 9).error().code, ErrorCode::NotAFile); // and does not wait
    EXPECT_EQ(readFile("/dev/zero", 9).error().code, ErrorCode::NotAFile);
}

TEST_F(ReadFile, LinksOnlyWhereAllowed)
{
    fs::create_symlink(m_folder / "file", m_folder / "link");
    EXPECT_EQ(readFile(m_folder / "link", 100), "twelve bytes");
    EXPECT_EQ(readFile(m_folder / "link", 100, false).error().code, ErrorCode::NotAFile);
}

TEST_F(ReadFile, Unreadable)
{
    if (::geteuid() == 0) GTEST_SKIP() << "root reads everything";
    ASSERT_EQ(::chmod((m_folder / "file").c_str(), 0), 0);
    EXPECT_EQ(readFile(m_folder / "file", 100).error().code, ErrorCode::NotReadable);
}

} // namespace
} // namespace tackroom
