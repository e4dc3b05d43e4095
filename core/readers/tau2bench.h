// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/readers/fileformat.h"

namespace tackroom
{

/// tau2-bench (sierra-research/tau2-bench) results: one JSON object
///     {"timestamp","info":{"git_commit","agent_info":{"implementation","llm"},"environment_info":{"domain_name"}},
///      "tasks":[…],"simulations":[{"id","task_id","trial","start_time","end_time","termination_reason","agent_cost",
///      "reward_info","messages":[…] or "ticks":[…],"review"}]}
/// of any size (a simulation at a time is held), or one simulation a file (its folder form).
///
///   native id id of the simulation, else "task_<task_id>/trial_<trial>"
///   steps     one llm step an assistant message ("m<index>"), a tool step each call ("m<i>.c<n>"), an error where the tool
///             message says error. A user who calls tools (telecom): a human step, the calls below it. Ticks of the voice mode
///             are joined: what one side said until the other speaks or calls is one message.
///   agent     agent_info.implementation; model: agent_info.llm; version: git_commit; project: domain_name
///   tokens    the sum of the assistant messages' usage; cost: agent_cost (user_cost is that of the simulated user)
///   scores    reward: Verifier, success from 1 on; its explanation has the parts (reward_breakdown) and, of a failed run, what
///             of db_check, action_checks, communicate_checks, env_assertions, nl_assertions was not met
///             termination_reason: label alone
///             review: of a model, label "agent error" or "no agent error"; each of its errors at its turn
///   status    Error where the simulation ended otherwise than by the agent's or the user's stop
[[nodiscard]] const FileFormat& tau2BenchFormat();

} // namespace tackroom
