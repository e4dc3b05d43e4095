// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/readers/fileformat.h"

#include <map>
#include <set>

/// OpenHands' events as a conversation; used by openhands.cpp alone.
namespace tackroom::openhands
{

enum class EventModel : std::uint8_t { None, V0, V1 };
[[nodiscard]] EventModel modelOf(jsonvalues::Value event);

/// Takes the events of one conversation in order.
///   an agent's action or message   an assistant message; those of one response (V0 tool_call_metadata.model_response.id, V1
///             llm_response_id) are one, with a call each. What the model said is model_response's content, else args.thought
///             (V0), thought after reasoning_content (V1).
///   an observation   a tool message of the call it names (tool_call_id, else cause). An error where it is an error event, or
///             is_error, or its exit code is above 0 (-1 is: still running).
///   a person's message, the system prompt, a condensation's summary   a user or system message
///   other events (state changes, null observations, recalls)   none
/// Decisions: V0 change_agent_state to user_confirmed by the user (approves what awaits confirmation), observation
/// user_rejected; V1 UserRejectObservation (not of a hook), execution_status from waiting_for_confirmation to running.
class Events
{
public:
    /// Of answers that do not name their own.
    void setModel(std::string model) { m_model = std::move(model); }
    void take(jsonvalues::Value event);
    /// Steps, decisions, times, texts.
    [[nodiscard]] ParsedRun finish() &&;
    [[nodiscard]] std::size_t count() const { return m_count; }
    [[nodiscard]] const std::string& firstEvent() const { return m_firstEvent; }
    static constexpr std::size_t kMaxEvents = 200'000;

private:
    struct Note {
        UtcNs time = 0;
        bool isError = false;
        std::int64_t prompt = 0, completion = 0;
        std::string model, responseId;
    };
    struct Decided {
        DecisionKind kind;
        std::string callId, reason;
        UtcNs time;
    };
    void takeV0(jsonvalues::Value event);
    void takeV1(jsonvalues::Value event);
    void actionV0(jsonvalues::Value event, std::string_view action);
    void observationV0(jsonvalues::Value event, std::string_view observation);
    void actionV1(jsonvalues::Value event);
    void stateV1(std::string_view status, UtcNs time);
    void say(std::string role, std::string content, UtcNs time);
    /// The assistant message of a response, made where there is none yet.
    std::size_t answer(const std::string& responseId, UtcNs time);
    void addCall(std::size_t message, Message::ToolCall call);
    void result(std::string callId, std::string content, bool isError, UtcNs time);

    std::string m_model;
    ParsedRun m_run;
    std::vector<Note> m_notes; ///< of the messages
    std::map<std::string, std::size_t> m_responses;
    std::set<std::string> m_calls, m_open; ///< known; not answered yet
    std::vector<std::string> m_awaiting;   ///< calls that await the user
    std::vector<Decided> m_decided;
    std::vector<std::pair<std::size_t, Score>> m_scores; ///< of messages
    bool m_isWaiting = false;
    std::size_t m_count = 0;
    std::string m_firstEvent;
};

} // namespace tackroom::openhands
