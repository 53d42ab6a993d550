"""`dayi ask`: one question, one cited answer."""

import sys
from contextlib import nullcontext
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.live import Live
from rich.markdown import Markdown

from assistant import Answer, AskRequest, Delta, Done, Failed, Notice
from kb.errors import DayiError, RequestError
from ui.cli.output import DataOption, JsonOption, ProductOption, emit, note, opened

__all__ = ["register"]

_NOTICES: dict[Notice, str] = {
    "words_only": "The index of meanings is out of service, so this was found by words only. Run: dayi check --repair",
    "no_model": "The language model was not available or is over its budget, so this is quoted from the experts.",
}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("ask")(ask)


def ask(
    question: Annotated[str, typer.Argument(help='The question, or "-" to read it from standard input.')],
    product: ProductOption = "",
    version: Annotated[str, typer.Option(help="Version that the question is about.", show_default=False)] = "",
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask one question and get a cited answer.

    Example: dayi ask "What is port 9848 for?" --product nacos
    """
    text = sys.stdin.read() if question == "-" else question
    drawn = sys.stdout.isatty() and not as_json
    with opened(data) as services:
        answer: Answer | None = None
        written = ""
        with (
            Live(console=Console(), auto_refresh=False, vertical_overflow="visible") if drawn else nullcontext() as live
        ):
            for event in services.assistant.ask(AskRequest(text, product=product, version=version)):
                if isinstance(event, Delta) and live:
                    written += event.text
                    live.update(Markdown(written), refresh=True)
                elif isinstance(event, Delta) and not as_json:
                    print(event.text, end="", flush=True)
                elif isinstance(event, Failed):
                    raise DayiError(event.message)
                elif isinstance(event, Done):
                    answer = event.answer
    if answer is None:
        raise RequestError("The question was not answered.")
    if as_json:
        emit(asdict(answer))
    else:
        _print_sources(answer)


def _print_sources(answer: Answer) -> None:
    for citation in answer.citations:
        print(f"[{citation.n}] {citation.title} ({citation.product}/{citation.document}) {citation.url}".rstrip())
    if answer.notice:
        note(_NOTICES[answer.notice])
