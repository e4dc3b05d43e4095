# SPDX-License-Identifier: GPL-3.0-or-later
"""prompts and import-prompt, on a Phoenix and an MLflow registry made here, checked with plain git."""
import json
import os
import sqlite3
import unittest

from support import REVIEWER, TMP, changed, cli, git, good, listing, make_repo
from part_texts import HERE, UPDATE, masked

OWN = {"data": "prompts-data", "cache": "prompts-cache"}

PHOENIX = """
CREATE TABLE users(id INTEGER PRIMARY KEY, username VARCHAR NOT NULL, email VARCHAR);
CREATE TABLE prompts(id INTEGER PRIMARY KEY, source_prompt_id INTEGER, name VARCHAR NOT NULL, description VARCHAR, metadata JSONB);
CREATE TABLE prompt_versions(id INTEGER PRIMARY KEY, prompt_id INTEGER NOT NULL, description VARCHAR, user_id INTEGER,
  template_type VARCHAR, template_format VARCHAR, template JSONB, invocation_parameters JSONB, tools JSON, response_format JSON,
  model_provider VARCHAR, model_name VARCHAR, metadata JSONB, created_at TIMESTAMP);
CREATE TABLE prompt_version_tags(id INTEGER PRIMARY KEY, name VARCHAR, description VARCHAR, prompt_id INTEGER, prompt_version_id INTEGER);
CREATE TABLE prompt_labels(id INTEGER PRIMARY KEY, name VARCHAR);
CREATE TABLE prompts_prompt_labels(id INTEGER PRIMARY KEY, prompt_label_id INTEGER, prompt_id INTEGER);
INSERT INTO users VALUES(1, 'Ines', 'ines@example.org');
INSERT INTO prompts VALUES(1, NULL, 'refund', 'Answers about refunds', '{"team":"care"}'), (2, NULL, 'greet', NULL, '{}');
INSERT INTO prompt_labels VALUES(1, 'support');
INSERT INTO prompts_prompt_labels VALUES(1, 1, 1);
INSERT INTO prompt_version_tags VALUES(1, 'production', NULL, 1, 2);
"""


def version(number, prompt, note, text, tools=None):
    template = {"type": "chat", "messages": [{"role": "system", "content": text}, {"role": "user", "content": "{{question}}"}]}
    return (number, prompt, note, 1, "CHAT", "MUSTACHE", json.dumps(template), json.dumps({"type": "openai", "openai": {"temperature": 0.2}}),
            json.dumps(tools) if tools else None, None, "OPENAI", "gpt-4o", "{}", f"2026-03-0{number} 08:00:00.000000")


TOOLS = {"type": "tools", "tools": [{"type": "function", "function": {"name": "lookup_order", "parameters": {"type": "object"}}}]}


def make_store():
    path = TMP / "prompts.db"
    db = sqlite3.connect(path)
    db.executescript(PHOENIX)
    rows = [version(1, 1, "First", "Be kind."), version(2, 1, "Says the limit", "Be kind.\nRefund up to 2,000."),
            version(3, 2, None, "Hello."), version(4, 1, "With a tool\n\nThe order is looked up.", "Be kind.\nRefund up to 2,000.", TOOLS)]
    db.executemany("INSERT INTO prompt_versions VALUES(" + ",".join("?" * 14) + ")", rows)
    db.commit()
    db.close()
    return path


