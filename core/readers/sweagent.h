// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/readers/fileformat.h"

namespace tackroom
{

/// SWE-agent (SWE-agent/SWE-agent) trajectories, `.traj`: one JSON object, one run. Generations:
///     0      {"environment":…, "trajectory":[{"action","observation","response","state","thought"}],
///             "history":[{"role","content","agent","thought","action","is_demo"}],
///             "info":{"exit_status","submission","model_stats"}}
///     0.7    history entries have message_type, tool calls (tool_calls, role tool with tool_call_ids); steps an execution_time
///     1      replay_config (an object, or its JSON text) says model, repository and problem; steps have query or messages,
///            extra_info; info has swe_agent_hash, swe_agent_version
///     demonstration   {"history":[…]} alone
///
///   native id replay_config.problem_statement.id, else the file's name without its ending. Neither is unique among files, so
///             the key is that of id and content together (a copy of a file is the same run; a file that grew is another).
///   steps     one llm step each step of the trajectory (of the history where there is no trajectory), below it one tool step:
///             of a function call its name and arguments; of a command line its first word and the line. The conversation
///             begins with what history says before the first answer (system, demonstrations, problem). A tool step is an error
///             where the observation begins with Error, Traceback, a shell's "bash: ", EXECUTION TIMED OUT, or "Your proposed
///             edit has introduced new syntax error(s)": these files have no exit codes.
///   task      the first user message that is no demonstration; answer: the last response
///   tokens    info.model_stats.tokens_sent, tokens_received; cost: instance_cost, else total_cost; model:
///             replay_config.agent.model.name; version: info.swe_agent_hash, swe_agent_version
///   scores    exit_status: label alone. "submitted" says that a patch was handed in, not that it is right, so it is no
///             outcome.
///             resolved (Verifier): where results of SWE-bench lie beside it or above (swebench.h).
///             review: of a model, info.review.accept
///   status    Error where the run ended by anything but a submission (exit_cost, exit_context, exit_format …)
/// There are no times in these files.
///
/// Beside them, recognised: predictions (all_preds.jsonl, preds.json), which give no runs.
[[nodiscard]] const FileFormat& sweAgentFormat();

} // namespace tackroom
