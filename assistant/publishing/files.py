"""Publications as files: what a place (a folder, a git branch) is to hold, and how it gets there.

Each product has a folder of its own with a manifest of the files that we wrote and their hashes. Only those are ever
replaced or removed, and only while they still hold what we wrote: what somebody else made or edited stays, and is
reported.
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Protocol

from assistant.publications import Publication
from assistant.publishing.markdown import file_path, to_markdown
from kb.errors import DocumentError, PublishError

__all__ = ["MANIFEST", "REDIRECTS", "Place", "PublishReport", "publish", "successor"]

MANIFEST = ".dayi-publish.json"
"""In each product's folder: the files that Dayi wrote there, with the SHA-256 of their content."""

REDIRECTS = "redirects.json"
"""In each product's folder: file names of retired entries, each with that of the entry instead, or null."""

_NAME = re.compile(r"[a-z0-9-]{1,80}\.md|redirects\.json")


class Place(Protocol):
    """Where files are published. Paths are "product/name" with names of `[a-z0-9.-]`."""

    def read(self, path: str) -> bytes | None:
        """A file's content; None where there is nothing.

        Raises:
            PublishError: there is something else than a file, or a link on the way.
        """

    def change(self, writes: Mapping[str, bytes], deletes: Sequence[str]) -> str:
        """Make the changes and name their result, such as a commit; "" for places that have no name for it.

        Raises:
            PublishError: they cannot be made.
        """


@dataclass(slots=True)
class PublishReport:
    """What one run did: paths by what happened to them; `failed` gives the reason for each."""

    written: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    unchanged: int = 0
    failed: dict[str, str] = field(default_factory=dict)
    result: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The report for JSON."""
        names = ("written", "removed", "unchanged", "failed", "result")
        return {name: getattr(self, name) for name in names}


def publish(publications: Sequence[Publication], place: Place, *, base_url: str) -> PublishReport:
    """Bring a place up to date with these publications; products without any of them are left alone.

    An entry or a product that cannot be written is reported and harms none of the others.

    Raises:
        PublishError: nothing can be written there.
    """
    report = PublishReport()
    writes: dict[str, bytes] = {}
    deletes: list[str] = []
    ordered = sorted(publications, key=lambda p: (p.document.product, p.document.id))
    for name, group in groupby(ordered, key=_folder):
        try:
            folder = _Folder(name, list(group), place, base_url, report)
        except PublishError as error:
            report.failed[name] = str(error)
            continue
        writes |= folder.writes
        deletes += folder.deletes
    report.written += [path for path in writes if not path.endswith(MANIFEST)]
    report.removed += deletes
    if writes or deletes:
        report.result = place.change(writes, deletes)
    return report


def successor(publication: Publication, get: Callable[[str], Publication | None]) -> Publication | None:
    """Where readers of a retired entry are sent: the entry at the end of its redirects, where one is published.

    `get` finds the publications of the same product by document id.
    """
    seen: set[str] = set()
    current: Publication | None = publication
    while current and current.status == "retired" and current.document.id not in seen:
        seen.add(current.document.id)
        current = get(current.redirect_to) if current.redirect_to else None
    return current if current and current.status == "published" else None


class _Folder:
    """The changes to one product's folder."""

    def __init__(
        self, name: str, publications: Sequence[Publication], place: Place, base_url: str, report: PublishReport
    ) -> None:
        self.writes: dict[str, bytes] = {}
        self.deletes: list[str] = []
        self._name, self._place, self._report = name, place, report
        self._ours = self._manifest()
        self._hashes: dict[str, str] = {}
        for path, content in _files(publications, base_url, report.failed).items():
            self._attempt(path, content)
        for name in sorted(self._ours.keys() - self._hashes.keys()):
            self._attempt(f"{self._name}/{name}", None)
        if self._hashes != self._ours:
            self.writes[f"{self._name}/{MANIFEST}"] = _json({"files": self._hashes})

    def _attempt(self, path: str, content: bytes | None) -> None:
        """Plan to give a file its content, or with None to remove it; what fails keeps what it has."""
        name = path.rpartition("/")[2]
        try:
            if content is None and path in self._report.failed:
                raise PublishError(self._report.failed[path])
            before = self._place.read(path)
            if before is not None and before != content:
                self._check_ours(name, before)
        except PublishError as error:
            self._report.failed[path] = str(error)
            if name in self._ours:
                self._hashes[name] = self._ours[name]
            return
        if content is not None:
            self._hashes[name] = _sha256(content)
        if before == content:
            self._report.unchanged += content is not None
        elif content is None:
            self.deletes.append(path)
        else:
            self.writes[path] = content

    def _check_ours(self, name: str, content: bytes) -> None:
        if name not in self._ours:
            raise PublishError("a file that Dayi did not write has this name; move it away, then publish again")
        if _sha256(content) != self._ours[name]:
            raise PublishError("somebody edited the file since it was published; move it away, then publish again")

    def _manifest(self) -> dict[str, str]:
        stored = self._place.read(f"{self._name}/{MANIFEST}")
        if stored is None:
            return {}
        try:
            files = json.loads(stored)["files"]
            return {name: str(files[name]) for name in files if _NAME.fullmatch(name)}
        except (ValueError, KeyError, TypeError, AttributeError):
            raise PublishError(f"{MANIFEST} in it is damaged; restore it, or move the folder away") from None


def _files(publications: Sequence[Publication], base_url: str, failed: dict[str, str]) -> dict[str, bytes]:
    """Path and content of each file that a product's folder is to hold; reasons in `failed` for those without."""
    by_id = {publication.document.id: publication for publication in publications}
    files, gone = {}, {}
    for publication in publications:
        path = _path(publication)
        if publication.status == "retired":
            instead = successor(publication, by_id.get)
            gone[path.rpartition("/")[2]] = _path(instead).rpartition("/")[2] if instead else None
            continue
        try:
            files[path] = to_markdown(publication, base_url=base_url).encode("utf-8")
        except DocumentError as error:
            failed[path] = error.message
    if gone:
        files[f"{_folder(publications[0])}/{REDIRECTS}"] = _json(gone)
    return files


def _path(publication: Publication) -> str:
    return file_path(publication.document.product, publication.document.id)


def _folder(publication: Publication) -> str:
    return _path(publication).partition("/")[0]


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()
