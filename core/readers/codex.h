// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Rollouts of Codex (openai/codex): ~/.codex/sessions/YYYY/MM/DD/rollout-*.jsonl, also .zst (InputFile unpacks them), both
/// generations:
///   2025-04 … 08   a first line {"id", "timestamp", "instructions", "git"} and bare response items, {"record_type": "state"}
///                  between
///   since 2025-09  {"timestamp", "type", "payload"} with session_meta, turn_context, response_item, event_msg, compacted
/// One run a file: nativeId = the first session_meta's id (a forked rollout repeats its parent's after its own).
///   sessionId     the id; of a sub-agent that of the thread that began it (source.subagent.thread_spawn.parent_thread_id)
///   project       cwd       agentName   "Codex"
///   harness       cli_version, key "cli_version". git.commit_hash is the commit of the project that was worked on, not of the
///                 agent: it is not used.
///   response_item message of role user → user; developer, environment_context, AGENTS.md, user_instructions … → system;
///                 reasoning (its summary, as "[thinking] …"), assistant message, function_call, local_shell_call,
///                 custom_tool_call, web_search_call up to the next answer or token_count are one llm step, its calls tool
///                 steps with the output of the call_id
///   errors        exit codes that are not 0 (metadata.exit_code, "Exit code: 1", "exited with code 1"), success: false;
///                 event_msg error and stream_error → a step; compacted, context_compacted → a step "compaction"
///   tokens        of the run: the last token_count's total_token_usage; of a step: last_token_usage
/// Human decisions: outputs "… rejected by user" and "aborted by user" and turn_aborted (reason interrupted) → reject;
/// request_user_input answered → answer. Approvals that were given leave no trace in a rollout.
/// Other event_msg (user_message, agent_message …) repeat response items and are left out.
#include "core/readers/fileformat.h"

namespace tackroom
{

[[nodiscard]] const FileFormat& codexFormat();

} // namespace tackroom
