// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/signals/outcomerules.h"
#include "tests/unit/signals/runs.h"

#include <gtest/gtest.h>

namespace tackroom
{
namespace
{

using testing::RunBuilder;

TEST(OutcomeRules, aPersonsWordOutranksEverythingElse)
{
    RunBuilder run;
    run.score("", "manager_decision", "approved_by_hand", Outcome::Failure, OutcomeSource::Human);
    run.score("", "reward", "", Outcome::Failure, OutcomeSource::Verifier).value = 0;
    OutcomeRules rules;
    rules.words["key"] = {Outcome::Success, "judged good by Rita"};
    const auto verdict = resolveOutcome(run, rules);
    EXPECT_EQ(verdict.outcome, Outcome::Success);
    EXPECT_EQ(verdict.source, OutcomeSource::Human);
    EXPECT_EQ(verdict.reason, "judged good by Rita");
    rules.words["key"].outcome = Outcome::Unknown;
    EXPECT_EQ(resolveOutcome(run, rules).outcome, Outcome::Unknown);
    EXPECT_EQ(resolveOutcome(run, rules).source, OutcomeSource::Human);
    OutcomeRules others;
    others.words["another run"] = {Outcome::Success, {}};
    EXPECT_EQ(resolveOutcome(run, others).reason, "manager_decision = approved_by_hand");
}

TEST(OutcomeRules, aRuleReplacesWhatTheReaderMadeOfTheScore)
{
    RunBuilder run;
    run.score("", "reward", "", Outcome::Failure, OutcomeSource::Verifier).value = 0.7;
    OutcomeRules rules;
    rules.rule = *parseScoreRule("reward<0.5");
    const auto verdict = resolveOutcome(run, rules);
    EXPECT_EQ(verdict.outcome, Outcome::Success);
    EXPECT_EQ(verdict.source, OutcomeSource::Rule);
    EXPECT_EQ(verdict.reason, "rule: reward < 0.5 (reward = 0.7)");
    // Another external check still outranks it, and so does a person in the run; what a model says does not.
    run.score("", "helpfulness", "bad", Outcome::Failure, OutcomeSource::ModelJudge);
    EXPECT_EQ(resolveOutcome(run, rules).outcome, Outcome::Success);
    run.score("", "tests", "failed", Outcome::Failure, OutcomeSource::Verifier);
    EXPECT_EQ(resolveOutcome(run, rules).reason, "tests = failed");
}

TEST(OutcomeRules, oneScoreThatFailsIsEnough)
{
    RunBuilder run;
    run.score("", "grade", "Pass", Outcome::Unknown, OutcomeSource::None);
    run.score("", "grade", "FAIL", Outcome::Unknown, OutcomeSource::None);
    OutcomeRules rules;
    rules.rule = *parseScoreRule("grade = fail");
    EXPECT_EQ(resolveOutcome(run, rules).outcome, Outcome::Failure);
    EXPECT_EQ(resolveOutcome(run, rules).reason, "rule: grade = fail (grade = FAIL)");
}

TEST(OutcomeRules, aRunWithoutThatScoreIsAsBefore)
{
    RunBuilder run;
    run.record().run.status = StepStatus::Error;
    OutcomeRules rules;
    rules.rule = *parseScoreRule("reward < 0.5");
    EXPECT_EQ(resolveOutcome(run, rules).source, OutcomeSource::Status);
    run.score("", "reward", "low", Outcome::Unknown, OutcomeSource::None); // a label alone has no threshold
    EXPECT_EQ(resolveOutcome(run, rules).source, OutcomeSource::Status);
}

TEST(OutcomeRules, everyTestReadsAsItIsWritten)
{
    const auto outcome = [](const char* rule, double value) {
        Score score;
        score.name = "x";
        score.value = value;
        return outcomeBy(*parseScoreRule(rule), score);
    };
    EXPECT_EQ(outcome("x < 1", 1), Outcome::Success);
    EXPECT_EQ(outcome("x <= 1", 1), Outcome::Failure);
    EXPECT_EQ(outcome("x > 1", 1), Outcome::Success);
    EXPECT_EQ(outcome("x >= 1", 1), Outcome::Failure);
    EXPECT_EQ(outcome("x >= -1.5", -2), Outcome::Success);
    Score label;
    label.name = "x";
    label.label = "ok";
    EXPECT_EQ(outcomeBy(*parseScoreRule("x != OK"), label), Outcome::Success);
    EXPECT_EQ(outcomeBy(*parseScoreRule("x != good"), label), Outcome::Failure);
    for (const char* rule : {"a score < 0.5", "x <= 1", "x > 2", "x >= 1e+06", "x = not good", "x != y"})
        EXPECT_EQ(toString(*parseScoreRule(rule)), rule);
    for (const char* bad : {"", "x", "x <", "< 1", "x < high", "x < 1 2", "="})
        EXPECT_EQ(parseScoreRule(bad).error().code, ErrorCode::Usage) << bad;
}

TEST(OutcomeRules, theFingerprintTellsThemApart)
{
    OutcomeRules none, word, rule;
    word.words["a"] = {Outcome::Success, "x"};
    rule.rule = *parseScoreRule("x < 1");
    EXPECT_EQ(none.fingerprint(), "");
    EXPECT_NE(word.fingerprint(), rule.fingerprint());
    OutcomeRules other = word;
    EXPECT_EQ(other.fingerprint(), word.fingerprint());
    other.words["a"].outcome = Outcome::Failure;
    EXPECT_NE(other.fingerprint(), word.fingerprint());
}

} // namespace
} // namespace tackroom
