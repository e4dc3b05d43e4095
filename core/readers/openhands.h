// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/readers/fileformat.h"

namespace tackroom
{

/// OpenHands, both event models (openhandsevents.h says how events become messages and steps):
///   V0 (OpenHands/OpenHands)   a JSON array of events {"id","timestamp","source","action"|"observation","args","cause",…},
///       also as {"trajectory":[events]}; or the file store, an event a file: <session>/events/<id>.json
///   V1 (OpenHands/software-agent-sdk)   a folder a conversation: base_state.json, events/event-00000-<uuid>.json, an event a
///       file {"id","timestamp","source","kind":"ActionEvent",…}; also a JSON array of such events
///   evaluations   output.jsonl, a line a run: {"instance_id","instruction","metadata","history":[events, or pairs of them],
///       "test_result","report","metrics","error"}
///
///   native id  of V1 the state's id; of an evaluation instance_id; else the name of the session's folder or the file. The key
///             is of V1 that of the id; of an evaluation of instance_id and content; else that of the first event, so that a
///             conversation that goes on stays the same run
///   model, agent   of each response (V0); agent.llm.model, agent.kind of the state (V1); metadata.llm_config.model or
///             metadata.llm.model, metadata.agent_class of an evaluation
///   tokens, cost   metrics.accumulated_cost and accumulated_token_usage of an evaluation, the last llm_metrics (V0), the sum
///             of stats.usage_to_metrics (V1); else the sum of the responses' usage
///   version   metadata.git_commit of an evaluation
///   scores    resolved (Verifier): report.resolved, test_result.report.resolved, or test_result.resolved, .passed, .success,
///             .score, .result where they are true, false, 1 or 0
///   decisions the user's confirmations and rejections of actions
///   status    Error where the agent's state became "error", the state says error or stuck, a ConversationErrorEvent came, or
///             an evaluation has an error. Finishing is not success, and says nothing.
/// Times are written without a zone, in that of the machine; they are taken as UTC.
[[nodiscard]] const FileFormat& openHandsFormat();

} // namespace tackroom
