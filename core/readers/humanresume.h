// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// What a person answered where a LangGraph agent had stopped: the value of Command(resume=…), and what had been asked.
///
/// Asked: a list of interrupts {"value": V, "id": I}, or one V. V is
///     {"action_request":{"action":A,"args":{…}},"description":T} of the agent inbox, or a list of them;
///     {"action_requests":[{"name":A,"args":{…},"description":T}]} of LangChain's middleware; or any other value.
/// Answered: in the order of what was asked,
///     {"type":"accept"|"edit"|"ignore"|"response","args":…} of the agent inbox (edit: args {"action","args"}), or a list of
///     them;
///     {"decisions":[{"type":"approve"|"edit"|"reject"|"respond","edited_action":{"name","args"},"message":T}]} of the
///     middleware; {"<id of an interrupt>": any of these}; {"approved":true|false,"reason":T}, true, false; or any other value.
/// accept, approve, true = Approve; ignore, reject, false = Reject; edit = Edit; all else = Answer.
#include "core/readers/jsonvalues.h"
#include "core/traces/traces.h"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tackroom::humanresume
{

struct Asked {
    std::string id;     ///< of the interrupt; may be empty
    std::string action; ///< the tool that is to be called; empty where it was another question
    std::string words;  ///< its arguments, else the question
};
[[nodiscard]] std::vector<Asked> askedIn(jsonvalues::Value interrupts);
/// Whether the value is of one of the forms that say accept, edit, ignore …, and not just any value.
[[nodiscard]] bool isKnownAnswer(jsonvalues::Value resume);
/// One decision an answer; `stepId`, `by` and `time` are the caller's.
[[nodiscard]] std::vector<HumanDecision> decisionsOf(jsonvalues::Value resume, std::span<const Asked> asked);

} // namespace tackroom::humanresume
