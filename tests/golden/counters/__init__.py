# SPDX-License-Identifier: GPL-3.0-or-later
"""What a store holds, counted without Tackroom: standard library only, from the upstream formats and the mapping that the
headers of core/readers document. A counter takes the path of a file and gives the runs in it, or the runs and how many things
in it cannot be read."""
import json
from dataclasses import dataclass, field


@dataclass
class Run:
    """One run of a store. `key` is what makes it the same run in another file of the store."""
    key: object
    steps: int
    failed: bool = False
    scores: int = 0
    decisions: int = 0
    succeeded: bool = False
    extra: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Count:
    kind: str
    runs: int
    steps: int
    failures: int
    scores: int
    decisions: int
    unreadable: int = 0
    successes: int = 0


def count(kind, found):
    runs, unreadable = found if isinstance(found, tuple) else (found, 0)
    return Count(kind, len(runs), sum(r.steps for r in runs), sum(r.failed for r in runs), sum(r.scores for r in runs),
                 sum(r.decisions for r in runs), unreadable, sum(r.succeeded for r in runs))


def load(path):
    return json.loads(path.read_bytes().decode("utf-8-sig"))


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8-sig").split("\n") if line.strip()]


def no_runs(path):
    """A file of a format that is known, in which nobody ran: the program must say so."""
    return []
