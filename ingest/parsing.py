"""From the text of a file to a document: which format it is, and what keeps it out."""

from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from ingest.expert_qa import is_expert_qa, is_published, parse_expert_qa
from ingest.front_matter import FrontMatter, split
from ingest.page import parse_page
from ingest.secret_scan import find_secret
from ingest.sources import SourceFile, read_text, slug
from kb.errors import DocumentError
from kb.text import clean
from kb.values import Document

__all__ = ["Parsed", "check_secrets", "parse_file", "parse_text"]


@dataclass(frozen=True, slots=True)
class Parsed:
    """A document, or with `skipped` the reason why there is none; `warnings` about its header."""

    document: Document | None = None
    warnings: tuple[str, ...] = ()
    skipped: str = ""


def parse_text(text: str, *, path: str, product: str = "", default_product: str = "docs", version: str = "") -> Parsed:
    """Read an expert answer or a documentation page.

    `path` is relative to the ingested root; without its extension it is the id where the header has none. `product`
    counts over the header's, `default_product` where neither says anything.

    Raises:
        DocumentError: it cannot be read, or holds a secret.
    """
    check_secrets(text, path)
    header = split(clean(text))
    if is_published(header):
        header = replace(header, body=split(_line_ends(text)).body)
    if header.text("draft").lower() in ("true", "yes"):
        return Parsed(skipped="a draft")
    names = {
        "id": str(PurePosixPath(path).with_suffix("")),
        "product": product or slug(header.text("product")) or default_product,
        "version": version,
        "source": path,
    }
    document = _document(header, names)
    if not document.text:
        return Parsed(skipped="there is no text in it")
    return Parsed(document, header.warnings)


def _line_ends(text: str) -> str:
    # What editors and git may have done to a published file.
    return text.removeprefix("\ufeff").replace("\r\n", "\n")


def _document(header: FrontMatter, names: dict[str, str]) -> Document:
    try:
        return (parse_expert_qa if is_expert_qa(header.body) else parse_page)(header, **names)
    except RecursionError:
        raise DocumentError(names["source"], "nested too deeply") from None


def check_secrets(text: str, source: str) -> None:
    """Refuse a text that holds a key or token.

    Raises:
        DocumentError: it does; the message says where and does not repeat it.
    """
    if secret := find_secret(text):
        raise DocumentError(source, f"holds {secret}; remove it and revoke it, then ingest again")


def parse_file(path: Path, *, root: Path, product: str, version: str = "") -> Document:
    """The document of one Markdown file under `root`.

    Raises:
        DocumentError: it cannot be read, or there is nothing in it to read.
    """
    relative = path.relative_to(root).as_posix()
    text = read_text(SourceFile(relative, path).read(), relative)
    parsed = parse_text(text, path=relative, product=product, version=version)
    if parsed.document is None:
        raise DocumentError(relative, parsed.skipped)
    return parsed.document
