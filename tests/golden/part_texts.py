# SPDX-License-Identifier: GPL-3.0-or-later
"""The text that people get, against *.txt beside this file. What differs from day to day is masked."""
import json
import os
import re
import unittest

from support import HERE, REVIEWER, SHARED, TMP, cli, good, make_repo, sample_copy, write

OWN = {"data": "texts-data", "cache": "texts-cache"}  # copies of the sample are one harness and share what was decided
UPDATE = os.environ.get("TACKROOM_GOLDEN_UPDATE") == "1"


def masked(text):
    text = text.replace(str(TMP), "<TMP>").replace(str(SHARED), "<DATA>")
    text = re.sub(r"(?<![cp]-)\b[0-9a-f]{64}\b", "<sha256>", text)
    text = re.sub(r"(?<![cp]-)\b[0-9a-f]{40}\b", "<commit>", text)
    text = re.sub(r"(?<![cp]-)\b(?=[0-9a-f]*[a-f])(?=[0-9a-f]*[0-9])[0-9a-f]{10}\b", "<commit>  ", text)
    text = re.sub(r"(?<=[ (])\d{10}(?=[ )])", "<commit>  ", text)
    text = re.sub(r"read in [0-9.]+ s", "read in <n> s", text)
    text = re.sub(r"20(?!26-0[1-5])\d\d-\d\d-\d\d \d\d:\d\d:\d\d", "<now>              ", text)
    text = re.sub(r"[0-9.]+ [kM]B, not signed", "<size>, not signed", text)
    return "\n".join(line.rstrip() for line in text.split("\n"))


