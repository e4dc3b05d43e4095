// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Logs of Inspect (UKGovernmentBEIS/inspect_ai), log format versions 1 to 3: `.json` (one object) and `.eval` (a zip with
/// header.json, samples/<id>_epoch_<n>.json, summaries.json, reductions.json and, while it is written, _journal/start.json and
/// _journal/summaries/<n>.json; entries stored, deflate or zstd). A log that was cut off or never finished has no header.json:
/// its journal says what was run. Facts from upstream's log/_log.py, log/_recorders, event/ and from the real files.
///
/// One run a sample and epoch:
///   nativeId      eval.run_id/eval.task_id/sample id/epoch (a task of one eval() call; all four are in every generation)
///   sessionId     eval.eval_id, else run_id      project   eval.task      agentName   eval.solver, else the plan's name
///   harness       eval.revision.commit (of the repository that the task lies in); the source says where the work tree was
///                 dirty
///   start, end    started_at, completed_at of the sample; else the first and last event; else of the eval
///   task          input (text, or its last user message)        answer   output.choices[0], else the last assistant message
///   status        Error where the sample has an error, else Ok where it has an output
///   tokens, cost  the sum of model_usage over models
/// Steps, from `events` in their order (`m<i>`… of conversation.h where a log has no model or tool events):
///   span_begin/_end, step begin/end, subtask   chain; agent (type agent, handoff), evaluator (type scorer, scorers)
///   model         llm; input from `input` or `input_refs` into message_pool, events_data.messages or the shell's pool
///   tool          tool; error by `error` or `failed`; the span of the same tool call is the same step
///   sandbox       other (command, output, exit code); input → human; error, sample_limit → a step with status error
///   approval      by anyone but a human: guardrail
/// Scores: `scores` (or the one old `score`), a value that is an object gives one score a member; C = 1, P = 0.5, I = N = 0.
///   says      C success, I and N failure, P nothing; 1 and 0 (true, false) likewise where the scorer's metric is accuracy (or
///   not known) annotator llm for model_graded…, where the scorer kept its `grading`, or where a model was called inside the
///             scorer's span; human where the score was edited last (history with provenance) or the scorer is one of a human;
///             else code
///   weight    of code: verifier where the sample has a target, else rule
/// Human decisions: approvals and reviews by "human" (approve, modify → edit, reject, terminate → reject, escalate → answer),
/// what a person entered when asked (input → answer), score edits with an author (override), operator limits and user_cancel
/// interrupts (reject). A log whose header alone was kept says so; a sample that cannot be read (too long, broken, in chunks)
/// is counted and, where there is a summary of it, still has its scores.
#include "core/readers/fileformat.h"

namespace tackroom
{

[[nodiscard]] const FileFormat& inspectFormat();

} // namespace tackroom
