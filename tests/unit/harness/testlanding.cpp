// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/harness/gitfixture.h"

#include <sys/stat.h>

using namespace tackroom;
using namespace tackroom::test;

namespace
{

class Landing : public GitTest
{
};

TEST_F(Landing, makesOneCommitOneVersionAndBringsWorkTreeAndIndexAlong)
{
    makeRepository();
    const auto before = git("rev-parse HEAD");
    const auto repository = open();
    ASSERT_TRUE(repository);
    EXPECT_EQ(repository->info().tip.value, before);
    EXPECT_TRUE(repository->info().workTreeOnMain);
    const std::string text = "# Agent\n\nRefund up to 3,000.\n\nBe kind.\n";
    const auto landed = repository->land(approval(*repository, "AGENTS.md", text), {});
    ASSERT_OK(landed);
    EXPECT_EQ(landed->version, "v2");
    EXPECT_EQ(landed->base.value, before);
    EXPECT_TRUE(landed->workTreeUpdated);
    ASSERT_EQ(landed->changes.size(), 1U);
    EXPECT_EQ(landed->changes[0].addedLines, 1U);

    EXPECT_EQ(git("rev-parse refs/heads/main"), landed->commit.value);
    EXPECT_EQ(git("rev-parse 'harness/v2^{commit}'"), landed->commit.value);
    EXPECT_EQ(git("cat-file -t harness/v2"), "tag");
    EXPECT_EQ(git("rev-parse main^"), before);
    EXPECT_EQ(git("status --porcelain"), "");
    EXPECT_EQ(git("diff-index --cached HEAD"), "");
    EXPECT_EQ(readAll(m_repo / "AGENTS.md"), text);
    EXPECT_EQ(git("show main:AGENTS.md") + "\n", text);
    const auto log = git("log -1 --format=%B");
    EXPECT_NE(log.find("Proposal: p-0123456789ab"), std::string::npos) << log;
    EXPECT_NE(log.find("Reviewed-by: Rita Reviewer <rita@example.org>"), std::string::npos) << log;
    EXPECT_NE(log.find("Reason: It is better so."), std::string::npos) << log;
    EXPECT_EQ(git("log -1 --format='%an|%ae|%cn'"), "Agent Smith|agent@example.org|Rita Reviewer");
    EXPECT_EQ(git("rev-parse refs/tackroom/journal"), gitIn(repository->info().vault, "rev-parse refs/tackroom/journal"));
    EXPECT_EQ(gitIn(repository->info().vault, "rev-parse 'harness/v2^{commit}'"), landed->commit.value);
    EXPECT_NE(git("reflog -1 main").find("tackroom: approve v2"), std::string::npos);
    expectSound(*repository);

    const auto versions = repository->versions();
    ASSERT_OK(versions);
    ASSERT_EQ(versions->size(), 2U);
    EXPECT_TRUE(versions->front().live);
    EXPECT_EQ(versions->front().review, Version::Review::Reviewed);
    EXPECT_EQ(versions->front().decision->reason, "It is better so.");
    EXPECT_EQ(versions->back().review, Version::Review::Baseline);
}

TEST_F(Landing, addsRemovesAndMakesFolders)
{
    makeRepository();
    const auto repository = open();
    ASSERT_TRUE(repository);
    auto request = approval(*repository, "skills/new/deep/SKILL.md", "---\nname: new\n---\n");
    request.files.push_back({"skills/refund/check.sh", std::nullopt, 0});
    request.files.push_back({"skills/refund/SKILL.md", std::nullopt, 0});
    request.files.push_back({"hooks/run.sh", "#!/bin/sh\n", 0100755});
    const auto landed = repository->land(request, {});
    ASSERT_OK(landed);
    EXPECT_FALSE(std::filesystem::exists(m_repo / "skills/refund"));
    struct stat status{};
    ASSERT_EQ(::stat((m_repo / "hooks/run.sh").c_str(), &status), 0);
    EXPECT_TRUE(status.st_mode & S_IXUSR);
    EXPECT_EQ(git("status --porcelain"), "");
    EXPECT_EQ(git("ls-tree -r --name-only main"),
              "AGENTS.md\nREADME.md\nhooks/run.sh\nprompts/system.md\nskills/new/deep/SKILL.md\ntools/lookup.json");
    expectSound(*repository);
}

TEST_F(Landing, worksInABareRepository)
{
    makeRepository();
    const auto bare = m_folder / "bare.git";
    ASSERT_EQ(run("git clone -q --bare '" + m_repo.string() + "' '" + bare.string() + "'").code, 0);
    m_repo = bare;
    const auto repository = open();
    ASSERT_TRUE(repository);
    EXPECT_TRUE(repository->info().bare);
    const auto landed = repository->land(approval(*repository, "AGENTS.md", "new\n"), {});
    ASSERT_OK(landed);
    EXPECT_FALSE(landed->workTreeUpdated);
    EXPECT_EQ(git("show main:AGENTS.md"), "new");
    expectSound(*repository);
}

TEST_F(Landing, worksInALinkedWorkTreeAndRefusesWhereMainIsCheckedOutElsewhere)
{
    makeRepository();
    git("switch -q -c other");
    git("worktree add -q '" + (m_folder / "linked").string() + "' main");
    const auto main = m_repo;
    {
        const auto repository = open();
        ASSERT_TRUE(repository);
        EXPECT_EQ(repository->info().mainBranch, "other") << "HEAD's branch";
    }
    std::filesystem::remove_all(m_data);
    m_repo = m_folder / "linked";
    const auto repository = open();
    ASSERT_TRUE(repository);
    const auto landed = repository->land(approval(*repository, "AGENTS.md", "linked\n"), {});
    ASSERT_OK(landed);
    EXPECT_TRUE(landed->workTreeUpdated);
    EXPECT_EQ(git("status --porcelain"), "");
    EXPECT_EQ(readAll(m_folder / "linked/AGENTS.md"), "linked\n");
    m_repo = main;
    const auto elsewhere = open(); // the registered main line is main, checked out in the linked tree
    ASSERT_TRUE(elsewhere);
    EXPECT_EQ(elsewhere->info().mainBranch, "main");
    const auto refused = elsewhere->land(approval(*elsewhere, "AGENTS.md", "again\n"), {});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::DirtyWorkTree);
    expectSound(m_repo / ".git", repository->info().vault);
}

