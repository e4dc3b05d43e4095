// SPDX-License-Identifier: GPL-3.0-or-later
#include "gitrepo.h"

#include <algorithm>
#include <filesystem>

namespace tackroom::test
{

namespace
{

const std::string kPrompt = "You are the refund agent.\nRefund up to 2,000.\n";
const std::string kRaised = "You are the refund agent.\nRefund up to 3,000.\n";
const std::string kMessage = "Raise the limit\n\nThey wait.\n\nCluster: c-0123\nProposed-by: optimizer <opt@agent>\n";

std::unique_ptr<GitRepo> repoWithLimit(const std::string& message = kMessage)
{
    auto r = std::make_unique<GitRepo>();
    r->write("prompts/system.md", kPrompt);
    r->commit("First");
    r->branch("proposals/limit", message, [&] {
        r->write("prompts/system.md", kRaised);
        r->write("skills/calm/SKILL.md", "---\nname: calm\ndescription: stay calm\n---\nBreathe.\n");
    });
    return r;
}

} // namespace

TEST(Approve, LandsExactlyTheBytesThatWereShown)
{
    const auto r = repoWithLimit();
    const auto repository = r->open();
    ASSERT_TRUE(repository);
    const Proposal p = find(*repository, "limit");
    const auto shown = proposedFiles(*repository, p);
    const auto landed = approve(*repository, requestFor(*repository, p, "loyal customers"), {});
    ASSERT_TRUE(landed) << oneLine(landed.error());
    EXPECT_EQ(r->git("rev-parse main"), landed->commit.value);
    EXPECT_EQ(r->git("rev-parse main^"), landed->base.value);
    for (const ProposedFile& file : *shown) EXPECT_EQ(r->git("cat-file blob main:" + file.change.path) + "\n", *file.proposed);
    EXPECT_EQ(r->git("diff-tree -r --name-only --no-commit-id main"), "prompts/system.md\nskills/calm/SKILL.md");
    EXPECT_EQ(r->git("status --porcelain"), "");
    EXPECT_EQ(r->git("fsck --strict 2>&1 | grep -v dangling || true"), "");
    const std::string message = r->git("log -1 --format=%B main");
    for (const std::string part :
         {"Raise the limit", "They wait.", "Proposed-by: optimizer <opt@agent>", "Reviewed-by: Rhea Viewer <rhea@example.org>"})
        EXPECT_NE(message.find(part), std::string::npos) << part << " in\n" << message;
    EXPECT_NE(r->git("tag --points-at main").find("harness/" + landed->version), std::string::npos);

    const auto journal = repository->journal();
    ASSERT_TRUE(journal);
    const JournalEntry& entry = journal->back();
    EXPECT_EQ(entry.kind, EntryKind::Approve);
    EXPECT_EQ(entry.reason, "loyal customers");
    EXPECT_EQ(entry.proposal, p.id);
    EXPECT_EQ(entry.patchSet, p.patchSet);
    EXPECT_EQ(entry.cluster, "c-0123");
    ASSERT_EQ(entry.atoms.size(), 2U);
    EXPECT_EQ(entry.atoms[0].newBlobId, r->git("rev-parse main:prompts/system.md"));
    EXPECT_TRUE(entry.atoms[1].oldBlobId.empty());

    const Proposal after = find(*repository, "limit");
    EXPECT_EQ(after.state, ProposalState::Approved);
    EXPECT_EQ(after.baseState, BaseState::AlreadyContained);
    EXPECT_EQ(codeOf(approve(*repository, requestFor(*repository, after), {})), ErrorCode::AnswerIsNo);
    EXPECT_EQ(codeOf(reject(*repository, requestFor(*repository, after), {})), ErrorCode::AnswerIsNo);
}

TEST(Approve, TheProposerMayNotBeTheReviewer)
{
    for (const std::string by : {"Proposed-by: Somebody <RHEA@Example.org>", "Proposed-by: rhea viewer",
                                 "Proposed-by: bot <b@x>\nProposed-by: Rhea Viewer <r@y>"}) {
        const auto r = repoWithLimit("Limit\n\n" + by + "\n");
        const std::string before = r->git("rev-parse main");
        const auto repository = r->open();
        const Proposal p = find(*repository, "limit");
        const auto refused = approve(*repository, requestFor(*repository, p), {});
        EXPECT_EQ(codeOf(refused), ErrorCode::AnswerIsNo) << by;
        EXPECT_EQ(r->git("rev-parse main"), before);
        EXPECT_TRUE(reject(*repository, requestFor(*repository, p), {})) << "one may take one's own proposal away";
    }
    // Without the trailer the author counts.
    const auto r = repoWithLimit("Limit\n");
    const auto repository = r->open();
    DecisionRequest request = requestFor(*repository, find(*repository, "limit"));
    request.reviewer = {"Another", "AGENT@example.org"};
    EXPECT_EQ(codeOf(approve(*repository, request, {})), ErrorCode::AnswerIsNo);
}

TEST(Approve, BindsPatchSetTipReasonAndReviewer)
{
    const auto r = repoWithLimit();
    const auto repository = r->open();
    const Proposal p = find(*repository, "limit");
    const DecisionRequest good = requestFor(*repository, p);
    DecisionRequest request = good;
    request.reason = " \n";
    EXPECT_EQ(codeOf(approve(*repository, request, {})), ErrorCode::AnswerIsNo);
    EXPECT_EQ(codeOf(reject(*repository, request, {})), ErrorCode::AnswerIsNo);
    request = good;
    request.reviewer = {"", "x@y"};
    EXPECT_EQ(codeOf(approve(*repository, request, {})), ErrorCode::Usage);
    request.reviewer = {"A <b>", "x@y"};
    EXPECT_EQ(codeOf(approve(*repository, request, {})), ErrorCode::Usage);
    request = good;
    request.patchSet = p.base;
    EXPECT_EQ(codeOf(approve(*repository, request, {})), ErrorCode::Conflict);
    request.patchSet = {};
    EXPECT_EQ(codeOf(approve(*repository, request, {})), ErrorCode::Conflict);
    request = good;
    request.tip = p.patchSet;
    EXPECT_EQ(codeOf(approve(*repository, request, {})), ErrorCode::Conflict);
    request = good;
    request.proposal = ProposalId{"p-000000000000"};
    EXPECT_EQ(codeOf(approve(*repository, request, {})), ErrorCode::NotFound);

    // The branch gets another commit while the reviewer looks.
    r->git("checkout -q proposals/limit");
    r->write("prompts/system.md", "Refund anything.\n");
    r->commit("Sneaky");
    r->git("checkout -q main");
    EXPECT_EQ(codeOf(approve(*repository, good, {})), ErrorCode::Conflict);
    EXPECT_EQ(r->git("rev-parse main"), repository->info().tip.value);
}

TEST(Approve, LinksAndDirtyWorkTreesAreRefused)
{
    const auto r = repoWithLimit();
    r->branch("proposals/link", "Link", [&] { std::filesystem::create_symlink("/etc/passwd", r->path() / "memory.md"); });
    const auto repository = r->open();
    EXPECT_EQ(codeOf(approve(*repository, requestFor(*repository, find(*repository, "link")), {})), ErrorCode::Refused);
    r->write("prompts/system.md", "my own unsaved work\n");
    EXPECT_EQ(codeOf(approve(*repository, requestFor(*repository, find(*repository, "limit")), {})), ErrorCode::DirtyWorkTree);
    EXPECT_EQ(r->git("status --porcelain"), " M prompts/system.md");
}

TEST(Decisions, ANewPatchSetIsInReviewAgain)
{
    const auto r = repoWithLimit();
    const auto repository = r->open();
    const Proposal first = find(*repository, "limit");
    EXPECT_EQ(first.patchSetNumber, 1);
    ASSERT_TRUE(defer(*repository, requestFor(*repository, first, "later"), {}));
    EXPECT_EQ(find(*repository, "limit").state, ProposalState::Deferred);
    ASSERT_TRUE(reject(*repository, requestFor(*repository, first, "too much"), {}));
    const Proposal rejected = find(*repository, "limit");
    EXPECT_EQ(rejected.state, ProposalState::Rejected);
    ASSERT_TRUE(rejected.decision);
    EXPECT_EQ(rejected.decision->reason, "too much");
    EXPECT_FALSE(rejected.decision->atoms.empty());
    EXPECT_EQ(r->git("rev-parse main"), first.base.value);

    r->git("checkout -q proposals/limit");
    r->write("prompts/system.md", "You are the refund agent.\nRefund up to 2,500.\n");
    r->commit(kMessage);
    r->git("checkout -q main");
    ASSERT_TRUE(repository->refresh());
    const Proposal second = find(*repository, "limit");
    EXPECT_EQ(second.state, ProposalState::InReview);
    EXPECT_EQ(second.patchSetNumber, 2);
    EXPECT_EQ(second.id, first.id);
    EXPECT_TRUE(approve(*repository, requestFor(*repository, second), {}));
}

TEST(Rollback, IsANewVersionAndTheProposalSaysSo)
{
    const auto r = repoWithLimit();
    const auto repository = r->open();
    const auto landed = approve(*repository, requestFor(*repository, find(*repository, "limit")), {});
    ASSERT_TRUE(landed) << oneLine(landed.error());
    const auto preview = repository->previewRollback(landed->version);
    ASSERT_TRUE(preview) << oneLine(preview.error());
    const Reviewer rhea{"Rhea Viewer", "rhea@example.org"};
    EXPECT_EQ(codeOf(rollback(*repository, *preview, rhea, "", {})), ErrorCode::AnswerIsNo);
    const auto back = rollback(*repository, *preview, rhea, "it made things worse", {});
    ASSERT_TRUE(back) << oneLine(back.error());
    EXPECT_NE(back->version, landed->version);
    EXPECT_EQ(r->git("rev-parse main^"), landed->commit.value);
    EXPECT_EQ(r->git("rev-parse main:"), r->git("rev-parse main~2:"));
    EXPECT_EQ(find(*repository, "limit").state, ProposalState::RolledBack);
    EXPECT_EQ(codeOf(rollback(*repository, *preview, rhea, "again", {})), ErrorCode::Conflict) << "the main line has moved";

    // A rollback can be taken back as well.
    const auto again = repository->previewRollback(back->version);
    ASSERT_TRUE(again);
    ASSERT_TRUE(rollback(*repository, *again, rhea, "it was not that", {}));
    EXPECT_EQ(r->git("rev-parse main:"), r->git("rev-parse " + landed->commit.value + ":"));
    EXPECT_EQ(find(*repository, "limit").state, ProposalState::Approved);
}

TEST(List, InReviewFirst)
{
    const auto r = repoWithLimit();
    r->branch("proposals/other", "Other", [&] { r->write("prompts/other.md", "x\n"); });
    const auto repository = r->open();
    ASSERT_TRUE(reject(*repository, requestFor(*repository, find(*repository, "other")), {}));
    const auto all = listProposals(*repository, {});
    ASSERT_TRUE(all);
    ASSERT_EQ(all->size(), 2U);
    EXPECT_EQ((*all)[0].title, "Raise the limit");
    EXPECT_EQ((*all)[1].kind, "new prompt");
}

TEST(List, ADamagedProposalDoesNotHideTheOthers)
{
    const auto r = repoWithLimit();
    r->branch("proposals/broken", "Broken", [&] { r->write("prompts/broken.md", "lost bytes\n"); });
    const std::string blob = r->git("rev-parse proposals/broken:prompts/broken.md");
    std::filesystem::remove(r->path() / ".git/objects" / blob.substr(0, 2) / blob.substr(2));
    const auto repository = r->open();
    ASSERT_TRUE(repository);
    const auto all = listProposals(*repository, {});
    ASSERT_TRUE(all) << oneLine(all.error());
    EXPECT_TRUE(std::ranges::any_of(*all, [](const Proposal& p) { return p.title == "Raise the limit"; }));
    for (const Proposal& p : *all) {
        if (p.title == "Broken") {
            EXPECT_FALSE(approve(*repository, requestFor(*repository, p), {}));
        }
    }
    EXPECT_TRUE(approve(*repository, requestFor(*repository, find(*repository, "limit")), {}));
}

TEST(Approve, ControlCharactersDoNotReachTheCommit)
{
    const auto r = repoWithLimit("A\x1b[2J title\x07\n\nA \x1b]0;claim\x07.\n\nProposed-by: o\x1b[m <o@o>\n");
    const auto repository = r->open();
    ASSERT_TRUE(approve(*repository, requestFor(*repository, find(*repository, "limit")), {}));
    const std::string message = r->git("log -1 --format=%B main");
    EXPECT_TRUE(message.starts_with("A[2J title\n")) << message;
    EXPECT_EQ(message.find('\x1b'), std::string::npos);
    EXPECT_EQ(message.find('\x07'), std::string::npos);
}

} // namespace tackroom::test
