// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/harness/gitfixture.h"

#include <algorithm>
#include <cstdlib>
#include <sys/stat.h>
#include <unistd.h>

using namespace tackroom;
using namespace tackroom::test;

namespace
{

class Repository : public GitTest
{
};

bool says(const HarnessRepository& repository, const std::string& what)
{
    return std::ranges::any_of(repository.info().notices, [&](const std::string& notice) { return notice.contains(what); });
}

TEST_F(Repository, saysWhatIsWrongWithBadInput)
{
    EXPECT_EQ(openFails(m_folder / "nowhere").code, ErrorCode::NotFound);
    writeFile(m_folder / "file", "x");
    EXPECT_EQ(openFails(m_folder / "file").code, ErrorCode::BadRepository);
    std::filesystem::create_directories(m_folder / "plain");
    EXPECT_EQ(openFails(m_folder / "plain").code, ErrorCode::BadRepository);
    std::filesystem::create_directories(m_folder / "unreadable");
    ::chmod((m_folder / "unreadable").c_str(), 0);
    if (::geteuid() != 0) {
        EXPECT_EQ(openFails(m_folder / "unreadable").code, ErrorCode::NotReadable);
    }
    ::chmod((m_folder / "unreadable").c_str(), 0700);
    std::filesystem::create_directories(m_repo);
    git("init -q -b main .");
    EXPECT_EQ(openFails(m_repo).code, ErrorCode::Empty);
    EXPECT_FALSE(std::filesystem::exists(m_data / "vaults"));
    writeFile(m_folder / "broken/.git", "gitdir: /nonexistent\n");
    EXPECT_EQ(openFails(m_folder / "broken").code, ErrorCode::BadRepository);
    ASSERT_EQ(::mkfifo((m_folder / "fifo").c_str(), 0600), 0);
    EXPECT_EQ(openFails(m_folder / "fifo").code, ErrorCode::BadRepository);
}

TEST_F(Repository, refusesDetachedHeadShallowClonesAndDamage)
{
    makeRepository();
    git("checkout -q --detach");
    const auto detached = openFails(m_repo);
    EXPECT_EQ(detached.code, ErrorCode::DetachedHead);
    EXPECT_FALSE(detached.hint.empty());
    git("switch -q main");
    commitFile("AGENTS.md", "second\n", "Second");
    ASSERT_EQ(run("git clone -q --depth 1 'file://" + m_repo.string() + "' '" + (m_folder / "shallow").string() + "'").code, 0);
    EXPECT_EQ(openFails(m_folder / "shallow").code, ErrorCode::Refused);
    const auto blob = git("rev-parse main:AGENTS.md");
    const auto file = m_repo / ".git/objects" / blob.substr(0, 2) / blob.substr(2);
    ::chmod(file.c_str(), 0600);
    writeFile(file, "garbage");
    EXPECT_EQ(openFails(m_repo).code, ErrorCode::BadRepository);
    std::filesystem::remove(file);
    EXPECT_EQ(openFails(m_repo).code, ErrorCode::BadRepository);
    writeFile(m_repo / ".git/refs/heads/main", "no id\n");
    EXPECT_EQ(openFails(m_repo).code, ErrorCode::BadRepository);
}

TEST_F(Repository, findsItsRootFromBelowAndByItsGitFolder)
{
    makeRepository();
    const auto codes = {m_repo, m_repo / "skills/refund", m_repo / ".git"};
    std::string id;
    for (const auto& path : codes) {
        const auto opened = HarnessRepository::open(path, options(), {});
        ASSERT_OK(opened);
        EXPECT_EQ((*opened)->info().path, m_repo);
        EXPECT_TRUE((*opened)->info().workTreeOnMain);
        EXPECT_TRUE(id.empty() || (*opened)->info().id.value == id);
        id = (*opened)->info().id.value;
    }
    EXPECT_EQ(openFails(m_repo / "../repo/nowhere").code, ErrorCode::NotFound);
}

TEST_F(Repository, namesTheMainLine)
{
    makeRepository();
    git("switch -q -c proposals/x");
    EXPECT_EQ(open()->info().mainBranch, "main");
    git("switch -q -c trunk");
    EXPECT_EQ(open()->info().mainBranch, "main") << "as registered";
    std::filesystem::remove_all(m_data);
    EXPECT_EQ(open()->info().mainBranch, "trunk");
    std::filesystem::remove_all(m_data);
    commitFile("harness.json", R"({"mainBranch": "main"})", "Policy");
    EXPECT_EQ(open()->info().mainBranch, "main");
    git("branch -q -D main");
    const auto again = open();
    EXPECT_EQ(again->info().mainBranch, "trunk");
    EXPECT_TRUE(says(*again, "main branch was main"));
}

TEST_F(Repository, openingTwiceChangesNothing)
{
    makeRepository();
    ASSERT_TRUE(open());
    const auto state = [&] { return run("cd '" + m_folder.string() + "' && find . -printf '%p %T@ %s\\n' | sort").out; };
    const auto before = state();
    const auto repository = open();
    ASSERT_TRUE(repository);
    EXPECT_EQ(state(), before);
    EXPECT_TRUE(repository->info().notices.empty());
    const auto journal = repository->journal();
    ASSERT_EQ(journal->size(), 1U);
    EXPECT_EQ(journal->front().kind, EntryKind::Baseline);
    EXPECT_EQ(journal->front().result, repository->info().tip);
}

TEST_F(Repository, tellsBaselineReviewedAndUnreviewed)
{
    makeRepository();
    commitFile("AGENTS.md", "two\n", "Second");
    auto repository = open();
    ASSERT_OK(repository->land(approval(*repository, "AGENTS.md", "three\n"), {}));
    commitFile("README.md", "no artifact\n", "Read me");
    commitFile("skills/refund/check.sh", "echo changed\n", "Skipped the review");
    repository = open();
    const auto versions = *repository->versions();
    ASSERT_EQ(versions.size(), 4U);
    using Review = Version::Review;
    EXPECT_EQ(versions[0].review, Review::Unreviewed);
    EXPECT_FALSE(versions[0].tagged);
    EXPECT_TRUE(versions[0].live);
    EXPECT_EQ(versions[0].label, versions[0].commit.value.substr(0, 10));
    EXPECT_EQ(versions[1].review, Review::Reviewed);
    EXPECT_EQ(versions[1].label, "v2");
    EXPECT_EQ(versions[2].review, Review::Baseline);
    EXPECT_EQ(versions[3].label, "v1");
    for (const char* name : {"v2", "2", "V2"}) EXPECT_EQ(repository->version(name)->label, "v2") << name;
    EXPECT_EQ(repository->version("live")->commit, repository->info().tip);
    EXPECT_EQ(repository->version(versions[2].commit.value.substr(0, 8))->commit, versions[2].commit);
    EXPECT_EQ(repository->version("v9").error().code, ErrorCode::NotFound);
    EXPECT_EQ(repository->version("").error().code, ErrorCode::NotFound);
}

TEST_F(Repository, listsArtifactsByKind)
{
    makeRepository();
    writeFile(m_repo / "tools/notes.json", "{\"a\": 1}");
    writeFile(m_repo / "own/SKILL.md", "---\nname: [broken\n---\n");
    writeFile(m_repo / "own/lib/helper.py", "pass\n");
    commitFile(
        "harness.json",
        R"({"artifacts": {"memory": ["notes/**"], "nonsense": ["x"]}, "review": {"reasonRequired": false, "proposals": ["ideas/*"]}})",
        "More");
    commitFile("notes/a.txt", "", "Note");
    const auto repository = open();
    const auto artifacts = *repository->artifacts(repository->info().tip);
    const auto find = [&](const std::string& path) { return std::ranges::find(artifacts, path, &Artifact::path); };
    EXPECT_EQ(find("README.md"), artifacts.end());
    EXPECT_EQ(find("tools/notes.json"), artifacts.end());
    EXPECT_EQ(find("AGENTS.md")->kind, ArtifactKind::Instructions);
    EXPECT_EQ(find("skills/refund/SKILL.md")->name, "refund-order");
    EXPECT_EQ(find("skills/refund/SKILL.md")->description, "How to refund an order.");
    EXPECT_EQ(find("skills/refund/check.sh")->kind, ArtifactKind::SkillFile);
    EXPECT_EQ(find("own/SKILL.md")->name, "own");
    EXPECT_EQ(find("own/lib/helper.py")->kind, ArtifactKind::SkillFile);
    EXPECT_EQ(find("tools/lookup.json")->name, "lookup_order");
    EXPECT_EQ(find("notes/a.txt")->kind, ArtifactKind::Memory);
    EXPECT_EQ(find("harness.json")->kind, ArtifactKind::Policy);
    EXPECT_FALSE(repository->manifest().reasonRequired);
    EXPECT_TRUE(says(*repository, "nonsense"));
    EXPECT_EQ(layerNameOf(ArtifactKind::SkillFile), "skills");
}

TEST_F(Repository, thePolicyInForceIsTheApprovedOne)
{
    makeRepository();
    auto repository = open();
    EXPECT_TRUE(repository->manifest().reasonRequired);
    commitFile("harness.json", R"({"review": {"reasonRequired": false}})", "An agent loosens the policy");
    repository = open();
    EXPECT_TRUE(repository->manifest().reasonRequired);
    ASSERT_OK(repository->land(approval(*repository, "AGENTS.md", "new\n"), {}));
    EXPECT_FALSE(repository->manifest().reasonRequired) << "what stands below an approved version was approved with it";
}

TEST_F(Repository, reportsARewrittenMainLineAndKeepsItInTheVault)
{
    makeRepository();
    auto repository = open();
    const auto landed = repository->land(approval(*repository, "AGENTS.md", "new\n"), {});
    ASSERT_OK(landed);
    git("reset -q --hard HEAD~1");
    git("tag -d harness/v2");
    git("gc -q --prune=now");
    repository = open();
    EXPECT_TRUE(says(*repository, "rewritten"));
    EXPECT_TRUE(says(*repository, "Version v2"));
    EXPECT_EQ(repository->info().tip, landed->base) << "not landed again by itself";
    EXPECT_EQ(*repository->fileAt(landed->commit, "AGENTS.md"), "new\n");
    repository = open();
    EXPECT_FALSE(says(*repository, "rewritten"));
    EXPECT_TRUE(says(*repository, "Version v2"));
    const auto next = repository->land(approval(*repository, "AGENTS.md", "newer\n"), {});
    ASSERT_OK(next);
    EXPECT_EQ(next->version, "v3");
    expectSound(*repository);
}

TEST_F(Repository, makesProjectionsAgainAndTellsOfForeignOnes)
{
    makeRepository();
    auto repository = open();
    const auto landed = repository->land(approval(*repository, "AGENTS.md", "new\n"), {});
    ASSERT_OK(landed);
    git("update-ref -d refs/tackroom/journal");
    git("tag -d harness/v2");
    repository = open();
    EXPECT_EQ(git("rev-parse 'harness/v2^{commit}'"), landed->commit.value);
    EXPECT_EQ(git("rev-parse refs/tackroom/journal"), gitIn(repository->info().vault, "rev-parse refs/tackroom/journal"));
    git("update-ref refs/tackroom/journal refs/tackroom/journal~1"); // behind
    repository = open();
    EXPECT_EQ(git("rev-parse refs/tackroom/journal"), gitIn(repository->info().vault, "rev-parse refs/tackroom/journal"));
    git("tag -f harness/v2 HEAD~1");
    git("update-ref refs/tackroom/journal HEAD");
    repository = open();
    EXPECT_TRUE(says(*repository, "was moved"));
    EXPECT_TRUE(says(*repository, "not readable"));
    EXPECT_EQ(repository->version("v2")->commit, landed->commit);
    EXPECT_EQ(repository->journal()->size(), 2U);
    // a journal written elsewhere
    std::filesystem::remove_all(m_data);
    git("update-ref -d refs/tackroom/journal");
    repository = open();
    const auto other = git("rev-parse refs/tackroom/journal");
    ASSERT_OK(repository->land(approval(*repository, "AGENTS.md", "newer\n"), {}));
    std::filesystem::remove_all(m_data);
    repository = open();
    EXPECT_TRUE(says(*repository, "2 entries that were not made here"));
    EXPECT_EQ(repository->journal()->size(), 1U);
    EXPECT_NE(git("rev-parse refs/tackroom/journal"), other);
}

TEST_F(Repository, recordsDecisionsInOrder)
{
    makeRepository();
    auto repository = open();
    JournalEntry entry;
    entry.kind = EntryKind::Reject;
    entry.reviewer = kReviewer;
    entry.reason = "No <b>evidence</b>\nat all";
    entry.proposal = ProposalId("p-1");
    entry.extra["fromTheFuture"] = {1, 2, 3};
    const auto made = repository->record(entry, {});
    ASSERT_OK(made);
    EXPECT_EQ(made->lamport, 2U);
    EXPECT_FALSE(made->id.empty());
    entry.kind = EntryKind::Defer;
    ASSERT_OK(repository->record(entry, {}));
    entry.kind = EntryKind::Approve;
    EXPECT_EQ(repository->record(entry, {}).error().code, ErrorCode::Internal);
    repository = open();
    const auto journal = *repository->journal();
    ASSERT_EQ(journal.size(), 3U);
    EXPECT_EQ(journal[1].reason, entry.reason);
    EXPECT_EQ(journal[1].extra["fromTheFuture"].dump(), "[1,2,3]");
    EXPECT_EQ(journal[2].kind, EntryKind::Defer);
    expectSound(*repository);
}

TEST_F(Repository, replaysAThousandEntriesFastAndConsolidatesTheVault)
{
    makeRepository();
    auto repository = open();
    JournalEntry entry;
    entry.kind = EntryKind::Note;
    entry.reviewer = kReviewer;
    for (int i = 0; i < 120; ++i) {
        entry.reason = "note " + std::to_string(i);
        ASSERT_OK(repository->record(entry, {}));
    }
    const auto packs = run("ls '" + (repository->info().vault / "objects/pack").string() + "' | grep -c 'idx$'").out;
    EXPECT_LE(std::stoi(packs), 52);
    repository = open();
    EXPECT_EQ(repository->journal()->size(), 121U);
    EXPECT_EQ(repository->journal()->back().reason, "note 119");
    expectSound(*repository);
}

TEST_F(Repository, aSecondProgramWaitsAndASecondCloneSharesTheVault)
{
    makeRepository();
    const auto first = open();
    ASSERT_EQ(run("git clone -q '" + m_repo.string() + "' '" + (m_folder / "clone").string() + "'").code, 0);
    const auto original = m_repo;
    m_repo = m_folder / "clone";
    auto second = open();
    EXPECT_EQ(second->info().vault, first->info().vault);
    EXPECT_EQ(second->journal()->size(), 1U);
    ASSERT_OK(first->land(approval(*first, "AGENTS.md", "new\n"), {}));
    ASSERT_OK(second->refresh());
    EXPECT_EQ(second->info().tip, first->versions()->back().commit) << "the clone's own main line stands";
    EXPECT_EQ(second->journal()->size(), 2U);
    git("pull -q");
    ASSERT_OK(second->refresh());
    EXPECT_EQ(second->versions()->front().review, Version::Review::Reviewed);
    const auto landed = second->land(approval(*second, "AGENTS.md", "newer\n"), {});
    ASSERT_OK(landed);
    EXPECT_EQ(landed->version, "v3");
    expectSound(*second);
}

TEST_F(Repository, anotherRepositoryAtTheSamePlaceIsToldApart)
{
    makeRepository();
    const auto first = open()->info().id;
    std::filesystem::remove_all(m_repo);
    ::setenv("GIT_COMMITTER_DATE", "2001-01-01T00:00:00Z", 1);
    makeRepository();
    ::unsetenv("GIT_COMMITTER_DATE");
    const auto repository = open();
    EXPECT_NE(repository->info().id, first);
    EXPECT_TRUE(says(*repository, "Another repository"));
}

TEST_F(Repository, readsHistoryWithoutGrafts)
{
    makeRepository();
    commitFile("AGENTS.md", "two\n", "Second");
    commitFile("AGENTS.md", "three\n", "Third");
    writeFile(m_repo / ".git/info/grafts", git("rev-parse HEAD") + "\n");
    const auto repository = open();
    ASSERT_TRUE(repository);
    EXPECT_EQ(repository->versions()->size(), 3U);
}

TEST_F(Repository, listsProposalBranchesAndKeepsPatchSets)
{
    makeRepository();
    git("switch -q -c proposals/limit");
    commitFile("AGENTS.md", "limit\n", "Raise the limit");
    git("switch -q main");
    git("branch other");
    auto repository = open();
    auto branches = *repository->proposalBranches();
    ASSERT_EQ(branches.size(), 1U);
    EXPECT_EQ(branches[0].name, "proposals/limit");
    EXPECT_EQ(branches[0].mergeBase, repository->info().tip);
    EXPECT_EQ(branches[0].author, "Dev <dev@example.org>");
    const auto kept = repository->keepPatchSet(ProposalId("p-abc"), repository->info().tip, {{"memory/x.md", "x\n", 0100644}},
                                               "Remember x\n\nBody", "Agent <a@b.c>");
    ASSERT_OK(kept);
    EXPECT_EQ(kept->name, "refs/tackroom/proposals/p-abc/1");
    EXPECT_EQ(git("show refs/tackroom/proposals/p-abc/1:memory/x.md"), "x");
    const auto again = repository->keepPatchSet(ProposalId("p-abc"), repository->info().tip, {{"memory/x.md", "x\n", 0100644}},
                                                "Remember x\n\nBody", "Agent <a@b.c>");
    EXPECT_EQ(again->name, kept->name);
    const auto second = repository->keepPatchSet(ProposalId("p-abc"), repository->info().tip, {{"memory/x.md", "y\n", 0100644}},
                                                 "Remember y", "");
    ASSERT_OK(second);
    EXPECT_EQ(second->name, "refs/tackroom/proposals/p-abc/2");
    EXPECT_EQ(repository->keepPatchSet(ProposalId("p-abc"), CommitId(std::string(40, '1')), {}, "x", "").error().code,
              ErrorCode::BaseGone);
    EXPECT_EQ(repository->keepPatchSet(ProposalId("../x"), repository->info().tip, {}, "x", "").error().code,
              ErrorCode::Internal);
    repository = open();
    EXPECT_EQ(repository->proposalBranches()->size(), 3U);
    // an agent takes its branch away: the vault still has the bytes
    const auto tip = git("rev-parse proposals/limit");
    git("branch -q -D proposals/limit");
    git("gc -q --prune=now");
    repository = open();
    EXPECT_EQ(*repository->fileAt(CommitId(tip), "AGENTS.md"), "limit\n");
    expectSound(*repository);
}

TEST_F(Repository, changesNameRenamesModesAndBinaries)
{
    makeRepository();
    const auto from = CommitId(git("rev-parse HEAD"));
    git("mv prompts/system.md prompts/base.md");
    std::filesystem::permissions(m_repo / "skills/refund/check.sh", std::filesystem::perms::owner_exec,
                                 std::filesystem::perm_options::add);
    std::filesystem::remove(m_repo / "tools/lookup.json");
    commitFile("memory/raw.bin", std::string("a\0b", 3), "Many");
    const auto repository = open();
    const auto changes = *repository->changes(from, repository->info().tip);
    ASSERT_EQ(changes.size(), 4U);
    EXPECT_EQ(changes[0].path, "memory/raw.bin");
    EXPECT_TRUE(changes[0].binary);
    EXPECT_EQ(changes[1].kind, ChangeKind::Renamed);
    EXPECT_EQ(changes[1].oldPath, "prompts/system.md");
    EXPECT_EQ(changes[2].kind, ChangeKind::ModeChanged);
    EXPECT_EQ(changes[3].kind, ChangeKind::Removed);
    EXPECT_EQ(changes[3].removedLines, 1U);
    EXPECT_EQ(repository->changes({}, from)->size(), 6U);
    EXPECT_FALSE(repository->changes(from, CommitId(std::string(40, '2'))));
}

} // namespace
