"""Publishing into a folder: nothing outside it is read or written, and every file is whole or absent."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import mkstemp

from kb.errors import PublishError

__all__ = ["FolderPlace"]

_MODE = 0o644  # the web server reads them


class FolderPlace:
    """A folder, made where it is missing. Links below it are refused, wherever they lead."""

    def __init__(self, root: Path) -> None:
        try:
            root.mkdir(parents=True, exist_ok=True)
            self._root = root.resolve(strict=True)
        except OSError as error:
            raise PublishError(f"{root} is no folder that can be written to: {error.strerror}") from None

    def read(self, path: str) -> bytes | None:
        """As `Place.read`."""
        target = self._checked(path)
        try:
            return target.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise PublishError(f"cannot be read: {error.strerror}") from None

    def change(self, writes: Mapping[str, bytes], deletes: Sequence[str]) -> str:
        """As `Place.change`. The manifests come last, so that an interrupted run knows no file that is not there."""
        try:
            for path in sorted(writes, key=lambda path: (path.rpartition("/")[2].startswith("."), path)):
                self._write(path, writes[path])
            for path in deletes:
                self._checked(path).unlink(missing_ok=True)
        except OSError as error:
            raise PublishError(f"{path} cannot be written: {error.strerror}") from None
        return ""

    def _checked(self, path: str) -> Path:
        target = self._root
        for name in path.split("/"):
            if name in ("", ".", "..") or "\x00" in name or os.sep in name:
                raise PublishError("is no path below the folder")
            target /= name
            if target.is_symlink():
                raise PublishError("is a link; remove it, then publish again")
        return target

    def _write(self, path: str, content: bytes) -> None:
        target = self._checked(path)
        is_new = not target.exists()
        target.parent.mkdir(exist_ok=True)
        handle, temporary = mkstemp(dir=target.parent, prefix=".dayi-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
                os.fchmod(file.fileno(), _MODE)
            if is_new:
                os.link(temporary, target)  # unlike a rename, it fails where somebody made the file meanwhile
            else:
                os.replace(temporary, target)
        finally:
            Path(temporary).unlink(missing_ok=True)
