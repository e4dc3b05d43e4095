// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// What the detectors read out of names and texts. English words and widespread naming habits of tools, no names of any one
/// agent. All tests are case-insensitive, pure, and look at no more than the first kLookBytes of a text.
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tackroom::words
{

inline constexpr std::size_t kLookBytes = 4000;

/// "issueRefund", "issue-refund", "mcp__shop__issue_refund" → {"issue","refund"} and so on, lower-case.
[[nodiscard]] std::vector<std::string> nameParts(std::string_view name);

/// Whether calling the tool changes something. Unknown counts as reading where a mistake would accuse.
enum class Effect { Unknown, Read, Write };
[[nodiscard]] Effect effectOf(std::string_view toolName);

/// A tool by which the agent gives the conversation away: transfer_to_human, handover, escalate …
[[nodiscard]] bool isHandOverTool(std::string_view toolName);
/// A tool that only thinks, plans or computes.
[[nodiscard]] bool isThoughtTool(std::string_view toolName);

/// A tool result that is an error though the step's status does not say so: "Error: …", {"error": …}, {"status":"error"} …
[[nodiscard]] bool isErrorResult(std::string_view result);
/// The sentence of an error: the message out of a JSON text, the last line of a stack trace, else the first line.
[[nodiscard]] std::string errorSentence(std::string_view text);

enum class ErrorKind { Other, UnknownTool, InvalidArguments, Unavailable, ContextOverflow, ContentFilter };
[[nodiscard]] ErrorKind errorKindOf(std::string_view errorType, std::string_view errorText);

/// The model declines as a model ("I'm sorry, but I can't assist with that"), whatever the task.
[[nodiscard]] bool isModelRefusal(std::string_view text);
/// The agent tells somebody no, by policy or otherwise.
[[nodiscard]] bool saysNo(std::string_view text);
/// The agent tells that something has been done.
[[nodiscard]] bool claimsSuccess(std::string_view text);
/// The agent admits that something went wrong.
[[nodiscard]] bool admitsTrouble(std::string_view text);
/// Words by which a person decides against the agent: approved by hand, override, reversed …
[[nodiscard]] bool saysOverride(std::string_view text);
/// The user gives up or complains of silence: "hello?", "never mind", "are you there" …
[[nodiscard]] bool givesUp(std::string_view text);
/// A retrieved text says of itself that it is no longer in force.
[[nodiscard]] bool saysOutdated(std::string_view text);
/// Nothing was found: empty, [], {}, "no results" …
[[nodiscard]] bool isEmptyResult(std::string_view text);

/// Any of the phrases (lower-case) occurs, at word borders where the phrase begins or ends with a letter.
[[nodiscard]] bool hasAny(std::string_view text, const std::vector<std::string_view>& phrases);
/// The person who decided agrees with what the agent had refused.
[[nodiscard]] bool agreesWithRefusal(std::string_view after);
/// The text in double quotes, one line, cut: for explanations.
[[nodiscard]] std::string quoted(std::string_view text, std::size_t maxBytes = 120);

} // namespace tackroom::words
