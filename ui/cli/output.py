"""What the commands share: where results and notes go, options, reading of inputs."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from kb.errors import RequestError
from ui.services import Services, build_services
from ui.settings import Settings, load_settings

__all__ = [
    "DataOption",
    "JsonOption",
    "ProductOption",
    "emit",
    "note",
    "opened",
    "progress",
    "read_jsonl",
    "settings_for",
    "writing",
]

DataOption = Annotated[Path | None, typer.Option("--data", help="Data folder (DAYI_DATA).", show_default=False)]
JsonOption = Annotated[bool, typer.Option("--json", help="Machine-readable result on stdout.")]
ProductOption = Annotated[
    str, typer.Option("--product", help="Product to look in; all when left out.", show_default=False)
]


def note(text: str) -> None:
    """A line for the person at the terminal, on stderr."""
    print(text, file=sys.stderr, flush=True)


def emit(value: Any) -> None:
    """One JSON value as a line on stdout."""
    print(json.dumps(value, ensure_ascii=False, default=str), flush=True)


def settings_for(data: Path | None) -> Settings:
    """Settings with the command's data folder on top."""
    return load_settings(data=data)


@contextmanager
def opened(data: Path | None) -> Iterator[Services]:
    """The services for one reading command: beside a running server they work on a copy of its index."""
    services = build_services(settings_for(data), private=True)
    try:
        services.knowledge.follow()
        yield services
    finally:
        services.close()


def progress() -> Progress:
    """A progress bar on stderr that shows on terminals only."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
        transient=True,
    )


@contextmanager
def writing(path: Path | None) -> Iterator[TextIO]:
    """The file that results go to, or stdout without a path.

    Raises:
        RequestError: the file cannot be written.
    """
    if path is None:
        yield sys.stdout
        return
    try:
        file = path.open("w", encoding="utf-8")
    except OSError as error:
        raise RequestError(f"{path} cannot be written: {error.strerror or error}") from None
    with file:
        yield file


def read_jsonl(path: str, text: str = "text") -> Iterator[dict[str, Any]]:
    """The objects of a JSON Lines file, "-" for standard input; each must hold a text under the name `text`.

    Raises:
        RequestError: a line is not a JSON object; the message names it.
    """
    try:
        lines = sys.stdin if path == "-" else Path(path).read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise RequestError(f"{path} cannot be read as UTF-8 text: {error}") from None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except ValueError as error:
            raise RequestError(f"{path}:{number} is not JSON: {error}") from None
        if not isinstance(value, dict) or not isinstance(value.get(text), str):
            raise RequestError(f'{path}:{number} must be an object with "id" and "{text}".')
        yield value
