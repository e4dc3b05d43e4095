// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/tau2conversation.h"

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/readers/conversation.h"
#include "core/readers/jsonfile.h"

#include <algorithm>
#include <map>

namespace tackroom::tau2
{

namespace
{

using namespace jsonvalues;

constexpr std::size_t kMaxMessages = 200'000;
/// The role of a tool's answer to the user, until the agent's steps are made.
constexpr std::string_view kUserTool = "tool of the user";

struct Note {
    UtcNs time = 0;
    std::int64_t prompt = 0, completion = 0;
    bool isError = false;
};

class Conversation
{
public:
    void take(Value value)
    {
        if (m_run.conversation.size() >= kMaxMessages) return;
        if (isArray(member(value, "tool_messages"))) {
            for (const Value each : elementsOf(member(value, "tool_messages"))) take(each);
            return;
        }
        Note note;
        note.time = parseTime(textOf(member(value, "timestamp"))).value_or(0);
        note.prompt = integerOf(at(value, "usage.prompt_tokens"));
        note.completion = integerOf(at(value, "usage.completion_tokens"));
        Message message = chatMessage(value);
        if (message.role == "tool") {
            message.toolCallId = textOf(member(value, "id"));
            note.isError = textOf(member(value, "error")) == "true";
            if (textOf(member(value, "requestor")) == "user") message.role = kUserTool;
        } else if (textOf(member(value, "is_audio")) == "true") {
            const std::string script = textOf(member(value, "audio_script_gold"));
            message.content = script.empty() ? "[audio]" : script;
        }
        m_run.conversation.push_back(std::move(message));
        m_notes.push_back(note);
    }

    /// Both sides speak in pieces.
    void takeTick(Value tick)
    {
        const UtcNs time = parseTime(textOf(member(tick, "timestamp"))).value_or(0);
        takeSide(tick, "agent_chunk", "agent_tool_calls", "assistant", time);
        for (const Value result : elementsOf(member(tick, "agent_tool_results"))) take(result);
        takeSide(tick, "user_chunk", "user_tool_calls", "user", time);
        for (const Value result : elementsOf(member(tick, "user_tool_results"))) take(result);
    }

    ParsedRun finish(const std::string& model) &&
    {
        const auto& messages = m_run.conversation;
        addConversationSteps(m_run, {.isError = [&](const Message& message) {
                                 return m_notes[static_cast<std::size_t>(&message - messages.data())].isError;
                             }});
        addUserSteps();
        std::map<std::string, const Note*> notes; // by the step that said it
        for (std::size_t i = 0; i < messages.size(); ++i)
            if (!messages[i].stepId.empty()) notes.emplace(messages[i].stepId, &m_notes[i]);
        for (Step& step : m_run.record.steps) {
            const auto note = notes.find(step.nativeId);
            if (note == notes.end()) continue;
            step.start = step.end = note->second->time;
            if (step.kind != StepKind::Llm) continue;
            step.promptTokens = note->second->prompt;
            step.completionTokens = note->second->completion;
            step.model = model;
        }
        fillRunFromConversation(m_run);
        return std::move(m_run);
    }

private:
    void takeSide(Value tick, std::string_view chunkKey, std::string_view callsKey, std::string_view role, UtcNs time)
    {
        const auto chunk = member(tick, chunkKey);
        const auto calls = elementsOf(member(tick, callsKey));
        std::string said = isObject(chunk) ? textOf(member(*chunk, "content")) : std::string();
        if (said.empty() && calls.empty()) return;
        const bool goesOn = !m_run.conversation.empty() && m_run.conversation.back().role == role &&
                            m_run.conversation.back().toolCalls.empty();
        if (!goesOn) {
            if (m_run.conversation.size() >= kMaxMessages) return;
            m_run.conversation.emplace_back().role = role;
            m_notes.push_back({time, 0, 0, false});
        }
        Message& message = m_run.conversation.back();
        message.content += said;
        for (const Value call : calls)
            message.toolCalls.push_back(
                {textOf(member(call, "id")), textOf(member(call, "name")), textOf(member(call, "arguments"))});
    }

    /// A user with tools: a human step, and its calls below it, as the agent's have them.
    void addUserSteps()
    {
        std::map<std::string, std::size_t> results; // by call
        auto& messages = m_run.conversation;
        for (std::size_t i = 0; i < messages.size(); ++i)
            if (messages[i].role == kUserTool) {
                messages[i].role = "tool";
                results.emplace(messages[i].toolCallId, i);
            }
        const std::size_t before = m_run.record.steps.size();
        for (std::size_t i = 0; i < messages.size(); ++i) {
            if (messages[i].role != "user" || messages[i].toolCalls.empty()) continue;
            Step parent;
            parent.nativeId = messages[i].stepId = formatText("m{}", i);
            parent.kind = StepKind::Human;
            parent.name = "user";
            parent.outputText = cut(messages[i].content, kStepTextBytes);
            m_run.record.steps.push_back(parent);
            std::size_t number = 0;
            for (const auto& call : messages[i].toolCalls) {
                const auto result = results.find(call.id);
                addUserCall(parent, ++number, call, result == results.end() ? messages.size() : result->second);
            }
        }
        if (m_run.record.steps.size() == before) return;
        const auto index = [](const Step& step) { // "m12.c1" → 12
            std::size_t number = 0;
            for (const char c : std::string_view(step.nativeId).substr(1)) {
                if (c < '0' || c > '9') break;
                number = number * 10 + static_cast<std::size_t>(c - '0');
            }
            return number;
        };
        std::ranges::stable_sort(m_run.record.steps, {}, index);
    }

    void addUserCall(const Step& parent, std::size_t number, const Message::ToolCall& call, std::size_t result)
    {
        Step step;
        step.nativeId = formatText("{}.c{}", parent.nativeId, number);
        step.parentId = parent.nativeId;
        step.kind = StepKind::Tool;
        step.name = step.toolName = cut(call.name, kStepTextBytes);
        step.arguments = cut(call.arguments, kToolTextBytes);
        StepTexts& texts = m_run.texts[step.nativeId];
        texts.input = call.arguments;
        if (result < m_run.conversation.size()) {
            Message& got = m_run.conversation[result];
            got.stepId = step.nativeId;
            texts.output = got.content;
            step.result = cut(got.content, kToolTextBytes);
            step.status = m_notes[result].isError ? StepStatus::Error : StepStatus::Ok;
            if (step.status == StepStatus::Error) step.errorText = cut(got.content, kStepTextBytes);
        }
        m_run.record.steps.push_back(std::move(step));
    }

    ParsedRun m_run;
    std::vector<Note> m_notes;
};

} // namespace

ParsedRun conversationOf(Value simulation, const std::string& model)
{
    Conversation conversation;
    if (const auto messages = member(simulation, "messages"); isArray(messages))
        for (const Value message : elementsOf(messages)) conversation.take(message);
    else
        for (const Value tick : elementsOf(member(simulation, "ticks"))) conversation.takeTick(tick);
    return std::move(conversation).finish(model);
}

} // namespace tackroom::tau2
