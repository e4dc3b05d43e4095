// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// MLflow's tracking database (SQLite) with traces, of every generation since 2.14 (trace_info of April 2024) to 3.16,
/// recognised by experiments(experiment_id, name) and trace_info(request_id, experiment_id, timestamp_ms, status). Everything
/// else may be there or not. An MLflow database without a trace in it is Empty, or UnknownFormat where it holds runs of machine
/// learning, and says so.
///
/// One run a trace; native id = trace_info.request_id.
///   spans      the table spans (columns, and `content` of span version 3 or 4), else traces.json of the trace's artifacts
///              (span versions 2, 3, 4). Artifacts are looked for where the tag mlflow.artifactLocation says, and below mlruns,
///              mlartifacts and the folder of the database by the end of that location; a place outside of the folder of the
///              database is never followed, and the trace is told as not read there. Archived spans are not read.
///   start, end timestamp_ms, and execution_time_ms behind it;   status = trace_info.status
///   task, answer  of the spans (spans.h), else of request_preview and response_preview, else mlflow.traceInputs and Outputs
///   session    trace_info.session_id, else metadata mlflow.trace.session, else of the spans;  user likewise mlflow.trace.user
///   project    experiments.name;   agent = of the spans, else none
///   version    commit: metadata mlflow.source.git.commit; label: name (else id) of the logged model mlflow.modelId; prompt:
///              mlflow.linkedPrompts; then what the spans say; then tags and metadata by the common keys (harnessversion.h)
///   tokens     metadata mlflow.trace.tokenUsage, else the columns of trace_info, else the spans';  cost: mlflow.trace.cost …
/// Steps are spans.h's; span ids are hexadecimal digits in all versions.
/// Assessments become scores: feedback with its value (yes and true are 1, no and false 0) as label or number, judged as
/// annotations.h says; an expectation is "expected <name>" and says nothing of the run; an issue is "issue" with the issue's
/// name and description ("rejected issue" where a person rejected it): what runs have in common by the store's own word, which
/// core/clusters/priornames.h offers as a cluster's name. One that was overridden (valid = 0) is kept and says nothing; where a
/// person overrides it, that is a decision as well: before and after are the two values. A human's feedback is a decision where
/// annotations.h finds one. Items of review queues that a person completed or declined are decisions (answers) of the trace.
#include "core/readers/databasereader.h"

namespace tackroom
{

inline constexpr std::string_view kMlflowKind = "mlflow-sqlite";

/// Nothing where the database is none of MLflow's.
[[nodiscard]] Result<std::unique_ptr<StoreReader>> openMlflow(DatabaseCandidate& candidate);

} // namespace tackroom
