# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input: one clear sentence on stderr, the exit code that fits, nothing changed in the folder, and no hanging."""
import os
import pty
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import time
import unittest

from support import REVIEWER, TMP, changed, cli, commit, git, good, listing, make_repo, sample, write

LIMIT_SECONDS = 20


class BadInput(unittest.TestCase):
    def check(self, folder, words, code, kind=None, preexec=None, data="data"):
        """The same with and without --json; the folder is the one that must not change."""
        before = listing(folder)
        for json in (False, True):
            answer = cli(*(["--json"] if json else []), *words, timeout=LIMIT_SECONDS, preexec=preexec, data=data)
            self.assertEqual(answer.code, code, f"{words}: {answer.out}{answer.err}")
            self.assertEqual(answer.err.count("\n"), 1, f"{words}: not one line: {answer.err!r}")
            self.assertTrue(answer.err.startswith("tackroom-cli: "), answer.err)
            self.assertGreater(len(answer.err), 30, answer.err)
            self.assertTrue(answer.err.isprintable() or answer.err.rstrip("\n").isprintable(), answer.err)
            if json and kind:
                self.assertEqual(answer.json["error"]["code"], kind, answer.err)
            if not json:
                self.assertEqual(answer.out, "")
                print(f"    {answer.code}  {answer.err.rstrip().replace(str(TMP), '…')}")
        self.assertEqual(changed(before, listing(folder)), [], f"{words}: the folder was changed")

    def store(self, name):
        folder = TMP / "bad" / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    # --- stores

    def test_not_a_database(self):
        folder = self.store("text")
        write(folder / "notes.txt", "Just some notes.\n" * 50)
        write(folder / "random.db", random.Random(1).randbytes(40_000))
        write(folder / "header.db", b"SQLite format 3\0" + b"\0" * 5000)
        self.check(folder, ["index", folder / "notes.txt"], 3, "unknown-format")
        self.check(folder, ["index", folder / "random.db"], 3)
        self.check(folder, ["index", folder / "header.db"], 3)
        for verb in ("runs", "clusters", "stores"):
            self.check(folder, [verb, folder / "notes.txt"], 3, "unknown-format")
        self.check(folder, ["show", folder / "notes.txt", "abcdef"], 3, "unknown-format")

    def test_truncated_database(self):
        folder = self.store("truncated")
        whole = (sample() / "refund-agent.db").read_bytes()
        for part in (0.02, 0.4, 0.9):
            write(folder / f"{part}.db", whole[: int(len(whole) * part)])
            self.check(folder, ["index", folder / f"{part}.db"], 3, "damaged")

    def test_empty_file(self):
        folder = self.store("empty")
        write(folder / "empty.db", b"")
        self.check(folder, ["index", folder / "empty.db"], 3, "empty")

    def test_missing(self):
        folder = self.store("missing")
        self.check(folder, ["index", folder / "nothere.db"], 3, "not-found")
        self.check(folder, ["proposals", folder / "nothere"], 3, "not-found")
        self.check(folder, ["verify", folder / "nothere"], 3, "not-found")

    def test_directory(self):
        folder = self.store("directory")
        (folder / "sub").mkdir(exist_ok=True)
        self.check(folder, ["index", folder / "sub"], 3, "empty")
        self.check(folder, ["verify", folder / "sub"], 3, "not-a-file")

    def test_fifo(self):
        folder = self.store("fifo")
        os.mkfifo(folder / "pipe")
        self.check(folder, ["index", folder / "pipe"], 3, "not-a-file")
        self.check(folder, ["verify", folder / "pipe"], 3, "not-a-file")
        repo = make_repo("bad/fifo-repo")
        self.check(folder, ["import", repo, folder / "pipe"], 3, "not-a-file")

    @unittest.skipIf(os.geteuid() == 0, "root reads every file")
    def test_unreadable(self):
        folder = self.store("unreadable")
        write(folder / "secret.db", b"SQLite format 3\0")
        os.chmod(folder / "secret.db", 0)
        self.check(folder, ["index", folder / "secret.db"], 3, "not-readable")
        self.check(folder, ["verify", folder / "secret.db"], 3, "not-readable")

    def test_view_named_spans(self):
        folder = self.store("view")
        db = sqlite3.connect(folder / "view.db")
        db.executescript("CREATE TABLE hidden(id INTEGER PRIMARY KEY, trace_id TEXT); CREATE TABLE traces(id INTEGER PRIMARY KEY, trace_id TEXT);"
                         "CREATE TABLE projects(id INTEGER PRIMARY KEY, name TEXT); CREATE TABLE alembic_version(version_num TEXT);"
                         "CREATE VIEW spans AS SELECT * FROM hidden;")
        db.close()
        self.check(folder, ["index", folder / "view.db"], 3)

    def test_unknown_json(self):
        folder = self.store("json")
        write(folder / "object.json", '{"hello": [1, 2, 3]}\n')
        write(folder / "list.json", "[1, 2, 3]\n")
        write(folder / "broken.json", '{"hello": \n')
        write(folder / "deep.json", "[" * 100_000)
        self.check(folder, ["index", folder / "object.json"], 3, "unknown-format")
        self.check(folder, ["index", folder / "list.json"], 3, "unknown-format")
        self.check(folder, ["index", folder / "broken.json"], 3)
        self.check(folder, ["index", folder / "deep.json"], 3)

    # --- repositories

    def test_no_commits(self):
        repo = self.store("no-commits")
        git(repo, "init", "-q", ".")
        self.check(repo, ["proposals", repo], 3, "empty")

    def test_not_a_repository(self):
        folder = self.store("plain")
        write(folder / "AGENTS.md", "x\n")
        self.check(folder, ["proposals", folder], 3, "bad-repository")

    def test_bare_one_works(self):
        repo = make_repo("bad/for-bare")
        bare = TMP / "bad/bare.git"
        subprocess.run(["git", "clone", "-q", "--bare", str(repo), str(bare)], check=True, capture_output=True)
        said = good("--json", "approve", bare, "limit", "--reviewer", REVIEWER, "--reason", "it helps").json
        self.assertEqual(git(bare, "rev-parse", "main"), said["commit"])
        self.assertFalse(said["workTreeUpdated"])
        self.assertEqual(git(bare, "fsck", "--strict", "--no-dangling"), "")

    def test_detached_head(self):
        repo = make_repo("bad/detached")
        git(repo, "checkout", "-q", "--detach")
        git(repo, "branch", "-m", "main", "trunk")
        self.check(repo, ["proposals", repo], 3, "detached-head")

    def test_dirty_work_tree(self):
        repo = make_repo("bad/dirty")
        good("proposals", repo)  # the first opening makes refs of its own
        write(repo / "AGENTS.md", "# Agent\n\nMy own unsaved work.\n")
        approve = ["approve", repo, "limit", "--reviewer", REVIEWER, "--reason", "it helps"]
        self.check(repo, approve, 3, "dirty-work-tree")
        git(repo, "add", "AGENTS.md")
        write(repo / "AGENTS.md", "# Agent\n\nRefund up to 2,000.\n")
        self.check(repo, approve, 3, "dirty-work-tree")

    def test_base_gone(self):
        repo = make_repo("bad/base-gone")
        said = {p["source"]: p for p in good("--json", "proposals", repo).json["proposals"]}
        self.assertEqual(said["branch proposals/gone"]["base"], "base gone")
        self.check(repo, ["approve", repo, "gone", "--reviewer", REVIEWER, "--reason", "it helps"], 3, "base-gone")
        self.check(repo, ["diff", repo, "gone"], 3, "base-gone")

    def test_invalid_patch(self):
        repo = make_repo("bad/patches")
        good("proposals", repo)
        folder = self.store("patches")
        cases = {"empty": (b"", "invalid-patch"), "prose": (b"Please raise the limit.\n", "invalid-patch"),
                 "short": (b"--- a/AGENTS.md\n+++ b/AGENTS.md\n@@ -1,3 +1,3 @@\n # Agent\n", "invalid-patch"),
                 "elsewhere": (b"--- a/AGENTS.md\n+++ b/AGENTS.md\n@@ -1,1 +1,1 @@\n-nothing like it\n+x\n", "conflict"),
                 "outside": (b"--- a/../x\n+++ b/../x\n@@ -1,1 +1,1 @@\n-a\n+b\n", "refused"),
                 "bytes": (random.Random(2).randbytes(5000), None)}
        for name, (patch, kind) in cases.items():
            write(folder / name, patch)
            self.check(repo, ["import", repo, folder / name], 3, kind)

    def test_unknown_names(self):
        repo = make_repo("bad/names")
        good("proposals", repo)
        self.check(repo, ["approve", repo, "p-ffffffffffff", "--reviewer", REVIEWER, "--reason", "x"], 3, "not-found")
        self.check(repo, ["rollback", repo, "v99", "--reviewer", REVIEWER, "--reason", "x"], 3, "not-found")
        self.check(repo, ["export", repo, "v99", "--to", TMP / "bad/none.hbundle"], 3, "not-found")

    # --- bundles

    def test_bundle_with_one_byte_flipped(self):
        repo = make_repo("bad/bundle")
        folder = self.store("bundles")
        good("export", repo, "live", "--to", folder / "good.hbundle")
        whole = (folder / "good.hbundle").read_bytes()
        chance = random.Random(3)
        for at in [0, 600, len(whole) - 1, *(chance.randrange(len(whole)) for _ in range(5))]:
            broken = bytearray(whole)
            broken[at] ^= 1
            write(folder / "flipped.hbundle", bytes(broken))
            self.check(folder, ["verify", folder / "flipped.hbundle"], 1)
            said = cli("--json", "verify", folder / "flipped.hbundle").json
            self.assertFalse(said["ok"])
            self.assertTrue(said["problem"])
        write(folder / "cut.hbundle", whole[:-512])
        self.check(folder, ["verify", folder / "cut.hbundle"], 1)
        write(folder / "text.hbundle", "hello\n")
        self.check(folder, ["verify", folder / "text.hbundle"], 1)

    # --- a full disk: files may not grow beyond a limit (the program ignores the signal and sees the error)

    @staticmethod
    def limited(size):
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        return limit

    def test_full_disk_while_indexing(self):
        folder = self.store("full")
        shutil.copy(sample() / "refund-agent.db", folder / "store.db")
        before = listing(folder)
        answer = cli("index", folder / "store.db", cache="full-cache", preexec=self.limited(64 * 1024), timeout=LIMIT_SECONDS)
        self.assertEqual(answer.code, 4, answer.err)
        self.assertEqual(answer.err.count("\n"), 1, answer.err)
        print("    4 ", answer.err.rstrip())
        self.assertEqual(changed(before, listing(folder)), [])
        self.assertEqual(good("--json", "index", folder / "store.db", cache="full-cache").json["runs"], 400, "works again with space")

    def test_full_disk_while_approving(self):
        repo = make_repo("bad/full-approve")
        git(repo, "checkout", "-q", "-b", "proposals/big")
        write(repo / "prompts/big.md", random.Random(4).randbytes(300_000).hex())
        commit(repo, "Big\n\nProposed-by: optimizer <opt@agent>")
        git(repo, "checkout", "-q", "main")
        good("proposals", repo)
        tip, refs = git(repo, "rev-parse", "main"), git(repo, "for-each-ref")
        answer = cli("approve", repo, "big", "--reviewer", REVIEWER, "--reason", "x", preexec=self.limited(100 * 1024), timeout=LIMIT_SECONDS)
        self.assertEqual(answer.code, 4, answer.out + answer.err)
        self.assertEqual(answer.err.count("\n"), 1, answer.err)
        print("    4 ", answer.err.rstrip().replace(str(TMP), "…"))
        self.assertEqual((git(repo, "rev-parse", "main"), git(repo, "for-each-ref")), (tip, refs))
        self.assertEqual(git(repo, "status", "--porcelain"), "")
        self.assertEqual(git(repo, "fsck", "--strict", "--no-dangling"), "")
        landed = good("--json", "approve", repo, "big", "--reviewer", REVIEWER, "--reason", "x").json
        self.assertEqual(git(repo, "rev-parse", "main"), landed["commit"])

    def test_full_disk_while_exporting(self):
        repo = make_repo("bad/full-export")
        git(repo, "checkout", "-q", "main")
        write(repo / "prompts/big.md", "x\n" * 200_000)
        commit(repo, "Big")
        good("versions", repo)
        folder = self.store("full-export")
        self.check(folder, ["export", repo, "live", "--to", folder / "a.hbundle"], 4, "disk-full", preexec=self.limited(100 * 1024))
        good("export", repo, "live", "--to", folder / "a.hbundle")

    @unittest.skipUnless(os.path.exists("/dev/full"), "there is no /dev/full")
    def test_full_disk_behind_stdout(self):
        from support import CLI, environment
        with open("/dev/full", "wb") as full:
            done = subprocess.run([CLI, "--help"], stdout=full, stderr=subprocess.PIPE, env=environment(), timeout=LIMIT_SECONDS)
        self.assertEqual(done.returncode, 4)
        self.assertEqual(done.stderr.count(b"\n"), 1)