TEST_F(Landing, refusesADirtyWorkTreeAndChangesNothing)
{
    makeRepository();
    const auto repository = open();
    ASSERT_TRUE(repository);
    const auto tip = git("rev-parse main");
    const auto journal = git("rev-parse refs/tackroom/journal");
    const auto refuses = [&](const std::string& path, const std::string& bytes) {
        const auto landed = repository->land(approval(*repository, path, bytes), {});
        ASSERT_FALSE(landed);
        EXPECT_EQ(landed.error().code, ErrorCode::DirtyWorkTree) << oneLine(landed.error());
        EXPECT_EQ(git("rev-parse main"), tip);
        EXPECT_EQ(git("rev-parse refs/tackroom/journal"), journal);
        expectSound(*repository);
    };
    writeFile(m_repo / "AGENTS.md", "edited\n");
    refuses("AGENTS.md", "new\n");
    EXPECT_EQ(readAll(m_repo / "AGENTS.md"), "edited\n");
    git("add AGENTS.md"); // staged
    refuses("AGENTS.md", "new\n");
    git("show HEAD:AGENTS.md > '" + (m_repo / "AGENTS.md").string() + "'"); // staged, work tree as it was
    refuses("AGENTS.md", "new\n");
    git("reset -q --hard");
    writeFile(m_repo / "skills/mine/SKILL.md", "untracked\n");
    refuses("skills/mine/SKILL.md", "new\n");
    std::filesystem::remove(m_repo / "AGENTS.md");
    refuses("AGENTS.md", "new\n");
    git("reset -q --hard");
    std::filesystem::rename(m_repo / "prompts", m_folder / "moved");
    std::filesystem::create_directory_symlink(m_folder / "moved", m_repo / "prompts");
    refuses("prompts/system.md", "new\n");
    EXPECT_EQ(readAll(m_folder / "moved/system.md"), "You are a refund agent.\n");
    std::filesystem::remove(m_repo / "prompts");
    std::filesystem::rename(m_folder / "moved", m_repo / "prompts");
    // what is dirty elsewhere is left alone
    writeFile(m_repo / "README.md", "my own edit\n");
    EXPECT_OK(repository->land(approval(*repository, "AGENTS.md", "new\n"), {}));
    EXPECT_EQ(readAll(m_repo / "README.md"), "my own edit\n");
    EXPECT_EQ(git("status --porcelain"), " M README.md\n?? skills/mine/");
}

