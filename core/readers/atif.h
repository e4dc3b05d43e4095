// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/readers/fileformat.h"

namespace tackroom
{

/// ATIF, the Agent Trajectory Interchange Format of Harbor (v1.0 … v1.7; a newer v1 is read as far as understood): one JSON
/// object
///     {"schema_version":"ATIF-v1.6","session_id":…,"trajectory_id":…,"agent":{"name","version","model_name"},
///      "steps":[{"step_id","timestamp","source":"user|agent|system","message","model_name","reasoning_content","tool_calls",
///      "observation":{"results":[{"source_call_id","content","subagent_trajectory_ref"}]},"metrics","is_copied_context"}],
///      "final_metrics":{…},"continued_trajectory_ref":…,"subagent_trajectories":[…]}
/// or an object whose members are such trajectories (Phoenix's fixtures).
///
///   native id session_id, with "/<trajectory_id>" where there is another (v1.7); else a hash of the content
///   steps     one llm step each step of source agent ("m<index of the message>"), a tool step each call ("m<i>.c<n>") with the
///             result that names it; results without a call (Terminus: what the terminal shows) are tool steps without a name.
///             An error where the result begins with Error, or with Harbor's "Previous response had parsing errors".
///             Steps with is_copied_context are context: in the conversation, not among the steps.
///   sub-agents   an agent step "a<n>" below the call that refers to them, their steps below it ("a<n>.m<i>"): embedded ones
///             (v1.7, by trajectory_id) and those whose file is read with this one (by name, or by session_id before v1.7)
///   continued_trajectory_ref   the file it names, or the trajectory of the session "<session>-cont-<n>", continues the same
///             run; its copied context is left out
///   tokens, cost   final_metrics (of the last continuation, which counts from the beginning; the sum, where it does not);
///             else the sum of the steps' metrics
///   agent     agent.name; harness version: agent.version; user: extra.user_id of a step
///   scores    of Harbor's result.json in the folder of the trial (the trajectory lies in its folder agent/): each of
///             verifier_result.rewards: Verifier, success from 1 on, failure at 0 or less; exception_info: an error of the run
/// Files are read together that lie in one folder and have the same session but for "-cont-<n>" and "-summarization-<n>-…", or
/// lie in the folder agent/ of one trial.
[[nodiscard]] const FileFormat& atifFormat();

} // namespace tackroom
