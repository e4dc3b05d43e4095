// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// core/signals: detectors over recorded runs. A signal is one finding in one run, at one step, with the harness layer that it
/// points to and the sentence that explains it. Detectors are pure functions of a run's record; they read no files.
/// Also here: the outcome of a run (outcome.h), resolved from its scores and decisions in the fixed order.
#include "core/readers/readers.h"
#include "core/traces/traces.h"

#include <string>
#include <string_view>
#include <vector>

namespace tackroom
{

/// The part of the harness that a failure points to. Unknown is a real answer.
enum class Layer : std::uint8_t { Unknown, Instructions, Skills, Tools, Retrieval, Memory, Orchestration, Evaluators, Model };
[[nodiscard]] std::string_view nameOf(Layer); ///< "unknown", "instructions", …
[[nodiscard]] Layer layerOf(std::string_view name);

struct Signal {
    std::string family; ///< the detector: "tool-error", "human-override", "repeated-call", "failed-evaluator" …
    Layer layer = Layer::Unknown;
    std::string stepId;      ///< native id of the decisive step; empty: the run as a whole
    std::string subject;     ///< tool, evaluator or document that it is about
    std::string text;        ///< the raw text from which the signature is made (error message, explanation); foreign
    std::string explanation; ///< one English sentence, "why did this fire"; foreign parts quoted
    double strength = 0;     ///< 0..1; the strongest signal of a failing run names its cluster
};

struct OutcomeVerdict {
    Outcome outcome = Outcome::Unknown;
    OutcomeSource source = OutcomeSource::None;
    std::string reason; ///< "manager_decision = approved_by_hand", "reward = 0"
};

/// human decision > external verifier > rule > model judge > status.
[[nodiscard]] OutcomeVerdict resolveOutcome(const RunRecord& record);
/// All signals of one run, strongest first; deterministic.
[[nodiscard]] std::vector<Signal> detectSignals(const RunRecord& record);

struct DetectorInfo {
    std::string family, title, explanation;
    Layer usualLayer = Layer::Unknown;
};
[[nodiscard]] const std::vector<DetectorInfo>& detectors();

} // namespace tackroom
