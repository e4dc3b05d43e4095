// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/readers/fileformat.h"

namespace tackroom
{

/// tau-bench (sierra-research/tau-bench): the results of a benchmark, one JSON array of
///     {"task_id":0,"reward":0.0,"info":{"task":{"user_id":…,"actions":[…],"outputs":[…]},"reward_info":{"info":{…}}},
///      "traj":[messages],"trial":0}
/// or its few-shot conversations, one {"messages_display":"user: …\nassistant: …\ntool: …"} a line.
///
/// One run an element; native id "task_<task_id>/trial_<trial>" (a second one of that name gets "/2" …), or "line_<n>", from 1.
/// The id is not unique among files, so the key is that of id and content together.
///   steps     one llm step an assistant message ("m<index of the message>"), below it one tool step a call ("m<index>.c<n>");
///             a result that begins with "Error" makes its step an error. Few-shot text tells neither tool names nor arguments.
///   task      the first user message; answer: the last assistant message with a text; user: info.task.user_id
///   scores    reward: Verifier, success from 1 on (tau-bench's own tolerance of 1e-6). Its explanation has, of a failed run, in its
///             first line the first call that was missed, by name; then the parts of the
///             reward and, of a failed run, what was expected and not done: info.task.actions beside the calls of the run (a
///             call without arguments that were expected, or with others, is "different"), info.reward_info.info.outputs that
///             were not said, and the calls that nobody expected, other than those that only look (get_…, search_…, list_…,
///             find_…, calculate, think).
///   status    Error where the run ended in an exception (info.error)
/// There are no times in these files, no tokens, no cost of the agent (user_cost is that of the simulated user).
[[nodiscard]] const FileFormat& tauBenchFormat();

} // namespace tackroom
