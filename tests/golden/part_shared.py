# SPDX-License-Identifier: GPL-3.0-or-later
"""Every real file below TACKROOM_SHARED_DATA: what it is recognised as, its runs, steps, failures, scores, decisions and what
could not be read, printed one line each and put beside counts that are made without Tackroom (counters/)."""
import concurrent.futures
import dataclasses
import fnmatch
import json
import os
import unittest

from counters import agui, conversations, count, inspect, no_runs, sessions, spans
from support import SHARED, changed, cli, listing

# What is a store: its name, the kind that it must be recognised as, the counter. The first that fits counts.
STORES = [
    ("tau-bench/*.json", "tau-bench", conversations.tau_results),
    ("tau-bench/*.jsonl", "tau-bench", conversations.tau_few_shot),
    ("swe-agent/*.traj", "swe-agent", conversations.swe_agent),
    ("swe-agent/*/all_preds.jsonl", "swe-agent", no_runs),  # patches
    ("mini-swe-agent/results.json", "swe-agent", no_runs),  # patches
    ("mini-swe-agent/*.traj.json", "mini-swe-agent", conversations.mini_swe_agent),
    ("openhands/*.json", "openhands", conversations.openhands),
    ("atif/*.json", "atif", conversations.atif),
    ("who-and-when/*.json", "who-and-when", conversations.who_and_when),
    ("reflexion/*.json", "reflexion", conversations.reflexion),
    ("inspect-ai/*.json", "inspect", inspect.log_json),
    ("inspect-ai/*.eval", "inspect", inspect.log_eval),
    ("claude-code/*/codex/*.jsonl", "codex", sessions.codex),
    ("claude-code/*.jsonl", "claude-code", sessions.claude_code),
    ("claude-code/*.json", "claude-code-export", sessions.claude_code_export),
    ("langsmith/anthropic_managed_*.jsonl", "claude-managed-agents", sessions.managed_agents),
    ("langsmith/*.json", "langsmith", spans.langsmith),
    ("langfuse/*.trace.json", "langfuse", spans.langfuse),
    ("any-agent/*.json", "any-agent", spans.any_agent),
    ("otlp-proto-examples/trace.json", "otlp-json", spans.otlp),
    ("otlp-proto-examples/*s.json", "otlp-json", no_runs),  # log records of no agent
    ("otel-agentevals/tempo_*.json", "tempo-json", spans.otlp),
    ("otel-agentevals/helm*.json", "jaeger-json", spans.jaeger),
    ("otel-agentevals/k8s.json", "jaeger-json", spans.jaeger),
    ("ag-ui/baselines/*.json", "ag-ui", agui.events),
    ("ag-ui/dart-events.json", "ag-ui", agui.events),
]

# What is no store and must be refused, and why.
OTHERS = [
    ("*LICENSE*", "a licence"),
    ("*/IP_NOTICE", "a licence"),
    ("*.md", "a text for people: sources, skills, policies"),
    ("*.txt", "a text for people: playbooks, prompts, licences"),
    ("*.yaml", "a configuration"),
    ("*.toml", "a configuration"),
    ("*.tsv", "a table of experiments"),
    ("ag-ui/fixtures/*", "recorded answers of a model, no events"),
    ("langfuse/*.chatml.json", "upstream's expected messages, no trace"),
    ("otel-agentevals/eval*.json", "a set of tasks"),
    ("ace-skillbook/*", "a skillbook, and the session of an agent whose format is not read"),
    ("claude-plugins/*", "descriptions of plugins"),
    ("gepa/*", "an optimizer's prompts and scores"),
    ("labelled/*", "labels and texts"),
    ("mcp/*", "descriptions of tools"),
    ("mcpb/*", "descriptions of servers"),
]

# Folders in which files belong together, and what their runs are then.
FOLDERS = {
    "ag-ui": agui.folder,
    "atif": conversations.atif_folder,
}

COLUMNS = ("kind", "runs", "steps", "failures", "scores", "decisions", "unreadable", "successes")
WORKERS = max(1, min(4, (os.cpu_count() or 2)))


def rule_of(name, rules):
    return next((rule for rule in rules if fnmatch.fnmatchcase(name, rule[0])), None)


def names_below(folder):
    return sorted(p.relative_to(SHARED).as_posix() for p in folder.rglob("*") if p.is_file())


def is_json(path):
    """Whether a file begins as JSON: in a folder such a file that is no store is counted as not read."""
    begins = path.read_bytes()[:4096].decode("utf-8-sig", "replace").lstrip()[:1]
    return begins in ("{", "[")


def runs_of_folder(folder, names):
    """(runs, how many things are not read, whether there is a store at all). A run that several files tell is one; that they tell
    it differently (other scores are no difference) is noted among what was not read."""
    found, unreadable, stores, again = {}, 0, [], set()
    for name in names:
        if rule_of(name, OTHERS):
            unreadable += is_json(SHARED / name)
            continue
        stores.append(SHARED / name)
        runs = rule_of(name, STORES)[2](SHARED / name)
        if isinstance(runs, tuple):
            runs, broken = runs
            unreadable += broken
        for run in runs:
            key = (rule_of(name, STORES)[1], run.key)
            again |= {key} if key in found and happened(found[key]) != happened(run) else set()
            found.setdefault(key, run)
    if folder in FOLDERS:
        return FOLDERS[folder](stores), unreadable, True
    return list(found.values()), unreadable + len(again), bool(stores)