class Texts(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.folder = sample_copy("texts")
        cls.store = cls.folder / "refund-agent.db"
        cls.repo = cls.folder / "harness"

    def check(self, name, *words, code=0):
        answer = cli(*words, **OWN)
        self.assertEqual(answer.code, code, answer.err)
        text = masked(answer.out + answer.err)
        path = HERE / f"{name}.txt"
        if UPDATE:
            path.write_text(text)
            return
        self.assertTrue(path.exists(), f"{path} is missing; --update makes it")
        self.assertEqual(text, path.read_text())

    def test_1_stores_index_runs(self):
        self.check("help", "--help")
        self.check("help-clusters", "clusters", "--help")
        self.check("index", "index", self.store)
        self.check("index-again", "index", self.store)
        self.check("runs", "runs", self.store, "--limit", 12)
        self.check("runs-failing", "runs", self.store, "--filter", "outcome:failure version:v4", "--sort", "errors", "--limit", 5)
        self.check("runs-none", "runs", self.store, "--filter", "nobodysaidthis")

    def test_1b_queries_and_judgements(self):
        self.check("runs-query", "runs", self.store, "--query", "outcome:failure steps:>3 -version:v1 duration:>1ms", "--sort", "steps", "--limit", 5)
        self.check("runs-query-wrong", "runs", self.store, "--query", "steps:>many", code=2)
        self.check("runs-query-value", "runs", self.store, "--query", "-has:luck", code=2)
        self.check("help-runs", "runs", "--help")
        self.check("runs-words", "runs", self.store, "--query", "lookup_order outcome:failure", "--limit", 4)
        self.check("runs-everywhere", "runs", self.store, "--query", "lookup_order -outcome:failure", "--everywhere", "--limit", 4)
        self.check("runs-everywhere-nothing", "runs", self.store, "--query", "outcome:failure", "--everywhere", code=2)
        self.check_words()
        self.check_damage()
        self.check("help-judge", "judge", "--help")
        run = good("--json", "runs", self.store, "--query", "outcome:success source:verifier", "--limit", 1, **OWN).json["runs"]
        run = (run or good("--json", "runs", self.store, "--query", "outcome:success", "--limit", 1, **OWN).json["runs"])[0]
        self.check("judgements-none", "judgements", self.store)
        self.check("judge-wrong", "judge", self.store, run["id"], "excellent", "--reviewer", REVIEWER, code=2)
        self.check("judge-nobody", "judge", self.store, run["id"], "bad", code=2)
        self.check("judge", "judge", self.store, run["id"], "bad", "--reviewer", REVIEWER, "--reason", "refunded twice",
                   "--adopted", "no", "--missing", "the return window")
        now = good("--json", "runs", self.store, "--query", "source:human has:judgement", **OWN).json["runs"]
        self.assertEqual([(r["id"], r["outcome"], r["outcomeReason"]) for r in now],
                         [(run["id"], "failure", "judged bad by Rhea Viewer: refunded twice")])
        self.check("judgements", "judgements", self.store)
        lines = good("judgements", self.store, "--jsonl", **OWN).out.splitlines()
        self.assertEqual(len(lines), 1)
        line = json.loads(lines[0])
        self.assertEqual((line["run"], line["verdict"], line["outcome"], line["adopted"], line["missingKnowledge"], line["reviewer"]),
                         (run["key"], "bad", "failure", "no", "the return window", REVIEWER))
        good("judge", self.store, run["id"], "withdrawn", "--reviewer", REVIEWER, **OWN)
        again = good("--json", "runs", self.store, "--query", "id:" + run["id"], **OWN).json["runs"][0]
        self.assertEqual((again["outcome"], again["outcomeSource"]), (run["outcome"], run["outcomeSource"]))
        self.assertEqual(len(good("judgements", self.store, "--jsonl", "--history", **OWN).out.splitlines()), 2)

    def test_1c_clusters_by_hand(self):
        """What a person does to clusters is told by `clusters`, kept, and undone by a new entry."""
        def clusters():
            return good("--json", "clusters", self.store, **OWN).json["clusters"]

        made = clusters()
        first, second, third = (each["id"] for each in made[:3])
        self.check("help-edit-cluster", "edit-cluster", "--help")
        self.check("cluster-edits-none", "cluster-edits", self.store)
        self.check("edit-cluster-nobody", "edit-cluster", self.store, first, "rename", "x", code=2)
        self.check("edit-cluster-wrong", "edit-cluster", self.store, first, "explode", "--reviewer", REVIEWER, code=2)
        self.check("edit-cluster-nowhere", "edit-cluster", self.store, "c-123456789abc", "pin", "--reviewer", REVIEWER, code=3)
        self.check("edit-cluster", "edit-cluster", self.store, first, "rename", "Order ids with a hash", "--reviewer", REVIEWER)
        good("edit-cluster", self.store, first, "assign", "Bo", "--reviewer", REVIEWER, **OWN)
        self.check("edit-cluster-merge", "edit-cluster", self.store, third, "merge", second, "--reviewer", REVIEWER)
        split = good("--json", "edit-cluster", self.store, first, "split", "version:v1", "--reviewer", REVIEWER, **OWN).json["edit"]
        good("edit-cluster", self.store, second, "mute", "--count", "100", "--reviewer", REVIEWER, **OWN)
        now = {each["id"]: each for each in clusters()}
        self.assertEqual(sum(each["runs"] for each in now.values()), sum(each["runs"] for each in made), "every run stays in one")
        self.assertEqual((now[first]["label"], now[first]["words"]["owner"]), ("Order ids with a hash", "Bo"))
        self.assertEqual(now[first]["words"]["madeLabel"], made[0]["label"])
        self.assertEqual((now[second]["state"], now[second]["words"]["mergedFrom"]), ("ignored", [third]))
        self.assertEqual(set(now[second]["runIds"]), set(made[1]["runIds"]) | set(made[2]["runIds"]))
        self.assertEqual(set(now[first]["runIds"]) | set(now[split["other"]]["runIds"]), set(made[0]["runIds"]))
        for each in now[split["other"]]["versions"]:
            self.assertEqual(each["runs"] > 0, each["label"] == "v1")
        edits = good("--json", "cluster-edits", self.store, **OWN).json["edits"]
        self.assertEqual([each["act"] for each in edits], ["rename", "assign", "merge", "split", "mute"])
        for _ in edits:
            good("edit-cluster", self.store, "-", "undo", "--reviewer", REVIEWER, **OWN)
        self.check("edit-cluster-undone", "edit-cluster", self.store, "-", "undo", "--reviewer", REVIEWER, code=3)
        self.assertEqual(clusters(), made)
        self.assertEqual([each["counts"] for each in good("--json", "cluster-edits", self.store, **OWN).json["edits"][:5]], [False] * 5)

    def check_damage(self):
        """A lost page: what lies on the others is searched, and what is missing is said."""
        store = sample_copy("texts-damaged") / "refund-agent.db"
        data = bytearray(store.read_bytes())
        at = data.index(b"lookup_order", len(data) // 2) // 4096 * 4096
        data[at:at + 4096] = bytes(4096)
        store.write_bytes(data)
        said = good("--json", "runs", store, "--query", "lookup_order", "--everywhere", "--limit", 1000, **OWN).json
        whole = good("--json", "runs", self.store, "--query", "lookup_order", "--everywhere", "--limit", 1000, **OWN).json
        few, all_runs = ({r["id"] for r in answer["runs"]} for answer in (said, whole))
        self.assertTrue(few and few <= all_runs)
        self.assertEqual((whole["searched"]["lost"], said["searched"]["lost"][0]["where"]), ([], "table spans"))
        self.check("runs-everywhere-damaged", "runs", store, "--query", "lookup_order", "--everywhere", "--limit", 2)

    def check_words(self):
        """Hits carry step and snippet; the index finds no more than the search through everything."""
        def ask(*words):
            return good("--json", "runs", self.store, "--limit", 1000, "--query", *words, **OWN).json

        indexed, everything = ask("lookup_order"), ask("lookup_order", "--everywhere")
        counts = good("--json", "index", self.store, **OWN).json
        self.assertEqual((indexed["searched"]["runs"], indexed["searched"]["of"]), (counts["failures"], counts["failures"]))
        self.assertEqual((everything["searched"]["runs"], everything["searched"]["everywhere"]), (counts["runs"], True))
        few, all_runs = ({r["id"] for r in answer["runs"]} for answer in (indexed, everything))
        self.assertTrue(few and few < all_runs)
        for answer in (indexed, everything):
            for run in answer["runs"]:
                match = run["matches"][0]
                at, size = match["marks"][0]
                marked = match["snippet"].encode()[at:at + size].decode().lower()
                self.assertTrue(marked in ("lookup_order", "lookup"), match)
        steps = {s["id"] for s in good("--json", "show", self.store, everything["runs"][0]["id"], **OWN).json["steps"]}
        self.assertIn(everything["runs"][0]["matches"][0]["step"], steps)

    def test_1c_rule(self):
        self.check("rule-wrong", "rule", self.store, "no sign", code=2)
        self.check("rule", "rule", self.store, "no_such_score < 1")
        self.check("rule-none", "rule", self.store, "none")

    def test_1d_rule_version(self):
        self.check("help-rule-version", "rule", "version", "--help")
        self.check("rule-version-show", "rule", "version", self.store)
        self.check("rule-version-wrong", "rule", "version", self.store, "key", code=2)
        self.check("rule-version-preview", "rule", "version", self.store, "from 2000-01-01 is v9", "--preview")
        versions = lambda: sorted({r["version"] for r in good("--json", "runs", self.store, "--limit", 1000, **OWN).json["runs"]})
        before = versions()
        self.assertGreater(len(before), 1)
        said = good("--json", "rule", "version", self.store, "key model", "from 2000-01-01 is 0123abcd (v9)", **OWN).json
        self.assertEqual((said["set"], said["changed"], said["without"], said["versions"]),
                         (True, said["runs"], 0, [{"version": "v9", "runs": said["runs"]}]))
        self.assertEqual(versions(), ["0123abcd"])
        clusters = good("--json", "clusters", self.store, **OWN).json["clusters"]
        self.assertEqual({v["label"] for c in clusters for v in c["versions"]}, {"v9"}, "clusters follow the rule")
        run = good("--json", "runs", self.store, "--limit", 1, **OWN).json["runs"][0]["id"]
        self.assertEqual(good("--json", "show", self.store, run, **OWN).json["versionSource"], "mapping: time from 2000-01-01")
        again = good("--json", "rule", "version", self.store, "none", **OWN).json
        self.assertEqual((again["rule"], again["changed"]), ([], said["runs"]))
        self.assertEqual(versions(), before)
        keys = good("--json", "rule", "version", self.store, "--look", 20, **OWN).json
        self.assertEqual(keys["lookedAt"], 20)
        self.assertIn("openinference.span.kind", [k["key"] for k in keys["keys"]])

    def test_1e_cache(self):
        own = {"data": "texts-data", "cache": "texts-cache-limit"}
        self.check("help-cache", "cache", "--help")
        self.check("cache-wrong", "cache", "empty", code=2)
        self.check("cache-size-wrong", "cache", "--limit", "much", code=2)
        self.assertEqual(good("--json", "cache", **own).json["indexes"], [])
        first, second = sample_copy("cache-first") / "refund-agent.db", self.store
        for store in (first, second):
            good("index", store, **own)
        said = good("--json", "cache", **own).json
        self.assertEqual([(i["store"], i["runs"]) for i in said["indexes"]], [(str(second), 400), (str(first), 400)], "the last used first")
        self.assertEqual(said["bytes"], sum(i["bytes"] for i in said["indexes"]))
        self.assertGreater(said["limitBytes"], said["bytes"])
        # Below what both take: the least recently used one goes, and so it is after each reading.
        said = good("--json", "cache", "--limit", f"{said['indexes'][0]['bytes'] // 1000 + 100}kB", **own).json
        self.assertEqual(([i["store"] for i in said["indexes"]], len(said["removed"])), ([str(second)], 1))
        good("index", first, **own)
        self.assertEqual([i["store"] for i in good("--json", "cache", **own).json["indexes"]], [str(first)])
        good("cache", "--limit", "20GB", **own)
        self.assertEqual(cli("cache", "clear", second, **own).code, 3, "it is not there")
        self.assertIn("1 index removed", good("cache", "clear", first, **own).out)
        good("index", second, **own)
        self.assertEqual(good("--json", "cache", "clear", **own).json["indexes"], [])

    def test_2_clusters_show(self):
        self.check("clusters", "clusters", self.store)
        cluster = good("--json", "clusters", self.store, **OWN).json["clusters"][0]
        self.check("show", "show", self.store, cluster["exemplars"][0])

    def test_2b_lines_in_groups(self):
        """Lines of a file, no store: the same bytes on any number of threads; labels only where each line has one."""
        asks = ["please", "can you", "i want to", "how do i", "could you"]
        subjects = {"refund": "refund|order|money|back|return|card", "flight": "book|flight|plane|seat|ticket|airport",
                    "weather": "weather|rain|sunny|forecast|cold|umbrella", "alarm": "alarm|wake|clock|morning|snooze|ring"}
        rows = []
        for i in range(30):
            for n, (label, words) in enumerate(subjects.items()):
                w = words.split("|")
                rows.append((f"{asks[(i + n) % 5]} {w[i % 6]} {w[(i + 1 + n) % 6]} {w[(i * i + 3) % 6]} {w[(i // 6 + 2) % 6]}", label))
        with_labels, without = TMP / "lines.tsv", TMP / "lines.txt"
        with_labels.write_text("".join(f"{text}\t{label}\n" for text, label in rows))
        without.write_text("\r\n".join(text for text, _ in rows))
        self.check("clusters-texts", "clusters", "--texts", with_labels)
        one, two = (good("clusters", "--json", "--texts", with_labels, "--threads", n, **OWN) for n in (1, 2))
        self.assertEqual(one.out, two.out)
        self.assertEqual((len(one.json["assignment"]), one.json["labels"], one.json["k"]), (120, 4, 4))
        self.assertEqual((one.json["ari"], one.json["v"]), (1, 1))
        plain = good("clusters", "--json", "--texts", without, **OWN).json
        self.assertEqual(plain["assignment"], one.json["assignment"])
        self.assertNotIn("ari", plain)
        self.check("clusters-nothing", "clusters", code=2)

    def test_2c_templates(self):
        users = ["root", "guest", "maria", "ivan", "wei"]
        lines = []
        for i in range(60):
            head = f"Dec 10 06:{i:02}:46 LabSZ sshd[{24200 + i}]: "
            lines += [head + f"Failed password for {users[i % 5]} from 10.0.{i}.7 port {4000 + i} ssh2",
                      head + f"pam_unix(sshd:session): session opened for user {users[i % 5]} by (uid=0)"]
        lines += ["Dec 10 07:00:00 LabSZ sshd[1]: Server listening on 0.0.0.0 port 22."]
        log = TMP / "sshd.log"
        log.write_text("\n".join(lines) + "\n")
        self.check("templates", "templates", log)
        said = good("templates", log, "--json", **OWN).json
        self.assertEqual(said["groups"], [0, 1] * 60 + [2])
        self.assertEqual((len(said["templates"]), said["lines"]), (3, 121))

    def test_2d_attribute(self):
        folder = TMP / "conversations"
        folder.mkdir()
        says = lambda *pairs: json.dumps({"history": [{"name": name, "content": text} for name, text in pairs]})
        (folder / "10.json").write_text(says(("Planner", "A plan."), ("Coder", "Assume sample data: ```print(4)```"),
                                             ("Computer_terminal", "exitcode: 0 (execution succeeded)\n4"), ("Planner", "TERMINATE")))
        (folder / "2.json").write_text(says(("Solver", "By hand, approximately 17."), ("Checker", "Hello.")))
        self.check("attribute", "attribute", folder)
        said = good("attribute", folder, "--json", **OWN).json
        self.assertEqual([(r["run"], r["agent"], r["step"]) for r in said], [("2", "Solver", 0), ("10", "Coder", 1)])
        self.assertEqual([r["run"] for r in good("attribute", folder / "2.json", "--json", **OWN).json], ["2"])
        (folder / "2.json").write_text("{}")
        self.assertEqual(cli("attribute", folder / "2.json", **OWN).code, 3)

    def test_3_repository(self):
        self.check("artifacts", "artifacts", self.repo)
        self.check("versions", "versions", self.repo)
        self.check("proposals", "proposals", self.repo)
        first = sorted(p["source"] for p in good("--json", "proposals", self.repo, **OWN).json["proposals"])[0][7:]
        self.check("diff", "diff", self.repo, first)

    def test_4_decisions(self):
        repo = make_repo("texts-small")
        self.check("proposals-small", "proposals", repo)
        self.check("diff-small", "diff", repo, "limit")
        self.check("approve", "approve", repo, "limit", "--reviewer", REVIEWER, "--reason", "it helps")
        self.check("approve-again", "approve", repo, "limit", "--reviewer", REVIEWER, "--reason", "it helps", code=1)
        self.check("rollback-preview", "rollback", repo, "live", "--preview")
        self.check("rollback", "rollback", repo, "live", "--reviewer", REVIEWER, "--reason", "it made things worse")
        self.check("reject", "reject", repo, "gone", "--reviewer", REVIEWER, "--reason", "no")
        self.check("journal", "journal", repo)
        self.check("versions-small", "versions", repo)
        self.check("export", "export", repo, "v2", "--to", TMP / "texts.hbundle")
        self.check("verify", "verify", TMP / "texts.hbundle")

    @unittest.skipUnless((SHARED / "tau-bench").is_dir(), "there is no tau-bench in the shared data")
    def test_5_tau_bench(self):
        path = SHARED / "tau-bench" / "gpt-4o-airline.json"
        self.check("tau-index", "index", path)
