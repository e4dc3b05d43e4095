// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/annotations.h"

#include "core/base/text.h"

#include <algorithm>
#include <array>
#include <string>

namespace tackroom
{

namespace
{

/// Lower case, with one '_' for each run of spaces, dashes and dots: "Thumbs-Up" and "thumbs up" are one word.
std::string plainWord(std::string_view text)
{
    std::string out;
    for (const char c : asciiLower(trimmed(text))) {
        const bool gap = c == ' ' || c == '-' || c == '.' || c == '_' || c == '/';
        if (gap && (out.empty() || out.back() == '_')) continue;
        out += gap ? '_' : c;
    }
    return out;
}

bool holdsAny(std::string_view text, std::initializer_list<std::string_view> parts)
{
    return std::ranges::any_of(parts, [&](std::string_view part) { return text.find(part) != std::string_view::npos; });
}

constexpr std::array<std::string_view, 38> kGood{
    "pass",       "passed",    "correct",   "good",       "great",     "resolved",     "solved",    "success",
    "successful", "succeeded", "thumbs_up", "up",         "like",      "liked",        "positive",  "helpful",
    "satisfied",  "ok",        "okay",      "acceptable", "accepted",  "accept",       "factual",   "grounded",
    "faithful",   "compliant", "valid",     "complete",   "completed", "upheld",       "confirmed", "approved",
    "approve",    "perfect",   "👍",        "non_toxic",  "safe",      "goal_achieved"};
constexpr std::array<std::string_view, 44> kBad{"fail",
                                                "failed",
                                                "failure",
                                                "incorrect",
                                                "bad",
                                                "wrong",
                                                "unresolved",
                                                "not_resolved",
                                                "unsolved",
                                                "thumbs_down",
                                                "down",
                                                "dislike",
                                                "disliked",
                                                "negative",
                                                "unhelpful",
                                                "not_helpful",
                                                "dissatisfied",
                                                "unsatisfied",
                                                "unacceptable",
                                                "rejected",
                                                "reject",
                                                "hallucinated",
                                                "hallucination",
                                                "ungrounded",
                                                "unfaithful",
                                                "non_compliant",
                                                "noncompliant",
                                                "invalid",
                                                "incomplete",
                                                "overturned",
                                                "👎",
                                                "toxic",
                                                "unsafe",
                                                "error",
                                                "abandoned",
                                                "overridden",
                                                "overruled",
                                                "override",
                                                "reversed",
                                                "approved_by_hand",
                                                "violation",
                                                "not_compliant",
                                                "goal_not_achieved",
                                                "poor"};

Outcome outcomeOfLabel(std::string_view label)
{
    if (std::ranges::contains(kGood, label)) return Outcome::Success;
    if (std::ranges::contains(kBad, label)) return Outcome::Failure;
    return Outcome::Unknown;
}

bool isOverrideLabel(std::string_view label)
{
    return holdsAny(label, {"override", "overrid", "overrul", "overturn", "by_hand", "manually", "reversed"});
}

/// Names of measures where a high value is bad, or no verdict at all.
bool isMoreWorse(std::string_view name)
{
    return holdsAny(name, {"toxic",   "hallucinat", "frustrat",  "bias",     "risk",    "violation", "error",
                           "cost",    "latency",    "count",     "duration", "token",   "pii",       "harm",
                           "abandon", "refusal",    "jailbreak", "repeat",   "retries", "distance",  "loss"});
}

Outcome outcomeOfValue(const Score& score, std::string_view name)
{
    if (!score.value || isMoreWorse(name)) return Outcome::Unknown;
    if (*score.value == 1.0) return Outcome::Success;
    if (*score.value == 0.0 || *score.value == -1.0) return Outcome::Failure;
    return Outcome::Unknown;
}

OutcomeSource weightOf(const Score& score, std::string_view name)
{
    switch (score.annotator) {
    case Annotator::Human:
        return OutcomeSource::Human;
    case Annotator::Llm:
        return OutcomeSource::ModelJudge;
    case Annotator::Code:
        return holdsAny(name, {"reward", "test", "verif", "ground_truth", "exact_match", "expected", "oracle"})
                   ? OutcomeSource::Verifier
                   : OutcomeSource::Rule;
    case Annotator::Unknown:
        break;
    }
    return OutcomeSource::None;
}

bool isDecisionName(std::string_view name)
{
    return holdsAny(name, {"decision", "override", "approval", "escalation_review", "manager_verdict", "manager_review"});
}

std::optional<DecisionKind> kindOfLabel(std::string_view label)
{
    if (isOverrideLabel(label)) return DecisionKind::Override;
    if (holdsAny(label, {"not_approved", "disapprov", "reject", "denied", "deny", "declin"})) return DecisionKind::Reject;
    if (holdsAny(label, {"approve", "upheld", "confirm", "accepted"})) return DecisionKind::Approve;
    if (holdsAny(label, {"edited", "edit", "modified", "amended", "changed"})) return DecisionKind::Edit;
    return std::nullopt;
}

} // namespace

void judgeScore(Score& score)
{
    const std::string name = plainWord(score.name);
    const std::string label = plainWord(score.label);
    score.weight = weightOf(score, name);
    score.says = Outcome::Unknown;
    if (score.weight == OutcomeSource::None) return;
    if (score.annotator == Annotator::Human && isOverrideLabel(label))
        score.says = Outcome::Failure;
    else
        score.says = outcomeOfLabel(label);
    if (score.says == Outcome::Unknown) score.says = outcomeOfValue(score, name);
}

std::optional<HumanDecision> decisionOf(const Score& score)
{
    if (score.annotator != Annotator::Human) return std::nullopt;
    const std::string name = plainWord(score.name);
    const std::string label = plainWord(score.label);
    const auto kind = kindOfLabel(label);
    static constexpr std::array<std::string_view, 8> kDecisive{"approved",   "approved_by_hand", "rejected", "override",
                                                               "overridden", "overruled",        "edited",   "overturned"};
    const bool decisive = isDecisionName(name) || std::ranges::contains(kDecisive, label);
    if (!decisive) return std::nullopt;
    HumanDecision decision;
    decision.stepId = score.stepId;
    decision.kind = kind.value_or(DecisionKind::Answer);
    decision.by = score.by;
    decision.time = score.time;
    decision.after = score.label;
    decision.reason = score.explanation;
    return decision;
}

} // namespace tackroom
