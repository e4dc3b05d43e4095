# SPDX-License-Identifier: GPL-3.0-or-later
"""Stores that keep spans: OTLP, Tempo, Jaeger, any-agent, Langfuse, LangSmith."""
import json

from counters import Run, load


def _traces(spans):
    """(trace, span, parent, failed) to runs: a step a span, by its id; a run fails by the status of its root."""
    traces = {}
    for trace, span, parent, failed in spans:
        traces.setdefault(trace, {})[span] = (parent, failed)
    runs = []
    for trace, by_id in traces.items():
        roots = [f for p, f in by_id.values() if not p] or [f for p, f in by_id.values() if p not in by_id]
        runs.append(Run(trace, len(by_id), roots[0]))
    return runs


def otlp(path):
    """OTLP/JSON and Tempo's, before and after scopes had that name."""
    data, spans = load(path), []
    for resource in data.get("resourceSpans") or data.get("batches") or []:
        for scope in resource.get("scopeSpans") or resource.get("instrumentationLibrarySpans") or []:
            for s in scope["spans"]:
                failed = (s.get("status") or {}).get("code") in (2, "STATUS_CODE_ERROR")
                spans.append((s["traceId"], s["spanId"], s.get("parentSpanId"), failed))
    return _traces(spans)


def jaeger(path):
    spans = []
    for trace in load(path)["data"]:
        for s in trace["spans"]:
            tags = {t["key"]: t["value"] for t in s["tags"]}
            parent = next((r["spanID"] for r in s.get("references") or [] if r["refType"] == "CHILD_OF"), None)
            spans.append((s["traceID"], s["spanID"], parent, tags.get("error") is True or tags.get("otel.status_code") == "ERROR"))
    return _traces(spans)


def any_agent(path):
    return _traces([(s["context"]["trace_id"], s["context"]["span_id"], (s.get("parent") or {}).get("span_id"), s["status"]["status_code"] == "error")
                    for s in load(path)["spans"]])


# Names of measures of which more is worse: their values say nothing of the outcome (annotations.h).
MORE_IS_WORSE = ("toxic", "hallucinat", "bias", "risk", "cost", "latency")


def langfuse(path):
    """The UI's download of a trace: a step an observation; scores of the trace and of its observations. A person's correction of
    the output fails the run where it changes it; else a model's score of 0 does, unless more of it is worse."""
    data = load(path)
    observations = {o["id"]: o for o in data["observations"]}
    scores = {s["id"]: s for owner in (data["trace"], *observations.values()) for s in owner.get("scores") or []}
    corrections = data["trace"].get("corrections") or []
    assert all(c["observationId"] is None and c["name"] == "output" for c in corrections), f"{path}: the counter must learn it"
    changed = any(c["longStringValue"] != json.loads(data["trace"]["output"]) for c in corrections)
    by_root = any(o["level"] == "ERROR" for o in observations.values() if o.get("parentObservationId") not in observations)
    assert {s["source"] for s in scores.values()} <= {"EVAL"}, f"{path}: a score that is not a model's; the counter must learn it"
    judged = [s["value"] for s in scores.values() if s["value"] in (0, 1) and not any(w in s["name"] for w in MORE_IS_WORSE)]
    failed = changed or 0 in judged or (not judged and by_root)
    return [Run(data["trace"]["id"], len(observations), failed, len(scores), len(corrections), not failed and 1 in judged)]


def langsmith(path):
    """Bodies that the SDK sent: a patch completes the run of its id; a trace is a run, its runs are steps."""
    data, found = load(path), {}
    for one in data["post"] + data["patch"]:
        found.setdefault(one["id"], {}).update({k: v for k, v in one.items() if v is not None})
    runs = _traces([(r["trace_id"], i, r.get("parent_run_id"), bool(r.get("error"))) for i, r in found.items()])
    for run in runs:  # a root that ended without an error
        run.succeeded = not run.failed and any(r.get("end_time") and not r.get("parent_run_id") for r in found.values() if r["trace_id"] == run.key)
    assert not any(r.get("feedback_stats") for r in found.values()), f"{path}: feedback; the counter must learn it"
    return runs
