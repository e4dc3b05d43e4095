// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/sample/samplesupport.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

using namespace tackroom;
using namespace sampletest;

namespace
{

constexpr int kMany = 900;

/// Refunds above `cents` that the agent booked by itself.
int refundsAbove(const std::vector<PlayedRun>& runs, std::int64_t cents)
{
    return static_cast<int>(std::ranges::count_if(
        runs, [cents](const PlayedRun& run) { return run.refundedCents > cents && run.refundsBooked == 1; }));
}

int handOvers(const std::vector<PlayedRun>& runs)
{
    return static_cast<int>(std::ranges::count(runs, true, &PlayedRun::handedOver));
}

std::vector<std::string> conduct(const std::vector<PlayedRun>& runs)
{
    std::vector<std::string> lines;
    for (const PlayedRun& run : runs)
        lines.push_back(run.finalMessage + "/" + std::to_string(run.refundedCents) + "/" + std::string(nameOf(run.failure)));
    return lines;
}

} // namespace

TEST(Player, SameArgumentsSameRun)
{
    const auto a = playMany(version("v2"), 200), b = playMany(version("v2"), 200);
    for (std::size_t i = 0; i < a.size(); ++i) {
        ASSERT_EQ(a[i].spans.size(), b[i].spans.size());
        EXPECT_EQ(a[i].traceId, b[i].traceId);
        for (std::size_t s = 0; s < a[i].spans.size(); ++s)
            EXPECT_EQ(dumpJson(a[i].spans[s].attributes), dumpJson(b[i].spans[s].attributes));
    }
}

