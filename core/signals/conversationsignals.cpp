// SPDX-License-Identifier: GPL-3.0-or-later
/// How the conversation went: given away too early, left without an answer, declined by the model.
#include "core/base/format.h"
#include "core/base/text.h"
#include "core/signals/runlayout.h"

#include <algorithm>

namespace tackroom
{

namespace
{

std::string sayingOf(const Score& score)
{
    std::string said = score.name;
    if (!score.label.empty()) said += " = " + score.label;
    if (!score.explanation.empty()) said += ": " + score.explanation;
    return said;
}

bool isOnStep(const Score& score, const ToolCallFact& call)
{
    return score.stepId == call.step->nativeId && !score.stepId.empty();
}

bool speaksOfHandOver(const Score& score)
{
    return words::hasAny(score.name + " " + score.explanation,
                         {"handed over", "hand over", "hand-over", "handover", "handoff", "hand-off", "hand_over",
                          "handover_needed", "escalated", "escalation", "transferred", "transfer"});
}

const char* plural(std::size_t count) { return count == 1 ? "" : "s"; }

/// Where the run stopped: the last step that the agent took itself.
const Step* lastOwnStep(const RunLayout& run)
{
    for (auto it = run.steps.rbegin(); it != run.steps.rend(); ++it) {
        const Step& step = **it;
        const bool wraps = step.parentId.empty() || step.kind == StepKind::Agent || step.kind == StepKind::Chain;
        if (!wraps && step.kind != StepKind::Evaluator && step.kind != StepKind::Guardrail) return &step;
    }
    return nullptr;
}

bool speaksOfSilence(const Score& score)
{
    return words::hasAny(score.name + " " + score.explanation,
                         {"no message", "no answer", "no reply", "without a last word", "without an answer", "unanswered",
                          "abandoned", "abandonment", "silent", "empty answer", "empty response", "no text", "returned no text",
                          "closing message", "closing_message", "no response"});
}

/// The user's last words, not the first, are those of somebody who gives up.
void addGivingUp(const RunLayout& run, std::vector<Signal>& out)
{
    constexpr std::size_t kShort = 200; // longer texts are tool results or letters, in which such words mean little
    if (run.llm.size() < 2) return;
    const Step& last = *run.llm.back();
    if (last.inputText.size() > kShort || last.inputText == run.record->run.task || !words::givesUp(last.inputText)) return;
    Signal signal;
    signal.family = "user-gives-up";
    signal.layer = Layer::Instructions;
    signal.stepId = last.nativeId;
    signal.text = "the user gives up";
    signal.strength = 0.6;
    signal.explanation = formatText("The user gives up: {}.", words::quoted(last.inputText));
    out.push_back(std::move(signal));
}

} // namespace

void detect::handOvers(const RunLayout& run, std::vector<Signal>& out)
{
    const auto call = std::ranges::find_if(run.calls, [](const ToolCallFact& c) { return c.handOver && !c.failed; });
    if (call == run.calls.end()) return;
    // The check of the hand-over itself decides, whichever way it went.
    const Score* says = nullptr;
    for (const Score& score : run.record->scores) {
        if (!isOnStep(score, *call) || score.annotator == Annotator::Human) continue;
        if (score.says == Outcome::Success) return;
        if (score.says == Outcome::Failure) says = &score;
    }
    const bool ofStep = says != nullptr;
    for (const Score* score : run.failedScores)
        if (!says && speaksOfHandOver(*score)) says = score;
    const auto before = static_cast<std::size_t>(std::ranges::count_if(run.calls, [&](const ToolCallFact& c) {
        return c.position < call->position && !c.handOver && !words::isThoughtTool(c.tool);
    }));
    const std::string gaveAway = formatText("The agent gave the conversation away by {} after {} other call{}",
                                            words::quoted(call->tool), before, plural(before));
    Signal signal;
    signal.layer = Layer::Instructions;
    signal.stepId = call->step->nativeId;
    signal.subject = call->tool;
    if (says) {
        signal.family = "premature-hand-over";
        signal.text = "handed over although it was not needed";
        signal.strength = ofStep ? 0.9 : 0.8;
        signal.explanation = gaveAway + ", and " + words::quoted(sayingOf(*says), 200) + " says that this was not right.";
    } else {
        // Nobody judged it. It is noted in passing runs as well, so that it weighs only where it goes with failure.
        const bool worked = std::ranges::any_of(
            run.calls, [](const ToolCallFact& c) { return c.effect == words::Effect::Write && !c.handOver && !c.failed; });
        signal.family = "hand-over";
        signal.text = worked ? "handed over after changes" : "handed over without a change";
        signal.strength = worked ? 0.4 : 0.6;
        signal.explanation = gaveAway + (worked ? "." : ", without having changed anything.");
    }
    out.push_back(std::move(signal));
}

void detect::abandonment(const RunLayout& run, std::vector<Signal>& out)
{
    const Step* last = lastOwnStep(run);
    if (!last || run.record->run.status == StepStatus::Error) return; // an error is told by the error
    const bool answered = !trimmed(run.record->run.answer).empty();
    const bool lastIsPerson = last->kind == StepKind::Human;
    const bool lastSaysNothing =
        last->kind == StepKind::Llm && trimmed(last->outputText).empty() && last->status != StepStatus::Error;
    const bool handedOver = std::ranges::any_of(run.calls, [](const ToolCallFact& c) { return c.handOver && !c.failed; });
    const Score* says = nullptr;
    for (const Score* score : run.failedScores) // what code says before what a model says
        if (score->annotator != Annotator::Human && speaksOfSilence(*score) && (!says || says->annotator == Annotator::Llm))
            says = score;
    const bool silent = lastSaysNothing || lastIsPerson || !answered;
    if (!silent) {
        addGivingUp(run, out);
        return;
    }
    // Who was handed over is answered elsewhere; an answer before the last, empty turn may have been the end.
    if (!says && (handedOver || (answered && !lastIsPerson))) return;
    Signal signal;
    signal.family = "silent-abandonment";
    signal.layer = Layer::Instructions;
    signal.stepId = last->nativeId;
    signal.text = "the conversation ends without an answer";
    signal.strength = says ? 0.9 : lastSaysNothing || lastIsPerson ? 0.7 : 0.5;
    signal.explanation = formatText("The conversation ends without an answer to the user{}.",
                                    says ? "; " + words::quoted(sayingOf(*says), 200) : "");
    out.push_back(std::move(signal));
}

void detect::modelRefusals(const RunLayout& run, std::vector<Signal>& out)
{
    for (const Step* step : run.llm) {
        if (!words::isModelRefusal(step->outputText)) continue;
        Signal signal;
        signal.family = "model-refusal";
        signal.layer = Layer::Model;
        signal.stepId = step->nativeId;
        signal.subject = step->model;
        signal.text = "the model declined";
        signal.strength = step == run.llm.back() ? 0.7 : 0.4;
        signal.explanation = formatText("The model declined: {}.", words::quoted(step->outputText, 160));
        out.push_back(std::move(signal));
        return;
    }
}

} // namespace tackroom
