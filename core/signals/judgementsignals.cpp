// SPDX-License-Identifier: GPL-3.0-or-later
/// What others said of the run: checks and judges that failed it, people who decided otherwise or complained.
#include "core/base/format.h"
#include "core/base/text.h"
#include "core/signals/runlayout.h"

#include <set>

namespace tackroom
{

namespace
{

bool isByPerson(const Score& score) { return score.annotator == Annotator::Human || score.weight == OutcomeSource::Human; }

std::string labelOf(const Score& score)
{
    if (!score.label.empty()) return score.label;
    return score.value ? formatText("{:g}", *score.value) : std::string("failed");
}

const ToolCallFact* callAt(const RunLayout& run, const Step* step)
{
    for (const auto& call : run.calls)
        if (call.step == step) return &call;
    return nullptr;
}

/// The layer of a failed check, by the kind of step that it looked at, then by what its name says that it looks at.
Layer layerOfCheck(const RunLayout& run, const Score& score)
{
    const Step* step = run.stepOf(score.stepId);
    if (step && (step->kind == StepKind::Retriever || step->kind == StepKind::Reranker || step->kind == StepKind::Embedding))
        return Layer::Retrieval;
    std::string name(score.name);
    for (char& c : name)
        if (c == '_' || c == '-' || c == '.') c = ' ';
    if (words::hasAny(name, {"retrieval", "retriever", "groundedness", "grounded", "faithfulness", "context relevance",
                             "context precision", "context recall", "citation", "citations", "freshness", "staleness"}))
        return Layer::Retrieval;
    if (words::hasAny(name, {"tool", "tools", "argument", "arguments", "parameters", "function call", "function calling"}))
        return Layer::Tools;
    if (words::hasAny(name, {"memory", "recall"})) return Layer::Memory;
    if (words::hasAny(name, {"toxicity", "hallucination", "language", "fluency"})) return Layer::Model;
    // The call itself worked, so what was wrong is that the agent made it.
    if (const auto* call = callAt(run, step)) return call->failed ? Layer::Tools : Layer::Instructions;
    return step && step->kind == StepKind::Llm ? Layer::Instructions : Layer::Unknown;
}

double strengthOfCheck(const Score& score, bool ofSingleStep)
{
    if (score.annotator == Annotator::Llm || score.weight == OutcomeSource::ModelJudge) return ofSingleStep ? 0.45 : 0.35;
    if (score.weight == OutcomeSource::Verifier && score.explanation.empty()) return 0.3; // says that, not why
    return ofSingleStep ? 0.6 : 0.5;
}

/// A reward tells that the run missed its end and nothing of how: "reward = 0", "r_actions = 0".
bool saysThatNotWhy(const Score& score)
{
    return score.weight == OutcomeSource::Verifier && score.stepId.empty() && words::nameParts(score.explanation).size() <= 4;
}

/// "r_actions = 0" → "r_actions, ": the part of the reward that was missed.
std::string partOf(const Score& score)
{
    const auto equals = score.explanation.find('=');
    if (equals == std::string::npos) return {};
    return std::string(trimmed(std::string_view(score.explanation).substr(0, equals))) + ", ";
}

/// What the agent did that lasts, in words that are the same for runs that went the same way.
std::string conductOf(const RunLayout& run)
{
    const ToolCallFact* lastWrite = nullptr;
    const ToolCallFact* lastUnknown = nullptr; // may have changed something or not: nothing is claimed of it
    bool handedOver = false;
    for (const auto& call : run.calls) {
        if (call.failed) continue;
        handedOver = handedOver || call.handOver;
        if (call.handOver || words::isThoughtTool(call.tool)) continue;
        if (call.effect == words::Effect::Write) lastWrite = &call;
        if (call.effect == words::Effect::Unknown) lastUnknown = &call;
    }
    std::string conduct = lastWrite           ? "last change by " + std::string(lastWrite->tool)
                          : lastUnknown       ? "last call of " + std::string(lastUnknown->tool)
                          : run.calls.empty() ? std::string("no tool was called")
                                              : std::string("nothing was changed");
    if (handedOver) conduct += ", handed over";
    return conduct;
}

/// A person decided what the agent had refused or given away.
bool isOverride(const RunLayout& run, const Score& score)
{
    if (words::saysOverride(score.label) || words::saysOverride(score.name)) return true;
    const Step* step = run.stepOf(score.stepId);
    const auto* call = callAt(run, step);
    const bool decides =
        words::hasAny(score.label, {"approved", "approve", "accepted", "granted", "allowed", "reversed", "overridden"});
    return decides && (run.agentSaidNo || (call && call->handOver));
}

Signal overrideSignal(std::string stepId, std::string subject, std::string text, std::string explanation)
{
    Signal signal;
    signal.family = "human-override";
    // The people who decide know something that the harness does not hold: a case, an exception, a lesson.
    signal.layer = Layer::Memory;
    signal.stepId = std::move(stepId);
    signal.subject = std::move(subject);
    signal.text = std::move(text);
    signal.explanation = std::move(explanation);
    signal.strength = 0.95;
    return signal;
}

std::string why(std::string_view reason) { return reason.empty() ? std::string() : ", saying " + words::quoted(reason, 200); }

std::string who(std::string_view by) { return by.empty() ? std::string("A person") : words::quoted(by, 60); }

void addDecision(const RunLayout& run, const HumanDecision& decision, std::vector<Signal>& out, std::set<std::string>& steps)
{
    const Step* step = run.stepOf(decision.stepId);
    const auto* call = callAt(run, step);
    const std::string target = decision.target.empty() && call ? std::string(call->tool) : decision.target;
    // A name is the same in many runs, a sentence is not; that stays in the text, whose ids are masked.
    const bool named =
        !decision.target.empty() && decision.target.size() <= 60 && decision.target.find_first_of(" \n") == std::string::npos;
    const std::string subject = call ? std::string(call->tool) : named ? decision.target : "what the agent decided";
    const bool refused =
        !words::agreesWithRefusal(decision.after) && (words::saysNo(decision.target) || words::saysNo(decision.before));
    const bool reverses = decision.kind == DecisionKind::Override || (decision.kind == DecisionKind::Approve && refused);
    if (reverses) {
        steps.insert(decision.stepId);
        // A short word such as "approved_by_hand" tells kinds of decision apart; a sentence would be another one each time.
        const bool word =
            !decision.after.empty() && decision.after.size() <= 40 && decision.after.find(' ') == std::string::npos;
        out.push_back(overrideSignal(decision.stepId, subject,
                                     word ? decision.after : std::string(nameOf(decision.kind)) + " " + target,
                                     formatText("{} decided otherwise than the agent about {}{}.", who(decision.by),
                                                words::quoted(target), why(decision.reason))));
        return;
    }
    const bool edits = decision.kind == DecisionKind::Edit && decision.before != decision.after;
    if (!edits && decision.kind != DecisionKind::Reject) return;
    steps.insert(decision.stepId);
    Signal signal;
    signal.family = edits ? "human-edit" : "human-reject";
    signal.layer = call ? Layer::Tools : Layer::Instructions;
    if (call && !edits) signal.layer = Layer::Instructions;
    signal.stepId = decision.stepId;
    signal.subject = subject;
    signal.text = std::string(nameOf(decision.kind)) + " " + target;
    signal.strength = edits ? 0.8 : 0.85;
    signal.explanation = edits ? formatText("{} changed {} from {} to {}{}.", who(decision.by), words::quoted(target),
                                            words::quoted(decision.before), words::quoted(decision.after), why(decision.reason))
                               : formatText("{} rejected {}{}.", who(decision.by), words::quoted(target), why(decision.reason));
    out.push_back(std::move(signal));
}

void addPersonsScore(const RunLayout& run, const Score& score, std::vector<Signal>& out)
{
    const std::string label = labelOf(score);
    if (isOverride(run, score)) {
        out.push_back(
            overrideSignal(score.stepId, score.name, label,
                           formatText("{} decided otherwise than the agent: {} = {}{}.", who(score.by),
                                      words::quoted(score.name, 60), words::quoted(label, 60), why(score.explanation))));
        return;
    }
    Signal signal;
    signal.family = "human-feedback";
    signal.stepId = score.stepId;
    signal.subject = score.name;
    signal.text = label;
    signal.explanation = formatText("{} marked the run down: {} = {}{}.", who(score.by), words::quoted(score.name, 60),
                                    words::quoted(label, 60), why(score.explanation));
    signal.strength = 0.25;
    out.push_back(std::move(signal));
}

} // namespace

void detect::failedEvaluators(const RunLayout& run, std::vector<Signal>& out)
{
    std::set<std::pair<std::string, std::string>> seen;
    for (const Score* score : run.failedScores) {
        if (isByPerson(*score) || !seen.emplace(score->name, score->stepId).second) continue;
        const Step* step = run.stepOf(score->stepId);
        const bool ofSingleStep = step && !step->parentId.empty();
        // A model writes a different sentence each time; what code writes comes from one template, its first line tells runs
        // that went the same way, and what follows are particulars.
        const bool byModel = score->annotator == Annotator::Llm || score->weight == OutcomeSource::ModelJudge;
        Signal signal;
        signal.family = "failed-evaluator";
        signal.layer = layerOfCheck(run, *score);
        signal.stepId = score->stepId;
        signal.subject = score->name;
        signal.text = byModel || score->explanation.empty() ? labelOf(*score) : std::string(firstLine(score->explanation));
        if (saysThatNotWhy(*score)) signal.text = partOf(*score) + conductOf(run);
        signal.explanation = formatText("The {} {} says {}{}.", byModel ? "judge" : "check", words::quoted(score->name, 60),
                                        words::quoted(labelOf(*score), 60),
                                        score->explanation.empty() ? "" : ": " + words::quoted(score->explanation, 200));
        signal.strength = strengthOfCheck(*score, ofSingleStep);
        out.push_back(std::move(signal));
    }
}

void detect::humanDecisions(const RunLayout& run, std::vector<Signal>& out)
{
    std::set<std::string> steps; // where a decision spoke, a score that tells the same is not counted again
    for (const HumanDecision& decision : run.record->decisions) addDecision(run, decision, out, steps);
    for (const Score* score : run.failedScores)
        if (isByPerson(*score) && !(steps.contains(score->stepId) && isOverride(run, *score)))
            addPersonsScore(run, *score, out);
}

} // namespace tackroom
