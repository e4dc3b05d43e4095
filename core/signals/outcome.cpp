// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/format.h"
#include "core/base/text.h"
#include "core/signals/signals.h"
#include "core/signals/words.h"

namespace tackroom
{

namespace
{

std::string numberText(double value) { return formatText("{:g}", value); }

std::string scoreText(const Score& score)
{
    const std::string name = score.name.empty() ? "score" : score.name;
    if (!score.label.empty()) return name + " = " + score.label;
    if (score.value) return name + " = " + numberText(*score.value);
    return name;
}

/// Whether what the agent did, as the decision tells it, was to say no, and the person did not agree.
bool decidesAboutRefusal(const HumanDecision& decision)
{
    return !words::agreesWithRefusal(decision.after) && (words::saysNo(decision.target) || words::saysNo(decision.before));
}

std::string decisionText(const HumanDecision& decision)
{
    std::string text = std::string(nameOf(decision.kind));
    if (!decision.target.empty()) text += " of " + std::string(cutUtf8(firstLine(decision.target), 80));
    if (!decision.reason.empty()) text += ": " + std::string(cutUtf8(firstLine(decision.reason), 120));
    return text;
}

/// A person who overrides, rejects, edits, or approves what the agent had refused says that the agent was wrong. An approval of
/// what the agent proposed, and an answer to its question, say nothing of the run as a whole.
OutcomeVerdict verdictOf(const std::vector<HumanDecision>& decisions)
{
    for (const HumanDecision& decision : decisions) {
        const bool reversed = decision.kind == DecisionKind::Override || decision.kind == DecisionKind::Reject ||
                              (decision.kind == DecisionKind::Edit && decision.before != decision.after) ||
                              (decision.kind == DecisionKind::Approve && decidesAboutRefusal(decision));
        if (reversed) return {Outcome::Failure, OutcomeSource::Human, decisionText(decision)};
    }
    return {};
}

/// Of the scores of one weight, any that says failure. A rule that a single step breaks is broken by the run; a model's opinion
/// of a single step counts only where it has none of the run (or of its root step). A person's later word replaces the same
/// person's earlier word under the same name.
OutcomeVerdict verdictOf(const RunRecord& record, OutcomeSource weight)
{
    const auto isOfRun = [&](const Score& score) {
        if (score.stepId.empty()) return true;
        for (const Step& step : record.steps)
            if (step.nativeId == score.stepId) return step.parentId.empty();
        return false;
    };
    const auto isReplaced = [&](const Score& score) {
        for (const Score& other : record.scores)
            if (&other != &score && other.weight == weight && other.says != Outcome::Unknown && other.name == score.name &&
                other.by == score.by && other.stepId == score.stepId && other.time > score.time)
                return true;
        return false;
    };
    const bool runFirst = weight == OutcomeSource::ModelJudge;
    const Score* failure = nullptr;
    const Score* success = nullptr;
    for (const bool ofRun : {true, false}) {
        if (runFirst && (failure || success)) break;
        for (const Score& score : record.scores) {
            if (score.weight != weight || score.says == Outcome::Unknown || isOfRun(score) != ofRun || isReplaced(score))
                continue;
            const Score*& kept = score.says == Outcome::Failure ? failure : success;
            if (!kept) kept = &score;
        }
    }
    if (const Score* kept = failure ? failure : success) return {kept->says, weight, scoreText(*kept)};
    return {};
}

/// Whether the score that gave the verdict, by its name, is about the outcome as a whole.
bool isOfWhole(const OutcomeVerdict& verdict)
{
    std::string name = verdict.reason.substr(0, verdict.reason.find(" = "));
    for (char& c : name)
        if (c == '_' || c == '-' || c == '.') c = ' ';
    return words::hasAny(name,
                         {"outcome", "success", "successful", "succeeded", "solved", "resolved", "resolution", "correct",
                          "correctness", "reward", "completed", "completion", "goal", "task", "passed", "result", "verdict"});
}

} // namespace

OutcomeVerdict resolveOutcome(const RunRecord& record)
{
    if (const auto verdict = verdictOf(record.decisions); verdict.outcome != Outcome::Unknown) return verdict;
    for (const OutcomeSource weight : {OutcomeSource::Human, OutcomeSource::Verifier})
        if (const auto verdict = verdictOf(record, weight); verdict.outcome != Outcome::Unknown) return verdict;
    const auto rule = verdictOf(record, OutcomeSource::Rule);
    const auto judge = verdictOf(record, OutcomeSource::ModelJudge);
    // A failed check fails the run. A passed one says only that what it looks at is in order (a closing message, one refund);
    // it speaks against a judge only if it looks at the outcome itself.
    if (rule.outcome == Outcome::Failure || (rule.outcome == Outcome::Success && isOfWhole(rule))) return rule;
    if (judge.outcome != Outcome::Unknown) return judge;
    if (rule.outcome != Outcome::Unknown) return rule;
    if (record.run.status == StepStatus::Error)
        return {Outcome::Failure, OutcomeSource::Status, "the root step ended in an error"};
    for (const Score& score : record.scores)
        if (score.weight == OutcomeSource::Status && score.says != Outcome::Unknown)
            return {score.says, OutcomeSource::Status, scoreText(score)};
    if (record.run.status == StepStatus::Ok)
        return {Outcome::Success, OutcomeSource::Status, "the root step ended without an error"};
    return {};
}

} // namespace tackroom
