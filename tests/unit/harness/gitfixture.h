// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/harness/repository.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

/// Repositories in a temporary folder, made and checked with the git program itself, whose reading of our files is what counts.
namespace tackroom::test
{

struct Ran {
    int code = 0;
    std::string out; ///< both streams
};
/// Runs a shell command line.
Ran run(const std::string& command);

void writeFile(const std::filesystem::path& path, const std::string& bytes);
std::string readAll(const std::filesystem::path& path);

class GitTest : public ::testing::Test
{
protected:
    void SetUp() override;
    void TearDown() override;

    /// git -C repo ARGS; the test fails where git does.
    std::string git(const std::string& args);
    std::string gitIn(const std::filesystem::path& folder, const std::string& args);
    /// A repository with AGENTS.md, a prompt, a skill, a tool and a README, tagged harness/v1 where `tag`.
    void makeRepository(bool tag = true);
    /// Writes, adds and commits one file on the branch that is checked out.
    void commitFile(const std::string& path, const std::string& bytes, const std::string& message);

    HarnessRepository::Options options() const;
    /// Opens `repo`; the test fails where that does not work.
    std::unique_ptr<HarnessRepository> open(bool adopt = false);
    Error openFails(const std::filesystem::path& path);
    /// An approval of one file's new bytes on the tip.
    static LandRequest approval(const HarnessRepository& repository, const std::string& path, std::optional<std::string> bytes);
    /// git fsck --strict is clean in the repository and in the vault, and no file of ours is left over.
    void expectSound(const HarnessRepository& repository);
    void expectSound(const std::filesystem::path& gitDirectory, const std::filesystem::path& vault);

    std::filesystem::path m_folder;
    std::filesystem::path m_repo;
    std::filesystem::path m_data;
};

inline const Reviewer kReviewer{"Rita Reviewer", "rita@example.org"};

} // namespace tackroom::test

#define ASSERT_OK(result) ASSERT_TRUE((result).has_value()) << oneLine((result).error())
#define EXPECT_OK(result) EXPECT_TRUE((result).has_value()) << oneLine((result).error())
