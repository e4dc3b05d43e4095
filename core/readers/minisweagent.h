// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/readers/fileformat.h"

namespace tackroom
{

/// mini-SWE-agent (SWE-agent/mini-swe-agent) trajectories, `.traj.json`, one run a file:
///     {"trajectory_format":"mini-swe-agent-1.1","instance_id":…,"info":{"exit_status","submission","model_stats","mini_version",
///      "config":{"model":{"model_name"},"agent_type"}},"messages":[{"role","content","tool_calls","extra"}]}
/// (mini-swe-agent-1 alike; a newer number is read as far as understood), or the bare list of messages of the first versions,
/// told by the commands in it ("```mswea_bash_command") or by an observation that begins with "<returncode>".
///
///   native id instance_id, else the file's name without its endings; the key is that of instance_id and content together
///   steps     one llm step an assistant message, below it one tool step a command: tool_calls, else extra.actions, else the
///             one fenced bash block. Its result: the tool message that names the call, else the next user message that is an
///             observation (extra.returncode, or "<returncode>" at its beginning; of the first versions any). An error where
///             the return code is not 0, or there is an extra.exception_info. The messages of the responses API (object
///             "response", type "function_call_output") alike.
///   tokens    the sum of extra.response.usage; cost: info.model_stats.instance_cost; times: extra.timestamp
///   version   info.mini_version; model: info.config.model.model_name; agent: the class of info.config.agent_type
///   scores    exit_status: label alone. "Submitted" says that a patch was handed in, not that it is right.
///   status    Error where the run ended by anything else (LimitsExceeded, an exception)
///   decisions extra.interrupt_type of a user message, or the words of it: UserRejection a rejection of the commands before,
///             UserInterruption an override, UserNewTask an answer
[[nodiscard]] const FileFormat& miniSweAgentFormat();

} // namespace tackroom
