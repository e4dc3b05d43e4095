// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/campaign/stepper.h"
#include "tests/unit/harness/gitfixture.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <unistd.h>

using namespace tackroom;
using namespace tackroom::test;

namespace
{

bool inFull()
{
    const char* how = std::getenv("TACKROOM_CAMPAIGN");
    return how && std::string(how) == "full";
}

/// Every call in full; about `count` of them, evenly, else.
std::uint64_t strideFor(std::uint64_t calls, std::uint64_t count)
{
    return inFull() ? 1 : std::max<std::uint64_t>(1, calls / count);
}

struct Tally {
    std::uint64_t interferences = 0;
    std::uint64_t failingFsck = 0;
    std::uint64_t lost = 0; ///< neither completed nor cleanly absent
    std::uint64_t falselyConfirmed = 0;
    std::uint64_t notReopened = 0;
    std::uint64_t leftOver = 0;
    std::uint64_t completed = 0, absent = 0;

    void print(const std::string& what) const
    {
        std::printf(
            "[ CAMPAIGN ] %s: %llu interferences, %llu failing fsck, %llu lost, %llu falsely confirmed, %llu not reopened, "
            "%llu with files left over (%llu landed, %llu absent)\n",
            what.c_str(), ull(interferences), ull(failingFsck), ull(lost), ull(falselyConfirmed), ull(notReopened),
            ull(leftOver), ull(completed), ull(absent));
    }
    void expectClean() const
    {
        EXPECT_EQ(failingFsck, 0U);
        EXPECT_EQ(lost, 0U);
        EXPECT_EQ(falselyConfirmed, 0U);
        EXPECT_EQ(notReopened, 0U);
        EXPECT_EQ(leftOver, 0U);
    }

private:
    static unsigned long long ull(std::uint64_t value) { return value; }
};

/// A repository with versions v1 to v3 in `pristine`; each try works on a copy in `run`, which always has the same path.
class LandingCampaign : public GitTest
{
public:
    void SetUp() override
    {
        GitTest::SetUp();
        if (!canStep()) GTEST_SKIP() << "system calls cannot be traced here";
        m_run = m_folder / "run";
        m_repo = m_run / "repo";
        m_data = m_run / "data";
        makeRepository();
        const auto repository = open();
        ASSERT_TRUE(repository);
        ASSERT_OK(repository->land(approval(*repository, "AGENTS.md", "# Agent\n\nRefund up to 3,000.\n\nBe kind.\n"), {}));
        auto request = approval(*repository, "skills/refund/SKILL.md", "---\nname: refund-order\n---\nAsk first.\n");
        request.files.push_back({"memory/lessons.md", "Late is late.\n", 0100644});
        ASSERT_OK(repository->land(request, {}));
        m_vault = repository->info().vault;
        m_base = repository->info().tip.value;
        std::filesystem::rename(m_run, m_folder / "pristine");
    }

    void restore(const std::string& from = "pristine")
    {
        std::filesystem::remove_all(m_run);
        ASSERT_EQ(run("cp -a '" + (m_folder / from).string() + "' '" + m_run.string() + "'").code, 0);
    }

    Result<Landed> approve() const
    {
        auto opened = HarnessRepository::open(m_repo, options(), {});
        if (!opened) return std::unexpected(opened.error());
        auto request = approval(**opened, "AGENTS.md", "# Agent\n\nRefund up to 4,000.\n\nBe kind.\n");
        request.files.push_back({"tools/new/refund.json", "{\"name\": \"refund\", \"parameters\": {}}\n", 0100644});
        request.files.push_back({"skills/refund/check.sh", std::nullopt, 0});
        return (*opened)->land(request, {});
    }

    Result<Landed> rollBack() const
    {
        auto opened = HarnessRepository::open(m_repo, options(), {});
        if (!opened) return std::unexpected(opened.error());
        auto preview = (*opened)->previewRollback("v3");
        if (!preview) return std::unexpected(preview.error());
        preview->request.entry.reviewer = kReviewer;
        preview->request.entry.reason = "It was worse.";
        return (*opened)->land(preview->request, {});
    }

