# SPDX-License-Identifier: GPL-3.0-or-later
"""What `index`, `runs`, `show`, `clusters` and `stores` count, against counts made here with json and sqlite3."""
import json
import os
import sqlite3
import unittest

from support import SHARED, changed, cli, good, listing, sample, sample_copy

TAU = SHARED / "tau-bench"


def tau_counts(path):
    """runs, steps, failures, scores of a result file: one step an assistant message, one a tool call (or a result without a call)."""
    runs = json.loads(path.read_text())
    steps = failures = scores = errors = 0
    for run in runs:
        traj = run["traj"]
        for i, message in enumerate(traj):
            if message.get("role") != "assistant":
                continue
            results = 0
            for later in traj[i + 1:]:
                if later.get("role") == "assistant":
                    break
                results += later.get("role") == "tool"
            steps += 1 + max(len(message.get("tool_calls") or []), results)
        for message in traj:
            errors += message.get("role") == "tool" and (message.get("content") or "").startswith("Error")
        if run.get("reward") is not None:
            scores += 1
            failures += run["reward"] < 1
    return dict(runs=len(runs), steps=steps, failures=failures, scores=scores), errors


def few_shot_counts(path):
    runs = steps = 0
    for line in path.read_text().splitlines():
        if not line.strip():
            continue
        runs += 1
        for text in json.loads(line)["messages_display"].split("\n"):
            steps += text.startswith("assistant: ") or text.startswith("tool: ")
    return dict(runs=runs, steps=steps, failures=0, scores=0)


@unittest.skipUnless(TAU.is_dir(), f"there is no {TAU}")
class TauBench(unittest.TestCase):
    def check(self, name, counts, schema):
        before = listing(TAU)
        said = good("--json", "index", TAU / name).json
        self.assertEqual({key: said[key] for key in counts}, counts)
        self.assertEqual(said["store"]["kind"], "tau-bench")
        self.assertEqual(said["store"]["schema"], schema)
        self.assertEqual(said["store"]["path"], str((TAU / name).resolve()))
        self.assertEqual(said["unreadable"], 0)
        self.assertGreater(said["peakRssBytes"], 1_000_000)
        self.assertGreaterEqual(said["seconds"], 0)
        again = good("--json", "index", TAU / name).json
        self.assertEqual({key: again[key] for key in counts}, counts)
        self.assertEqual(again["newRuns"], 0)
        self.assertEqual(changed(before, listing(TAU)), [], "the store's folder was written to")

    def test_results(self):
        counts, _ = tau_counts(TAU / "gpt-4o-airline.json")
        self.assertEqual((counts["runs"], counts["failures"]), (200, 116))
        self.check("gpt-4o-airline.json", counts, "results")

    def test_few_shot(self):
        for name in ("MockRetailDomainEnv-few_shot.jsonl", "MockAirlineDomainEnv-few_shot.jsonl"):
            self.check(name, few_shot_counts(TAU / name), "few-shot")

    def test_runs_and_show(self):
        path = TAU / "gpt-4o-airline.json"
        listed = good("--json", "runs", path, "--limit", 1000).json
        self.assertEqual((len(listed["runs"]), listed["matching"], listed["total"]), (200, 200, 200))
        failing = good("--json", "runs", path, "--filter", "outcome:failure", "--limit", 1000).json
        self.assertEqual(failing["matching"], 116)
        self.assertEqual({run["outcome"] for run in failing["runs"]}, {"failure"})
        by_steps = [run["steps"] for run in good("--json", "runs", path, "--sort", "steps", "--limit", 1000).json["runs"]]
        self.assertEqual(by_steps, sorted(by_steps, reverse=True))
        tool = good("--json", "runs", path, "--filter", "tool:cancel_reservation", "--limit", 1000).json["matching"]
        data = json.loads(path.read_text())
        named = sum(any(call["function"]["name"] == "cancel_reservation" for m in run["traj"] for call in (m.get("tool_calls") or [])) for run in data)
        self.assertEqual(tool, named)

        wanted = next(run for run in data if run["task_id"] == 3 and run["trial"] == 2)
        shown = good("--json", "show", path, "task_3/trial_2", "--bytes", 10_000_000).json
        self.assertEqual(shown["id"], "task_3/trial_2")
        self.assertEqual([m["content"] for m in shown["body"]["messages"]], [m.get("content") or "" for m in wanted["traj"]])
        self.assertEqual([m["role"] for m in shown["body"]["messages"]], [m["role"] for m in wanted["traj"]])
        self.assertEqual(shown["outcome"], "success" if wanted["reward"] >= 1 else "failure")
        self.assertEqual(shown["outcomeSource"], "verifier")

    def test_clusters(self):
        said = good("--json", "clusters", TAU / "gpt-4o-airline.json").json
        failing = {run["id"] for run in good("--json", "runs", TAU / "gpt-4o-airline.json", "--filter", "outcome:failure", "--limit", 1000).json["runs"]}
        seen = set()
        for cluster in said["clusters"]:
            self.assertEqual(cluster["runs"], len(cluster["runIds"]))
            self.assertTrue(set(cluster["runIds"]) <= failing)
            self.assertTrue(set(cluster["exemplars"]) <= set(cluster["runIds"]))
            self.assertFalse(seen & set(cluster["runIds"]), "a run in two clusters")
            seen |= set(cluster["runIds"])
        self.assertEqual(len(failing) - len(seen), said["unclustered"])
        self.assertEqual(said["failingRuns"], 116)
        other = good("--json", "clusters", TAU / "gpt-4o-airline.json", cache="other-cache").json
        self.assertEqual(said, other, "the same store gave other clusters")