TEST(Player, ALimitThatNoVersionHasChangesConduct)
{
    const auto shipped = playMany(version("v4"), kMany);
    EXPECT_EQ(refundsAbove(shipped, 200'000), 0);
    HarnessFiles files = version("v4");
    auto& skill = files["skills/issue-refund/SKILL.md"];
    skill = replacedOnce(skill, "up to 2,000 EUR", "up to 2,750 EUR");
    const auto higher = playMany(files, kMany);
    EXPECT_GT(refundsAbove(higher, 200'000), 30);
    EXPECT_EQ(refundsAbove(higher, 275'000), 0);
    EXPECT_LT(handOvers(higher), handOvers(shipped));
    EXPECT_GT(countOf(higher, PlayedFailure::OverAuthority), 20); // and it shows that such a limit has a price
    skill = replacedOnce(skill, "up to 2,750 EUR", "up to 350 EUR");
    const auto lower = playMany(files, kMany);
    EXPECT_EQ(refundsAbove(lower, 35'000), 0);
    EXPECT_GT(handOvers(lower), handOvers(shipped) + 30);
    EXPECT_GT(countOf(lower, PlayedFailure::LimitTooLow), 30);
}

TEST(Player, ALessonChangesConductOnlyWhereItsConditionHolds)
{
    const auto before = playMany(version("v4"), kMany), after = playMany(proposal("loyal-late-lesson").files, kMany);
    EXPECT_GT(countOf(before, PlayedFailure::OverLimitLoyalLate), 25);
    EXPECT_LT(countOf(after, PlayedFailure::OverLimitLoyalLate), countOf(before, PlayedFailure::OverLimitLoyalLate) / 4);
    EXPECT_GT(refundsAbove(after, 200'000), 20);
    EXPECT_EQ(refundsAbove(after, 300'000), 0);
    EXPECT_EQ(countOf(after, PlayedFailure::OverAuthority), 0);
    int changed = 0;
    for (std::size_t i = 0; i < before.size(); ++i) {
        if (before[i].finalMessage == after[i].finalMessage) continue;
        ++changed;
        EXPECT_TRUE(before[i].handedOver);
    }
    EXPECT_EQ(changed, refundsAbove(after, 200'000));
}

TEST(Player, TakingAnEditBackRestoresConduct)
{
    HarnessFiles files = version("v4");
    const auto before = conduct(playMany(files, 400));
    const std::string old = files["prompts/system.md"];
    files["prompts/system.md"] = proposal("holding-message").files.at("prompts/system.md");
    EXPECT_NE(conduct(playMany(files, 400)), before);
    files["prompts/system.md"] = old;
    EXPECT_EQ(conduct(playMany(files, 400)), before);
}

TEST(Player, V4FixesOneKindAndWorsensAnother)
{
    const auto v3 = playMany(version("v3"), kMany), v4 = playMany(version("v4"), kMany);
    EXPECT_GT(countOf(v3, PlayedFailure::PrematureHandOver), kMany * 5 / 100);
    EXPECT_EQ(countOf(v4, PlayedFailure::PrematureHandOver), 0);
    EXPECT_GT(countOf(v4, PlayedFailure::SilentAbandonment), 2 * countOf(v3, PlayedFailure::SilentAbandonment));
    for (const PlayedFailure other : {PlayedFailure::HashOrderId, PlayedFailure::DoubleRefund, PlayedFailure::StalePolicy,
                                      PlayedFailure::OverLimitLoyalLate})
        EXPECT_EQ(countOf(v3, other), countOf(v4, other)) << nameOf(other);
}

TEST(Player, RetriesCameWithV2)
{
    EXPECT_EQ(countOf(playMany(version("v1"), kMany), PlayedFailure::DoubleRefund), 0);
    const auto v2 = playMany(version("v2"), kMany);
    EXPECT_GT(countOf(v2, PlayedFailure::DoubleRefund), 15);
    for (const PlayedRun& run : v2) {
        if (run.failure != PlayedFailure::DoubleRefund) continue;
        std::vector<std::string> calls;
        for (const PlayedSpan& span : run.spans)
            if (span.kind == "TOOL" && span.name == "issue_refund")
                calls.push_back(dumpJson(span.attributes["tool"]["parameters"]));
        ASSERT_EQ(calls.size(), 2u);
        EXPECT_EQ(calls[0], calls[1]);
    }
}

TEST(Player, TheStalePolicyHurtsFromTheDayItEnds)
{
    EXPECT_EQ(countOf(playMany(version("v1"), 600, "2026-03-22T23:00:00Z"), PlayedFailure::StalePolicy), 0);
    EXPECT_GT(countOf(playMany(version("v1"), 600, "2026-03-23T01:00:00Z"), PlayedFailure::StalePolicy), 15);
    // Ahead of its day the new text is not retrieved.
    HarnessFiles files = proposal("policy-2026-03").files;
    EXPECT_EQ(countOf(playMany(files, 600), PlayedFailure::StalePolicy), 0);
    EXPECT_EQ(countOf(playMany(files, 600), PlayedFailure::PolicyBreach), 0);
}

TEST(Player, EveryProposalDoesWhatItClaims)
{
    const auto base = playMany(version("v4"), kMany);
    const struct {
        const char* name;
        PlayedFailure kind;
    } kClaims[] = {{"holding-message", PlayedFailure::SilentAbandonment}, {"strip-hash", PlayedFailure::HashOrderId},
                   {"order-id-pattern", PlayedFailure::HashOrderId},      {"refund-status-skill", PlayedFailure::DoubleRefund},
                   {"policy-2026-03", PlayedFailure::StalePolicy},        {"idempotent-retries", PlayedFailure::DoubleRefund}};
    for (const auto& [name, kind] : kClaims) {
        const auto edited = playMany(proposal(name).files, kMany);
        EXPECT_GT(countOf(base, kind), 12) << name;
        EXPECT_EQ(countOf(edited, kind), 0) << name;
        EXPECT_NE(proposal(name).message.find("\nProposed-by: "), std::string::npos) << name;
        EXPECT_NE(proposal(name).message.find("\nCluster: "), std::string::npos) << name;
    }
}

TEST(Player, ALenientRubricMovesTheJudgeAndNothingElse)
{
    // With v3's prompt there are hand-overs that were not needed.
    HarnessFiles files = version("v3");
    const auto strict = playMany(files, 600);
    files["evals/resolution-rubric.md"] = proposal("rubric-hand-over").files.at("evals/resolution-rubric.md");
    const auto lenient = playMany(files, 600);
    auto unresolved = [](const std::vector<PlayedRun>& runs) {
        int count = 0;
        for (const PlayedRun& run : runs)
            count += static_cast<int>(std::ranges::count_if(
                run.scores, [](const PlayedScore& s) { return s.name == "resolution" && s.label == "unresolved"; }));
        return count;
    };
    EXPECT_EQ(unresolved(strict) - unresolved(lenient), countOf(strict, PlayedFailure::PrematureHandOver));
    EXPECT_EQ(countOf(strict, PlayedFailure::PrematureHandOver),
              countOf(lenient, PlayedFailure::PrematureHandOver)); // the code check stays
}

TEST(Player, SpansAreWellFormed)
{
    std::set<std::string> ids;
    for (const PlayedRun& run : playMany(version("v3"), 400)) {
        ASSERT_FALSE(run.spans.empty());
        EXPECT_EQ(run.traceId.size(), 32u);
        EXPECT_TRUE(run.spans.front().parentId.empty());
        bool decisive = run.decisiveSpanId.empty();
        EXPECT_EQ(decisive, run.failure == PlayedFailure::None);
        for (const PlayedSpan& span : run.spans) {
            EXPECT_EQ(span.spanId.size(), 16u);
            EXPECT_TRUE(ids.insert(span.spanId).second);
            EXPECT_LT(span.start, span.end);
            EXPECT_GE(span.start, run.start);
            EXPECT_LE(span.end, run.end);
            if (&span != &run.spans.front()) {
                EXPECT_EQ(span.parentId, run.spans.front().spanId);
            }
            if (span.spanId == run.decisiveSpanId) decisive = true;
            EXPECT_EQ(span.statusCode == "ERROR" && span.kind != "AGENT", !span.events.empty());
        }
        EXPECT_TRUE(decisive);
        for (const PlayedScore& score : run.scores) EXPECT_GT(score.time, run.end);
    }
}
