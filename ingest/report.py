"""What a run did, file by file."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

__all__ = ["FileReport", "Report", "Status"]

Status = Literal["added", "updated", "unchanged", "removed", "skipped", "failed"]


@dataclass(slots=True)
class FileReport:
    """One document or file: `path` relative to its root (with line for JSON lines), and what became of it."""

    path: str
    status: Status
    message: str = ""
    warnings: tuple[str, ...] = ()
    product: str = ""
    document: str = ""


@dataclass(slots=True)
class Report:
    """A whole run. `embedded` is the number of texts that were embedded, `passages` of passages written."""

    files: list[FileReport] = field(default_factory=list)
    embedded: int = 0
    passages: int = 0
    seconds: float = 0.0
    dry_run: bool = False

    @property
    def counts(self) -> dict[Status, int]:
        """Number of files by what became of them; every status is there."""
        counted = Counter(file.status for file in self.files)
        return {status: counted[status] for status in Status.__args__}  # type: ignore[attr-defined]

    @property
    def products(self) -> dict[str, int]:
        """Number of documents by product, as the run leaves them."""
        kept = ("added", "updated", "unchanged")
        return dict(Counter(file.product for file in self.files if file.status in kept))

    @property
    def failed(self) -> int:
        """Number of files that could not be taken in."""
        return self.counts["failed"]

    @property
    def changed(self) -> int:
        """Number of documents that were added, updated or removed."""
        return sum(self.counts[status] for status in ("added", "updated", "removed"))

    def as_dict(self) -> dict[str, Any]:
        """The report as plain values, for JSON."""
        return {
            "counts": self.counts,
            "products": self.products,
            "embedded": self.embedded,
            "passages": self.passages,
            "seconds": round(self.seconds, 3),
            "dry_run": self.dry_run,
            "files": [asdict(file) for file in self.files],
        }