class Sample(unittest.TestCase):
    def test_index(self):
        folder = sample()
        db = sqlite3.connect(f"file:{folder}/refund-agent.db?mode=ro", uri=True)
        one = lambda sql: db.execute(sql).fetchone()[0]  # noqa: E731
        truth = json.loads((folder / "refund-agent.truth.json").read_text())
        said = good("--json", "index", folder / "refund-agent.db").json
        self.assertEqual(said["runs"], one("SELECT count(*) FROM traces"))
        self.assertEqual(said["runs"], 400)
        self.assertEqual(said["steps"], one("SELECT count(*) FROM spans"))
        tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type='table' AND name IN "
                                               "('span_annotations','trace_annotations','document_annotations')")]
        self.assertEqual(said["scores"], sum(one(f"SELECT count(*) FROM {table}") for table in tables))
        self.assertEqual(said["failures"], truth["failed"])
        self.assertEqual(said["failures"], len(truth["failures"]))
        self.assertEqual(said["unreadable"], 0)
        self.assertEqual(said["store"]["kind"], "phoenix-sqlite")
        self.assertEqual(set(said) >= {"store", "runs", "steps", "failures", "scores", "decisions", "unreadable", "seconds", "peakRssBytes"}, True)
        failing = good("--json", "runs", folder / "refund-agent.db", "--filter", "outcome:failure", "--limit", 100000).json
        self.assertEqual({run["id"] for run in failing["runs"]}, set(truth["failures"]))

    def test_clusters_find_what_was_planted(self):
        folder = sample()
        truth = json.loads((folder / "refund-agent.truth.json").read_text())
        clusters = good("--json", "clusters", folder / "refund-agent.db").json["clusters"]
        for kind, facts in truth["kinds"].items():
            if not facts["planted"] or facts["runs"] < 3:
                continue
            runs = {run for run, failure in truth["failures"].items() if failure["kind"] == kind}
            best = max(clusters, key=lambda c: len(runs & set(c["runIds"])))
            self.assertGreaterEqual(len(runs & set(best["runIds"])), 0.95 * len(runs), kind)
            self.assertEqual(best["layer"], facts["layer"], kind)

    def test_a_grown_store_is_read_on(self):
        folder = sample_copy("grown")
        store = folder / "refund-agent.db"
        self.assertEqual(good("--json", "index", store).json["runs"], 400)
        added = good("--json", "sample", "--runs", 25, "--repo", folder / "harness", "--store", store, "--seed", 7).json
        self.assertEqual(added["runs"], 25)
        self.assertTrue(added["version"])
        said = good("--json", "index", store).json
        self.assertEqual((said["runs"], said["newRuns"]), (425, 25))
        self.assertEqual(said["failures"], len(json.loads((folder / "refund-agent.truth.json").read_text())["failures"]))

    def test_show(self):
        folder = sample()
        db = sqlite3.connect(f"file:{folder}/refund-agent.db?mode=ro", uri=True)
        trace, row = db.execute("SELECT trace_id, id FROM traces ORDER BY id LIMIT 1 OFFSET 17").fetchone()
        shown = good("--json", "show", folder / "refund-agent.db", trace).json
        self.assertEqual(shown["id"], trace)
        self.assertEqual(shown["key"], good("--json", "show", folder / "refund-agent.db", trace[:12]).json["key"])
        spans = {r[0] for r in db.execute("SELECT span_id FROM spans WHERE trace_rowid = ?", (row,))}
        self.assertEqual({step["id"] for step in shown["steps"]}, spans)
        self.assertTrue(shown["body"]["messages"])
        step = shown["steps"][-1]["id"]
        self.assertEqual(good("--json", "show", folder / "refund-agent.db", trace, "--step", step).code, 0)
        self.assertEqual(cli("show", folder / "refund-agent.db", "ffffffffffff").code, 3)

    def test_stores(self):
        folder = sample()
        good("index", folder / "refund-agent.db", cache="stores-cache")
        said = good("--json", "stores", cache="stores-cache").json
        self.assertEqual([(s["path"], s["runs"]) for s in said["stores"]], [(os.path.realpath(folder / "refund-agent.db"), 400)])
        self.assertIn("phoenix-sqlite", [f["kind"] for f in said["formats"]])
        named = good("--json", "stores", folder / "refund-agent.db").json["stores"]
        self.assertEqual(named[0]["kind"], "phoenix-sqlite")


