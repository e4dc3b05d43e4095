// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/signals/runlayout.h"

#include "core/base/json.h"
#include "core/base/text.h"

#include <algorithm>
#include <map>

namespace tackroom
{

namespace
{

bool isRetryKey(std::string_view key)
{
    for (const std::string_view word : {"idempot", "request_id", "requestid", "dedup", "client_token", "clienttoken", "nonce"})
        if (containsNoCase(key, word)) return true;
    return false;
}

/// Brackets within brackets beyond what a tool call has; sorting goes down them one call each.
bool isDeep(std::string_view json)
{
    constexpr int kDeepest = 64;
    int depth = 0;
    for (const char c : json) {
        if (c == '[' || c == '{') ++depth;
        if (c == ']' || c == '}') --depth;
        if (depth > kDeepest) return true;
    }
    return false;
}

void sortKeys(Json& value)
{
    if (value.is_array())
        for (Json& item : value) sortKeys(item);
    if (!value.is_object()) return;
    std::vector<std::pair<std::string, Json>> members;
    for (auto& [key, member] : value.items()) {
        sortKeys(member);
        members.emplace_back(key, std::move(member));
    }
    std::ranges::sort(members, {}, &std::pair<std::string, Json>::first);
    value = Json::object();
    for (auto& [key, member] : members) value[key] = std::move(member);
}

ToolCallFact callOf(const Step& step, std::size_t position)
{
    ToolCallFact call;
    call.step = &step;
    call.tool = step.toolName.empty() ? std::string_view(step.name) : std::string_view(step.toolName);
    call.arguments = step.arguments;
    call.effect = words::effectOf(call.tool);
    call.handOver = words::isHandOverTool(call.tool);
    call.position = position;
    const bool told = step.status == StepStatus::Error || !step.errorText.empty() || !step.errorType.empty();
    call.failed = told || words::isErrorResult(step.result);
    if (!call.failed) return call;
    call.error = words::errorSentence(step.errorText.empty() ? step.result : step.errorText);
    if (call.error.empty()) call.error = step.errorType.empty() ? "failed without a message" : step.errorType;
    call.errorKind = words::errorKindOf(step.errorType, call.error);
    return call;
}

/// Only calls of a tool that is called again are compared, so only their arguments are worth bringing into one form.
void canonicaliseRepeated(std::vector<ToolCallFact>& calls)
{
    std::map<std::string_view, int> count;
    for (const auto& call : calls) ++count[call.tool];
    for (auto& call : calls)
        if (count[call.tool] > 1) call.arguments = canonicalArguments(call.step->arguments, &call.hasRetryKey);
}

} // namespace

bool isToolStep(const Step& step)
{
    return step.kind == StepKind::Tool ||
           (!step.toolName.empty() && step.kind != StepKind::Retriever && step.kind != StepKind::Llm);
}

std::string canonicalArguments(std::string_view arguments, bool* hasRetryKey)
{
    *hasRetryKey = false;
    if (isDeep(arguments)) return std::string(trimmed(arguments));
    auto json = parseJson(arguments, "arguments");
    if (!json) return std::string(trimmed(arguments));
    if (json->is_object()) {
        std::vector<std::string> dropped;
        for (const auto& [key, value] : json->items())
            if (isRetryKey(key)) dropped.push_back(key);
        for (const auto& key : dropped) json->erase(key);
        *hasRetryKey = !dropped.empty();
    }
    sortKeys(*json);
    return dumpJson(*json);
}

const Step* RunLayout::stepOf(std::string_view nativeId) const
{
    if (nativeId.empty()) return nullptr;
    for (const Step& step : record->steps)
        if (step.nativeId == nativeId) return &step;
    return nullptr;
}

std::string_view RunLayout::lastSaid() const
{
    if (!trimmed(record->run.answer).empty()) return record->run.answer;
    for (auto it = llm.rbegin(); it != llm.rend(); ++it)
        if (!trimmed((*it)->outputText).empty()) return (*it)->outputText;
    return {};
}

RunLayout layOut(const RunRecord& record)
{
    RunLayout run;
    run.record = &record;
    run.verdict = resolveOutcome(record);
    run.steps.reserve(record.steps.size());
    for (const Step& step : record.steps) run.steps.push_back(&step);
    std::ranges::stable_sort(run.steps, {}, [](const Step* step) { return step->start; });
    for (std::size_t i = 0; i < run.steps.size(); ++i) {
        const Step& step = *run.steps[i];
        if (step.kind == StepKind::Llm)
            run.llm.push_back(&step);
        else if (step.kind == StepKind::Retriever)
            run.retrievals.push_back(&step);
        else if (isToolStep(step))
            run.calls.push_back(callOf(step, i));
    }
    canonicaliseRepeated(run.calls);
    for (const Score& score : record.scores)
        if (score.says == Outcome::Failure) run.failedScores.push_back(&score);
    run.agentSaidNo = words::saysNo(run.lastSaid());
    return run;
}

} // namespace tackroom
