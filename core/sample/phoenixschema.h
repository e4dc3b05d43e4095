// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <string_view>

namespace tackroom
{

/// The SQLite schema of Arize Phoenix as far as traces and their scores go, for the sample's writer and for the reader.
///
/// Source of the facts: github.com/Arize-ai/phoenix, src/phoenix/db/ddl/sqlite_schema.sql (commits 176d4be3 and
/// 00a4d747, both of 2026), src/phoenix/db/models.py (commit 00bc7f6f) and src/phoenix/db/insertion/span.py. The text of
/// kPhoenixDdl is ours: same tables, columns, types, keys and checks, only the tables that a trace store needs.
///
/// How values are written (SQLAlchemy on SQLite):
///  * TIMESTAMP is text, UTC without a zone: `2026-03-02 08:15:30.123456` (always six digits).
///  * JSONB is *text* in spite of its name: compact JSON (orjson), never SQLite's binary JSONB.
///  * `spans.trace_rowid`, `*.span_rowid`, `traces.project_rowid` are row numbers (`id`), while `spans.parent_id` is the
///    parent's `span_id`. trace_id is 32 hex digits, span_id 16. A root has parent_id NULL.
///  * `spans.span_kind` is OpenInference's: AGENT, CHAIN, LLM, TOOL, RETRIEVER, RERANKER, EMBEDDING, GUARDRAIL,
///    EVALUATOR, PROMPT, UNKNOWN.
///  * `spans.attributes` is OpenInference un-flattened: {"input":{"value":..,"mime_type":..},"output":{..},
///    "openinference":{"span":{"kind":"LLM"}},"session":{"id":..},"user":{"id":..},
///    "llm":{"model_name":..,"provider":..,"invocation_parameters":"<json text>","token_count":{"prompt":..,"completion":..,
///    "total":..},"input_messages":[{"message":{"role":..,"content":..,"tool_calls":[{"tool_call":{"id":..,"function":
///    {"name":..,"arguments":"<json text>"}}}],"tool_call_id":..}}],"output_messages":[same],"tools":[{"tool":
///    {"json_schema":"<json text>"}}]},"tool":{"name":..,"description":..,"parameters":{..}},
///    "retrieval":{"documents":[{"document":{"id":..,"content":..,"score":..,"metadata":{..}}}]},"metadata":{..}}.
///    `metadata`, `tool.parameters`, `document.metadata` and `llm.prompt_template.variables` arrive as JSON text and are
///    stored as objects, so that dots in *their* keys stay: attributes.metadata["harness.git_commit"].
///  * `spans.events` is a list of {"name":..,"timestamp":"2026-03-02T08:15:30.123456+00:00","attributes":{flat keys}};
///    an exception has name "exception" and "exception.type", "exception.message", "exception.stacktrace",
///    "exception.escaped".
///  * `spans.status_code` is OK, ERROR or UNSET; the cumulative_* columns count the span and all below it.
///  * annotations: annotator_kind LLM, CODE or HUMAN (models.py), source API or APP, identifier '' by default,
///    unique by (name, span_rowid, identifier); label, score and explanation may each be NULL. user_id names the row of
///    `users` who annotated in the browser.
///
/// Generations, by upstream's migrations: 4ded9e43755f adds project_sessions and traces.project_session_rowid (at first
/// with a column session_user, gone since); 3be8647b87d8 adds spans.llm_token_count_*; 2f9d1a65945f adds user_id,
/// identifier and source to the annotations and CODE to their kinds; the second commit above has
/// project_sessions.last_span_ingested_at and .content_complete, and tables eval_work_*, project_evaluator_criteria,
/// agent_sessions. A reader should look at the columns that are there.
inline constexpr std::string_view kPhoenixRevision = "c9d0e1f2a3b4"; ///< alembic_version.version_num of the first commit above

/// Tables, in an order in which the references hold.
extern const std::string_view kPhoenixDdl;
/// The indexes of the same tables; apart, because filling first and indexing after is several times faster.
extern const std::string_view kPhoenixIndexes;

} // namespace tackroom