class Arguments(unittest.TestCase):
    def test_wrong_usage_is_exit_2_and_one_line(self):
        for words in ([], ["nonsense"], ["index"], ["index", "a", "b"], ["index", "a", "--nonsense"], ["runs", "a", "--limit"],
                      ["runs", "a", "--limit", "x"], ["runs", "a", "--limit", "0"], ["runs", "a", "--sort", "beauty"], ["runs", "a", "--filter", "colour:red"], ["-x"],
                      ["approve", "r", "p"], ["export", "r", "v"], ["sample"], ["index", ""], ["--json=1", "index", "a"],
                      ["approve", "r", "p", "--reviewer", "nobody", "--reason", "x"]):
            answer = cli(*words)
            self.assertEqual(answer.code, 2, words)
            self.assertEqual(answer.err.count("\n"), 1, (words, answer.err))
            self.assertEqual(answer.out, "", words)
        answer = cli("index", "a", "b", "--json")
        self.assertEqual((answer.code, answer.err.count("\n")), (2, 1))
        self.assertEqual(set(answer.json["error"]), {"code", "where", "detail", "hint"})
        self.assertEqual(answer.json["error"]["code"], "usage")

    def test_help_and_version(self):
        text = good("--help").out
        for verb in ("stores", "index", "runs", "show", "clusters", "artifacts", "versions", "proposals", "diff", "approve", "reject", "defer",
                     "rollback", "journal", "export", "verify", "import", "sample"):
            self.assertIn(f"\n  {verb}", text)
            own = good(verb, "--help").out
            self.assertIn("With --json", own)
        self.assertTrue(good("--version").out.startswith("tackroom-cli "))
