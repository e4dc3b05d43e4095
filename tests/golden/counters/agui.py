# SPDX-License-Identifier: GPL-3.0-or-later
"""AG-UI: events and requests (ag-ui-protocol/ag-ui)."""
import hashlib
import json

from counters import Run, load

ORPHANS = "results whose call is in another file"


def _streamed(events):
    """(the assistant's messages, the calls, the results of calls that are not here) of one run. Calls one after the other that
    name no message are of one: so upstream's own next request tells them. A thought that nothing follows is a message."""
    says, calls, results, unnamed, thought = set(), set(), set(), None, None
    for at, e in enumerate(events):
        kind = e["type"]
        if kind in ("TOOL_CALL_START", "TOOL_CALL_CHUNK"):
            calls.add(e["toolCallId"])
            unnamed = unnamed or ("unnamed", at)
            says.add(e.get("parentMessageId") or unnamed)
            thought = None
        elif kind not in ("TOOL_CALL_ARGS", "TOOL_CALL_END"):
            unnamed = None
        if kind in ("TEXT_MESSAGE_START", "TEXT_MESSAGE_CHUNK") and e.get("role", "assistant") == "assistant":
            says.add(e["messageId"])
            thought = None
        elif kind == "TOOL_CALL_RESULT":
            results.add(e["toolCallId"])
        elif kind in ("REASONING_MESSAGE_CONTENT", "THINKING_CONTENT", "THINKING_TEXT_MESSAGE_CONTENT"):
            thought = ("thought", at)
    return says | ({thought} if thought else set()), calls, results - calls


def _run(events):
    says, calls, orphans = _streamed(events)
    if not says:  # nothing was streamed: what the snapshot has
        for e in events:
            for m in e.get("messages", []) if e["type"] == "MESSAGES_SNAPSHOT" else []:
                if m["role"] == "assistant":
                    says.add(m["id"])
                    calls.update(c["id"] for c in m.get("toolCalls") or [])
    steps, failed = len(says) + len(calls) + len(orphans), False
    for e in events:
        steps += e["type"] in ("STEP_STARTED", "RUN_ERROR")
        failed = failed or e["type"] == "RUN_ERROR"
        if e["type"] == "RUN_FINISHED" and (e.get("outcome") or {}).get("type") == "interrupt":
            steps += len(e["outcome"]["interrupts"])
    finishes = [e for e in events if e["type"] == "RUN_FINISHED"]
    waits = any((e.get("outcome") or {}).get("type") == "interrupt" for e in finishes)  # for a person: not at its end
    ended = bool(finishes) and not waits and not failed
    return Run((events[0]["threadId"], events[0]["runId"]), steps, failed, succeeded=ended, extra={ORPHANS: len(orphans)})


def _split(events):
    """The events of each run, from RUN_STARTED on."""
    runs = []
    for e in events:
        if e["type"] == "RUN_STARTED":
            runs.append([])
        runs[-1].append(e)
    return runs


def _is_request(data):
    return isinstance(data, dict) and "messages" in data


def events(path):
    """An array of events, an object of named arrays of them, or a request: a run that was asked for, of which nothing is told
    but what a person answered to an interrupt."""
    data = load(path)
    if _is_request(data):
        return [Run((data["threadId"], data["runId"]), 0, decisions=len(data.get("resume") or []))]
    return [_run(one) for stream in ([data] if isinstance(data, list) else data.values()) for one in _split(stream)]


def folder(paths):
    """The files of a folder are read together: a run is told by the server's copy, the client's and the requests, and counts once; a
    result belongs to the call in an earlier answer; what a person answered (a resumed interrupt, or a frontend tool that asks for
    approval) counts once."""
    runs, answers = {}, {}
    for path in paths:
        data = load(path)
        for run in events(path):
            key = (path.parent, *run.key)
            run.steps -= run.extra.get(ORPHANS, 0)
            if key not in runs or run.steps > runs[key].steps:
                runs[key] = run
        if _is_request(data):
            asked = [m for m in data["messages"] if m["role"] == "tool" and '"approved"' in m["content"]]
            answers[path.parent, data["threadId"], data["runId"]] = len(data.get("resume") or []) + len(asked)
    found = [Run(key, run.steps, run.failed, succeeded=run.succeeded) for key, run in runs.items()]
    found[0].decisions = sum(answers.values())  # whose run it is does not change the sum
    return found
