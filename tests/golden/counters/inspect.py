# SPDX-License-Identifier: GPL-3.0-or-later
"""Logs of Inspect: .json and .eval."""
import json
import zipfile

from counters import Run, load


def _steps(sample):
    """A step a span, step or subtask that begins, a call of the model or of a tool, a command in the sandbox, an input, an
    error, a limit, an approval that no human gave. The span around a tool call is that call. Without events: the messages."""
    events = sample.get("events") or []
    if not any(e["event"] in ("model", "tool") for e in events):
        steps, unanswered = 0, 0
        for m in sample.get("messages") or []:
            if m["role"] == "assistant":
                unanswered = len(m.get("tool_calls") or [])
                steps += 1 + unanswered
            elif m["role"] == "tool":
                steps += unanswered <= 0
                unanswered -= 1
        return steps
    steps = 0
    for e in events:
        kind = e["event"]
        if kind in ("span_begin", "step", "subtask"):
            steps += kind == "subtask" or (kind == "span_begin" and e.get("type") != "tool") or e.get("action") == "begin"
        elif kind == "approval":
            steps += e.get("approver") != "human"
        else:
            steps += kind in ("model", "tool", "sandbox", "input", "error", "sample_limit")
    return steps


def _values(sample):
    """(name, value) of each score; a value that is an object is one score a member."""
    out = []
    for name, score in (sample.get("scores") or {}).items():
        value = score["value"]
        out += list(value.items()) if isinstance(value, dict) else [(name, value)]
    return out


def _run(log, sample):
    values = _values(sample)
    bad = any(v in ("I", "N") or (not isinstance(v, str) and v == 0) for _, v in values)
    good = any(v == "C" or (not isinstance(v, str) and v == 1) for _, v in values)
    ended = isinstance(sample.get("output"), dict) and not sample.get("error")  # all that a sample without scores says
    # What a person entered when asked, and a person's approval or rejection of a call.
    decisions = sum(e["event"] == "input" or (e["event"] == "approval" and e.get("approver") == "human") for e in sample.get("events") or [])
    for score in (sample.get("scores") or {}).values():
        assert not score.get("history"), "an edited score; the counter must learn it"
    key = (log["run_id"], log["task_id"], str(sample["id"]), sample["epoch"])
    return Run(key, _steps(sample), bad or (not good and bool(sample.get("error"))), len(values), decisions, not bad and (good or ended))


def log_json(path):
    data = load(path)
    return [_run(data["eval"], sample) for sample in data["samples"]]


def log_eval(path):
    with zipfile.ZipFile(path) as packed:
        names = packed.namelist()
        head = json.loads(packed.read("header.json" if "header.json" in names else "_journal/start.json"))
        return [_run(head["eval"], json.loads(packed.read(n))) for n in names if n.startswith("samples/")]
