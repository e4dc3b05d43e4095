// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/harness/gitfixture.h"

using namespace tackroom;
using namespace tackroom::test;

namespace
{

class Adopted : public GitTest
{
};

TEST_F(Adopted, aPlainFolderKeepsItsFilesAndReceivesLandings)
{
    m_repo = m_folder / ".claude";
    writeFile(m_repo / "skills/a/SKILL.md", "---\nname: a\n---\nOld.\n");
    writeFile(m_repo / "skills/a/run.py", "pass\n");
    writeFile(m_repo / "settings.json", "{}\n");
    writeFile(m_repo / "cache/blob.bin", "not ours\n");
    std::filesystem::create_symlink("/etc/passwd", m_repo / "skills/a/link.md");
    EXPECT_EQ(openFails(m_repo).code, ErrorCode::BadRepository);
    const auto list = [&] { return run("cd '" + m_repo.string() + "' && find . | sort").out; };
    const auto before = list();
    auto repository = open(true);
    ASSERT_TRUE(repository);
    EXPECT_EQ(list(), before);
    EXPECT_TRUE(repository->info().adopted);
    EXPECT_TRUE(repository->info().workTreeOnMain);
    EXPECT_EQ(repository->info().path, m_repo);
    const auto files = *repository->filesAt(repository->info().tip);
    ASSERT_EQ(files.size(), 3U);
    EXPECT_EQ(files[0].path, "settings.json");
    const auto artifacts = *repository->artifacts(repository->info().tip);
    ASSERT_EQ(artifacts.size(), 3U);
    EXPECT_EQ(artifacts[0].kind, ArtifactKind::Settings);
    const auto landed = repository->land(approval(*repository, "skills/a/SKILL.md", "---\nname: a\n---\nNew.\n"), {});
    ASSERT_OK(landed);
    EXPECT_TRUE(landed->workTreeUpdated);
    EXPECT_EQ(readAll(m_repo / "skills/a/SKILL.md"), "---\nname: a\n---\nNew.\n");
    EXPECT_EQ(list(), before);
    writeFile(m_repo / "skills/a/SKILL.md", "edited in place\n");
    EXPECT_EQ(repository->land(approval(*repository, "skills/a/SKILL.md", "x\n"), {}).error().code, ErrorCode::DirtyWorkTree);
    repository = open(true);
    EXPECT_EQ(repository->versions()->size(), 2U);
    EXPECT_EQ(repository->info().tip, landed->commit);
    expectSound(*repository);
}

TEST_F(Adopted, refusesAFolderWithoutAHarness)
{
    m_repo = m_folder / "photos";
    writeFile(m_repo / "a.jpg", "x");
    auto with = options();
    with.adoptPlainFolder = true;
    const auto opened = HarnessRepository::open(m_repo, with, {});
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::Empty);
    EXPECT_FALSE(std::filesystem::exists(m_data / "adopted"));
}

TEST_F(Adopted, aFolderInsideARepositoryOpensTheRepositoryOnlyWhereItIsPartOfIt)
{
    makeRepository();
    auto with = options();
    with.adoptPlainFolder = true;
    auto opened = HarnessRepository::open(m_repo / "skills", with, {});
    ASSERT_OK(opened);
    EXPECT_EQ((*opened)->info().path, m_repo);
    EXPECT_FALSE((*opened)->info().adopted);
    writeFile(m_repo / "untracked/skills/b/SKILL.md", "---\nname: b\n---\n");
    opened = HarnessRepository::open(m_repo / "untracked", with, {});
    ASSERT_OK(opened);
    EXPECT_TRUE((*opened)->info().adopted);
}

} // namespace
