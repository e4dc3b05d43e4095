// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// What was put into a model call and what came out of it, as the frameworks write it, to messages. Shared by the stores that
/// keep inputs and outputs as foreign JSON (Langfuse, LangSmith). Pure functions of foreign values.
///
/// Understood, by shape and not by the framework's name:
///   lists      [message …], [[message …]], {"messages": …} with "system" beside it, LangChain's {"generations": [[…]]}
///   OpenAI     chat messages, {"choices": [{"message"}]}, gen_ai.choice events {"index", "message"}; Responses API: {"input",
///              "instructions"}, {"output": [item …]} with message, function_call, function_call_output, reasoning and the
///              others
///   Anthropic  content blocks text, thinking, tool_use, tool_result; {"content": [block …], "role"}
///   LangChain  {"type": "human" | "ai" | "system" | "tool"}, {"lc", "id", "kwargs"}, {"type", "data"}, ["human", "text"];
///              tool_calls with "args", additional_kwargs.tool_calls; tool definitions given as messages are left out
///   Gemini     {"contents", "config" {"system_instruction"}}, {"candidates"}, ADK's {"content": {"parts"}} and
///              {"new_message"}; parts text, function_call, function_response (also camelCase)
///   Vercel     content parts text, tool-call, tool-result; an output that is the list of its tool calls
///   GenAI      {"role", "parts"} of the OpenTelemetry conventions (Microsoft Agent Framework, Pydantic AI): text, reasoning,
///              tool_call, tool_call_response
///   Agno       messages as Python's repr: "role='user' content='…' …"
///   CrewAI     outputs of a crew or task: {"raw", "tasks_output" | "expected_output"}
///   others     {"prompt", "system"}, {"prompts"}, {"completion"}
#include "core/readers/jsonvalues.h"
#include "core/traces/traces.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tackroom::chatml
{

enum class Side : std::uint8_t { Input, Output };

/// A message with the role that the framework gave it ("model", "developer", none).
struct ChatMessage {
    Message message;
    bool isToolResult = false; ///< whatever the role says: Gemini's function responses come from a "user"
    std::string toolName;      ///< of a tool result that stood as a part in a message
};

/// The messages in `value`; nothing where it holds none that we know.
[[nodiscard]] std::optional<std::vector<ChatMessage>> messagesOf(jsonvalues::Value value, Side side);

/// As the common model has them: roles system, user, assistant, tool (no role: user of an input, assistant of an output), and a
/// tool's answer with its name.
[[nodiscard]] std::vector<Message> commonMessages(std::vector<ChatMessage> messages, Side side);

/// Messages of a text that is no JSON: lines "system: …", "user: …" begin a message each; else it is one message of the user
/// (input) or the assistant (output). Nothing of an empty text.
[[nodiscard]] std::vector<Message> messagesOfText(std::string_view text, Side side);

/// An input or output as a store keeps it: JSON, JSON inside a text, or a text.
struct Said {
    std::vector<Message> messages; ///< empty where there are none, or none were asked for
    std::string text;              ///< whole, as it is; of a JSON text within a text the text itself
    std::string spoken;            ///< the last that the user (of an input) or the assistant (of an output) says
};
[[nodiscard]] Said saidOf(std::optional<jsonvalues::Value> value, Side side, bool asMessages, jsonvalues::Parser& inner);

} // namespace tackroom::chatml
