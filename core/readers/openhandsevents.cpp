// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/openhandsevents.h"

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/readers/annotations.h"
#include "core/readers/conversation.h"
#include "core/readers/jsonfile.h"

#include <algorithm>
#include <array>

namespace tackroom::openhands
{

namespace
{

using namespace jsonvalues;

/// By which an event names the call that it makes or answers.
std::string callIdV0(Value event, std::string_view idKey)
{
    std::string id = textOf(at(event, "tool_call_metadata.tool_call_id"));
    return id.empty() ? "e" + textOf(member(event, idKey)) : id;
}

/// The arguments as the model gave them, else those of the event.
std::string argumentsV0(Value event, const std::string& callId)
{
    for (const Value choice : elementsOf(at(event, "tool_call_metadata.model_response.choices")))
        for (const Value call : elementsOf(at(choice, "message.tool_calls")))
            if (textOf(member(call, "id")) == callId) return textOf(at(call, "function.arguments"));
    return textOf(member(event, "args"));
}

std::string responseText(Value event)
{
    const auto choices = elementsOf(at(event, "tool_call_metadata.model_response.choices"));
    return choices.empty() ? std::string() : contentText(at(choices.front(), "message.content"));
}

void joinText(std::string& to, const std::string& more)
{
    if (more.empty()) return;
    if (!to.empty()) to += '\n';
    to += more;
}

} // namespace

EventModel modelOf(Value event)
{
    if (!isObject(event) || !stringOf(member(event, "source")) || !stringOf(member(event, "timestamp")))
        return EventModel::None;
    if (const auto kind = stringOf(member(event, "kind"))) {
        static constexpr std::array<std::string_view, 4> kOther{"UserRejectObservation", "Condensation", "CondensationRequest",
                                                                "CondensationSummaryEvent"};
        return kind->ends_with("Event") || std::ranges::contains(kOther, *kind) ? EventModel::V1 : EventModel::None;
    }
    const bool acts = stringOf(member(event, "action")) || stringOf(member(event, "observation"));
    return acts && member(event, "id") ? EventModel::V0 : EventModel::None;
}

void Events::take(Value event)
{
    if (m_run.conversation.size() >= kMaxEvents) return;
    const EventModel model = modelOf(event);
    if (model == EventModel::None) return;
    if (++m_count == 1) m_firstEvent = simdjson::minify(event);
    if (const UtcNs time = timeOf(member(event, "timestamp"))) {
        Run& run = m_run.record.run;
        if (run.start == 0 || time < run.start) run.start = time;
        run.end = std::max(run.end, time);
    }
    if (model == EventModel::V0)
        takeV0(event);
    else
        takeV1(event);
}

void Events::say(std::string role, std::string content, UtcNs time)
{
    Message message;
    message.role = std::move(role);
    message.content = std::move(content);
    m_run.conversation.push_back(std::move(message));
    m_notes.emplace_back().time = time;
}

std::size_t Events::answer(const std::string& responseId, UtcNs time)
{
    if (!responseId.empty())
        if (const auto known = m_responses.find(responseId); known != m_responses.end()) return known->second;
    say("assistant", {}, time);
    const std::size_t index = m_run.conversation.size() - 1;
    if (!responseId.empty()) m_responses[responseId] = index;
    return index;
}

void Events::addCall(std::size_t message, Message::ToolCall call)
{
    m_calls.insert(call.id);
    m_open.insert(call.id);
    m_run.conversation[message].toolCalls.push_back(std::move(call));
}

void Events::result(std::string callId, std::string content, bool isError, UtcNs time)
{
    m_open.erase(callId);
    say("tool", std::move(content), time);
    m_run.conversation.back().toolCallId = std::move(callId);
    m_notes.back().isError = isError;
}

void Events::takeV0(Value event)
{
    if (const auto metrics = member(event, "llm_metrics"); isObject(metrics)) {
        Run& run = m_run.record.run; // they count from the beginning
        if (const auto cost = numberOf(member(*metrics, "accumulated_cost"))) run.costUsd = cost;
        if (const auto usage = member(*metrics, "accumulated_token_usage"); isObject(usage)) {
            run.promptTokens = integerOf(member(*usage, "prompt_tokens"));
            run.completionTokens = integerOf(member(*usage, "completion_tokens"));
        }
    }
    if (const auto action = stringOf(member(event, "action")))
        actionV0(event, *action);
    else if (const auto observation = stringOf(member(event, "observation")))
        observationV0(event, *observation);
}

void Events::actionV0(Value event, std::string_view action)
{
    const bool byAgent = stringOf(member(event, "source")) == "agent";
    const UtcNs time = timeOf(member(event, "timestamp"));
    const auto args = member(event, "args");
    const auto argument = [&](std::string_view key) { return args ? contentText(member(*args, key)) : std::string(); };
    if (action == "change_agent_state") {
        const std::string state = argument("agent_state");
        if (state == "user_confirmed")
            for (std::string& call : m_awaiting) m_decided.push_back({DecisionKind::Approve, std::move(call), {}, time});
        if (state == "user_confirmed") m_awaiting.clear();
        if (state == "error") m_run.record.run.status = StepStatus::Error;
        return;
    }
    if (action == "system") return say("system", argument("content"), time);
    if (action == "message" && !byAgent) return say("user", argument("content"), time);
    if (!byAgent || action == "recall" || action == "null" || action == "pause" || action == "resume") return;

    const std::string callId = callIdV0(event, "id");
    const bool awaits = argument("confirmation_state") == "awaiting_confirmation";
    if (awaits) m_awaiting.push_back(callId);
    if (m_calls.contains(callId)) return; // what was confirmed is written again
    const std::size_t message = answer(textOf(at(event, "tool_call_metadata.model_response.id")), time);
    Note& note = m_notes[message];
    if (const auto response = at(event, "tool_call_metadata.model_response"); isObject(response)) {
        note.model = cut(textOf(member(*response, "model")), 400);
        note.prompt = integerOf(at(*response, "usage.prompt_tokens"));
        note.completion = integerOf(at(*response, "usage.completion_tokens"));
    }
    Message& said = m_run.conversation[message];
    if (said.content.empty()) said.content = action == "message" ? argument("content") : responseText(event);
    if (said.content.empty() && action == "finish") said.content = argument("final_thought");
    if (said.content.empty()) said.content = argument("thought");
    if (said.content.empty() && action == "finish") said.content = textOf(member(event, "message"));
    if (action == "message") return;
    std::string name = textOf(at(event, "tool_call_metadata.function_name"));
    addCall(message, {callId, name.empty() ? std::string(action) : std::move(name), argumentsV0(event, callId)});
}

void Events::observationV0(Value event, std::string_view observation)
{
    const UtcNs time = timeOf(member(event, "timestamp"));
    const auto extras = member(event, "extras");
    if (observation == "agent_state_changed") {
        const std::string state = extras ? textOf(member(*extras, "agent_state")) : std::string();
        if (state == "error") m_run.record.run.status = StepStatus::Error;
        return;
    }
    const std::string callId = callIdV0(event, "cause");
    if (observation == "user_rejected") {
        std::string what = contentText(member(event, "content"));
        m_decided.push_back({DecisionKind::Reject, callId, cut(what, kStepTextBytes), time});
        std::erase(m_awaiting, callId);
        return result(callId, std::move(what), false, time);
    }
    if (!m_calls.contains(callId)) {
        // Nothing that the agent called: what was recalled, and errors of the harness.
        if (observation == "error") say("system", contentText(member(event, "content")), time);
        return;
    }
    if (observation == "null") return;
    const auto code = extras ? firstOf(*extras, {"metadata.exit_code", "exit_code"}) : std::nullopt;
    const bool failed = observation == "error" || integerOf(code) > 0 || (extras && isTrue(member(*extras, "error")));
    result(callId, contentText(member(event, "content")), failed, time);
}

void Events::takeV1(Value event)
{
    const UtcNs time = timeOf(member(event, "timestamp"));
    const std::string_view kind = *stringOf(member(event, "kind"));
    if (kind == "SystemPromptEvent") return say("system", contentText(member(event, "system_prompt")), time);
    if (kind == "ActionEvent") return actionV1(event);
    if (kind == "MessageEvent") {
        const auto said = member(event, "llm_message");
        if (!said) return;
        Message message = chatMessage(*said);
        if (message.role != "assistant") return say(message.role, std::move(message.content), time);
        const std::size_t index = answer(textOf(member(event, "llm_response_id")), time);
        joinText(m_run.conversation[index].content, textOf(member(*said, "reasoning_content")));
        joinText(m_run.conversation[index].content, message.content);
        return;
    }
    if (kind == "ObservationEvent") {
        const auto got = member(event, "observation");
        if (!got) return;
        const auto code = firstOf(*got, {"metadata.exit_code", "exit_code"});
        std::string text = contentText(firstOf(*got, {"content", "output", "text", "message"}));
        return result(textOf(member(event, "tool_call_id")), std::move(text),
                      isTrue(member(*got, "is_error")) || integerOf(code) > 0, time);
    }
    if (kind == "AgentErrorEvent")
        return result(textOf(member(event, "tool_call_id")), textOf(member(event, "error")), true, time);
    if (kind == "UserRejectObservation") {
        const std::string call = textOf(member(event, "tool_call_id"));
        const std::string reason = textOf(member(event, "rejection_reason"));
        if (textOf(member(event, "rejection_source")) != "hook")
            m_decided.push_back({DecisionKind::Reject, call, cut(reason, kStepTextBytes), time});
        return result(call, "rejected: " + reason, false, time);
    }
    if (kind == "ConversationErrorEvent") {
        m_run.record.run.status = StepStatus::Error;
        return say("system", textOf(member(event, "code")) + ": " + textOf(member(event, "detail")), time);
    }
    if (kind == "Condensation" || kind == "CondensationSummaryEvent") {
        if (const std::string summary = contentText(member(event, "summary")); !summary.empty()) say("system", summary, time);
        return;
    }
    if (kind == "ConversationStateUpdateEvent" && stringOf(member(event, "key")) == "execution_status")
        stateV1(stringOf(member(event, "value")).value_or(""), time);
}

void Events::stateV1(std::string_view status, UtcNs time)
{
    if (status == "running" && m_isWaiting)
        for (const std::string& call : m_open) m_decided.push_back({DecisionKind::Approve, call, {}, time});
    m_isWaiting = status == "waiting_for_confirmation";
    if (status == "error" || status == "stuck") m_run.record.run.status = StepStatus::Error;
}

void Events::actionV1(Value event)
{
    const std::string response = textOf(member(event, "llm_response_id"));
    const std::size_t before = m_run.conversation.size();
    const std::size_t index = answer(response, timeOf(member(event, "timestamp")));
    if (m_run.conversation.size() > before) {
        std::string said = textOf(member(event, "reasoning_content"));
        joinText(said, contentText(member(event, "thought")));
        m_run.conversation[index].content = std::move(said);
    }
    Message::ToolCall call;
    call.id = textOf(firstOf(event, {"tool_call_id", "tool_call.id"}));
    call.name = textOf(firstOf(event, {"tool_name", "tool_call.name", "tool_call.function.name"}));
    call.arguments = textOf(firstOf(event, {"tool_call.arguments", "tool_call.function.arguments", "action"}));
    addCall(index, std::move(call));
    if (const auto critic = numberOf(at(event, "critic_result.score"))) {
        Score score;
        score.name = "critic";
        score.value = critic;
        score.explanation = cut(textOf(at(event, "critic_result.message")), kStepTextBytes);
        score.annotator = Annotator::Llm;
        score.by = "OpenHands critic";
        score.time = timeOf(member(event, "timestamp"));
        score.weight = OutcomeSource::ModelJudge; // a number between 0 and 1: which of them is a failure it does not say
        m_scores.emplace_back(index, std::move(score));
    }
}

ParsedRun Events::finish() &&
{
    const auto& messages = m_run.conversation;
    addConversationSteps(m_run, {.isError = [&](const Message& message) {
                             return m_notes[static_cast<std::size_t>(&message - messages.data())].isError;
                         }});
    std::map<std::string, const Note*> callers;                   // by step
    std::map<std::string, std::pair<std::string, UtcNs>> results; // by call: its step, and when it came
    for (std::size_t i = 0; i < messages.size(); ++i) {
        if (messages[i].role == "assistant") callers[messages[i].stepId] = &m_notes[i];
        if (messages[i].role == "tool") results[messages[i].stepId] = {messages[i].toolCallId, m_notes[i].time};
    }
    for (Step& step : m_run.record.steps) {
        const auto caller = callers.find(step.kind == StepKind::Llm ? step.nativeId : step.parentId);
        if (caller == callers.end()) continue;
        const Note& note = *caller->second;
        step.start = step.end = note.time;
        if (step.kind == StepKind::Llm) {
            step.model = note.model.empty() ? m_model : note.model;
            step.promptTokens = note.prompt;
            step.completionTokens = note.completion;
        } else if (const auto got = results.find(step.nativeId); got != results.end()) {
            step.end = std::max(step.start, got->second.second);
        }
    }
    std::map<std::string, std::pair<const Step*, const Message::ToolCall*>> calls; // by id
    std::map<std::string, const Step*> steps;
    for (const Step& step : m_run.record.steps) steps[step.nativeId] = &step;
    for (const Message& message : messages)
        for (std::size_t n = 0; n < message.toolCalls.size(); ++n)
            if (const auto step = steps.find(formatText("{}.c{}", message.stepId, n + 1)); step != steps.end())
                calls[message.toolCalls[n].id] = {step->second, &message.toolCalls[n]};
    for (Decided& decided : m_decided) {
        HumanDecision decision;
        decision.kind = decided.kind;
        decision.by = "user";
        decision.time = decided.time;
        decision.reason = std::move(decided.reason);
        if (const auto call = calls.find(decided.callId); call != calls.end()) {
            decision.stepId = call->second.first->nativeId;
            decision.target = cut(call->second.second->name, kStepTextBytes);
            decision.before = cut(call->second.second->arguments, kStepTextBytes);
        }
        m_run.record.decisions.push_back(std::move(decision));
    }
    for (auto& [message, score] : m_scores) {
        score.stepId = messages[message].stepId;
        m_run.record.scores.push_back(std::move(score));
    }
    fillRunFromConversation(m_run);
    return std::move(m_run);
}

} // namespace tackroom::openhands
