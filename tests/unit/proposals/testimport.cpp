// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/hash.h"
#include "gitrepo.h"

namespace tackroom::test
{

namespace
{

std::string lines(int from, int to)
{
    std::string out;
    for (int i = from; i <= to; ++i) out += "Line " + std::to_string(i) + ".\n";
    return out;
}

std::unique_ptr<GitRepo> repoWithPrompts()
{
    auto r = std::make_unique<GitRepo>();
    r->write("AGENTS.md", lines(1, 30));
    r->write("prompts/old.md", lines(100, 130));
    r->write("prompts/gone.md", "x\n");
    r->commit("First");
    return r;
}

/// A patch as git makes it, of what `change` does to the work tree, which is put back.
template <class Change>
std::string patchOf(const GitRepo& r, Change change, const std::string& how = "diff --cached --full-index -M")
{
    change();
    r.git("add -A .");
    const std::string patch = r.git(how) + "\n";
    r.git("reset -q --hard");
    return patch;
}

} // namespace

TEST(ImportPatch, NewChangedRenamedAndDeletedFiles)
{
    const auto r = repoWithPrompts();
    const std::string patch = patchOf(*r, [&] {
        r->write("AGENTS.md", lines(1, 14) + "Inserted.\n" + lines(15, 30));
        r->write("skills/new/SKILL.md", "---\nname: new\n---\nDo.");
        r->git("mv prompts/old.md prompts/renamed.md");
        r->remove("prompts/gone.md");
    });
    const auto repository = r->open();
    ASSERT_TRUE(repository);
    const auto p = importPatch(*repository, patch, "big.patch", {});
    ASSERT_TRUE(p) << oneLine(p.error());
    EXPECT_EQ(p->id.value, "p-" + sha256Hex(patch).substr(0, 12));
    EXPECT_EQ(p->source, "patch big.patch");
    EXPECT_EQ(p->baseState, BaseState::Clean);
    EXPECT_EQ(p->state, ProposalState::InReview);
    EXPECT_EQ(r->git("rev-parse main"), p->base.value) << "nothing has landed";

    const auto again = importPatch(*repository, patch, "other-name.patch", {});
    ASSERT_TRUE(again);
    EXPECT_EQ(again->id, p->id);
    EXPECT_EQ(again->patchSet, p->patchSet);
    EXPECT_EQ(listProposals(*repository, {})->size(), 1U);

    const auto landed = approve(*repository, requestFor(*repository, *p), {});
    ASSERT_TRUE(landed) << oneLine(landed.error());
    // git applies the same patch to the same tree
    r->git("checkout -q -b check main~1");
    std::ofstream(r->root() / "p.patch") << patch;
    r->git("apply --index ../p.patch");
    EXPECT_EQ(r->git("write-tree"), r->git("rev-parse main:"));
}

TEST(ImportPatch, MailsGiveTitleClaimAndProposer)
{
    const auto r = repoWithPrompts();
    r->git("checkout -q -b topic");
    r->write("AGENTS.md", lines(1, 30) + "More.\n");
    r->commit("Say more\n\nThe agent says too little.\n\nCluster: c-77\nProposed-by: optimizer <opt@agent>\n");
    const std::string patch = r->git("format-patch --stdout main..topic") + "\n";
    r->git("checkout -q main");
    const auto repository = r->open();
    const auto p = importPatch(*repository, patch, "0001.patch", {});
    ASSERT_TRUE(p) << oneLine(p.error());
    EXPECT_EQ(p->title, "Say more");
    EXPECT_EQ(p->claim, "The agent says too little.");
    EXPECT_EQ(p->cluster, "c-77");
    EXPECT_EQ(p->proposedBy, "optimizer <opt@agent>");
}

TEST(ImportPatch, TheBaseThatThePatchNamesIsFound)
{
    const auto r = repoWithPrompts();
    const std::string first = r->git("rev-parse main");
    const std::string patch = patchOf(*r, [&] { r->write("AGENTS.md", lines(1, 9) + "Changed.\n" + lines(11, 30)); });
    r->write("AGENTS.md", lines(1, 7) + "Other.\n" + lines(9, 30)); // within the patch's context
    r->commit("Main moves");
    const auto repository = r->open();
    const auto p = importPatch(*repository, patch, "old.patch", {});
    ASSERT_TRUE(p) << oneLine(p.error());
    EXPECT_EQ(p->base.value, first);
    EXPECT_EQ(p->baseState, BaseState::Reapplies);
    ASSERT_TRUE(approve(*repository, requestFor(*repository, *p), {}));
    EXPECT_EQ(r->git("show main:AGENTS.md") + "\n", lines(1, 7) + "Other.\n" + lines(9, 9) + "Changed.\n" + lines(11, 30));
}

TEST(ImportPatch, InvalidOnesAreOneSentenceAndChangeNothing)
{
    const auto r = repoWithPrompts();
    const auto repository = r->open();
    const std::string refs = r->git("for-each-ref");
    const std::string good = patchOf(*r, [&] { r->write("AGENTS.md", lines(1, 29)); });
    const std::vector<std::pair<std::string, ErrorCode>> cases = {
        {"", ErrorCode::InvalidPatch},
        {"hello\n", ErrorCode::InvalidPatch},
        {good.substr(0, good.size() - 30), ErrorCode::InvalidPatch},
        {"--- a/AGENTS.md\n+++ b/AGENTS.md\n@@ -1,2 +1,2 @@\n Nothing of the kind.\n-x\n+y\n", ErrorCode::Conflict},
        {"--- a/nothere.md\n+++ b/nothere.md\n@@ -1 +1 @@\n-x\n+y\n", ErrorCode::Conflict},
        {"--- a/../x\n+++ b/../x\n@@ -1 +1 @@\n-x\n+y\n", ErrorCode::Refused},
        {"diff --git a/l b/l\nnew file mode 120000\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+/etc/passwd\n\\ No newline at end "
         "of file\n",
         ErrorCode::Refused},
        {"diff --git a/prompts/gone.md b/prompts/gone.md\nnew file mode 100644\n--- /dev/null\n+++ b/prompts/gone.md\n@@ -0,0 "
         "+1 @@\n+z\n",
         ErrorCode::Conflict},
    };
    for (const auto& [patch, code] : cases) {
        const auto result = importPatch(*repository, patch, "bad.patch", {});
        ASSERT_FALSE(result) << patch;
        EXPECT_EQ(result.error().code, code) << patch << "\n" << oneLine(result.error());
        EXPECT_EQ(result.error().detail.find('\n'), std::string::npos);
        EXPECT_NE(oneLine(result.error()).find("bad.patch"), std::string::npos) << oneLine(result.error());
    }
    EXPECT_EQ(r->git("for-each-ref"), refs);
    EXPECT_EQ(r->git("status --porcelain"), "");
}

} // namespace tackroom::test
