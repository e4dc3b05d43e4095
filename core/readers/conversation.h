// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Runs whose store is a list of messages: what steps they have, what was asked and answered. Shared by the formats that keep
/// conversations (tau-bench, SWE-agent, Inspect, Claude Code …).
#include "core/readers/fileformat.h"

#include <functional>
#include <vector>

namespace tackroom
{

struct ConversationRules {
    /// Whether a tool's answer is an error; by default one that begins with "Error".
    std::function<bool(const Message&)> isError;
};

/// Steps of `run.conversation`, appended to `run.record.steps`; sets `stepId` of the messages:
///   m<i>       an llm step for each assistant message; inputText = the message before it, outputText = its content
///   m<i>.c<n>  a tool step below it for each of its calls (from 1), with the result of the tool message that names the call,
///              else of the first unused one before the next assistant message; and for each tool message left over
/// `i` counts messages from 0. Times are left 0.
void addConversationSteps(ParsedRun& run, const ConversationRules& rules = {});

/// Fills what is still empty of the run from its conversation and steps: task = the first user message, answer = the last
/// assistant message with words, stepCount, errorCount, start and end (of the steps), tokens (their sum).
void fillRunFromConversation(ParsedRun& run);

/// The body of one step (or of the run where `stepId` is empty), of a run that was read with bodies: its StepTexts where there
/// are some; else of an llm step the messages up to it; else of a tool step the call's arguments and the tool's answer.
[[nodiscard]] Result<Body> bodyOf(const ParsedRun& run, const std::string& stepId, std::uint64_t maxBytes);

/// Content that may be a text, a list of parts ({"type":"text","text":…}) or anything else, as one text: texts as they are, an
/// image or other part as "[image]", "[audio]", objects as compact JSON.
[[nodiscard]] std::string contentText(std::optional<jsonvalues::Value> content);
/// A chat message of the common JSON form: role, content (contentText), name, tool_call_id, tool_calls (OpenAI's
/// {id, function: {name, arguments}} and flat {id, name, args|arguments|input}); arguments that are objects become compact
/// JSON.
[[nodiscard]] Message chatMessage(jsonvalues::Value value);

/// Text limits of the index (traces.h).
inline constexpr std::size_t kStepTextBytes = 2000;
inline constexpr std::size_t kToolTextBytes = 4000;

} // namespace tackroom
