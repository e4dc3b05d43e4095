// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/hash.h"
#include "gitrepo.h"

namespace tackroom::test
{

namespace
{

const std::string kAgents = "# Agent\n\nRefund up to 2,000.\n\nAsk for the order id.\n\nBe polite.\n\nSay goodbye.\n";

std::string with(std::string text, std::string_view from, std::string_view to)
{
    return text.replace(text.find(from), from.size(), to);
}

std::unique_ptr<GitRepo> repoWithMemory()
{
    auto r = std::make_unique<GitRepo>();
    r->write("AGENTS.md", kAgents);
    r->write("prompts/system.md", "You are the refund agent.\n");
    r->write("memory/lessons.md", "One.\nTwo.\nThree.\n");
    r->commit("First");
    return r;
}

} // namespace

TEST(BaseState, CleanAndItsBytes)
{
    const auto r = repoWithMemory();
    const std::string changed = with(kAgents, "2,000", "3,000");
    const std::string tip =
        r->branch("proposals/limit", "Raise the limit\n\nThey wait.\n\nCluster: c-0123\nProposed-by: optimizer <opt@agent>\n",
                  [&] { r->write("AGENTS.md", changed); });
    const auto repository = r->open();
    ASSERT_TRUE(repository);
    const Proposal p = find(*repository, "proposals/limit");
    EXPECT_EQ(p.id.value, "p-" + sha256Hex("proposals/limit").substr(0, 12));
    EXPECT_EQ(p.title, "Raise the limit");
    EXPECT_EQ(p.claim, "They wait.");
    EXPECT_EQ(p.cluster, "c-0123");
    EXPECT_EQ(p.proposedBy, "optimizer <opt@agent>");
    EXPECT_EQ(p.source, "branch proposals/limit");
    EXPECT_EQ(p.patchSet.value, tip);
    EXPECT_EQ(p.base, repository->info().tip);
    EXPECT_EQ(p.layer, "instructions");
    EXPECT_EQ(p.state, ProposalState::InReview);
    EXPECT_EQ(p.baseState, BaseState::Clean);
    const auto files = proposedFiles(*repository, p);
    ASSERT_TRUE(files);
    ASSERT_EQ(files->size(), 1U);
    EXPECT_EQ((*files)[0].current, kAgents);
    EXPECT_EQ((*files)[0].proposed, changed);
    EXPECT_EQ((*files)[0].change.addedLines, 1U);
    EXPECT_EQ((*files)[0].change.newBlob.value, r->git("rev-parse " + tip + ":AGENTS.md"));
    EXPECT_EQ(find(*repository, p.id.value.substr(0, 8)).id, p.id);
    EXPECT_EQ(find(*repository, "limit").id, p.id);
    EXPECT_EQ(codeOf(findProposal(*repository, "p-nothere", {})), ErrorCode::NotFound);
}

TEST(BaseState, ReappliesWhereTheMainLineMovedElsewhereInTheFile)
{
    const auto r = repoWithMemory();
    r->branch("proposals/limit", "Limit", [&] { r->write("AGENTS.md", with(kAgents, "2,000", "3,000")); });
    const std::string moved = with(kAgents, "goodbye", "farewell");
    r->write("AGENTS.md", moved);
    r->commit("Main moves");
    const auto repository = r->open();
    const Proposal p = find(*repository, "proposals/limit");
    EXPECT_EQ(p.baseState, BaseState::Reapplies);
    const auto files = proposedFiles(*repository, p);
    ASSERT_TRUE(files);
    EXPECT_EQ((*files)[0].current, moved);
    EXPECT_EQ((*files)[0].proposed, with(moved, "2,000", "3,000"));
    EXPECT_FALSE((*files)[0].conflicts);
    // git's own merge gives the same bytes
    EXPECT_EQ(r->git("show $(git merge-tree --write-tree main proposals/limit):AGENTS.md") + "\n", *(*files)[0].proposed);
    EXPECT_EQ((*files)[0].change.newBlob.value,
              r->git("rev-parse $(git merge-tree --write-tree main proposals/limit):AGENTS.md"));
}

TEST(BaseState, CleanWhereTheMainLineMovedInOtherFiles)
{
    const auto r = repoWithMemory();
    r->branch("proposals/limit", "Limit", [&] { r->write("AGENTS.md", with(kAgents, "2,000", "3,000")); });
    r->write("memory/lessons.md", "New.\n");
    r->commit("Main moves");
    EXPECT_EQ(find(*r->open(), "proposals/limit").baseState, BaseState::Clean);
}

TEST(BaseState, ConflictsNameTheFile)
{
    const auto r = repoWithMemory();
    const std::string mine = with(kAgents, "2,000", "3,000");
    r->branch("proposals/limit", "Limit", [&] { r->write("AGENTS.md", mine); });
    r->branch("proposals/delete", "Delete", [&] { r->remove("AGENTS.md"); });
    r->branch("proposals/add", "Add", [&] { r->write("prompts/new.md", "a\n"); });
    r->write("AGENTS.md", with(kAgents, "2,000", "4,000"));
    r->write("prompts/new.md", "b\n");
    r->commit("Main moves");
    const auto repository = r->open();
    for (const std::string name : {"limit", "delete", "add"}) {
        const Proposal p = find(*repository, "proposals/" + name);
        EXPECT_EQ(p.baseState, BaseState::Conflicts) << name;
        EXPECT_EQ(p.baseStateReason, name == "add" ? "prompts/new.md" : "AGENTS.md");
        const auto files = proposedFiles(*repository, p);
        ASSERT_TRUE(files);
        EXPECT_TRUE((*files)[0].conflicts);
        EXPECT_EQ(codeOf(approve(*repository, requestFor(*repository, p), {})), ErrorCode::Conflict);
    }
    EXPECT_EQ((*proposedFiles(*repository, find(*repository, "limit")))[0].proposed, mine);
}

TEST(BaseState, AlreadyContained)
{
    const auto r = repoWithMemory();
    const auto change = [&] {
        r->write("AGENTS.md", with(kAgents, "2,000", "3,000"));
        r->remove("memory/lessons.md");
    };
    r->branch("proposals/limit", "Limit", change);
    change();
    r->write("AGENTS.md", with(with(kAgents, "2,000", "3,000"), "goodbye", "farewell")); // more than the proposal
    r->commit("Main has it by another way");
    r->git("branch proposals/merged main");
    const auto repository = r->open();
    const Proposal p = find(*repository, "proposals/limit");
    EXPECT_EQ(p.baseState, BaseState::AlreadyContained);
    EXPECT_EQ(find(*repository, "proposals/merged").baseState, BaseState::AlreadyContained);
    EXPECT_EQ(codeOf(approve(*repository, requestFor(*repository, p), {})), ErrorCode::AnswerIsNo);
}

TEST(BaseState, TargetGone)
{
    const auto r = repoWithMemory();
    r->branch("proposals/lesson", "Lesson", [&] { r->write("memory/lessons.md", "One.\nTwo.\nThree.\nFour.\n"); });
    r->remove("memory/lessons.md");
    r->commit("Main removes it");
    const auto repository = r->open();
    const Proposal p = find(*repository, "proposals/lesson");
    EXPECT_EQ(p.baseState, BaseState::TargetGone);
    EXPECT_EQ(p.baseStateReason, "memory/lessons.md");
    EXPECT_EQ(codeOf(approve(*repository, requestFor(*repository, p), {})), ErrorCode::Conflict);
}

TEST(BaseState, BaseGone)
{
    const auto r = repoWithMemory();
    r->git("checkout -q --orphan proposals/elsewhere");
    r->write("AGENTS.md", "Another history.\n");
    r->commit("From nowhere");
    r->git("checkout -q main");
    const auto repository = r->open();
    const Proposal p = find(*repository, "proposals/elsewhere");
    EXPECT_EQ(p.baseState, BaseState::BaseGone);
    EXPECT_EQ(codeOf(approve(*repository, requestFor(*repository, p), {})), ErrorCode::BaseGone);
    EXPECT_EQ(codeOf(proposedFiles(*repository, p)), ErrorCode::BaseGone);
    EXPECT_TRUE(reject(*repository, requestFor(*repository, p), {}));
    EXPECT_EQ(find(*repository, "proposals/elsewhere").state, ProposalState::Rejected);
}

TEST(BaseState, RenamesFollowTheMainLinesText)
{
    const auto r = repoWithMemory();
    r->branch("proposals/move", "Move", [&] {
        r->remove("AGENTS.md");
        r->write("prompts/agents.md", with(kAgents, "polite", "brief"));
    });
    const std::string moved = with(kAgents, "2,000", "3,000");
    r->write("AGENTS.md", moved);
    r->commit("Main moves");
    const auto repository = r->open();
    const Proposal p = find(*repository, "proposals/move");
    if (p.changes.size() == 1) { // a rename to the repository
        EXPECT_EQ(p.baseState, BaseState::Reapplies);
        const auto landed = approve(*repository, requestFor(*repository, p), {});
        ASSERT_TRUE(landed) << oneLine(landed.error());
        EXPECT_EQ(r->git("show main:prompts/agents.md") + "\n", with(moved, "polite", "brief"));
        EXPECT_EQ(r->git("ls-tree --name-only main AGENTS.md"), "");
    } else {
        EXPECT_EQ(p.baseState, BaseState::Conflicts);
    }
}

TEST(BaseState, SeveralCommitsCountAsOneChange)
{
    const auto r = repoWithMemory();
    r->branch("proposals/two", "One", [&] { r->write("AGENTS.md", with(kAgents, "2,000", "3,000")); });
    r->git("checkout -q proposals/two");
    r->write("prompts/system.md", "You are kind.\n");
    r->commit("Two");
    r->git("checkout -q main");
    const auto repository = r->open();
    const Proposal p = find(*repository, "proposals/two");
    EXPECT_EQ(p.title, "Two");
    EXPECT_EQ(p.changes.size(), 2U);
    EXPECT_EQ(p.baseState, BaseState::Clean);
}

} // namespace tackroom::test
