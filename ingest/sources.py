"""Where documents come from: a folder, one file, a corpus in JSON lines, or a git repository.

Nothing is trusted: only regular files under the root are opened, links are not followed, sizes are bounded, hidden
folders stay out. What is left out is reported, and one bad file never harms the others.
"""

import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from ingest.git import clone, is_git_url, public_url
from kb.errors import DocumentError, SourceError

__all__ = ["Source", "SourceFile", "open_source", "read_text", "slug"]

_DOCUMENT_SUFFIXES = (".md", ".mdx", ".markdown")
_CORPUS_SUFFIX = ".jsonl"
_MAX_DOCUMENT = 2 * 1024 * 1024  # bytes
_MAX_CORPUS = 256 * 1024 * 1024  # bytes; each of its lines is bounded like a document
_SKIPPED_FOLDERS = {"node_modules", "__pycache__", "venv"}
# Folders that say how documents are arranged, not what they are about; and those that hold one folder per product.
_ARRANGEMENT = re.compile(
    r"(?:docs?|qa|expert-qa|content|src|pages|articles|markdown|i18n|current|latest|next|en|zh|zh-?cn|en-?us)$", re.I
)
_COLLECTION = re.compile(r"(?:samples?|products|corpora|knowledge(?:-?base)?|data)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to read, or, with a `problem`, one to report. `path` is relative to the root, with "/"."""

    path: str
    location: Path
    problem: str = ""
    failed: bool = False

    @property
    def is_corpus(self) -> bool:
        """Whether it holds one document a line."""
        return self.path.lower().endswith(_CORPUS_SUFFIX)

    def read(self) -> bytes:
        """The file's bytes.

        Raises:
            DocumentError: it is no regular file, too large or unreadable.
        """
        limit = _MAX_CORPUS if self.is_corpus else _MAX_DOCUMENT
        try:
            # Not following a link and not blocking on a pipe, should the file have been exchanged since it was listed.
            descriptor = os.open(self.location, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            with open(descriptor, "rb") as file:
                status = os.fstat(descriptor)
                if not stat.S_ISREG(status.st_mode):
                    raise DocumentError(self.path, "not a regular file")
                if status.st_size > limit:
                    raise DocumentError(self.path, f"larger than {limit // 1024 // 1024} MB; split it")
                return file.read(limit + 1)
        except OSError as error:
            raise DocumentError(self.path, f"cannot be read: {error.strerror or error}") from None


@dataclass(frozen=True, slots=True)
class Source:
    """An opened source. `origin` names it in the records (a resolved path, or an address without user and password).

    `name` is the root's own name; `commit` is set for git.
    """

    origin: str
    name: str
    root: Path
    files: tuple[SourceFile, ...]
    commit: str = ""

    def product_of(self, path: str) -> str:
        """The product that a file belongs to by where it lies; "docs" where no folder has a telling name."""
        folders = PurePosixPath(path).parts[:-1]
        if _COLLECTION.match(self.name) and folders:
            return slug(folders[0])
        names = [self.name] if self.commit else [self.name, *(parent.name for parent in self.root.parents)][:3]
        return next((slug(name) for name in names if slug(name) and not _ARRANGEMENT.match(name)), "docs")


def slug(name: str) -> str:
    """A product's identifier: lower case, words joined by "-"."""
    return re.sub(r"[^\w.]+", "-", name.strip().lower()).strip("-._")


@contextmanager
def open_source(path: str, *, allow_protocol: str = "https:ssh") -> Iterator[Source]:
    """A folder, a file or a git address; a clone lives as long as the context.

    Raises:
        SourceError: it does not exist, is no source, or the repository cannot be fetched.
    """
    if is_git_url(path):
        with TemporaryDirectory(prefix="dayi-git-") as folder:
            root = Path(folder) / "checkout"
            commit = clone(path, root, allow_protocol=allow_protocol)
            address = public_url(path)
            name = re.split(r"[/:]", address.partition("#")[0].rstrip("/"))[-1].removesuffix(".git")
            yield Source(address, name, root, tuple(_files(root)), commit)
        return
    location = Path(path).expanduser()
    try:
        root = location.resolve(strict=True)
        is_folder = root.is_dir()
    except (OSError, RuntimeError, ValueError):
        raise SourceError(path, "no such file or folder; a git address begins with https:// or ssh://") from None
    if is_folder:
        files = _files(root)
        if _COLLECTION.match(root.name):
            files = (_without_cover(file) for file in files)
        yield Source(str(root), root.name, root, tuple(files))
    elif root.is_file():
        yield Source(str(root), root.parent.name, root.parent, (SourceFile(root.name, root),))
    else:
        raise SourceError(path, "neither a file nor a folder")


def read_text(data: bytes, path: str) -> str:
    """The text of a file's bytes; a byte-order mark is dropped.

    Raises:
        DocumentError: it is not UTF-8 text.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DocumentError(path, f"not UTF-8 text (byte {error.start}); convert it, or exclude the file") from None
    if "\0" in text:
        raise DocumentError(path, "a binary file, not text")
    return text


def _files(root: Path) -> Iterator[SourceFile]:
    """The files of a folder that may hold documents, in the same order everywhere."""
    pending = [root]
    found = []
    while pending:
        folder = pending.pop()
        try:
            with os.scandir(folder) as scan:
                entries = list(scan)
        except OSError as error:
            problem = f"the folder cannot be read: {error.strerror}"
            found.append(SourceFile(_relative(folder, root) or ".", folder, problem, failed=True))
            continue
        for entry in entries:
            if entry.name.startswith(".") or entry.name in _SKIPPED_FOLDERS:
                continue
            if entry.is_dir(follow_symlinks=False):
                pending.append(Path(entry.path))
            elif entry.name.lower().endswith((*_DOCUMENT_SUFFIXES, _CORPUS_SUFFIX)):
                found.append(SourceFile(_relative(Path(entry.path), root), Path(entry.path), _problem(entry)))
    yield from sorted(found, key=lambda file: file.path)


def _without_cover(file: SourceFile) -> SourceFile:
    """The README of a collection describes the folders; it is no document of any product."""
    cover = "/" not in file.path and file.path.lower().startswith("readme.")
    return replace(file, problem="describes the collection") if cover and not file.problem else file


def _relative(path: Path, root: Path) -> str:
    # A name that is not UTF-8 is shown with escapes; such a file is still read.
    return path.relative_to(root).as_posix().encode("utf-8", "backslashreplace").decode("utf-8")


def _problem(entry: "os.DirEntry[str]") -> str:
    if entry.is_symlink():
        return "a symbolic link; links are not followed"
    return "" if entry.is_file(follow_symlinks=False) else "not a regular file"