    using Action = Result<Landed> (LandingCampaign::*)() const;

    /// What the child does: act, then say so.
    std::function<int(int)> telling(Action action)
    {
        return [this, action](int pipe) {
            const auto landed = (this->*action)();
            if (!landed) {
                const auto said = "FAILED " + oneLine(landed.error());
                return ::write(pipe, said.data(), said.size()) > 0 ? 3 : 4;
            }
            const auto said = "APPROVED " + landed->commit.value;
            return ::write(pipe, said.data(), said.size()) > 0 ? 0 : 4;
        };
    }

    bool fsckClean() const
    {
        for (const auto& folder : {m_repo / ".git", m_vault}) {
            const auto checked = run("git --git-dir='" + folder.string() + "' fsck --strict --no-dangling --full");
            if (checked.code != 0 || checked.out.contains("error") || checked.out.contains("missing")) {
                std::printf("fsck of %s: %s\n", folder.c_str(), checked.out.c_str());
                return false;
            }
        }
        return true;
    }

    bool leftOver() const
    {
        const auto found = run("find '" + m_run.string() +
                               "' \\( -name 'tackroom-*' -o -name '*.lock' \\) ! -name tackroom.lock ! -name registry.lock");
        if (!found.out.empty()) std::printf("left over: %s\n", found.out.c_str());
        return !found.out.empty();
    }

    /// The state after an interference, by plain git, before and after the next opening.
    void judge(const Stepped& stepped, const std::string& what, Tally& tally)
    {
        ++tally.interferences;
        const auto where = what + " at " + stepped.callName + ", call " + std::to_string(stepped.calls);
        const auto fail = [&](std::uint64_t& count, const std::string& why) {
            ++count;
            ADD_FAILURE() << where << ": " << why;
        };
        if (!fsckClean()) fail(tally.failingFsck, "fsck before the next opening");
        auto opened = HarnessRepository::open(m_repo, options(), {});
        if (!opened) return fail(tally.notReopened, oneLine(opened.error()));
        if (!fsckClean()) fail(tally.failingFsck, "fsck after the next opening");
        if (leftOver()) fail(tally.leftOver, "files left over");
        const auto tip = (*opened)->info().tip.value;
        const auto versions = (*opened)->versions();
        const auto entries = (*opened)->journal();
        const bool decided = entries->size() > 3; // baseline, v2, v3
        const bool landed = tip != m_base;
        const bool reviewed = versions && versions->front().review == Version::Review::Reviewed &&
                              versions->front().label == (landed ? "v4" : "v3");
        if (decided != landed || !reviewed || git("rev-parse main") != tip)
            fail(tally.lost, "the decision is neither landed nor absent");
        if (landed && git("rev-parse 'harness/v4^{commit}'") != tip) fail(tally.lost, "the version has no tag");
        if (git("status --porcelain") != "") fail(tally.lost, "work tree or index do not fit: " + git("status --porcelain"));
        if (git("rev-parse refs/tackroom/journal") != gitIn(m_vault, "rev-parse refs/tackroom/journal"))
            fail(tally.lost, "the journal was not copied");
        if (stepped.said.starts_with("APPROVED") && stepped.said != "APPROVED " + tip)
            fail(tally.falselyConfirmed, stepped.said);
        // "It failed" may only be said of what does not land, or together with what will happen.
        if (landed && stepped.said.starts_with("FAILED") && !stepped.said.contains("next opening"))
            fail(tally.falselyConfirmed, stepped.said);
        ++(landed ? tally.completed : tally.absent);
    }

