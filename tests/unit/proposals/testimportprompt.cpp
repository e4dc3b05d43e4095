// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/proposals/importprompt.h"
#include "gitrepo.h"

namespace tackroom::test
{

namespace
{

std::unique_ptr<GitRepo> repoOfAgent()
{
    auto r = std::make_unique<GitRepo>();
    r->write("AGENTS.md", "# Agent\n");
    r->commit("First");
    return r;
}

PromptImport::Version version(int number, const std::string& bytes)
{
    return {.number = number,
            .author = "Ines <ines@example.org>",
            .note = "Note " + std::to_string(number) + "\n\nMore of it.",
            .time = 1'772'438'400'000'000'000,
            .labels = {"production"},
            .bytes = bytes};
}

PromptImport refund(std::vector<PromptImport::Version> versions, bool whole = true)
{
    return {.store = "phoenix.db",
            .registry = "Arize Phoenix",
            .name = "refund",
            .versions = std::move(versions),
            .whole = whole,
            .leftOut = 0};
}

std::string patchSets(const GitRepo& r, const Proposal& p)
{
    return r.git("for-each-ref --format='%(refname:lstrip=4) %(contents:subject)' refs/tackroom/proposals/" + p.id.value);
}

} // namespace

TEST(ImportPrompt, EachVersionIsAPatchSetAndNothingLands)
{
    const auto r = repoOfAgent();
    const auto repository = r->open();
    ASSERT_TRUE(repository);
    const std::string before = r->git("rev-parse main");
    const auto done = importPrompt(*repository, refund({version(3, "one\n"), version(5, "two\n"), version(8, "three\n")}), {});
    ASSERT_TRUE(done) << oneLine(done.error());
    ASSERT_TRUE(done->proposal);
    EXPECT_EQ(done->path, "prompts/refund.md");
    EXPECT_EQ(done->patchSets, 3);
    EXPECT_EQ(done->contained, 0);
    const Proposal& p = *done->proposal;
    EXPECT_EQ(p.title, "Prompt refund, version 8: Note 8");
    EXPECT_EQ(p.claim, "Note 8\n\nMore of it.");
    EXPECT_EQ(p.proposedBy, "Ines <ines@example.org>");
    EXPECT_EQ(p.source, "prompt registry of phoenix.db, Arize Phoenix: refund@8");
    EXPECT_EQ(p.kind, "new prompt");
    EXPECT_EQ(p.state, ProposalState::InReview);
    EXPECT_EQ(p.baseState, BaseState::Clean);
    EXPECT_EQ(p.patchSetNumber, 3);
    EXPECT_EQ(r->git("rev-parse main"), before);
    EXPECT_EQ(patchSets(*r, p), "1 Prompt refund, version 3: Note 3\n2 Prompt refund, version 5: Note 5\n"
                                "3 Prompt refund, version 8: Note 8");
    EXPECT_EQ(r->git("show refs/tackroom/proposals/" + p.id.value + "/2:prompts/refund.md"), "two");
    EXPECT_EQ(r->git("log -1 --format=%an,%ae refs/tackroom/proposals/" + p.id.value + "/3"), "Ines,ines@example.org");
    const std::string message = r->git("log -1 --format=%B refs/tackroom/proposals/" + p.id.value + "/3");
    EXPECT_NE(message.find("\nPrompt-Version: refund@8\nPrompt-Time: 2026-03-02T08:00:00Z\nPrompt-Labels: production\n"),
              std::string::npos)
        << message;

    // Again: nothing new. With a version more: one patch set more.
    const auto again = importPrompt(*repository, refund({version(3, "one\n"), version(5, "two\n"), version(8, "three\n")}), {});
    ASSERT_TRUE(again);
    EXPECT_EQ(again->patchSets, 0);
    EXPECT_EQ(again->proposal->patchSet, p.patchSet);
    const auto grown =
        importPrompt(*repository, refund({version(3, "one, edited\n"), version(8, "three\n"), version(9, "four\n")}), {});
    ASSERT_TRUE(grown);
    EXPECT_EQ(grown->patchSets, 1) << "an older version does not become the newest patch set";
    EXPECT_EQ(grown->proposal->id, p.id);
    EXPECT_EQ(grown->proposal->title, "Prompt refund, version 9: Note 9");
    EXPECT_EQ(r->git("fsck --strict --no-dangling"), "");
}

TEST(ImportPrompt, WhatTheMainLineHoldsIsSaid)
{
    const auto r = repoOfAgent();
    r->write("prompts/refund.md", "two\n");
    r->commit("Second");
    const auto repository = r->open();
    ASSERT_TRUE(repository);
    const auto newest = importPrompt(*repository, refund({version(3, "one\n"), version(5, "two\n")}), {});
    ASSERT_TRUE(newest) << oneLine(newest.error());
    EXPECT_FALSE(newest->proposal);
    EXPECT_EQ(newest->contained, 5);
    EXPECT_TRUE(listProposals(*repository, {})->empty());

    const auto later = importPrompt(*repository, refund({version(3, "one\n"), version(5, "two\n"), version(8, "three\n")}), {});
    ASSERT_TRUE(later && later->proposal);
    EXPECT_EQ(later->contained, 5);
    EXPECT_EQ(later->patchSets, 1) << "the versions before it are behind us";
    EXPECT_EQ(later->proposal->kind, "prompt");

    const auto chosen = importPrompt(*repository, refund({version(3, "one\n")}, false), {});
    ASSERT_TRUE(chosen && chosen->proposal) << "an older version can be asked for";
    EXPECT_NE(chosen->proposal->id, later->proposal->id);
    EXPECT_EQ(chosen->proposal->title, "Prompt refund, version 3: Note 3");
    EXPECT_EQ(importPrompt(*repository, refund({version(5, "two\n")}, false), {})->contained, 5);

    const auto landed = approve(*repository, requestFor(*repository, *later->proposal), {});
    ASSERT_TRUE(landed) << oneLine(landed.error());
    EXPECT_EQ(r->git("show main:prompts/refund.md"), "three");
    EXPECT_FALSE(importPrompt(*repository, refund({version(5, "two\n"), version(8, "three\n")}), {})->proposal);
}

TEST(ImportPrompt, WhatARegistrySaysCannotForgeAMessage)
{
    const auto r = repoOfAgent();
    const auto repository = r->open();
    ASSERT_TRUE(repository);
    PromptImport import = refund({version(1, "x\n")});
    import.name = "../../.git/config";
    import.store = "a\nProposed-by: Boss <boss@example.org>";
    import.versions[0].author = "Mallory\nReviewed-by: Boss <b@x> <m@x>";
    import.versions[0].note = "T\x01itle\n\nProposed-by: Boss <boss@example.org>";
    import.versions[0].labels = {"a\nReviewed-by: Boss"};
    const auto done = importPrompt(*repository, import, {});
    ASSERT_TRUE(done && done->proposal) << oneLine(done.error());
    EXPECT_TRUE(done->path.starts_with("prompts/git-config-")) << done->path;
    EXPECT_EQ(done->proposal->proposedBy, "Mallory Reviewed-by: Boss b@x <m@x>");
    EXPECT_EQ(done->proposal->title, "Prompt ../../.git/config, version 1: Title");
    EXPECT_EQ(
        r->git("log -1 --format='%(trailers:key=Reviewed-by)' refs/tackroom/proposals/" + done->proposal->id.value + "/1"), "");
    EXPECT_EQ(r->git("fsck --strict --no-dangling"), "");
    EXPECT_EQ(codeOf(importPrompt(*repository, refund({}), {})), ErrorCode::NotFound);
}

TEST(ImportPrompt, NamesBecomePathsThatAreApart)
{
    EXPECT_EQ(promptPathOf("refund-agent_2.v1"), "prompts/refund-agent_2.v1.md");
    EXPECT_NE(promptPathOf("a/b"), promptPathOf("a-b"));
    EXPECT_NE(promptPathOf("a/b"), promptPathOf("a:b"));
    EXPECT_NE(promptPathOf(std::string(300, 'x')), promptPathOf(std::string(301, 'x')));
    for (const char* name : {"", ".", "..", ".hidden", "x.", "CON", "é"}) {
        const std::string path = promptPathOf(name);
        EXPECT_TRUE(path.starts_with("prompts/") && path.ends_with(".md")) << path;
        EXPECT_NE(path[8], '.') << path;
    }
}

TEST(ImportPrompt, ALinkAtThePathIsRefused)
{
    const auto r = repoOfAgent();
    r->git("config core.symlinks true");
    std::filesystem::create_directories(r->path() / "prompts");
    std::filesystem::create_symlink("../AGENTS.md", r->path() / "prompts/refund.md");
    r->commit("A link");
    const auto repository = r->open();
    ASSERT_TRUE(repository);
    EXPECT_EQ(codeOf(importPrompt(*repository, refund({version(1, "x\n")}), {})), ErrorCode::Refused);
}

} // namespace tackroom::test
