# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions of coding agents: Claude Code, Codex, Claude Managed Agents."""
from counters import Run, lines, load


def _claude(path, entries):
    """An llm step a message of the assistant (lines of one message id are one), a tool step a tool_use, a step a compaction or
    an error of the API; one run a session. What is no object with a type, or has
    no message with a content, cannot be read."""
    sessions, last, broken = {}, None, 0
    for entry in entries:
        if not isinstance(entry, dict) or "type" not in entry:
            broken += 1
            continue
        last = entry.get("sessionId") or last
        if entry.get("type") not in ("user", "assistant", "system"):
            continue
        state = sessions.setdefault(last, dict(ids=set(), steps=0, decisions=0))
        message = entry.get("message")
        content = message.get("content") if isinstance(message, dict) else None
        parts = [p for p in content if isinstance(p, dict)] if isinstance(content, list) else []
        broken += entry["type"] != "system" and not isinstance(content, (str, list))
        if entry["type"] == "assistant":
            if message.get("id") is None or message["id"] not in state["ids"]:
                state["steps"] += 1
            state["ids"].add(message.get("id"))
            state["steps"] += sum(p.get("type") == "tool_use" for p in parts)
        elif entry["type"] == "system":
            state["steps"] += entry.get("subtype") in ("compact_boundary", "api_error")
        else:
            texts = [content] if isinstance(content, str) else [str(p.get("text") or p.get("content")) for p in parts]
            state["decisions"] += sum(t.startswith(("The user doesn't want to", "[Request interrupted by user", "User has approved")) for t in texts)
            used = entry.get("toolUseResult")
            if isinstance(used, dict):
                state["decisions"] += bool(used.get("userModified")) + bool(used.get("answers"))
    return [Run(session or path, s["steps"], False, 0, s["decisions"]) for session, s in sessions.items()], broken


def claude_code(path):
    return _claude(path, lines(path))


def claude_code_export(path):
    return _claude(path, load(path)["loglines"])


CODEX_CALLS = ("function_call", "local_shell_call", "custom_tool_call", "web_search_call")


def codex(path):
    """One run a file: what the model said up to its next answer, or to what somebody else said, is an llm step; a call is a tool
    step."""
    steps, answered, is_open, session = 0, False, False, None
    for entry in lines(path):
        payload = entry.get("payload") or {}
        if entry["type"] == "session_meta":
            session = session or payload["id"]
        if entry["type"] == "event_msg":
            is_open = is_open and payload.get("type") != "token_count"
            steps += payload.get("type") in ("error", "stream_error", "context_compacted")
        if entry["type"] == "compacted":
            steps += 1
        if entry["type"] != "response_item":
            continue
        kind = payload.get("type") or ("message" if "role" in payload else None)
        if kind == "message" and payload["role"] != "assistant" or (kind or "").endswith("_output"):
            is_open = False
        elif kind in ("message", "reasoning", *CODEX_CALLS):
            if not is_open or (kind == "message" and answered):
                steps, is_open, answered = steps + 1, True, False
            answered = answered or kind == "message"
            steps += kind in CODEX_CALLS
    return [Run(session, steps)]


def managed_agents(path):
    """Recorded calls of the client: what the session's event stream brought."""
    runs = []
    for call, *rest in lines(path):
        if call.endswith("sessions.create"):
            runs.append(Run(rest[0]["id"], 0))
        elif call.endswith("events.stream"):
            kind = rest[0]["type"]
            runs[-1].steps += kind in ("span.model_request_start", "agent.tool_use", "agent.mcp_tool_use", "agent.custom_tool_use")
            runs[-1].decisions += kind == "user.tool_confirmation"
            runs[-1].failed = runs[-1].failed or kind == "session.error" or (kind == "user.tool_confirmation" and rest[0]["result"] == "deny")
    return runs