    void killEverywhere(Action action, const std::string& what, std::uint64_t scaled)
    {
        restore();
        const auto whole = runStepped(telling(action), Interference::None, 0);
        ASSERT_EQ(whole.exitCode, 0) << whole.said;
        ASSERT_TRUE(whole.said.starts_with("APPROVED ")) << whole.said;
        EXPECT_EQ(whole.sharedMappings, 0U) << "writes that pass no system call";
        Tally tally;
        const auto stride = strideFor(whole.calls, scaled);
        for (std::uint64_t at = 1; at <= whole.calls; at += stride) {
            restore();
            const auto stepped = runStepped(telling(action), Interference::Kill, at);
            ASSERT_TRUE(stepped.killed) << what << ' ' << at;
            judge(stepped, what, tally);
            if (HasFatalFailure()) return;
        }
        tally.print(what + " (" + std::to_string(whole.calls) + " file-changing calls, every " + std::to_string(stride) +
                    ". killed)");
        tally.expectClean();
        EXPECT_GT(tally.absent, 0U);
    }

    /// The folder `decided`: killed when the decision was in the vault and the main line had not moved.
    void makeDecided()
    {
        restore();
        const auto whole = runStepped(telling(&LandingCampaign::approve), Interference::None, 0);
        ASSERT_EQ(whole.exitCode, 0);
        std::uint64_t from = 1;
        for (std::uint64_t behind = whole.calls; behind - from > 1;) {
            const auto middle = (from + behind) / 2;
            restore();
            (void)runStepped(telling(&LandingCampaign::approve), Interference::Kill, middle);
            (git("rev-parse main") == m_base ? from : behind) = middle;
        }
        restore();
        const auto journal = gitIn(m_vault, "rev-parse refs/tackroom/journal");
        (void)runStepped(telling(&LandingCampaign::approve), Interference::Kill, from);
        ASSERT_EQ(git("rev-parse main"), m_base);
        ASSERT_NE(gitIn(m_vault, "rev-parse refs/tackroom/journal"), journal);
        std::filesystem::rename(m_run, m_folder / "decided");
    }