TEST_F(Landing, refusesWhenTheTipMovedAndLandsOnTheNewOne)
{
    makeRepository();
    const auto repository = open();
    ASSERT_TRUE(repository);
    const auto request = approval(*repository, "AGENTS.md", "new\n");
    commitFile("README.md", "more\n", "Another commit");
    const auto landed = repository->land(request, {});
    ASSERT_FALSE(landed);
    EXPECT_EQ(landed.error().code, ErrorCode::Conflict);
    ASSERT_OK(repository->refresh());
    EXPECT_OK(repository->land(approval(*repository, "AGENTS.md", "new\n"), {}));
    expectSound(*repository);
}

TEST_F(Landing, refusesLocksOfOthersAndLeavesThem)
{
    makeRepository();
    const auto repository = open();
    ASSERT_TRUE(repository);
    for (const char* lock : {".git/index.lock", ".git/refs/heads/main.lock"}) {
        writeFile(m_repo / lock, "");
        const auto landed = repository->land(approval(*repository, "AGENTS.md", "new\n"), {});
        ASSERT_FALSE(landed);
        EXPECT_EQ(landed.error().code, ErrorCode::Locked);
        EXPECT_TRUE(std::filesystem::exists(m_repo / lock));
        std::filesystem::remove(m_repo / lock);
        EXPECT_EQ(repository->journal()->size(), 1U);
    }
    EXPECT_OK(repository->land(approval(*repository, "AGENTS.md", "new\n"), {}));
    expectSound(*repository);
}

TEST_F(Landing, refusesWrongRequests)
{
    makeRepository();
    const auto repository = open();
    ASSERT_TRUE(repository);
    const auto codeOf = [&](const LandRequest& request) {
        const auto landed = repository->land(request, {});
        return landed ? ErrorCode::Internal : landed.error().code;
    };
    auto request = approval(*repository, "AGENTS.md", "new\n");
    request.files.front().path = "../outside";
    EXPECT_EQ(codeOf(request), ErrorCode::Refused);
    request.files.front().path = ".git/config";
    EXPECT_EQ(codeOf(request), ErrorCode::Refused);
    request.files.front() = {"link", "target", 0120000};
    EXPECT_EQ(codeOf(request), ErrorCode::Refused);
    request = approval(*repository, "AGENTS.md", readAll(m_repo / "AGENTS.md"));
    EXPECT_EQ(codeOf(request), ErrorCode::AnswerIsNo);
    request = approval(*repository, "gone.md", std::nullopt);
    EXPECT_EQ(codeOf(request), ErrorCode::Conflict);
    request = approval(*repository, "AGENTS.md/inner.md", "x");
    EXPECT_EQ(codeOf(request), ErrorCode::Conflict);
    request = approval(*repository, "AGENTS.md", "new\n");
    request.entry.reviewer = {};
    EXPECT_EQ(codeOf(request), ErrorCode::Usage);
    request.entry.reviewer = {"A", "b>\n"};
    EXPECT_EQ(codeOf(request), ErrorCode::Usage);
    expectSound(*repository);
}

TEST_F(Landing, survivesIndexVersionsAndRefusesASplitIndex)
{
    makeRepository();
    auto repository = open();
    ASSERT_TRUE(repository);
    int n = 0;
    for (const char* version : {"2", "3", "4"}) {
        git(std::string("update-index --index-version ") + version);
        ASSERT_OK(repository->land(
            approval(*repository, "deep/folder/" + std::string(version) + "/AGENTS.md", "x" + std::to_string(++n) + "\n"), {}));
        ASSERT_OK(repository->land(approval(*repository, "AGENTS.md", "version " + std::to_string(n) + "\n"), {}));
        EXPECT_EQ(git("status --porcelain"), "");
        EXPECT_EQ(git("fsck --strict --no-dangling"), "");
    }
    git("update-index --split-index");
    const auto tip = git("rev-parse main");
    const auto landed = repository->land(approval(*repository, "AGENTS.md", "split\n"), {});
    ASSERT_FALSE(landed);
    EXPECT_EQ(landed.error().code, ErrorCode::Refused);
    EXPECT_EQ(git("rev-parse main"), tip);
    expectSound(*repository);
}

