// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/harness/gitfixture.h"

using namespace tackroom;
using namespace tackroom::test;

namespace
{

class Rollback : public GitTest
{
protected:
    Result<Landed> takeBack(HarnessRepository& repository, const std::string& label)
    {
        auto preview = repository.previewRollback(label);
        if (!preview) return std::unexpected(preview.error());
        EXPECT_TRUE(preview->conflicts.empty());
        preview->request.entry.reviewer = kReviewer;
        preview->request.entry.reason = "It was worse.";
        return repository.land(preview->request, {});
    }
};

TEST_F(Rollback, takesBackTheLiveVersionAndTheRollbackItself)
{
    makeRepository();
    const auto repository = open();
    const auto before = git("rev-parse 'main^{tree}'");
    auto request = approval(*repository, "AGENTS.md", "new\n");
    request.files.push_back({"memory/x.md", "x\n", 0100644});
    request.files.push_back({"skills/refund/check.sh", std::nullopt, 0});
    ASSERT_OK(repository->land(request, {}));
    const auto after = git("rev-parse 'main^{tree}'");
    const auto back = takeBack(*repository, "v2");
    ASSERT_OK(back);
    EXPECT_EQ(back->version, "v3");
    EXPECT_EQ(git("rev-parse 'main^{tree}'"), before);
    EXPECT_NE(git("log -1 --format=%B").find("Rolls-back: v2"), std::string::npos);
    auto versions = *repository->versions();
    EXPECT_EQ(versions[0].rollsBack, "v2");
    EXPECT_EQ(versions[1].rolledBackBy, "v3");
    EXPECT_EQ(versions[0].decision->kind, EntryKind::Rollback);
    EXPECT_EQ(versions[0].decision->atoms.size(), 3U);
    ASSERT_OK(takeBack(*repository, "v3"));
    EXPECT_EQ(git("rev-parse 'main^{tree}'"), after);
    versions = *repository->versions();
    EXPECT_EQ(versions[1].rolledBackBy, "v4");
    EXPECT_EQ(versions[2].rolledBackBy, "") << "its rollback was taken back";
    EXPECT_EQ(git("status --porcelain"), "");
    expectSound(*repository);
}

TEST_F(Rollback, mergesAroundLaterVersionsAndNamesConflicts)
{
    makeRepository();
    const auto repository = open();
    std::string text = "one\ntwo\nthree\nfour\nfive\nsix\nseven\n";
    ASSERT_OK(repository->land(approval(*repository, "AGENTS.md", text), {}));                                        // v2
    ASSERT_OK(repository->land(approval(*repository, "AGENTS.md", "ONE\ntwo\nthree\nfour\nfive\nsix\nseven\n"), {})); // v3
    ASSERT_OK(repository->land(approval(*repository, "AGENTS.md", "ONE\ntwo\nthree\nfour\nfive\nsix\nSEVEN\n"), {})); // v4
    const auto preview = repository->previewRollback("v3");
    ASSERT_OK(preview);
    ASSERT_EQ(preview->request.files.size(), 1U);
    EXPECT_EQ(preview->request.files[0].bytes, "one\ntwo\nthree\nfour\nfive\nsix\nSEVEN\n");
    ASSERT_EQ(preview->changes.size(), 1U);
    EXPECT_EQ(preview->changes[0].addedLines, 1U);
    ASSERT_OK(repository->land(approval(*repository, "AGENTS.md", "uno\ntwo\nthree\nfour\nfive\nsix\nSEVEN\n"), {})); // v5
    EXPECT_EQ(repository->previewRollback("v3")->conflicts, std::vector<std::string>{"AGENTS.md"});
    ASSERT_OK(repository->land(approval(*repository, "AGENTS.md", std::nullopt), {})); // v6
    EXPECT_EQ(repository->previewRollback("v3")->conflicts, std::vector<std::string>{"AGENTS.md"});
    ASSERT_OK(takeBack(*repository, "v6"));
    ASSERT_OK(takeBack(*repository, "v5"));
    ASSERT_OK(takeBack(*repository, "v3"));
    EXPECT_EQ(readAll(m_repo / "AGENTS.md"), "one\ntwo\nthree\nfour\nfive\nsix\nSEVEN\n");
    const auto nothing = repository->previewRollback("v3");
    ASSERT_OK(nothing);
    EXPECT_TRUE(nothing->request.files.empty());
    EXPECT_EQ(takeBack(*repository, "v3").error().code, ErrorCode::AnswerIsNo);
    EXPECT_EQ(repository->previewRollback("v1").error().code, ErrorCode::AnswerIsNo);
    EXPECT_EQ(repository->previewRollback("v77").error().code, ErrorCode::NotFound);
    expectSound(*repository);
}

} // namespace
