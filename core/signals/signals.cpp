// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/signals/signals.h"

#include "core/base/text.h"
#include "core/signals/runlayout.h"

#include <algorithm>
#include <array>
#include <tuple>

namespace tackroom
{

namespace
{

constexpr std::array<std::string_view, 9> kLayerNames{"unknown", "instructions",  "skills",     "tools", "retrieval",
                                                      "memory",  "orchestration", "evaluators", "model"};

/// What a signal keeps of foreign text; signatures are made of less.
constexpr std::size_t kTextBytes = 500;
constexpr std::size_t kSubjectBytes = 120;

} // namespace

std::string_view nameOf(Layer layer)
{
    const auto index = static_cast<std::size_t>(layer);
    return index < kLayerNames.size() ? kLayerNames[index] : kLayerNames[0];
}

Layer layerOf(std::string_view name)
{
    const auto it = std::ranges::find(kLayerNames, name);
    return it == kLayerNames.end() ? Layer::Unknown : static_cast<Layer>(it - kLayerNames.begin());
}

std::vector<Signal> detectSignals(const RunRecord& record)
{
    const RunLayout run = layOut(record);
    std::vector<Signal> signals;
    for (const auto detector :
         {detect::toolErrors, detect::ignoredErrors, detect::stepErrors, detect::repeatedCalls, detect::failedEvaluators,
          detect::humanDecisions, detect::handOvers, detect::abandonment, detect::modelRefusals, detect::retrievals})
        detector(run, signals);
    for (Signal& signal : signals) {
        signal.subject = std::string(cutUtf8(trimmed(signal.subject), kSubjectBytes));
        signal.text = std::string(cutUtf8(trimmed(signal.text), kTextBytes));
    }
    std::ranges::stable_sort(signals, [](const Signal& a, const Signal& b) {
        return std::tie(b.strength, a.family, a.subject) < std::tie(a.strength, b.family, b.subject);
    });
    return signals;
}

const std::vector<DetectorInfo>& detectors()
{
    static const std::vector<DetectorInfo> kDetectors{
        {"tool-error", "Tool error", "A tool call ended in an error. Weaker where a later call of the tool succeeded.",
         Layer::Tools},
        {"invalid-arguments", "Refused arguments", "A tool refused the arguments that the agent gave, by its schema.",
         Layer::Tools},
        {"unknown-tool", "Unknown tool", "The agent called a tool that the harness does not have.", Layer::Tools},
        {"tool-unavailable", "Tool did not answer", "A tool timed out, was overloaded or could not be reached.", Layer::Tools},
        {"ignored-error", "Error passed over",
         "A tool that changes something failed, and the agent told the user that it was done.", Layer::Orchestration},
        {"double-action", "Done twice",
         "A tool that changes something was called again with the same arguments after it had, or may have, succeeded.",
         Layer::Orchestration},
        {"repeated-call", "Repeated call", "The same tool was called again with the same arguments.", Layer::Orchestration},
        {"model-error", "Model error", "A call of the model failed.", Layer::Model},
        {"step-error", "Step error", "A step that is neither a tool call nor a model call failed.", Layer::Orchestration},
        {"context-overflow", "Context overflow", "What the model was given did not fit.", Layer::Memory},
        {"failed-evaluator", "Failed check", "A check or a judge says that the run, or a step of it, failed.", Layer::Unknown},
        {"human-override", "Decided otherwise by a person",
         "A person approved what the agent had refused or handed over, or reversed what it did.", Layer::Memory},
        {"human-edit", "Changed by a person", "A person changed what the agent proposed.", Layer::Tools},
        {"human-reject", "Rejected by a person", "A person rejected what the agent proposed.", Layer::Instructions},
        {"human-feedback", "Marked down by a person", "A person marked the run down without deciding otherwise.",
         Layer::Unknown},
        {"premature-hand-over", "Premature hand-over",
         "The agent gave the conversation away, and a check or judge says that it should not have.", Layer::Instructions},
        {"hand-over", "Handed over", "The agent gave the conversation away, and nobody judged whether it should have.",
         Layer::Instructions},
        {"silent-abandonment", "Left without an answer", "The conversation ends without an answer to the user.",
         Layer::Instructions},
        {"user-gives-up", "The user gives up", "The last words of the user are those of somebody who gives up.",
         Layer::Instructions},
        {"model-refusal", "Declined by the model", "The model declined, whatever the harness says.", Layer::Model},
        {"stale-retrieval", "Outdated retrieval", "What was retrieved is no longer in force.", Layer::Retrieval},
        {"empty-retrieval", "Empty retrieval", "A search found nothing.", Layer::Retrieval},
    };
    return kDetectors;
}

} // namespace tackroom
