// SPDX-License-Identifier: GPL-3.0-or-later
/// What the agent was given to read: nothing, or what is no longer in force.
#include "core/base/format.h"
#include "core/base/text.h"
#include "core/signals/runlayout.h"

#include <algorithm>

namespace tackroom
{

namespace
{

Signal retrievalSignal(std::string family, const Step& step, std::string text, double strength, std::string explanation)
{
    Signal signal;
    signal.family = std::move(family);
    signal.layer = Layer::Retrieval;
    signal.stepId = step.nativeId;
    signal.subject = step.toolName.empty() ? step.name : step.toolName;
    signal.text = std::move(text);
    signal.strength = strength;
    signal.explanation = std::move(explanation);
    return signal;
}

std::string_view resultOf(const Step& step)
{
    return step.result.empty() ? std::string_view(step.outputText) : std::string_view(step.result);
}

/// A failed check of this step, or one that speaks of what was retrieved, which says that it is out of date.
const Score* staleScore(const RunLayout& run, const Step& step)
{
    for (const Score* score : run.failedScores)
        if (words::saysOutdated(score->explanation + " " + score->label + " " + score->name) &&
            (score->stepId == step.nativeId || score->stepId.empty() || run.retrievals.size() == 1))
            return score;
    return nullptr;
}

bool isSearchTool(std::string_view tool)
{
    const auto parts = words::nameParts(tool);
    return std::ranges::any_of(
        parts, [](const std::string& part) { return part == "search" || part == "retrieve" || part == "retrieval"; });
}

} // namespace

void detect::retrievals(const RunLayout& run, std::vector<Signal>& out)
{
    const Step* empty = nullptr;
    const Step* outdated = nullptr;
    for (const Step* step : run.retrievals) {
        if (step->status == StepStatus::Error) continue;
        if (const Score* score = staleScore(run, *step)) {
            out.push_back(retrievalSignal("stale-retrieval", *step, "what was retrieved is no longer in force", 0.9,
                                          formatText("{} gave the agent something that is no longer in force: {}.",
                                                     words::quoted(step->name),
                                                     words::quoted(score->name + ": " + score->explanation, 240))));
            return;
        }
        if (!empty && words::isEmptyResult(resultOf(*step))) empty = step;
        if (!outdated && words::saysOutdated(resultOf(*step))) outdated = step;
    }
    if (outdated)
        out.push_back(retrievalSignal(
            "stale-retrieval", *outdated, "what was retrieved is no longer in force", 0.5,
            formatText("What {} gave says of itself that it is no longer in force.", words::quoted(outdated->name))));
    for (const auto& call : run.calls)
        if (!empty && !call.failed && isSearchTool(call.tool) && words::isEmptyResult(call.step->result)) empty = call.step;
    if (empty)
        out.push_back(
            retrievalSignal("empty-retrieval", *empty, "nothing was found", 0.5,
                            formatText("{} found nothing for {}.", words::quoted(empty->name),
                                       words::quoted(empty->arguments.empty() ? empty->inputText : empty->arguments))));
}

} // namespace tackroom
