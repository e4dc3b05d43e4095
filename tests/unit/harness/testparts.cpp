// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/harness/gitindex.h"
#include "core/harness/gitstore.h"
#include "core/harness/glob.h"
#include "core/harness/journalstore.h"
#include "core/harness/locate.h"
#include "core/harness/trees.h"
#include "tests/unit/harness/gitfixture.h"

#include <chrono>
#include <cstdio>
#include <functional>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

using namespace tackroom;
using namespace tackroom::test;

namespace
{

TEST(Glob, crossesFoldersOnlyWithTwoStars)
{
    for (const auto& [glob, path] : std::initializer_list<std::pair<const char*, const char*>>{{"prompts/**", "prompts/a/b.md"},
                                                                                               {"**/SKILL.md", "SKILL.md"},
                                                                                               {"**/SKILL.md", "a/b/SKILL.md"},
                                                                                               {"a/**/b", "a/b"},
                                                                                               {"a/**/b", "a/x/y/b"},
                                                                                               {"*.md", "a.md"},
                                                                                               {"p?/*", "p1/x"},
                                                                                               {"**", "any/thing"},
                                                                                               {"", ""}})
        EXPECT_TRUE(globMatches(glob, path)) << glob << ' ' << path;
    for (const auto& [glob, path] : std::initializer_list<std::pair<const char*, const char*>>{{"*.md", "a/b.md"},
                                                                                               {"**/SKILL.md", "xSKILL.md"},
                                                                                               {"prompts/**", "prompts"},
                                                                                               {"p?/*", "p//x"},
                                                                                               {"a/*/b", "a/x/y/b"},
                                                                                               {"a", "ab"},
                                                                                               {"ab", "a"}})
        EXPECT_FALSE(globMatches(glob, path)) << glob << ' ' << path;
    EXPECT_FALSE(globMatches(std::string(300, '*') + "x", std::string(3000, 'a'))) << "and is quick about it";
}

TEST(Reviewer, isANameAndAMailAddress)
{
    const auto good = parseReviewer("  Rita Reviewer <rita@example.org> ");
    ASSERT_OK(good);
    EXPECT_EQ(toString(*good), "Rita Reviewer <rita@example.org>");
    for (const char* bad :
         {"", "Rita", "<a@b>", "Rita <>", "Rita <a@b> x", "Ri<ta <a@b>", "Ri\nta <a@b>", "Rita <a\t@b>", "\xff <a@b>"})
        EXPECT_EQ(parseReviewer(bad).error().code, ErrorCode::Usage) << bad;
}

TEST(JournalEntry, comesBackFromJsonAsItWas)
{
    JournalEntry entry;
    entry.id = "x";
    entry.lamport = 7;
    entry.kind = EntryKind::RequestChanges;
    entry.time = 1'700'000'000'000'000'001;
    entry.reviewer = kReviewer;
    entry.reason = "because \xc3\xa4";
    entry.proposal = ProposalId("p");
    entry.patchSet = CommitId(std::string(40, 'a'));
    entry.atoms = makeAtoms("a.md", "1", "2", "one\n", "two\n");
    entry.evidence = {"run", "cluster"};
    entry.extra["later"] = true;
    const auto back = JournalEntry::fromJson(entry.toJson());
    ASSERT_OK(back);
    EXPECT_EQ(back->toJson(), entry.toJson());
    EXPECT_EQ(back->atoms, entry.atoms);
    auto json = entry.toJson();
    json["kind"] = "of-the-future";
    EXPECT_EQ(JournalEntry::fromJson(json)->kind, EntryKind::Note);
    EXPECT_FALSE(JournalEntry::fromJson(Json::array()));
    json.erase("lamport");
    EXPECT_EQ(JournalEntry::fromJson(json).error().code, ErrorCode::Damaged);
}

TEST(Manifest, isLenientAndSaysWhatItDidNotTake)
{
    const auto manifest = parseManifest(
        R"({"artifacts": [{"path": "bots/*.txt", "kind": "prompt"}, {"path": "", "kind": "tool"}, {"path": "x", "kind": "y"}],
                                            "review": {"proposals": ["ideas/*", 3], "reasonRequired": "no"}, "mainBranch": "trunk"})");
    ASSERT_EQ(manifest.globs.size(), 1U);
    EXPECT_EQ(manifest.proposalBranches, std::vector<std::string>{"ideas/*"});
    EXPECT_TRUE(manifest.reasonRequired);
    EXPECT_EQ(manifest.mainBranch, "trunk");
    EXPECT_EQ(manifest.findings.size(), 3U);
    EXPECT_EQ(artifactKindOf("bots/a.txt", {}, manifest), ArtifactKind::Prompt);
    for (const char* broken : {"", "[]", "{", "{\"artifacts\": 1}", "{\"review\": []}", "{\"artifacts\": {\"prompt\": 1}}"})
        EXPECT_FALSE(parseManifest(broken).findings.empty()) << broken;
}

TEST(Artifacts, areKnownByTheirPlaces)
{
    const std::initializer_list<std::pair<const char*, std::optional<ArtifactKind>>> cases{
        {"AGENTS.md", ArtifactKind::Instructions},
        {"sub/CLAUDE.md", ArtifactKind::Instructions},
        {"prompts/x.txt", ArtifactKind::Prompt},
        {"skills/a/SKILL.md", ArtifactKind::Skill},
        {".claude/skills/a/lib/b.py", ArtifactKind::SkillFile},
        {"memory/x.md", ArtifactKind::Memory},
        {"MEMORY.md", ArtifactKind::Memory},
        {"evals/rubric.md", ArtifactKind::Evaluator},
        {"retrieval/policy.md", ArtifactKind::Retrieval},
        {"knowledge/policy.md", ArtifactKind::Retrieval},
        {"workflows/a.yaml", ArtifactKind::Workflow},
        {"hooks/pre.sh", ArtifactKind::Hook},
        {".claude/settings.json", ArtifactKind::Settings},
        {".mcp.json", ArtifactKind::Settings},
        {"harness.json", ArtifactKind::Policy},
        {"tools/a.json", std::nullopt},
        {"src/main.py", std::nullopt},
        {"README.md", std::nullopt},
    };
    for (const auto& [path, kind] : cases) EXPECT_EQ(artifactKindOf(path, {}, {}), kind) << path;
    for (const char* text : {R"({"inputSchema": {}})", R"({"type":"function","function":{"name":"a","parameters":{}}})",
                             R"({"input_schema": {}})"})
        EXPECT_EQ(artifactKindOf("agent/tools/a.json", text, {}), ArtifactKind::Tool) << text;
}

TEST(ObjectIds, areGits)
{
    EXPECT_EQ(objectIdOf(ObjectType::Blob, ""), "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
    EXPECT_EQ(idFromRaw(idToRaw("0123456789abcdef0123456789abcdef01234567")), "0123456789abcdef0123456789abcdef01234567");
    EXPECT_FALSE(parseTree("100644 a", "x"));
    EXPECT_FALSE(parseTree(std::string("100644 ..\0", 10) + std::string(20, 'x'), "x"));
    EXPECT_FALSE(parseTree(std::string("100644 a/b\0", 11) + std::string(20, 'x'), "x"));
    EXPECT_FALSE(parseTree(std::string("10z644 a\0", 9) + std::string(20, 'x'), "x"));
    EXPECT_FALSE(parseCommit("tree x\n\n", "x"));
    EXPECT_FALSE(parseCommit("tree", "x"));
}

class Index : public GitTest
{
};

TEST_F(Index, isReadAndWrittenAsGitDoes)
{
    makeRepository();
    for (const char* version : {"2", "4"}) {
        git(std::string("update-index --index-version ") + version);
        auto index = GitIndex::parse(readAll(m_repo / ".git/index"), "index");
        ASSERT_OK(index);
        EXPECT_EQ(index->entries.size(), 6U);
        IndexEntry entry;
        entry.path = "prompts/long/" + std::string(5000, 'n');
        entry.id = index->entries[0].id;
        entry.stat[6] = 0100755;
        index->put(entry);
        index->remove("README.md");
        writeFile(m_repo / ".git/index", index->write());
        EXPECT_EQ(git("ls-files | wc -l"), "6");
        EXPECT_NE(git("ls-files -s").find("100755 " + entry.id), std::string::npos);
        git("fsck");
        git("reset -q");
    }
}

TEST_F(Index, anyBrokenByteIsRefused)
{
    makeRepository();
    const auto good = readAll(m_repo / ".git/index");
    for (std::size_t i = 0; i < good.size(); i += 3) {
        auto bad = good;
        bad[i] = static_cast<char>(bad[i] ^ 0x41);
        EXPECT_FALSE(GitIndex::parse(bad, "index")) << i;
        // and a sum that fits does not make it crash
        bad.replace(bad.size() - 20, 20, 20, '\0');
        (void)GitIndex::parse(bad, "index");
        (void)GitIndex::parse(std::string_view(good).substr(0, i), "index");
    }
}

TEST_F(Index, survivesASparseCheckoutEntry)
{
    makeRepository();
    git("update-index --skip-worktree prompts/system.md");
    std::filesystem::remove(m_repo / "prompts/system.md");
    const auto repository = open();
    ASSERT_OK(repository->land(approval(*repository, "prompts/system.md", "new\n"), {}));
    EXPECT_FALSE(std::filesystem::exists(m_repo / "prompts/system.md"));
    EXPECT_EQ(git("status --porcelain"), "");
    EXPECT_EQ(git("show main:prompts/system.md"), "new");
}

class Locks : public GitTest
{
};

TEST_F(Locks, aSecondOpeningWaitsForTheFirst)
{
    makeRepository();
    auto first = open();
    auto second = open();
    std::optional<Result<Landed>> one;
    std::thread other([&] { one = first->land(approval(*first, "AGENTS.md", "one\n"), {}); });
    const auto two = second->land(approval(*second, "prompts/system.md", "two\n"), {});
    other.join();
    // Whoever came second saw that the main line had moved.
    EXPECT_NE(one->has_value(), two.has_value());
    EXPECT_EQ((two ? *one : two).error().code, ErrorCode::Conflict);
    expectSound(*first);
}

TEST_F(Locks, cancellingEndsTheWait)
{
    makeRepository();
    const auto repository = open();
    const auto held =
        run("flock '" + (repository->info().vault / "tackroom.lock").string() + "' sleep 3 >/dev/null 2>&1 & echo");
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    CancelSource source;
    source.cancel();
    const auto opened = HarnessRepository::open(m_repo, options(), source.token());
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::Cancelled);
}

TEST_F(Locks, aReadOnlyRepositoryCanBeRead)
{
    makeRepository();
    if (::geteuid() == 0) GTEST_SKIP() << "root writes anywhere";
    run("chmod -R a-w '" + m_repo.string() + "'");
    const auto repository = open();
    ASSERT_TRUE(repository);
    EXPECT_EQ(repository->versions()->size(), 1U);
    EXPECT_FALSE(repository->info().notices.empty());
    const auto landed = repository->land(approval(*repository, "AGENTS.md", "x\n"), {});
    EXPECT_FALSE(landed);
    run("chmod -R u+w '" + m_repo.string() + "'");
    expectSound(*repository);
}

class Size : public GitTest
{
protected:
    static double secondsOf(const std::function<void()>& work)
    {
        const auto from = std::chrono::steady_clock::now();
        work();
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - from).count();
    }
};

TEST_F(Size, aThousandVersionsAndAThousandEntriesOpenQuickly)
{
    makeRepository();
    std::filesystem::path vault;
    std::string journal;
    {
        const auto repository = open();
        ASSERT_TRUE(repository);
        vault = repository->info().vault;
        journal = gitIn(vault, "rev-parse refs/tackroom/journal");
    }
    const auto store = GitStore::open(m_repo);
    ASSERT_OK(store);
    const auto base = treeOf(*store, git("rev-parse main"));
    ASSERT_OK(base);
    PackBuilder commits;
    auto tip = git("rev-parse main");
    for (int i = 0; i < 1000; ++i) {
        FileEdits edits;
        edits["AGENTS.md"] = NewFile{"version " + std::to_string(i) + "\n", 0100644};
        const auto tree = editTree(*store, *base, edits, commits);
        ASSERT_OK(tree);
        tip = commits.add(ObjectType::Commit, commitBytes(*tree, {tip}, kReviewer, kReviewer, i * 1'000'000'000LL, "Change\n"));
    }
    ASSERT_OK(installPack(*commits.finish(), m_repo / ".git/objects", "test", 0));
    git("update-ref refs/heads/main " + tip);
    git("reset -q --hard");
    PackBuilder batches;
    for (std::uint64_t i = 0; i < 1000; ++i) {
        JournalEntry entry;
        entry.kind = EntryKind::Note;
        entry.reviewer = kReviewer;
        entry.reason = "note " + std::to_string(i);
        journal = makeBatch({entry}, journal, i + 1, batches).commit;
    }
    ASSERT_OK(installPack(*batches.finish(), vault / "objects", "test", 0));
    gitIn(vault, "update-ref refs/tackroom/journal " + journal);
    std::unique_ptr<HarnessRepository> repository;
    const double first = secondsOf([&] { repository = open(); });
    const double again = secondsOf([&] { repository = open(); });
    std::printf("1,000 versions and 1,001 entries: first opening %.0f ms, again %.0f ms\n", first * 1000, again * 1000);
    ASSERT_TRUE(repository);
    EXPECT_EQ(repository->journal()->size(), 1001U);
    EXPECT_EQ(repository->versions()->size(), 1001U);
    EXPECT_EQ(repository->versions()->front().review, Version::Review::Unreviewed);
    EXPECT_LT(again, 5.0);
    expectSound(*repository);
}

} // namespace
