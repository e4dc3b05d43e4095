# SPDX-License-Identifier: GPL-3.0-or-later
"""The verbs about a repository, on the sample's harness, checked with plain git, tar and this language's own modules."""
import hashlib
import json
import os
import pathlib
import re
import shlex
import tarfile
import unittest

from support import REVIEWER, TMP, cli, git, good, make_repo, sample_copy, write


class Loop(unittest.TestCase):
    """Proposals, diff, approve, rollback, journal, export, verify, in order on one copy."""

    @classmethod
    def setUpClass(cls):
        cls.folder = sample_copy("loop")
        cls.repo = cls.folder / "harness"

    def test_1_versions_and_artifacts(self):
        versions = good("--json", "versions", self.repo).json
        self.assertEqual([v["version"] for v in versions["versions"]], ["v4", "v3", "v2", "v1"])
        self.assertEqual([v["commit"] for v in versions["versions"]], git(self.repo, "rev-list", "--first-parent", "main").split())
        self.assertEqual([v["live"] for v in versions["versions"]], [True, False, False, False])
        artifacts = good("--json", "artifacts", self.repo).json["artifacts"]
        files = set(git(self.repo, "ls-tree", "-r", "--name-only", "main").split("\n"))
        self.assertTrue({a["path"] for a in artifacts} <= files)
        self.assertTrue({"instructions", "skill", "tool", "memory", "evaluator"} <= {a["kind"] for a in artifacts})
        for a in artifacts:
            self.assertEqual(a["blob"], git(self.repo, "rev-parse", f"main:{a['path']}"))

    def test_2_proposals(self):
        proposals = good("--json", "proposals", self.repo).json["proposals"]
        branches = git(self.repo, "for-each-ref", "--format=%(refname:short)", "refs/heads/proposals").split()
        self.assertEqual(len(proposals), 8)
        self.assertEqual(sorted(p["source"] for p in proposals), sorted("branch " + b for b in branches))
        for p in proposals:
            self.assertEqual(p["id"], "p-" + hashlib.sha256(p["source"][7:].encode()).hexdigest()[:12])
            self.assertEqual(p["state"], "in review")
            self.assertIn(p["base"], ("clean", "re-applies", "conflicts"))
        self.assertGreaterEqual(len({p["kind"] for p in proposals}), 6)
        self.assertTrue(any(p["base"] != "clean" for p in proposals), "one of them has a base that has moved")

    def test_3_diff_is_what_lands_and_rollback_takes_it_back(self):
        before = git(self.repo, "rev-parse", "main")
        chosen = next(p for p in good("--json", "proposals", self.repo).json["proposals"] if p["base"] in ("clean", "re-applies"))
        diff = good("--json", "diff", self.repo, chosen["id"]).json
        landed = good("--json", "approve", self.repo, chosen["id"], "--reviewer", REVIEWER, "--reason", "it helps").json
        self.assertEqual(landed["version"], "v5")
        self.assertEqual(git(self.repo, "rev-parse", "main"), landed["commit"])
        self.assertEqual(git(self.repo, "rev-parse", "main^"), before)
        self.assertEqual(git(self.repo, "rev-parse", "harness/v5^{commit}"), landed["commit"])
        self.assertEqual(git(self.repo, "status", "--porcelain"), "")
        self.assertEqual(git(self.repo, "fsck", "--strict", "--no-dangling"), "")
        # The patch that was shown, applied by git to the old tree, gives the new tree.
        patch = TMP / "shown.patch"
        write(patch, "".join(f["patch"] for f in diff["files"]))
        git(self.repo, "checkout", "-q", "--detach", before)
        git(self.repo, "apply", "--index", patch)
        self.assertEqual(git(self.repo, "write-tree"), git(self.repo, "rev-parse", "main^{tree}"))
        git(self.repo, "reset", "-q", "--hard")
        git(self.repo, "checkout", "-q", "main")
        self.assertIn(f"Reviewed-by: {REVIEWER}", git(self.repo, "log", "-1", "--format=%B", "main"))

        self.assertEqual(cli("approve", self.repo, chosen["id"], "--reviewer", REVIEWER, "--reason", "again").code, 1)
        preview = good("--json", "rollback", self.repo, "v5", "--preview").json
        self.assertEqual(preview["conflicts"], [])
        back = good("--json", "rollback", self.repo, "v5", "--reviewer", REVIEWER, "--reason", "it made things worse").json
        self.assertEqual(back["version"], "v6")
        self.assertEqual(git(self.repo, "rev-parse", "main"), back["commit"])
        self.assertEqual(git(self.repo, "rev-parse", "main^{tree}"), git(self.repo, "rev-parse", before + "^{tree}"))
        states = {p["id"]: p["state"] for p in good("--json", "proposals", self.repo).json["proposals"]}
        self.assertEqual(states[chosen["id"]], "rolled back")

    def test_4_reject_defer_and_journal(self):
        open_ones = [p for p in good("--json", "proposals", self.repo).json["proposals"] if p["state"] == "in review"]
        self.assertEqual(cli("reject", self.repo, open_ones[0]["id"], "--reviewer", REVIEWER).code, 1, "a reason is wanted")
        good("reject", self.repo, open_ones[0]["id"], "--reviewer", REVIEWER, "--reason", "no")
        good("defer", self.repo, open_ones[1]["id"], "--reviewer", REVIEWER, "--reason", "later")
        states = {p["id"]: p["state"] for p in good("--json", "proposals", self.repo).json["proposals"]}
        self.assertEqual((states[open_ones[0]["id"]], states[open_ones[1]["id"]]), ("rejected", "deferred"))
        entries = good("--json", "journal", self.repo).json["entries"]
        self.assertEqual([e["kind"] for e in entries], ["baseline", "approve", "rollback", "reject", "defer"])
        self.assertTrue(git(self.repo, "rev-parse", "refs/tackroom/journal"))
        shown = good("--json", "versions", self.repo).json["versions"]
        self.assertEqual([v["review"] for v in shown], ["reviewed", "reviewed"] + ["baseline"] * 4)

    def test_5_export_and_verify(self):
        one, two = TMP / "one.hbundle", TMP / "two.hbundle"
        made = good("--json", "export", self.repo, "v5", "--to", one).json
        good("export", self.repo, "v5", "--to", two)
        self.assertEqual(one.read_bytes(), two.read_bytes())
        self.assertEqual(made["sha256"], hashlib.sha256(one.read_bytes()).hexdigest())
        self.assertEqual(cli("export", self.repo, "v5", "--to", one).code, 1, "a file is there already")
        said = good("--json", "verify", one).json
        self.assertEqual((said["ok"], said["problem"], said["version"]), (True, "", "v5"))
        self.assertEqual(said["tree"], git(self.repo, "rev-parse", "harness/v5^{tree}"))
        with tarfile.open(one, "r:") as archive:
            names = archive.getnames()
            self.assertEqual((names[0], names[-1]), ("manifest.json", "digest"))
            manifest = json.loads(archive.extractfile("manifest.json").read())
            for f in manifest["files"]:
                bytes_ = archive.extractfile("files/" + f["path"]).read()
                self.assertEqual(bytes_, git(self.repo, "cat-file", "blob", f"harness/v5:{f['path']}", binary=True))
                self.assertEqual(hashlib.sha256(bytes_).hexdigest(), f["sha256"])
        self.assertEqual(sorted(n[6:] for n in names[1:-1]), sorted(git(self.repo, "ls-tree", "-r", "--name-only", "harness/v5").split("\n")))

    def test_6_import(self):
        patch = TMP / "lesson.patch"
        write(self.repo / "AGENTS.md", (self.repo / "AGENTS.md").read_text() + "\nBe brief.\n")
        write(patch, git(self.repo, "diff") + "\n")
        git(self.repo, "checkout", "-q", "--", ".")
        said = good("--json", "import", self.repo, patch).json
        self.assertEqual(said["id"], "p-" + hashlib.sha256(patch.read_bytes()).hexdigest()[:12])
        self.assertEqual((said["state"], said["base"]), ("in review", "clean"))
        self.assertEqual(good("--json", "import", self.repo, patch).json, said)
        landed = good("--json", "approve", self.repo, said["id"], "--reviewer", REVIEWER, "--reason", "short is good").json
        self.assertTrue(git(self.repo, "show", f"{landed['commit']}:AGENTS.md").endswith("Be brief."))
        self.assertEqual(git(self.repo, "fsck", "--strict", "--no-dangling"), "")


