# SPDX-License-Identifier: GPL-3.0-or-later
"""What the parts share: running tackroom-cli, making repositories with plain git, looking whether a folder changed."""
import atexit
import hashlib
import json
import os
import pathlib
import shutil
import stat
import subprocess
import tempfile

BIN = pathlib.Path(os.environ.get("TACKROOM_BIN_DIR", ""))
CLI = str(BIN / "tackroom-cli") if (BIN / "tackroom-cli").exists() else (shutil.which("tackroom-cli") or "tackroom-cli")
SHARED = pathlib.Path(os.environ.get("TACKROOM_SHARED_DATA", "/nonexistent"))
HERE = pathlib.Path(__file__).resolve().parent
TMP = pathlib.Path(tempfile.mkdtemp(prefix="tackroom-golden."))
REVIEWER = "Rhea Viewer <rhea@example.org>"
TIMEOUT = int(os.environ.get("TACKROOM_GOLDEN_TIMEOUT", "60"))


def _clean_up():
    for root, dirs, _ in os.walk(TMP):
        for name in dirs:
            try:
                os.chmod(os.path.join(root, name), 0o700)
            except OSError:
                pass
    shutil.rmtree(TMP, ignore_errors=True)


atexit.register(_clean_up)


class Answer:
    def __init__(self, process):
        self.code = process.returncode
        self.out = process.stdout.decode("utf-8")
        self.err = process.stderr.decode("utf-8")

    @property
    def json(self):
        return json.loads(self.out)


def environment():
    env = {k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "XDG_"))}
    env.update(HOME=str(TMP / "home"), XDG_CACHE_HOME=str(TMP / "cache"), XDG_DATA_HOME=str(TMP / "share"),
               XDG_CONFIG_HOME=str(TMP / "config"), LANG="C.UTF-8", TZ="UTC")
    return env


def cli(*args, data="data", cache="cache", timeout=None, preexec=None):
    words = [CLI, "--cache", str(TMP / cache), "--data", str(TMP / data), *map(str, args)]
    return Answer(subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout or TIMEOUT, env=environment(),
                                 preexec_fn=preexec))


def good(*args, **how):
    answer = cli(*args, **how)
    assert answer.code == 0, f"{args}: exit {answer.code}: {answer.err}"
    return answer


def git(repo, *args, check=True, binary=False):
    env = environment()
    env.update(GIT_CONFIG_NOSYSTEM="1", GIT_AUTHOR_NAME="Ada Agent", GIT_AUTHOR_EMAIL="agent@example.org",
               GIT_COMMITTER_NAME="Ada Agent", GIT_COMMITTER_EMAIL="agent@example.org",
               GIT_AUTHOR_DATE="2026-03-01T12:00:00Z", GIT_COMMITTER_DATE="2026-03-01T12:00:00Z")
    done = subprocess.run(["git", "-C", str(repo), *map(str, args)], stdin=subprocess.DEVNULL, capture_output=True, env=env, timeout=60)
    if check:
        assert done.returncode == 0, f"git {args}: {done.stderr.decode()}"
    return done.stdout if binary else done.stdout.decode().strip()


def make_repo(name, bare_from=None):
    """A small harness: AGENTS.md, a prompt, and the proposals `limit` (clean) and `gone` (no common history). Its first
    commit is its own, for a harness is known by that: clones share what was decided."""
    repo = TMP / name
    repo.mkdir(parents=True)
    git(repo, "init", "-q", "-b", "main", ".")
    write(repo / "AGENTS.md", "# Agent\n\nRefund up to 2,000.\n")
    write(repo / "prompts/system.md", "You are the refund agent.\n")
    commit(repo, f"First of {name}")
    git(repo, "checkout", "-q", "-b", "proposals/limit")
    write(repo / "AGENTS.md", "# Agent\n\nRefund up to 3,000.\n")
    commit(repo, "Raise the limit\n\nThey wait.\n\nProposed-by: optimizer <opt@agent>")
    git(repo, "checkout", "-q", "--orphan", "proposals/gone")
    write(repo / "AGENTS.md", "Another history.\n")
    commit(repo, "From nowhere\n\nProposed-by: optimizer <opt@agent>")
    git(repo, "checkout", "-q", "main")
    return repo


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)


def commit(repo, message):
    git(repo, "add", "-A", ".")
    git(repo, "commit", "-q", "-m", message)
    return git(repo, "rev-parse", "HEAD")


def listing(folder):
    """Kind, mode, size, time and digest of all that lies below a folder, by path. Of git's own folders without the time: a
    lock that is taken and given back touches it."""
    out = {}
    for root, dirs, files in os.walk(folder):
        for name in dirs + files:
            path = os.path.join(root, name)
            info = os.lstat(path)
            digest = ""
            if stat.S_ISREG(info.st_mode) and os.access(path, os.R_OK):
                digest = hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()
            gits = stat.S_ISDIR(info.st_mode) and ".git" in pathlib.Path(path).parts
            out[os.path.relpath(path, folder)] = (oct(info.st_mode), info.st_size, 0 if gits else info.st_mtime_ns, digest)
    return out


def changed(before, after):
    """What differs between two listings, for people."""
    return [(path, before.get(path), after.get(path)) for path in sorted(before.keys() | after.keys()) if before.get(path) != after.get(path)]


_sample = {}


def sample(runs=400):
    """The sample, made once a process; callers that change it take a copy."""
    if runs not in _sample:
        folder = TMP / f"sample-{runs}"
        good("sample", folder, "--runs", runs, timeout=300)
        _sample[runs] = folder
    return _sample[runs]


def sample_copy(name, runs=400):
    to = TMP / name
    shutil.copytree(sample(runs), to, symlinks=True)
    return to
