"""Publishing as a commit on a branch, without touching anybody's working tree and without rewriting anything.

`git fast-import` makes the commit, all or nothing, under a name of our own; the branch moves on to it only from where
it was read, and after an ordinary push, never a forced one, has succeeded. Command lines are fixed, names are checked
against narrow patterns, hooks are off.
"""

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from kb.errors import PublishError

__all__ = ["BranchPlace"]

_TIMEOUT = 120  # seconds
_BRANCH = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_./+-]{0,198}[A-Za-z0-9_+-])?")
_CONFIG = ("core.hooksPath=/dev/null", "core.fsmonitor=false", "core.quotePath=false", "gc.auto=0")
_FILE = ("100644", "100755")


class BranchPlace:
    """A branch of the repository that holds `folder`; files go to the same place in it as the folder has.

    A branch goes on from the newer of its local state and that of the remote "origin"; one that exists nowhere begins
    empty. One that is checked out is refused: its working tree would seem to take the changes back. With `push`, it is
    fetched from "origin" first and pushed there afterwards.

    Raises:
        PublishError: there is no repository, or the branch cannot be used.
    """

    def __init__(self, folder: Path, branch: str, *, push: bool = False) -> None:
        self._folder, self._branch, self._push = folder, branch, push
        if (
            not _BRANCH.fullmatch(branch)
            or ".." in branch
            or self._try("check-ref-format", f"refs/heads/{branch}") is None
        ):
            raise PublishError(f"{branch[:200]!r} is no name of a branch")
        self._prefix = self._run("rev-parse", "--show-prefix").decode("utf-8", "replace").rstrip("\n")
        if '"' in self._prefix or "\n" in self._prefix:
            raise PublishError(f"{folder} has a name that cannot be committed")
        if f"branch refs/heads/{branch}" in self._run("worktree", "list", "--porcelain").decode().splitlines():
            raise PublishError(
                f"The branch {branch} is checked out. Publish into the folder without --git, or to another one."
            )
        self._local = self._commit(f"refs/heads/{branch}")
        self._tip = self._newest(f"refs/remotes/origin/{branch}")
        self._modes, self._contents = self._read_tree()

    def read(self, path: str) -> bytes | None:
        """As `Place.read`."""
        parts = path.split("/")
        if not all(re.fullmatch(r"[a-z0-9.-]{1,100}", part) and part not in (".", "..") for part in parts):
            raise PublishError("is no path below the folder")
        for end in range(1, len(parts)):
            if self._modes.get("/".join(parts[:end])):
                raise PublishError("has a file or link where its folder should be")
        if self._modes.get(path, _FILE[0]) not in _FILE:
            raise PublishError("is a link; remove it, then publish again")
        return self._contents.get(path)

    def change(self, writes: Mapping[str, bytes], deletes: Sequence[str]) -> str:
        """One commit with the changes; its name."""
        names = sorted({path.partition("/")[0] for path in [*writes, *deletes]})
        message = f"Publish answers: {', '.join(names)}\n".encode()
        ours, theirs = f"refs/dayi/{self._branch}", f"refs/heads/{self._branch}"
        lines = [
            b"feature done\n",
            f"commit {ours}\n".encode(),
            b"committer Dayi <dayi@localhost> now\n",
            _data(message),
            f"from {self._tip}\n".encode() if self._tip else b"",
            *(f"D {self._prefix}{path}\n".encode() for path in deletes),
            *(f"M 644 inline {self._prefix}{path}\n".encode() + _data(writes[path]) for path in sorted(writes)),
            b"done\n",
        ]
        self._try("update-ref", "-d", ours)  # what an interrupted run left
        self._run("fast-import", "--quiet", "--date-format=now", "--done", input=b"".join(lines))
        commit = self._commit(ours)
        if self._push:
            self._run("push", "--quiet", "origin", f"{commit}:{theirs}")
        self._run("update-ref", theirs, commit, self._local or "0" * len(commit))
        self._run("update-ref", "-d", ours)
        return commit

    def _newest(self, remote: str) -> str:
        """The commit to go on from; "" where there is none."""
        if self._push:
            self._try("fetch", "--quiet", "origin", f"refs/heads/{self._branch}:{remote}")
        local, other = self._local, self._commit(remote)
        if not (local and other) or self._try("merge-base", "--is-ancestor", other, local) is not None:
            return local or other
        if self._try("merge-base", "--is-ancestor", local, other) is None:
            raise PublishError(
                f"The branch {self._branch} and that of origin went different ways. Bring them together."
            )
        return other

    def _commit(self, reference: str) -> str:
        found = self._try("rev-parse", "--verify", "--quiet", f"{reference}^{{commit}}")
        return found.decode().strip() if found else ""

    def _read_tree(self) -> tuple[dict[str, str], dict[str, bytes]]:
        """Mode of every entry that is no folder, and content of every file, below the prefix."""
        if not self._tip:
            return {}, {}
        listing = self._run("ls-tree", "-r", "-z", "--full-tree", self._tip, "--", self._prefix or ".")
        entries: dict[str, tuple[str, str]] = {}
        for entry in filter(None, listing.decode("utf-8", "surrogateescape").split("\x00")):
            facts, _, path = entry.partition("\t")
            mode, _, name = facts.split(" ")
            entries[path.removeprefix(self._prefix)] = mode, name
        wanted = {path: name for path, (mode, name) in entries.items() if mode in _FILE and path.count("/") == 1}
        contents = _blobs(self._run("cat-file", "--batch", input="".join(f"{n}\n" for n in wanted.values()).encode()))
        return {path: mode for path, (mode, _) in entries.items()}, dict(zip(wanted, contents, strict=True))

    def _run(self, *arguments: str, input: bytes = b"") -> bytes:
        done = self._call(arguments, input)
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace").strip().splitlines()
            raise PublishError(
                f"git {arguments[0]} failed in {self._folder}: {said[-1][:300] if said else 'no reason given'}"
            )
        return done.stdout

    def _try(self, *arguments: str) -> bytes | None:
        done = self._call(arguments, b"")
        return None if done.returncode else done.stdout

    def _call(self, arguments: Sequence[str], input: bytes) -> subprocess.CompletedProcess[bytes]:
        command = [
            "git",
            "-C",
            str(self._folder),
            *(part for setting in _CONFIG for part in ("-c", setting)),
            *arguments,
        ]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        environment |= {
            "LC_ALL": "C",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ASKPASS": "true",
            "GIT_SSH_COMMAND": "ssh -oBatchMode=yes",
        }
        try:
            return subprocess.run(command, env=environment, input=input, capture_output=True, timeout=_TIMEOUT)
        except OSError:
            raise PublishError("The program `git` is not installed.") from None
        except subprocess.TimeoutExpired:
            raise PublishError(f"git {arguments[0]} took longer than {_TIMEOUT} seconds") from None


def _data(content: bytes) -> bytes:
    return f"data {len(content)}\n".encode() + content + b"\n"


def _blobs(batch: bytes) -> list[bytes]:
    """The contents in the output of `git cat-file --batch`."""
    contents, at = [], 0
    while at < len(batch):
        start = batch.index(b"\n", at) + 1
        size = int(batch[at : start - 1].rsplit(b" ", 1)[1])
        contents.append(batch[start : start + size])
        at = start + size + 1
    return contents
