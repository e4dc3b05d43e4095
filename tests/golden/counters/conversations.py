# SPDX-License-Identifier: GPL-3.0-or-later
"""Stores that keep messages: tau-bench, SWE-agent, mini-SWE-agent, OpenHands, ATIF, Who&When, Reflexion."""
import hashlib
import re

from counters import Run, lines, load


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def tau_results(path):
    """sierra-research/tau-bench: a run an element; an llm step an assistant message, a tool step a call (or a result without
    a call); reward is the verifier's word, 1 is success."""
    runs = []
    for at, run in enumerate(load(path)):
        steps, open_calls = 0, 0
        for message in run["traj"]:
            if message["role"] == "assistant":
                open_calls = len(message.get("tool_calls") or [])
                steps += 1 + open_calls
            elif message["role"] == "tool":
                if open_calls > 0:
                    open_calls -= 1
                else:
                    steps += 1
        scored = run.get("reward") is not None
        runs.append(Run((digest(path), at), steps, scored and run["reward"] < 1, int(scored), succeeded=scored and run["reward"] >= 1))
    return runs


def tau_few_shot(path):
    """A conversation a line, as text: lines that begin with a role begin a message."""
    runs = []
    for at, line in enumerate(lines(path)):
        text = line["messages_display"]
        steps = len(re.findall(r"^(?:assistant|tool): ", text, re.M))
        runs.append(Run((digest(path), at), steps))
    return runs


def swe_agent(path):
    """SWE-agent/SWE-agent .traj: an llm step a step of `trajectory` with a tool step for its action; where there is only
    `history`, an llm step an assistant's entry and a tool step a call. exit_status is a label, the failure of a run that did
    not submit; nobody says in these files whether a patch is right."""
    data = load(path)
    if data.get("trajectory"):
        steps = sum(1 + bool((step.get("action") or "").strip()) for step in data["trajectory"])
    else:
        said = [m for m in data["history"] if m["role"] == "assistant" and not m.get("is_demo")]
        steps = sum(1 + (len(m["tool_calls"]) if m.get("tool_calls") else bool((m.get("action") or "").strip())) for m in said)
    info = data.get("info") or {}
    status = info.get("exit_status")
    review = info.get("review") or {}
    return [Run(digest(path), steps, bool(status) and not status.startswith("submitted"), bool(status) + ("accept" in review))]


def mini_swe_agent(path):
    """SWE-agent/mini-swe-agent, first version: the bare list of messages, one fenced command an answer."""
    steps = 0
    for message in load(path):
        if message["role"] == "assistant":
            steps += 1 + len(re.findall(r"```mswea_bash_command\s*\n.*?\n```", message["content"], re.S))
    return [Run(digest(path), steps)]


def openhands(path):
    """OpenHands V0: actions and messages of source `agent` are answers, those of one response one answer; each action that is
    not a message is a call."""
    steps, responses, failed, decisions = 0, set(), False, 0
    for event in load(path):
        action = event.get("action")
        if event.get("observation") == "user_rejected":
            decisions += 1
        if event.get("observation") == "agent_state_changed":
            failed = (event.get("extras") or {}).get("agent_state") == "error"
        if action == "change_agent_state" and event.get("source") == "user":
            decisions += (event.get("args") or {}).get("agent_state") == "user_confirmed"
        if event.get("source") != "agent" or not action or action in ("change_agent_state", "recall", "system", "null"):
            continue
        response = ((event.get("tool_call_metadata") or {}).get("model_response") or {}).get("id")
        if response is None or response not in responses:
            steps += 1
        if response is not None:
            responses.add(response)
        steps += action != "message"
    return [Run(digest(path), steps, failed, 0, decisions)]


def _atif_steps(document, agents):
    """Of one trajectory with its sub-agents: `agents` finds them by what refers to them."""
    steps, seen = 0, set()
    for step in document["steps"]:
        if step.get("is_copied_context"):
            continue
        results = (step.get("observation") or {}).get("results") or []
        for result in results:
            for ref in result.get("subagent_trajectory_ref") or []:
                child = agents.get(ref.get("trajectory_id") or ref.get("session_id"))
                if child is not None and id(child) not in seen:
                    seen.add(id(child))
                    steps += 1 + _atif_steps(child, agents)
        if step["source"] != "agent":
            continue
        calls = [call["tool_call_id"] for call in step.get("tool_calls") or []]
        named = [r["source_call_id"] for r in results if r.get("source_call_id") in calls]
        loose = len(results) - len(named)
        steps += 1 + len(calls) + max(0, loose - (len(calls) - len(set(named))))
    return steps


def _atif_documents(path):
    data = load(path)
    return [data] if "steps" in data else list(data.values())


def atif(path, beside=()):
    """Harbor's trajectories, v1.0 to v1.7: an llm step a step of source agent that is not copied context, a tool step a call,
    or a result that no call of its step asked for; an agent step for a sub-agent whose trajectory is there. `beside`: the files
    that continue this one."""
    documents = [d for p in (path, *beside) for d in _atif_documents(p)]
    agents = {}
    for document in documents:
        for child in document.get("subagent_trajectories") or []:
            agents[child["trajectory_id"]] = child
        if len(documents) > 1 and document is not documents[0] and not beside:
            agents[document["session_id"]] = document
    tops = [documents[0]] if not beside else documents
    return [Run(documents[0]["session_id"], sum(_atif_steps(top, agents) for top in tops))]


def atif_folder(paths):
    """The session "x-cont-1" goes on with the session "x", and is one run with it."""
    by_session = {load(p).get("session_id"): p for p in paths}
    runs = []
    for path in paths:
        session = load(path).get("session_id")
        if "-cont-" in (session or "") and session.split("-cont-")[0] in by_session:
            continue
        runs += atif(path, [p for s, p in sorted((s, p) for s, p in by_session.items() if s and s.startswith(f"{session}-cont-"))])
    return runs


def who_and_when(path):
    """mingyin1/Agents_Failure_Attribution: a step an entry of the history; is_correct is the verifier's word, the person's
    word on who made the mistake is a score as well."""
    data = load(path)
    return [Run(digest(path), len(data["history"]), data["is_correct"] is False, ("is_correct" in data) + ("mistake_agent" in data))]


def reflexion(path):
    """noahshinn/reflexion, results of a trial: a failed environment has a reflection for each trial so far, a solved one those
    that it was given; a row of an environment that was solved in an earlier trial is copied, and not measured again."""
    rows = load(path)
    trial = max((len(row["memory"]) for row in rows if not row["is_success"]), default=1) - 1
    runs = []
    for row in rows:
        solved_in = len(row["memory"]) if row["is_success"] else trial
        copied = row["is_success"] and solved_in < trial
        runs.append(Run((solved_in, row["name"]), int(not row["is_success"]), not row["is_success"], 1 + copied, succeeded=row["is_success"]))
    return runs
