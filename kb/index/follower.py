"""Keeps an index equal to the records: pulls their log, and builds a new generation when the index is of no use."""

import json
import logging
import os
import shutil
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kb.errors import StoreDamaged
from kb.index.base import Index
from kb.records import Records

__all__ = ["Follower"]

logger = logging.getLogger(__name__)

_BATCH = 5000  # changes applied at once; larger ones take fewer commits, and about 10 MB
_GRACE_S = 30.0  # searches may still use a generation that was replaced; none takes that long


@dataclass(slots=True)
class _Generation:
    number: int
    folder: Path | None
    index: Index
    applied: int = 0


class Follower:
    """One index in `folder`, one subfolder per generation; in memory when `folder` is None. Thread-safe.

    The owner holds the only access to the folder. `describe` says what the index depends on besides the records
    (library, format, model); when any of it differs from the manifest, the index is built anew from the records.
    A crash at any moment leaves the old generation or the new one, with every change that its manifest claims.
    """

    def __init__(
        self,
        records: Records,
        folder: Path | None,
        make_index: Callable[[Path | None], Index],
        describe: Mapping[str, str],
    ) -> None:
        self._records = records
        self._folder = folder
        self._make_index = make_index
        self._describe = {**describe, "store": records.identity()}
        self._lock = threading.Lock()
        self._retired: list[tuple[float, _Generation]] = []
        self._current = self._open() or self._create(self._last_number() + 1)
        self._write_manifest(self._current)
        self._remove_others()

    @property
    def index(self) -> Index:
        """The generation to search now. Ask again for each search."""
        return self._current.index

    @property
    def applied(self) -> int:
        """The log's number up to which the index has everything."""
        return self._current.applied

    def follow(self) -> int:
        """Apply what is new in the log; the number of changes.

        Raises:
            StoreError: the index could not be written; what was applied so far stays.
        """
        with self._lock:
            self._close_retired(before=time.monotonic() - _GRACE_S)
            return self._catch_up(self._current)

    def rebuild(self) -> None:
        """Build a new generation from the records alone and switch to it. The old one serves until then.

        Raises:
            StoreError: the new one could not be written; the old one stays.
        """
        with self._lock:
            new = self._create(self._last_number() + 1)
            try:
                self._catch_up(new)
                self._write_manifest(new)
            except BaseException:
                _discard(new)
                raise
            old, self._current = self._current, new
            self._retired.append((time.monotonic(), old))

    def close(self) -> None:
        """Close all generations; the object is not used afterwards."""
        with self._lock:
            self._close_retired(before=float("inf"))
            self._current.index.close()

    def _open(self) -> _Generation | None:
        manifest = self._read_manifest()
        if self._folder is None or manifest is None:
            return None
        number, applied = manifest["generation"], manifest["applied"]
        folder = self._folder / str(number)
        if manifest["describe"] != self._describe or applied > self._records.seq() or not folder.is_dir():
            logger.warning("Index %s does not fit the records or this program; it is built anew", self._folder)
            return None
        try:
            return _Generation(number, folder, self._make_index(folder), applied)
        except StoreDamaged as error:
            logger.error("%s; it is built anew", error)
            return None

    def _create(self, number: int) -> _Generation:
        folder = self._folder / str(number) if self._folder else None
        if folder:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
        return _Generation(number, folder, self._make_index(folder))

    def _catch_up(self, generation: _Generation) -> int:
        count = 0
        while changes := self._records.changes(generation.applied, _BATCH):
            generation.index.apply(changes)
            generation.applied = changes[-1].seq
            count += len(changes)
            if generation is self._current:
                self._write_manifest(generation)
        return count

    def _read_manifest(self) -> dict[str, Any] | None:
        try:
            manifest = json.loads((self._folder / "manifest.json").read_bytes()) if self._folder else None
            return manifest if manifest and {"generation", "applied", "describe"} <= manifest.keys() else None
        except FileNotFoundError:
            return None
        except (OSError, ValueError, AttributeError) as error:
            logger.error("Manifest of index %s cannot be read (%s); the index is built anew", self._folder, error)
            return None

    def _write_manifest(self, generation: _Generation) -> None:
        if self._folder is None:
            return
        manifest = {"generation": generation.number, "applied": generation.applied, "describe": self._describe}
        new = self._folder / "manifest.json.new"
        with new.open("w", encoding="utf-8") as file:
            json.dump(manifest, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, self._folder / "manifest.json")

    def _last_number(self) -> int:
        return max((int(path.name) for path in self._generations()), default=0)

    def _generations(self) -> list[Path]:
        if self._folder is None or not self._folder.is_dir():
            return []
        return [path for path in self._folder.iterdir() if path.name.isdecimal()]

    def _remove_others(self) -> None:
        for folder in self._generations():
            if folder != self._current.folder:
                shutil.rmtree(folder, ignore_errors=True)

    def _close_retired(self, before: float) -> None:
        due = [generation for since, generation in self._retired if since < before]
        self._retired = [(since, generation) for since, generation in self._retired if since >= before]
        for generation in due:
            _discard(generation)


def _discard(generation: _Generation) -> None:
    generation.index.close()
    if generation.folder:
        shutil.rmtree(generation.folder, ignore_errors=True)
