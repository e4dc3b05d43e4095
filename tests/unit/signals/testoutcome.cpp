// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/signals/runs.h"

#include <gtest/gtest.h>

namespace tackroom
{
namespace
{

using testing::RunBuilder;

TEST(Outcome, eachSourceBeatsTheOnesBelowIt)
{
    RunBuilder run;
    run.record().run.status = StepStatus::Error;
    EXPECT_EQ(resolveOutcome(run).source, OutcomeSource::Status);
    EXPECT_EQ(resolveOutcome(run).outcome, Outcome::Failure);
    run.score("", "resolution", "resolved", Outcome::Success, OutcomeSource::ModelJudge);
    EXPECT_EQ(resolveOutcome(run).source, OutcomeSource::ModelJudge);
    EXPECT_EQ(resolveOutcome(run).outcome, Outcome::Success);
    run.score("", "single_refund", "fail", Outcome::Failure, OutcomeSource::Rule);
    EXPECT_EQ(resolveOutcome(run).source, OutcomeSource::Rule);
    EXPECT_EQ(resolveOutcome(run).outcome, Outcome::Failure);
    run.score("", "reward", "", Outcome::Success, OutcomeSource::Verifier).value = 1;
    EXPECT_EQ(resolveOutcome(run).reason, "reward = 1");
    EXPECT_EQ(resolveOutcome(run).outcome, Outcome::Success);
    run.score("", "manager_decision", "approved_by_hand", Outcome::Failure, OutcomeSource::Human);
    EXPECT_EQ(resolveOutcome(run).reason, "manager_decision = approved_by_hand");
    EXPECT_EQ(resolveOutcome(run).outcome, Outcome::Failure);
    EXPECT_EQ(resolveOutcome(run).source, OutcomeSource::Human);
}

TEST(Outcome, aPassedPartCheckDoesNotOverruleTheJudge)
{
    RunBuilder run;
    run.score("root", "closing_message", "pass", Outcome::Success, OutcomeSource::Rule);
    EXPECT_EQ(resolveOutcome(run).source, OutcomeSource::Rule);
    run.score("root", "helpfulness", "bad", Outcome::Failure, OutcomeSource::ModelJudge);
    EXPECT_EQ(resolveOutcome(run).source, OutcomeSource::ModelJudge);
    run.score("root", "task_completed", "pass", Outcome::Success, OutcomeSource::Rule);
    run.record().scores.erase(run.record().scores.begin());
    EXPECT_EQ(resolveOutcome(run).source, OutcomeSource::Rule);
    EXPECT_EQ(resolveOutcome(run).outcome, Outcome::Success);
}

TEST(Outcome, aRuleThatOneStepBreaksIsBroken)
{
    RunBuilder run;
    run.score("root", "closing_message", "pass", Outcome::Success, OutcomeSource::Rule);
    const std::string step = run.step(StepKind::Retriever, "search").nativeId;
    run.score(step, "policy_applied", "fail", Outcome::Failure, OutcomeSource::Rule);
    EXPECT_EQ(resolveOutcome(run).outcome, Outcome::Failure);
    EXPECT_EQ(resolveOutcome(run).reason, "policy_applied = fail");
}

TEST(Outcome, aJudgeOfTheRunBeatsAJudgeOfOneStep)
{
    RunBuilder run;
    const std::string step = run.step(StepKind::Llm, "chat").nativeId;
    run.score(step, "tone", "rude", Outcome::Failure, OutcomeSource::ModelJudge);
    EXPECT_EQ(resolveOutcome(run).outcome, Outcome::Failure);
    run.score("root", "resolution", "resolved", Outcome::Success, OutcomeSource::ModelJudge);
    EXPECT_EQ(resolveOutcome(run).outcome, Outcome::Success);
}

TEST(Outcome, aPersonsLaterWordReplacesTheEarlierOne)
{
    RunBuilder run;
    run.score("", "user_feedback", "thumbs_down", Outcome::Failure, OutcomeSource::Human).time = 10;
    EXPECT_EQ(resolveOutcome(run).outcome, Outcome::Failure);
    run.score("", "user_feedback", "thumbs_up", Outcome::Success, OutcomeSource::Human).time = 20;
    EXPECT_EQ(resolveOutcome(run).outcome, Outcome::Success);
}

TEST(Outcome, aDecisionThatReversesIsAFailure)
{
    const auto outcomeWith = [](DecisionKind kind, std::string target, std::string before, std::string after) {
        RunBuilder run;
        run.decision("", kind, std::move(target), std::move(before), std::move(after));
        return resolveOutcome(run);
    };
    EXPECT_EQ(outcomeWith(DecisionKind::Override, "refund", "", "").outcome, Outcome::Failure);
    EXPECT_EQ(outcomeWith(DecisionKind::Override, "refund", "", "").source, OutcomeSource::Human);
    EXPECT_EQ(outcomeWith(DecisionKind::Reject, "issue_refund", "", "").outcome, Outcome::Failure);
    EXPECT_EQ(outcomeWith(DecisionKind::Approve, "the refund", "refused: over the limit", "").outcome, Outcome::Failure);
    EXPECT_EQ(outcomeWith(DecisionKind::Edit, "reply", "a", "b").outcome, Outcome::Failure);
    // An approval of what the agent proposed, an edit that changes nothing and an answer say nothing: the status decides.
    EXPECT_EQ(outcomeWith(DecisionKind::Approve, "issue_refund", "", "").source, OutcomeSource::Status);
    EXPECT_EQ(outcomeWith(DecisionKind::Edit, "reply", "a", "a").source, OutcomeSource::Status);
    EXPECT_EQ(outcomeWith(DecisionKind::Answer, "which size?", "", "M").source, OutcomeSource::Status);
    EXPECT_EQ(outcomeWith(DecisionKind::Override, "refund", "", "").reason, "override of refund");
}

TEST(Outcome, nothingIsKnownWithoutAnyEvidence)
{
    RunBuilder run;
    run.record().run.status = StepStatus::Unset;
    EXPECT_EQ(resolveOutcome(run).outcome, Outcome::Unknown);
    EXPECT_EQ(resolveOutcome(run).source, OutcomeSource::None);
    EXPECT_TRUE(resolveOutcome(run).reason.empty());
}

} // namespace
} // namespace tackroom
