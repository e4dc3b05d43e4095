// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The database of CopilotKit's SQLite runner (@copilotkit/sqlite-runner, schema version 1), recognised by
/// agent_runs(thread_id, run_id, parent_run_id, events, input). A row is one call of the agent: its input (AG-UI's
/// RunAgentInput) and its compacted events.
///
/// One run a row; native id = run_id, session = thread_id. What inputs and events tell: agui.h. What a person answered to an
/// interrupt, or to a tool of the frontend, stands in the input of the thread's next row and is a decision of the run that
/// asked. Times: the events', else created_at (when the row was written, at the end of the run). A run that is going on is not
/// in the table yet.
#include "core/readers/databasereader.h"

namespace tackroom
{

inline constexpr std::string_view kCopilotKitKind = "copilotkit-sqlite";

/// Nothing where the database is none of CopilotKit's.
[[nodiscard]] Result<std::unique_ptr<StoreReader>> openCopilotKit(DatabaseCandidate& candidate);

} // namespace tackroom
