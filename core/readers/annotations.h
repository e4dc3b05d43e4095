// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// What an annotation says of a run: shared by readers whose stores keep scores as name, label, value and annotator.
///
/// `weight` is who says it: a human Human; code Verifier where its name speaks of a reward, test or check against the truth
/// (reward, test, verify, ground_truth, exact_match, expected), else Rule; a model ModelJudge. Where the annotator is not known
/// there is no weight and nothing is said.
/// `says` is set only where it is clear:
///   1. the label is one of a list of plain words: pass, correct, good, resolved, thumbs_up … / fail, incorrect, bad, …;
///      a human's label of a decision: override, approved_by_hand, rejected … is a failure, approved, confirmed a success
///   2. else the value is 1 or 0 (or -1), and the name is not one where more is worse (toxicity, hallucination, cost …)
/// A value in between says nothing.
///
/// A human annotation is a HumanDecision as well where its name speaks of one (decision, override, approval, verdict of a
/// manager, escalation review) or its label is a word of one (approved, approved_by_hand, rejected, overridden, edited).
#include "core/traces/traces.h"

#include <optional>
#include <string_view>

namespace tackroom
{

/// Sets `says` and `weight` from name, label, value and annotator.
void judgeScore(Score& score);

/// The decision in a human annotation; nothing where it is none. Target, before and after are the caller's to fill.
[[nodiscard]] std::optional<HumanDecision> decisionOf(const Score& score);

} // namespace tackroom
