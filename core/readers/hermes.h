// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Hermes Agent's state.db (NousResearch/hermes-agent, schema versions 1 to 30; what is newer is read as far as understood),
/// recognised by sessions(id, source, parent_session_id, started_at) and messages(id, session_id, role, content, timestamp,
/// tool_calls). Every other table and column may be there or not; full-text tables beside them are not looked at.
///
/// One run a conversation: a session and those that continue it after its context was compressed. B continues A where B's
/// parent_session_id is A, A ended with end_reason 'compression', B began no earlier than A ended (less five seconds), is not
/// of source 'tool', and its model_config names A neither as _branched_from nor _delegate_from nor _reset_from. Of several such
/// children one is taken: one that was compressed again, else an open one, else the last that began. All other sessions
/// (branches, sub-agents, fresh starts) are runs of their own.
///   native id   id of the first session;   session = the id of its topmost ancestor, over all kinds of parents
///   user        user_id;   agent = profile_name;   project = git_repo_root, else cwd, else source
///   start, end  started_at of the first, ended_at of the last, else the last message
///   task        the first message of role user;   answer = the last words of an assistant
///   tokens      sums of input_tokens + cache_read_tokens + cache_write_tokens, and of output_tokens
///   cost        sum of actual_cost_usd, where there is none of estimated_cost_usd
///   version     SHA-256 of the first session's system prompt: system_prompt_hash, else of system_prompt itself; source
///               "system prompt hash"
///   status      unset: the store does not say how a session went (end_reason says why it ended)
/// Messages by id, without those that were taken back (active = 0 and not compacted) and those of role session_meta. A message
/// that was copied when the context was compressed is told once: one that equals an earlier one in everything and in its
/// time, and at the beginning of a continuing session one that equals an earlier one but for the time.
/// Steps are conversation.h's. A step of an assistant runs from the message before it to its own time, a tool from the call to
/// its answer; the model is the session's. A tool's answer is an error where it begins with "Error", or is an object with an
/// `error`, with success = false or with an exit_code other than 0.
///   decisions   the answers in results of the tool clarify (target = the question, after = user_response), unless time ran
///               out; a result that says that the user denied the command is a rejection (target = the call's arguments)
#include "core/readers/databasereader.h"

namespace tackroom
{

inline constexpr std::string_view kHermesKind = "hermes-state";

/// Nothing where the database is none of Hermes'.
[[nodiscard]] Result<std::unique_ptr<StoreReader>> openHermes(DatabaseCandidate& candidate);

} // namespace tackroom