class Prompts(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.store = make_store()
        cls.repo = make_repo("prompts-harness")

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

    def test_1_list_and_show(self):
        before = listing(self.store.parent)
        self.check("prompts", "prompts", self.store)
        self.check("prompts-one", "prompts", self.store, "refund")
        self.check("prompts-version", "prompts", self.store, "refund", 2)
        self.check("prompts-missing", "prompts", self.store, "refunds", code=3)
        self.check("prompts-no-number", "prompts", self.store, "refund", "latest", code=2)
        self.check("help-import-prompt", "import-prompt", "--help")
        after = listing(self.store.parent)
        self.assertEqual([c for c in changed(before, after) if c[0].startswith("prompts.db")], [])
        said = good("--json", "prompts", self.store, **OWN).json
        self.assertEqual([(p["name"], p["versionCount"], p["tags"]) for p in said["prompts"]],
                         [("greet", 1, {}), ("refund", 3, {"team": "care"})])
        self.assertEqual(said["prompts"][1]["versions"][1]["labels"], ["production"])
        self.assertEqual(said["prompts"][1]["versions"][1]["author"], "Ines <ines@example.org>")

    def test_2_import_lands_only_by_approval(self):
        before = git(self.repo, "rev-parse", "main")
        self.check("import-prompt-nowhere", "import-prompt", self.store, "refund", code=2)
        said = good("--json", "import-prompt", self.store, "refund", "--repo", self.repo, **OWN).json
        self.assertEqual((said["path"], said["patchSets"], said["alreadyContained"]), ("prompts/refund.md", 3, False))
        proposal = said["proposal"]
        self.assertEqual(proposal["source"], "prompt registry of prompts.db, Arize Phoenix: refund@4")
        self.assertEqual(proposal["proposedBy"], "Ines <ines@example.org>")
        self.assertEqual(git(self.repo, "rev-parse", "main"), before)
        refs = git(self.repo, "for-each-ref", "--format=%(refname)", f"refs/tackroom/proposals/{proposal['id']}").split()
        self.assertEqual(len(refs), 3)
        shown = [good("--json", "prompts", self.store, "refund", n, **OWN).json["text"] for n in (1, 2, 4)]
        for ref, text in zip(refs, shown):
            self.assertEqual(git(self.repo, "cat-file", "blob", f"{ref}:prompts/refund.md", binary=True).decode(), text)
        self.check("import-prompt-again", "import-prompt", self.store, "refund", "--repo", self.repo)
        good("approve", self.repo, proposal["id"], "--reviewer", REVIEWER, "--reason", "as in production", **OWN)
        self.assertEqual(git(self.repo, "cat-file", "blob", "main:prompts/refund.md", binary=True).decode(), shown[2])
        self.check("import-prompt-contained", "import-prompt", self.store, "refund", "--repo", self.repo)
        self.assertEqual(good("--json", "import-prompt", self.store, "refund", 4, "--repo", self.repo, **OWN).json["containedVersion"], 4)
        older = good("--json", "import-prompt", self.store, "refund", 2, "--repo", self.repo, **OWN).json
        self.assertEqual((older["patchSets"], older["proposal"]["title"]), (1, "Prompt refund, version 2: Says the limit"))

    def test_3_the_proposer_cannot_approve(self):
        said = good("--json", "import-prompt", self.store, "greet", "--repo", self.repo, **OWN).json
        answer = cli("approve", self.repo, said["proposal"]["id"], "--reviewer", "Ines <ines@example.org>", "--reason", "mine", **OWN)
        self.assertEqual(answer.code, 1, answer.err)

    def test_4_other_stores(self):
        lines = TMP / "no-prompts.json"
        lines.write_text("[]")
        self.check("prompts-none", "prompts", lines)
        answer = cli("import-prompt", lines, "x", "--repo", self.repo, **OWN)
        self.assertEqual(answer.code, 3, answer.err)
        model = TMP / "mlflow-prompts.db"
        db = sqlite3.connect(model)
        db.executescript("""
            CREATE TABLE registered_models(name VARCHAR(256), description VARCHAR);
            CREATE TABLE registered_model_tags(key VARCHAR, value VARCHAR, name VARCHAR);
            CREATE TABLE model_versions(name VARCHAR, version INTEGER, creation_time BIGINT, description VARCHAR, user_id VARCHAR);
            CREATE TABLE model_version_tags(key VARCHAR, value VARCHAR, name VARCHAR, version INTEGER);
            INSERT INTO registered_models VALUES('sum', 'Sums up');
            INSERT INTO registered_model_tags VALUES('mlflow.prompt.is_prompt', 'true', 'sum');
            INSERT INTO model_versions VALUES('sum', 1, 1772438400000, 'First', 'ana');
            INSERT INTO model_version_tags VALUES('mlflow.prompt.text', 'Sum up {{ text }}', 'sum', 1);
        """)
        db.commit()
        db.close()
        self.check("prompts-mlflow", "prompts", model, "sum")
        said = good("--json", "import-prompt", model, "sum", "--repo", self.repo, **OWN).json
        self.assertEqual(said["proposal"]["proposedBy"], "ana <unknown@localhost>")
        self.assertEqual(os.listdir(TMP).count("mlflow-prompts.db-wal"), 0)
