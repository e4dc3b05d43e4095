// SPDX-License-Identifier: GPL-3.0-or-later
/// The same call again: loops, retries without need, and writes that were carried out twice.
#include "core/base/format.h"
#include "core/base/text.h"
#include "core/signals/runlayout.h"

#include <algorithm>
#include <map>

namespace tackroom
{

namespace
{

using Calls = std::vector<const ToolCallFact*>;

Signal repeatSignal(std::string family, const ToolCallFact& decisive, double strength, std::string explanation)
{
    Signal signal;
    signal.family = std::move(family);
    signal.layer = Layer::Orchestration;
    signal.stepId = decisive.step->nativeId;
    signal.subject = decisive.tool;
    signal.text = "the same arguments";
    signal.explanation = std::move(explanation);
    signal.strength = strength;
    return signal;
}

/// A write with the same arguments, carried out or possibly carried out more than once.
bool addDoubleAction(const Calls& calls, std::vector<Signal>& out)
{
    if (calls.front()->effect != words::Effect::Write || calls.front()->handOver) return false;
    // With a key by which the service tells a retry from a new order, the second call does nothing.
    if (std::ranges::any_of(calls, [](const auto* call) { return call->hasRetryKey; })) return false;
    Calls done, unclear;
    for (const auto* call : calls) {
        // The service says itself that it knew the second call for the first one.
        if (words::hasAny(call->step->result, {"\"deduplicated\":true", "\"deduplicated\": true", "\"duplicate\":true",
                                               "\"duplicate\": true", "already processed", "already been processed",
                                               "already done", "already refunded", "already exists"}))
            continue;
        if (!call->failed)
            done.push_back(call);
        else if (call->errorKind == words::ErrorKind::Unavailable && done.empty())
            unclear.push_back(call);
    }
    const std::string tool = words::quoted(calls.front()->tool), arguments = words::quoted(calls.front()->step->arguments);
    if (done.size() >= 2) {
        out.push_back(repeatSignal("double-action", *done[1], 0.97,
                                   formatText("{} changes something and succeeded {} times with the same arguments {}.", tool,
                                              done.size(), arguments)));
        return true;
    }
    if (done.size() == 1 && !unclear.empty()) {
        out.push_back(repeatSignal(
            "double-action", *done[0], 0.93,
            formatText(
                "{} changes something; its first answer was lost ({}), and it was called again with the same arguments {}, "
                "without a key that marks a retry.",
                tool, words::quoted(unclear.front()->error), arguments)));
        return true;
    }
    return false;
}

void addLoop(const Calls& calls, std::vector<Signal>& out)
{
    const auto& first = *calls.front();
    if (words::isThoughtTool(first.tool)) return;
    std::size_t sameResult = 1, best = 1;
    const ToolCallFact* decisive = calls[1];
    for (std::size_t i = 1; i < calls.size(); ++i) {
        const bool same = calls[i]->failed == calls[i - 1]->failed && calls[i]->step->result == calls[i - 1]->step->result;
        sameResult = same ? sameResult + 1 : 1;
        if (sameResult == 2 && best == 1) decisive = calls[i];
        best = std::max(best, sameResult);
    }
    if (best < 2 && calls.size() < 3) return;
    const double strength = best >= 3 ? 0.7 : best == 2 ? (calls.size() >= 3 ? 0.55 : 0.4) : 0.35;
    out.push_back(
        repeatSignal("repeated-call", *decisive, strength,
                     formatText("{} was called {} times with the same arguments {}{}.", words::quoted(first.tool), calls.size(),
                                words::quoted(first.step->arguments), best >= 2 ? " and gave the same result" : "")));
}

} // namespace

void detect::repeatedCalls(const RunLayout& run, std::vector<Signal>& out)
{
    std::map<std::pair<std::string_view, std::string_view>, Calls> same;
    std::vector<std::pair<std::string_view, std::string_view>> order;
    for (const auto& call : run.calls) {
        const auto key = std::pair(call.tool, std::string_view(call.arguments));
        auto& calls = same[key];
        if (calls.empty()) order.push_back(key);
        calls.push_back(&call);
    }
    for (const auto& key : order) {
        const Calls& calls = same.at(key);
        if (calls.size() >= 2 && !addDoubleAction(calls, out)) addLoop(calls, out);
    }
}

} // namespace tackroom
