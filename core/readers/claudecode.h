// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Sessions of Claude Code: ~/.claude/projects/*/<session>.jsonl (all versions of 2025 and 2026 seen), and the web's export,
/// one object {"loglines": [the same lines]}. Facts from the real files and from what several public viewers of these files
/// document.
///
/// One run a session: nativeId = sessionId; without one (old or shortened files) "session-" and a hash of the file's first
/// line.
///   - A file that goes on from another session (resumed, forked: the first line of the new id names a line of the old one as
///     its parent) is one run under the last id; sessions that were only put into one file stay apart.
///   - Lines of a sub-agent that has an id (agent-<id>.jsonl; isSidechain and agentId) are a run of their own,
///     "<session>/agent-<id>", with the same sessionId. Sidechain lines without one (before that) are an agent step below the
///     Task call that has their prompt.
///   sessionId     sessionId     project   cwd     agentName   "Claude Code", "Claude Code sub-agent"
///   harness       `version` (of Claude Code; the store has no commit of the project, gitBranch is only a name), key "version"
///   user          a user line with words, one message; of slash commands "/name arguments". isMeta lines, compact summaries,
///                 output of local commands and caveats are the harness's words: messages of role system
///   assistant     an llm step; the lines of one message id (written block by block while it streams) are one, its usage
///                 counted once; thinking as "[thinking] …" before the words in the conversation, left out of outputText where
///                 there are words
///   tool_use      a tool step with the tool_result of its id; is_error → error
///   system        subtype compact_boundary → a step "compaction"; api_error, isApiErrorMessage → a step with status error;
///                 other system lines (hooks, local commands) → messages of role system where they have words
///   tokens        prompt = input + cache creation + cache read; costUSD where a line has it (early versions)
/// Human decisions:
///   reject        a tool_result "The user doesn't want to proceed …" or "… take this action …" (the reason is what the user
///                 said with it); "[Request interrupted by user…]"
///   approve       ExitPlanMode answered with "User has approved …"
///   answer        AskUserQuestion answered (toolUseResult.answers)
///   edit          toolUseResult.userModified: the user changed the proposed text
///   A permission that was given leaves no trace in these files.
/// Left out: summary, file-history-snapshot, queue-operation, progress, attachment and other lines without a message.
#include "core/readers/fileformat.h"

namespace tackroom
{

[[nodiscard]] const FileFormat& claudeCodeFormat();
[[nodiscard]] const FileFormat& claudeCodeExportFormat();

} // namespace tackroom