class Interrupted(unittest.TestCase):
    def test_ctrl_c_cancels_and_leaves_nothing(self):
        from support import CLI, environment
        for signal_ in (signal.SIGINT, signal.SIGTERM):
            folder = TMP / "bad" / f"interrupted-{signal_}"
            process = subprocess.Popen([CLI, "sample", str(folder), "--runs", "200000"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment())
            time.sleep(1)
            self.assertIsNone(process.poll(), "it ended before it could be cancelled")
            process.send_signal(signal_)
            out, err = process.communicate(timeout=LIMIT_SECONDS)
            self.assertEqual((process.returncode, out), (4, b""), err)
            self.assertEqual(err.count(b"\n"), 1, err)
            self.assertIn(b"cancel", err)
            self.assertFalse((folder / "refund-agent.db").exists())

    def test_progress_only_on_a_terminal(self):
        from support import CLI, environment
        folder = TMP / "bad" / "terminal"
        main, terminal = pty.openpty()
        process = subprocess.Popen([CLI, "sample", str(folder), "--runs", "3000"], stdout=subprocess.PIPE, stderr=terminal, env=environment())
        os.close(terminal)
        process.communicate(timeout=120)
        seen = b""
        try:
            while piece := os.read(main, 65536):
                seen += piece
        except OSError:
            pass
        os.close(main)
        self.assertEqual(process.returncode, 0)
        self.assertIn(b" of 3,000", seen)
        self.assertTrue(seen.endswith(b"\r\x1b[K"), "the line is taken away at the end")
        self.assertEqual(good("sample", TMP / "bad" / "no-terminal", "--runs", 300).err, "")