class Small(unittest.TestCase):
    def test_a_plain_folder_is_adopted_once(self):
        folder = TMP / "plain"
        write(folder / "skills/calm/SKILL.md", "---\nname: calm\ndescription: stay calm\n---\nBreathe.\n")
        write(folder / "AGENTS.md", "Refund up to 2,000.\n")
        refused = cli("proposals", folder)
        self.assertEqual(refused.code, 3)
        self.assertIn("--adopt", refused.err)
        self.assertEqual(len(good("--json", "versions", folder, "--adopt").json["versions"]), 1)
        self.assertEqual({a["path"] for a in good("--json", "artifacts", folder).json["artifacts"]}, {"AGENTS.md", "skills/calm/SKILL.md"})
        patch = TMP / "plain.patch"
        write(patch, "--- a/AGENTS.md\n+++ b/AGENTS.md\n@@ -1 +1 @@\n-Refund up to 2,000.\n+Refund up to 3,000.\n")
        said = good("--json", "import", folder, patch).json
        good("approve", folder, said["id"], "--reviewer", REVIEWER, "--reason", "they wait")
        self.assertEqual((folder / "AGENTS.md").read_text(), "Refund up to 3,000.\n")
        good("rollback", folder, "live", "--reviewer", REVIEWER, "--reason", "no")
        self.assertEqual((folder / "AGENTS.md").read_text(), "Refund up to 2,000.\n")
        self.assertFalse((folder / ".git").exists())
        good("export", folder, "live", "--to", TMP / "plain.hbundle")
        self.assertTrue(good("--json", "verify", TMP / "plain.hbundle").json["ok"])

    def test_diff_of_two_files(self):
        write(TMP / "old.txt", "a\nb\nc\n")
        write(TMP / "new.txt", "a\nB\nc\n")
        said = good("--json", "diff", "--files", TMP / "old.txt", TMP / "new.txt").json
        self.assertFalse(said["same"])
        self.assertIn("-b\n+B\n", said["patch"])
        self.assertTrue(good("--json", "diff", "--files", TMP / "old.txt", TMP / "old.txt").json["same"])

    def test_the_proposer_may_not_approve(self):
        repo = make_repo("four-eyes")
        answer = cli("--json", "approve", repo, "limit", "--reviewer", "Opt <OPT@agent>", "--reason", "mine")
        self.assertEqual((answer.code, answer.json["error"]["code"]), (1, "answer-is-no"))
        self.assertEqual(answer.err.count("\n"), 1)

    def test_foreign_text_is_drawn(self):
        repo = make_repo("hidden")
        git(repo, "checkout", "-q", "-b", "proposals/sneaky")
        write(repo / "AGENTS.md", "Refund \u202eall\u202c \x1b[31mred\n")
        git(repo, "commit", "-q", "-am", "A title with \x1b[2J and \u202e in it\n\nProposed-by: o <o@o>")
        git(repo, "checkout", "-q", "main")
        for words in (["proposals", repo], ["diff", repo, "sneaky"], ["--json", "diff", repo, "sneaky"], ["--json", "proposals", repo]):
            out = good(*words).out
            for hidden in ("\x1b", "\u202e", "\u202c"):
                self.assertNotIn(hidden, out, words)
        self.assertIn("<U+202E>", good("diff", repo, "sneaky").out)


class Readme(unittest.TestCase):
    def test_its_commands_work_as_they_stand(self):
        source = pathlib.Path(os.environ.get("TACKROOM_SOURCE_DIR", "")) / "README.md"
        if not source.exists():
            self.skipTest(f"there is no {source}")
        lines = re.findall(r"^ +packaging/dev shell tackroom-cli (.*)$", source.read_text(), re.M)
        self.assertGreater(len(lines), 3)
        for line in lines:
            words = [word.replace("/tmp/demo", str(TMP / "readme")) for word in shlex.split(line, comments=True)]
            good(*words, data="readme-data", cache="readme-cache", timeout=300)