TEST_F(Landing, landsOnPackedRefsAndAfterGc)
{
    makeRepository();
    auto repository = open();
    ASSERT_TRUE(repository);
    for (int i = 0; i < 4; ++i) {
        ASSERT_OK(repository->land(approval(*repository, "AGENTS.md", "text " + std::to_string(i) + "\n"), {}));
        git("pack-refs --all");
        git("gc -q --prune=now");
        ASSERT_OK(repository->refresh());
    }
    EXPECT_EQ(repository->versions()->size(), 5U);
    expectSound(*repository);
}

TEST_F(Landing, bytesAreExactWhateverTheyAre)
{
    makeRepository();
    writeFile(m_repo / ".gitattributes", "*.md text eol=crlf\n");
    git("add -A");
    git("commit -q -m attributes");
    const auto repository = open();
    ASSERT_TRUE(repository);
    std::string bytes;
    for (int i = 0; i < 1024; ++i) bytes.push_back(static_cast<char>(i * 7));
    bytes += "\r\nmixed\nends\r";
    ASSERT_OK(repository->land(approval(*repository, "prompts/odd.md", bytes), {}));
    ASSERT_EQ(
        run("git -C '" + m_repo.string() + "' cat-file blob main:prompts/odd.md > '" + (m_folder / "out").string() + "'").code,
        0);
    EXPECT_EQ(readAll(m_folder / "out"), bytes);
    EXPECT_EQ(readAll(m_repo / "prompts/odd.md"), bytes);
    expectSound(*repository);
}

TEST_F(Landing, neverRunsHooksOrFilters)
{
    makeRepository();
    for (const char* hook :
         {"pre-commit", "post-commit", "reference-transaction", "post-index-change", "update", "post-checkout"}) {
        const auto path = m_repo / ".git/hooks" / hook;
        writeFile(path, "#!/bin/sh\necho ran >> '" + (m_folder / "ran").string() + "'\n");
        std::filesystem::permissions(path, std::filesystem::perms::all);
    }
    git("config filter.evil.clean 'touch " + (m_folder / "ran").string() + "'");
    git("config filter.evil.smudge 'touch " + (m_folder / "ran").string() + "'");
    git("config core.fsmonitor 'touch " + (m_folder / "ran").string() + "'");
    writeFile(m_repo / ".git/info/attributes", "* filter=evil\n");
    const auto repository = open();
    ASSERT_TRUE(repository);
    ASSERT_OK(repository->land(approval(*repository, "AGENTS.md", "new\n"), {}));
    EXPECT_FALSE(std::filesystem::exists(m_folder / "ran"));
}

TEST_F(Landing, noticesAConfiguredWorkTreeElsewhere)
{
    makeRepository();
    std::filesystem::create_directories(m_folder / "victim");
    git("config core.worktree '" + (m_folder / "victim").string() + "'");
    const auto repository = open();
    ASSERT_TRUE(repository);
    const auto landed = repository->land(approval(*repository, "AGENTS.md", "new\n"), {});
    ASSERT_FALSE(landed);
    EXPECT_EQ(landed.error().code, ErrorCode::DirtyWorkTree);
    EXPECT_TRUE(std::filesystem::is_empty(m_folder / "victim"));
}

TEST_F(Landing, aLinkAmongTheRefsLeadsNowhere)
{
    makeRepository();
    const auto repository = open();
    ASSERT_TRUE(repository);
    std::filesystem::create_directories(m_folder / "victim");
    std::filesystem::rename(m_repo / ".git/refs/heads", m_folder / "victim/heads");
    std::filesystem::create_directory_symlink(m_folder / "victim/heads", m_repo / ".git/refs/heads");
    const auto before = readAll(m_folder / "victim/heads/main");
    const auto landed = repository->land(approval(*repository, "AGENTS.md", "new\n"), {});
    ASSERT_FALSE(landed);
    EXPECT_EQ(landed.error().code, ErrorCode::Refused);
    EXPECT_EQ(readAll(m_folder / "victim/heads/main"), before);
    EXPECT_EQ(repository->journal()->size(), 1U);
}

TEST_F(Landing, cancelledBeforeTheDecisionLeavesNothing)
{
    makeRepository();
    const auto repository = open();
    ASSERT_TRUE(repository);
    CancelSource source;
    source.cancel();
    const auto landed = repository->land(approval(*repository, "AGENTS.md", "new\n"), source.token());
    ASSERT_FALSE(landed);
    EXPECT_EQ(landed.error().code, ErrorCode::Cancelled);
    EXPECT_EQ(repository->journal()->size(), 1U);
    expectSound(*repository);
}

} // namespace
