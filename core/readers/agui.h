// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// AG-UI (ag-ui-protocol/ag-ui): what an agent and its user interface said to each other. Facts from upstream's baselines of
/// real runs, its SDKs' event types and the fixtures of its tests. Read are
///   ag-ui         an array of events ("…Response….verified.json"), a RunAgentInput ("…Request….verified.json": threadId,
///                 runId, messages), an object of named arrays of events (the fixtures of the Dart SDK); all such files of one
///                 folder are read together, so that an answer in a request finds the interrupt in an earlier response
///   ag-ui-stream  events line by line, plain or as server-sent events ("data: {…}"); read as a whole when it has grown, since
///                 an answer may belong to a run far before it
/// A byte order mark is passed over. Types are known in any spelling (RUN_STARTED, RunStarted, runStarted). A recording of
/// model answers ("….recording.json", arrays of arrays) holds no events and is not of this format.
///
/// One run from RUN_STARTED to RUN_FINISHED or RUN_ERROR: nativeId = threadId/runId. Where the ids are no lasting ones (shorter
/// than 16 bytes, as in scrubbed baselines), the key comes from the content. A run that a second file tells again (the client's
/// copy of the server's stream) is taken once. sessionId = threadId.
///   request       messages → the conversation before the run; task = its last user message
///   TEXT_MESSAGE_START/CONTENT/END/CHUNK, TOOL_CALL_START/ARGS/END/CHUNK   an llm step a message (parentMessageId), a tool
///                 step a call; messages of other roles than assistant are messages alone
///   TOOL_CALL_RESULT, and tool messages of a later request (frontend tools)   the tool step's result
///   REASONING_*, THINKING_*   "[thinking] …" before the message that follows
///   STEP_STARTED/FINISHED     a chain step around what lies between
///   MESSAGES_SNAPSHOT         messages that were not known; llm steps only where nothing was streamed
///   RUN_ERROR                 a step "error"; the run's status
///   RUN_FINISHED              usage → tokens; outcome interrupt → a human step for each interrupt (CUSTOM on_interrupt
///                             likewise)
///   STATE_*, ACTIVITY_*, RAW, other CUSTOM   not steps
///   times                     `timestamp` in milliseconds, where there is one; model from rawEvent.modelId
/// Human decisions: `resume` of a RunAgentInput joined with the interrupt of its id (at the run that was interrupted; the
/// one that goes on where that is not there): cancelled, approved false → reject; approved true → approve, with other arguments
/// than were asked for → edit; else answer. A frontend tool that is answered with {"approved": …} is one as well, and
/// forwardedProps.command.resume after a CUSTOM on_interrupt.
#include "core/readers/fileformat.h"

namespace tackroom
{

[[nodiscard]] const FileFormat& agUiFormat();
[[nodiscard]] const FileFormat& agUiStreamFormat();

} // namespace tackroom
