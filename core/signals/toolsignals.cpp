// SPDX-License-Identifier: GPL-3.0-or-later
/// What went wrong with tool calls and with other steps: errors, unknown tools, arguments that the schema refuses, errors
/// that the agent passed over.
#include "core/base/format.h"
#include "core/base/text.h"
#include "core/signals/runlayout.h"

#include <algorithm>
#include <map>
#include <set>

namespace tackroom
{

namespace
{

/// Letters of the text, lower-case: equal for errors that differ in numbers and ids only. Cheap; the clusters' signature is
/// finer.
std::string shapeOf(std::string_view text)
{
    std::string shape;
    for (const char c : text.substr(0, 200))
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) shape.push_back(static_cast<char>(c | 0x20));
    return shape;
}

/// The same tool answered well later in the run.
bool isRecovered(const RunLayout& run, const ToolCallFact& failed)
{
    for (const auto& call : run.calls)
        if (call.position > failed.position && call.tool == failed.tool && !call.failed) return true;
    return false;
}

Signal toolErrorSignal(const RunLayout& run, const ToolCallFact& call, int times)
{
    const bool recovered = isRecovered(run, call);
    const std::string tool(call.tool), error = words::quoted(call.error);
    const std::string often = times > 1 ? formatText(" {} times", times) : std::string();
    const std::string end = recovered ? ", and a later call succeeded" : ", and no later call of it succeeded";
    Signal signal;
    signal.layer = Layer::Tools;
    signal.stepId = call.step->nativeId;
    signal.subject = tool;
    signal.text = call.error;
    switch (call.errorKind) {
    case words::ErrorKind::UnknownTool:
        signal.family = "unknown-tool";
        signal.explanation =
            formatText("The agent called {}, which is no tool of this harness: {}.", words::quoted(tool), error);
        signal.strength = recovered ? 0.4 : 0.85;
        break;
    case words::ErrorKind::InvalidArguments:
        signal.family = "invalid-arguments";
        signal.explanation =
            formatText("The arguments that the agent gave to {} were refused{}: {}{}.", words::quoted(tool), often, error, end);
        signal.strength = recovered ? 0.35 : 0.85;
        break;
    case words::ErrorKind::Unavailable:
        signal.family = "tool-unavailable";
        signal.explanation = formatText("{} did not answer{}: {}{}.", words::quoted(tool), often, error, end);
        signal.strength = recovered ? 0.2 : 0.75;
        break;
    default:
        signal.family = "tool-error";
        signal.explanation = formatText("{} answered with an error{}: {}{}.", words::quoted(tool), often, error, end);
        signal.strength = recovered ? 0.3 : 0.8;
    }
    return signal;
}

Layer layerOfStepError(const Step& step)
{
    switch (step.kind) {
    case StepKind::Llm:
        return Layer::Model;
    case StepKind::Retriever:
        return Layer::Retrieval;
    case StepKind::Guardrail:
        return Layer::Evaluators;
    default:
        return Layer::Orchestration;
    }
}

Signal stepErrorSignal(const RunLayout& run, const Step& step)
{
    std::string error = words::errorSentence(step.errorText);
    if (error.empty()) error = step.errorType.empty() ? "failed without a message" : step.errorType;
    const bool overflows = words::errorKindOf(step.errorType, error) == words::ErrorKind::ContextOverflow;
    const bool isLlm = step.kind == StepKind::Llm;
    const bool later = std::ranges::any_of(run.steps, [&](const Step* other) {
        return other->start > step.start && other->kind == step.kind && other->name == step.name &&
               other->status != StepStatus::Error;
    });
    Signal signal;
    signal.family = overflows ? "context-overflow" : isLlm ? "model-error" : "step-error";
    signal.layer = overflows ? Layer::Memory : layerOfStepError(step);
    signal.stepId = step.nativeId;
    signal.subject = isLlm && !step.model.empty() ? step.model : step.name;
    signal.strength = later ? 0.25 : 0.8;
    signal.explanation = formatText("The step {} failed: {}{}.", words::quoted(step.name), words::quoted(error),
                                    later ? ", and a later one of the same name did not" : "");
    signal.text = std::move(error);
    return signal;
}

} // namespace

void detect::toolErrors(const RunLayout& run, std::vector<Signal>& out)
{
    std::map<std::pair<std::string_view, std::string>, std::pair<const ToolCallFact*, int>> kinds;
    std::vector<std::pair<std::string_view, std::string>> order;
    for (const auto& call : run.calls) {
        if (!call.failed) continue;
        auto key = std::pair(call.tool, shapeOf(call.error));
        const auto [it, isNew] = kinds.try_emplace(key, &call, 0);
        ++it->second.second;
        if (isNew) order.push_back(std::move(key));
    }
    for (const auto& key : order) {
        const auto& [call, times] = kinds.at(key);
        out.push_back(toolErrorSignal(run, *call, times));
    }
}

void detect::ignoredErrors(const RunLayout& run, std::vector<Signal>& out)
{
    const ToolCallFact* last = nullptr;
    for (const auto& call : run.calls)
        if (call.failed && call.effect != words::Effect::Read && !call.handOver && !isRecovered(run, call)) last = &call;
    if (!last) return;
    const std::string_view said = run.lastSaid();
    if (said.empty() || !words::claimsSuccess(said) || words::admitsTrouble(said)) return;
    // Claims are only held against the agent where nothing that changes something succeeded after the error.
    for (const auto& call : run.calls)
        if (call.position > last->position && !call.failed && call.effect == words::Effect::Write) return;
    Signal signal;
    signal.family = "ignored-error";
    signal.layer = Layer::Orchestration;
    signal.stepId = last->step->nativeId;
    signal.subject = last->tool;
    signal.text = last->error;
    signal.explanation = formatText("{} failed with {}, yet the agent told the user that it was done: {}.",
                                    words::quoted(last->tool), words::quoted(last->error), words::quoted(said));
    signal.strength = 0.9;
    out.push_back(std::move(signal));
}

void detect::stepErrors(const RunLayout& run, std::vector<Signal>& out)
{
    // An error rises through the steps above it; the lowest step that has it is where it happened.
    std::set<std::string_view> parentsOfErrors;
    for (const Step* step : run.steps)
        if (step->status == StepStatus::Error && !step->parentId.empty()) parentsOfErrors.insert(step->parentId);
    std::set<std::string> seen;
    for (const Step* step : run.steps) {
        const bool isLowest = step->status == StepStatus::Error && !parentsOfErrors.contains(step->nativeId);
        if (!isLowest || step->kind == StepKind::Evaluator || isToolStep(*step)) continue;
        Signal signal = stepErrorSignal(run, *step);
        if (seen.insert(signal.family + '\n' + signal.subject + '\n' + shapeOf(signal.text)).second)
            out.push_back(std::move(signal));
    }
}

} // namespace tackroom
