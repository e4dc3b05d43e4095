// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The logs.db of Simon Willison's `llm`, every generation (its migrations m001 to m023 and what was before them), recognised
/// by tables and columns:
///   log, logs   2023: one row an exchange (prompt, response, model, and system, chat_id … where they are)
///   responses   since July 2023: conversations, responses; with attachments, fragments, tools and reasoning as they came
///   turns       since 2026: threads, turns, and a tree of messages(hash, parent_hash) with parts
/// A database may hold several of them; a response that is a turn as well is told by the turn, as upstream does it.
///
/// One run a conversation: the rows of one conversation_id (thread_id), or a row without one; a row of log with those whose
/// chat_id (else reply_to_id) names it.
///   native id  the conversation's, thread's or row's id; of log and logs "log-<id>" of the first row;   session = the same
///   version    SHA-256 of the first system prompt; source "system prompt hash"
///   tokens     input_tokens, output_tokens, else `usage` of response_json
///   user, project, cost, status  the store has none
/// The conversation is, for each response: its system prompt where it is another than before, results of tools, what was asked
/// (fragments, prompt, a line for each attachment), the answer with its calls. Of turns: the messages on the way to the turn's
/// tip that were not told yet. Steps are conversation.h's; an assistant's step has the model (resolved_model before model),
/// time (datetime_utc and duration_ms) and tokens of its row. A tool's result is an error where it has an exception, or begins
/// with "Error". Attachments' bytes are never read, and files that they name are never opened.
#include "core/readers/databasereader.h"

namespace tackroom
{

inline constexpr std::string_view kLlmLogsKind = "llm-logs";

/// Nothing where the database is none of llm's.
[[nodiscard]] Result<std::unique_ptr<StoreReader>> openLlmLogs(DatabaseCandidate& candidate);

} // namespace tackroom
