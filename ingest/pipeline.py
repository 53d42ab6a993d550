"""Bringing sources into the records: what is new is added, what changed is updated, what vanished is removed.

A file is known by a hash of its bytes and of everything else that decides how it is read, so an unchanged corpus costs
no parsing, no embedding and no write. Every file stands alone: what is wrong with one is reported, the others go in.
"""

import hashlib
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

import numpy as np

from ingest.jsonl import parse_line, read_line
from ingest.parsing import Parsed, check_secrets, parse_text
from ingest.report import FileReport, Report, Status
from ingest.sources import Source, SourceFile, open_source, read_text, slug
from ingest.splitter import embedding_text, split
from kb.embedding.base import Embedder, Sentences, Vectors
from kb.errors import DocumentError, EmbeddingError, SourceError
from kb.records import Records, text_digest
from kb.values import Document, Passage

__all__ = ["ingest"]

logger = logging.getLogger(__name__)

_PARSER_VERSION = "3"  # raise it when parsing or splitting changes, and every file is read again
_BATCH = 512  # texts embedded at once
_GUARD_SHARE, _GUARD_COUNT = 0.3, 5  # more than both vanishing at once is an accident rather than an edit

_Ref = tuple[str, str]  # product and id


def ingest(
    paths: Sequence[str],
    *,
    records: Records,
    embedder: Embedder,
    product: str = "",
    version: str = "",
    prune: bool = True,
    dry_run: bool = False,
    force: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Take in folders, files and git repositories; the report names every file.

    `product` and `version` count over the documents' own; without any, the folder's name is the product. With `prune`,
    documents of the same root whose file is gone are removed. `force` reads unchanged files again and allows a mass
    removal. `progress` gets the number of files done and to do.

    Raises:
        SourceError: a source cannot be read, or more than 30 % (and more than 5) of its documents would vanish.
        StoreError: the records refuse; documents stored before stay.
    """
    started = time.perf_counter()
    run = _Run(records, embedder, slug(product), version, prune, dry_run, force, progress or (lambda done, total: None))
    if not dry_run:
        records.bind_embedding(embedder.id, embedder.dimension)
    for path in paths:
        with open_source(str(path)) as source:
            run.take(source)
    run.report.seconds = time.perf_counter() - started
    logger.info(
        "ingested %s: %s in %.1f s", [file.path for file in run.report.files][:3], run.report.counts, run.report.seconds
    )
    return run.report


@dataclass(frozen=True, slots=True)
class _Unit:
    """One document's bytes; `source` names it in messages, with its line where it is one of many."""

    path: str
    source: str
    data: bytes
    is_line: bool


@dataclass(frozen=True, slots=True)
class _Pending:
    document: Document
    passages: list[Passage]
    texts: list[str]
    content_hash: str
    entry: FileReport


class _Run:
    def __init__(
        self,
        records: Records,
        embedder: Embedder,
        product: str,
        version: str,
        prune: bool,
        dry_run: bool,
        force: bool,
        progress: Callable[[int, int], None],
    ) -> None:
        self._records, self._embedder = records, embedder
        self._product, self._version = product, version
        self._prune, self._dry_run, self._force, self._progress = prune, dry_run, force, progress
        self._known = set(records.ids())
        self._claimed: dict[_Ref, str] = {}  # documents met in this run, and where
        self._pending: list[_Pending] = []
        self.report = Report(dry_run=dry_run)

    def take(self, source: Source) -> None:
        """One source, from its files to the removal of what vanished."""
        self._source = source
        self._stored = self._records.sources(source.origin)
        self._by_hash = {content_hash: ref for ref, (_, content_hash) in self._stored.items()}
        self._failed = {file.path for file in source.files if file.failed}  # files, and folders
        self._listed = listed = {file.path for file in source.files if not file.problem}
        gone = [ref for ref, (path, _) in self._stored.items() if _file_of(path, listed) not in listed]
        self._guard([ref for ref in gone if not self._is_unread(self._stored[ref][0])])
        for done, file in enumerate(source.files, 1):
            self._take_file(file)
            self._progress(done, len(source.files))
        self._store()
        if self._prune:
            self._remove_vanished()

    # Reading

    def _take_file(self, file: SourceFile) -> None:
        if file.problem:
            self._note(file.path, "failed" if file.failed else "skipped", file.problem)
            return
        try:
            for unit in _units(file):
                self._take_unit(unit)
        except DocumentError as error:
            self._fail(file.path, error)

    def _take_unit(self, unit: _Unit) -> None:
        content_hash = self._content_hash(unit)
        ref = self._by_hash.get(content_hash)
        try:
            if ref and not self._force:
                self._claim(ref, unit.source)
                self._note(unit.source, "unchanged", product=ref[0], document=ref[1])
                return
            parsed = self._parse(unit)
            if parsed.document is None:
                self._note(unit.source, "skipped", parsed.skipped)
                return
            self._add(self._claimed_document(parsed.document, unit), content_hash, parsed.warnings)
        except DocumentError as error:
            self._fail(unit.source, error)

    def _content_hash(self, unit: _Unit) -> str:
        parts = (_PARSER_VERSION, self._product, self._version, self._source.product_of(unit.path), unit.path)
        return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass") + b"\0" + unit.data).hexdigest()

    def _parse(self, unit: _Unit) -> Parsed:
        default = self._source.product_of(unit.path)
        text = read_text(unit.data, unit.source)
        if not unit.is_line:
            return parse_text(
                text, path=unit.path, product=self._product, default_product=default, version=self._version
            )
        check_secrets(text, unit.source)
        values = read_line(text, source=unit.source)
        product = self._product or slug(str(values.get("product") or "")) or default
        document = parse_line(values, product=product, version=self._version, source=unit.source)
        return Parsed(document) if document.text else Parsed(skipped="there is no text in it")

    def _claimed_document(self, document: Document, unit: _Unit) -> Document:
        if self._source.commit:
            document = replace(document, metadata={**document.metadata, "commit": self._source.commit})
        ids = [document.id]
        if document.kind == "page" and not unit.is_line:
            # Docs sites repeat a page's id in every language and section; the path is unique.
            ids += [unit.path.rpartition(".")[0], unit.path]
        free = next((id for id in ids if not self._holder((document.product, id), unit.source)), document.id)
        self._claim((document.product, free), unit.source)
        return replace(document, id=free)

    def _claim(self, ref: _Ref, source: str) -> None:
        if holder := self._holder(ref, source):
            raise DocumentError(source, f"has the same id as {holder} ({ref[1]}); give one of them another `id`")
        self._claimed[ref] = source

    def _holder(self, ref: _Ref, source: str) -> str:
        """Which other file has this document: one met in this run, or one that had it before and is still there."""
        if ref in self._claimed:
            return self._claimed[ref]
        before = self._stored[ref][0] if ref in self._stored else source
        file = _file_of(before, self._listed)
        return before if file in self._listed and file != _file_of(source, self._listed) else ""

    # Writing

    def _add(self, document: Document, content_hash: str, warnings: tuple[str, ...]) -> None:
        ref = (document.product, document.id)
        status: Status = "updated" if ref in self._known else "added"
        entry = self._note(document.source, status, warnings=warnings, product=document.product, document=document.id)
        if self._dry_run:
            return
        passages = split(document)
        texts = [embedding_text(document, passage) for passage in passages]
        self._pending.append(_Pending(document, passages, texts, content_hash, entry))
        if sum(len(pending.texts) for pending in self._pending) >= _BATCH:
            self._store()

    def _store(self) -> None:
        pending, self._pending = self._pending, []
        try:
            self._put(pending)
        except EmbeddingError as error:
            if len(pending) == 1:
                self._pending_failed(pending[0], error)
                return
            for one in pending:  # one text may be what the model refuses
                self._pending = [one]
                self._store()

    def _put(self, pending: Sequence[_Pending]) -> None:
        vectors = self._vectors(pending)
        with self._records.batch() as batch:
            for one in pending:
                found = [vectors[text_digest(text)] for text in one.texts]
                empty = np.empty((0, self._embedder.dimension), np.float32)
                changed = batch.put(
                    one.document,
                    one.passages,
                    np.stack([vector for vector, _ in found]) if found else empty,
                    content_hash=one.content_hash,
                    origin=self._source.origin,
                    embedded=one.texts,
                    sentences=[sentences for _, sentences in found],
                )
                if changed:
                    self.report.passages += len(one.passages)
                else:
                    one.entry.status = "unchanged"
                if batch.is_corrected(one.document.product, one.document.id):
                    one.entry.message = "an expert's correction stands; what changed here waits for review"
        self._known.update((one.document.product, one.document.id) for one in pending)

    def _vectors(self, pending: Sequence[_Pending]) -> dict[str, tuple[Vectors, Sentences]]:
        """The vectors of every text and its sentences: the stored ones where the text is not new."""
        found: dict[str, tuple[Vectors, Sentences]] = {}
        for one in pending:
            ref = (one.document.product, one.document.id)
            if ref in self._known:
                found.update(self._records.vectors(*ref))
        texts = {text_digest(text): text for one in pending for text in one.texts}
        missing = {digest: text for digest, text in texts.items() if digest not in found}
        if missing:
            encoded = self._embedder.encode_passages(list(missing.values()))
            found.update(zip(missing, zip(*encoded, strict=True), strict=True))
            self.report.embedded += len(missing)
        return found

    def _remove_vanished(self) -> None:
        unclaimed = [(ref, path) for ref, (path, _) in self._stored.items() if ref not in self._claimed]
        vanished = [ref for ref, path in unclaimed if not self._is_unread(path)]
        taken = set(self._claimed.values())  # a document whose file now holds another id has moved, not vanished
        self._guard([ref for ref in vanished if self._stored[ref][0] not in taken])
        entries = {
            ref: self._note(self._stored[ref][0], "removed", product=ref[0], document=ref[1]) for ref in vanished
        }
        if vanished and not self._dry_run:
            with self._records.batch() as batch:
                for ref, entry in entries.items():
                    if not batch.delete(*ref) and batch.is_corrected(*ref):
                        entry.status, entry.message = "unchanged", "gone; an expert's correction of it stands"
            self._known.difference_update(vanished)

    def _is_unread(self, source: str) -> bool:
        """Whether the file of a document, a part of it, or a folder around it could not be read."""
        path = PurePosixPath(_file_of(source, self._listed) or source)
        return not self._failed.isdisjoint(map(str, (path, *path.parents)))

    def _guard(self, vanished: Sequence[_Ref]) -> None:
        total = len(self._stored)
        if self._prune and not self._force and len(vanished) > max(_GUARD_COUNT, _GUARD_SHARE * total):
            raise SourceError(
                self._source.origin,
                f"{len(vanished)} of {total} documents would vanish. Nothing was removed. If that is meant, run again "
                "with --force; to keep them, with --no-prune",
            )

    # Reporting

    def _note(
        self,
        path: str,
        status: Status,
        message: str = "",
        warnings: tuple[str, ...] = (),
        product: str = "",
        document: str = "",
    ) -> FileReport:
        entry = FileReport(path, status, message, warnings, product, document)
        self.report.files.append(entry)
        return entry

    def _fail(self, source: str, error: DocumentError) -> None:
        self._failed.add(_file_of(source, self._listed))
        self._note(source, "failed", error.message)

    def _pending_failed(self, one: _Pending, error: EmbeddingError) -> None:
        self._failed.add(_file_of(one.document.source, self._listed))
        one.entry.status, one.entry.message = "failed", str(error)


def _units(file: SourceFile) -> Iterator[_Unit]:
    data = file.read()
    if not file.is_corpus:
        yield _Unit(file.path, file.path, data, is_line=False)
        return
    for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        if line.strip():
            yield _Unit(file.path, f"{file.path}:{number}", line.strip(), is_line=True)


def _file_of(source: str, listed: set[str]) -> str:
    """The file that a document's source names, without the line."""
    return source if source in listed else source.rpartition(":")[0]