def happened(run):
    return run.steps, run.failed, run.succeeded


def index(path):
    return cli("--json", "index", path, cache="shared-cache", timeout=300)


def index_all(paths):
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(index, paths))


def said(answer):
    """What the program says of a store, as a tuple in COLUMNS' order."""
    found = answer.json
    return (found["store"]["kind"], *(found[key] for key in COLUMNS[1:]))


def differences(name, program, counted, columns=COLUMNS):
    """Sentences; none where the two are equal."""
    return [f"{name}: the program says {key} = {p}, the count says {c}" for key, p, c in zip(columns, program, counted) if p != c]


def line_of(name, row):
    return f"{name:<64.64}" + f" {row[0]:<22}" + "".join(f"{n:>11}" for n in row[1:])


HEAD = f"{'file':<64} {'recognised as':<22}" + "".join(f"{c:>11}" for c in COLUMNS[1:])


@unittest.skipUnless(SHARED.is_dir(), f"there is no {SHARED}")
class Shared(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.names = names_below(SHARED)
        cls.before = listing(SHARED)

    def tearDown(self):
        self.assertEqual(changed(self.before, listing(SHARED)), [], "a store's folder was written to")

    def test_every_file_has_a_rule(self):
        self.assertEqual([n for n in self.names if not rule_of(n, OTHERS) and not rule_of(n, STORES)], [],
                         "files that neither are listed as stores nor as other files")
        unused = [r[0] for r in STORES + OTHERS if not any(rule_of(n, OTHERS) is r or rule_of(n, STORES) is r for n in self.names)]
        self.assertEqual(unused, [], "rules that fit no file")

    def test_table(self):
        names = [n for n in self.names if not rule_of(n, OTHERS)]
        answers = index_all([SHARED / n for n in names])
        wrong, rows = [], []
        for name, answer in zip(names, answers):
            _, kind, counter = rule_of(name, STORES)
            counted = dataclasses.astuple(count(kind, counter(SHARED / name)))
            if answer.code != 0:
                wrong.append(f"{name}: the program does not read it ({answer.err.strip()}); the count says {counted}")
                continue
            rows.append((name, said(answer)))
            wrong += differences(name, rows[-1][1], counted)
            if counted[1] == 0 and not answer.json["store"]["note"]:
                wrong.append(f"{name}: there are no runs in it, and the program does not say what it is")
        print("\n" + HEAD)
        for row in rows:
            print(line_of(*row))
        print(line_of(f"{len(rows)} files", ("", *(sum(r[i] for _, r in rows) for i in range(1, len(COLUMNS))))))
        self.assertEqual(wrong, [], "\n".join(wrong))

    def test_other_files_are_refused(self):
        names = [n for n in self.names if rule_of(n, OTHERS)]
        wrong = []
        for name, answer in zip(names, index_all([SHARED / n for n in names])):
            code = answer.json.get("error", {}).get("code") if answer.code else "none"
            if code != ("unknown-format" if (SHARED / name).stat().st_size else "empty"):
                wrong.append(f"{name}: {rule_of(name, OTHERS)[1]}, but the program says "
                             + (f"{code}: {answer.err.strip()}" if answer.code else json.dumps(answer.json["store"])))
        print(f"\n{len(names)} other files refused as unknown-format" if not wrong else "")
        self.assertEqual(wrong, [], "\n".join(wrong))

    def test_folders(self):
        """A folder is one store: the sum of its files, a run that several files tell counted once, files that belong together
        read as one (FOLDERS says which); JSON of another kind is counted as not read, what is no JSON is passed over."""
        folders = sorted({n.split("/")[0] for n in self.names})
        wrong, rows = [], []
        for folder, answer in zip(folders, index_all([SHARED / f for f in folders])):
            runs, unreadable, has_store = runs_of_folder(folder, [n for n in self.names if n.startswith(folder + "/")])
            if not has_store:
                code = answer.json.get("error", {}).get("code") if answer.code else "none"
                if code != "unknown-format":
                    wrong.append(f"{folder}/: no file in it is a store, but the program says {code}: {answer.err or answer.out}")
                continue
            if answer.code != 0:
                wrong.append(f"{folder}/: the program does not read it ({answer.err.strip()})")
                continue
            counted = dataclasses.astuple(count("files", (runs, unreadable)))
            rows.append((folder + "/", said(answer)))
            wrong += differences(folder + "/", rows[-1][1], counted)
        print("\n" + HEAD)
        for row in rows:
            print(line_of(*row))
        self.assertEqual(wrong, [], "\n".join(wrong))


if __name__ == "__main__":
    unittest.main()