    std::filesystem::path m_run;
    std::filesystem::path m_vault;
    std::string m_base;
};

TEST_F(LandingCampaign, killedAtEachCallOfAnApproval) { killEverywhere(&LandingCampaign::approve, "approve, killed", 26); }

TEST_F(LandingCampaign, killedAtEachCallOfARollback) { killEverywhere(&LandingCampaign::rollBack, "rollback, killed", 20); }

/// The opening that completes a landing is killed in turn.
TEST_F(LandingCampaign, killedAtEachCallOfARecovery)
{
    makeDecided();
    const auto reopen = [this](int pipe) {
        const auto opened = HarnessRepository::open(m_repo, options(), {});
        const std::string said = opened ? "OPENED" : "FAILED " + oneLine(opened.error());
        return ::write(pipe, said.data(), said.size()) > 0 && opened ? 0 : 3;
    };
    restore("decided");
    const auto opening = runStepped(reopen, Interference::None, 0);
    ASSERT_EQ(opening.exitCode, 0) << opening.said;
    ASSERT_NE(git("rev-parse main"), m_base);
    Tally tally;
    const auto stride = strideFor(opening.calls, 15);
    for (std::uint64_t at = 1; at <= opening.calls; at += stride) {
        restore("decided");
        const auto stepped = runStepped(reopen, Interference::Kill, at);
        ASSERT_TRUE(stepped.killed);
        judge(stepped, "recovery, killed", tally);
    }
    tally.print("recovery, killed (" + std::to_string(opening.calls) + " file-changing calls, every " + std::to_string(stride) +
                ".)");
    tally.expectClean();
    EXPECT_EQ(tally.absent, 0U) << "what was decided lands";
}

TEST_F(LandingCampaign, aDecisionWhoseMainLineMovedIsOpenAgain)
{
    makeDecided();
    restore("decided");
    // What was killed holds git's locks; they are its own, and a person may remove them by hand.
    git("rev-parse main");
    std::filesystem::remove(m_repo / ".git/refs/heads/main.lock");
    std::filesystem::remove(m_repo / ".git/index.lock");
    git("commit -q --allow-empty -m 'Somebody was faster'");
    const auto opened = HarnessRepository::open(m_repo, options(), {});
    ASSERT_OK(opened);
    const auto journal = *(*opened)->journal();
    ASSERT_EQ(journal.size(), 5U);
    EXPECT_EQ(journal[3].kind, EntryKind::Approve);
    EXPECT_EQ(journal[4].kind, EntryKind::Reopen);
    EXPECT_EQ(journal[4].proposal, journal[3].proposal);
    EXPECT_EQ(stringAt(journal[4].extra, "landingLost"), journal[3].id);
    EXPECT_EQ((*opened)->version("v4").error().code, ErrorCode::NotFound);
    EXPECT_EQ(git("tag -l 'harness/*'"), "harness/v1\nharness/v2\nharness/v3");
    const auto again = (*opened)->land(approval(**opened, "AGENTS.md", "now\n"), {});
    ASSERT_OK(again);
    EXPECT_EQ(again->version, "v5");
    EXPECT_FALSE(leftOver());
    EXPECT_TRUE(fsckClean());
}

TEST_F(LandingCampaign, aDecisionWaitsForALockOfSomebodyElse)
{
    makeDecided();
    restore("decided");
    std::filesystem::remove(m_repo / ".git/index.lock");
    writeFile(m_repo / ".git/index.lock", "");
    {
        const auto opened = HarnessRepository::open(m_repo, options(), {});
        ASSERT_OK(opened);
        EXPECT_EQ((*opened)->info().tip.value, m_base);
        ASSERT_FALSE((*opened)->info().notices.empty());
        ASSERT_EQ((*opened)->info().notices.size(), 2U) << "its own lock was freed, and what is still to be done";
        EXPECT_TRUE((*opened)->info().notices.back().contains("Still to be done"));
        EXPECT_EQ(git("tag -l harness/v4"), "");
        const auto landed = (*opened)->land(approval(**opened, "AGENTS.md", "other\n"), {});
        ASSERT_FALSE(landed);
        EXPECT_EQ(landed.error().code, ErrorCode::Locked);
    }
    EXPECT_TRUE(std::filesystem::exists(m_repo / ".git/index.lock")) << "it is not ours";
    std::filesystem::remove(m_repo / ".git/index.lock");
    writeFile(m_repo / "AGENTS.md", "edited meanwhile\n");
    const auto opened = HarnessRepository::open(m_repo, options(), {});
    ASSERT_OK(opened);
    EXPECT_EQ((*opened)->version("live")->label, "v4");
    EXPECT_EQ(readAll(m_repo / "AGENTS.md"), "edited meanwhile\n");
    EXPECT_EQ(git("status --porcelain"), " M AGENTS.md");
    EXPECT_TRUE(fsckClean());
}

TEST_F(LandingCampaign, aFullOrBrokenDiskAtEachCall)
{
    if (!canFail()) GTEST_SKIP() << "system calls cannot be made to fail here";
    restore();
    const auto whole = runStepped(telling(&LandingCampaign::approve), Interference::None, 0);
    ASSERT_EQ(whole.exitCode, 0) << whole.said;
    const std::array<std::tuple<Interference, bool, const char*>, 3> faults{
        std::tuple{Interference::NoSpace, false, "one ENOSPC"}, std::tuple{Interference::NoSpace, true, "lasting ENOSPC"},
        std::tuple{Interference::IoError, false, "one EIO"}};
    for (const auto& [fault, lasting, name] : faults) {
        Tally tally;
        const auto stride = strideFor(whole.calls, 8);
        std::uint64_t errors = 0;
        for (std::uint64_t at = 1; at <= whole.calls; at += stride) {
            restore();
            const auto stepped = runStepped(telling(&LandingCampaign::approve), fault, at, lasting);
            EXPECT_FALSE(stepped.killed) << name << " at " << stepped.callName;
            EXPECT_TRUE(stepped.interfered);
            if (stepped.said.starts_with("FAILED")) ++errors;
            judge(stepped, name, tally);
        }
        tally.print(std::string("approve, ") + name + " (" + std::to_string(errors) + " answered with an error)");
        tally.expectClean();
    }
}

} // namespace
