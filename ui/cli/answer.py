"""`dayi answer --batch`: full answers for a file of questions."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from assistant import AskRequest, Done, Event, Failed
from kb.errors import RequestError
from ui.cli.output import DataOption, ProductOption, note, opened, progress, read_jsonl, writing
from ui.services import Services

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("answer")(answer)


def answer(
    batch: Annotated[str, typer.Option("--batch", help='Questions, lines of {"id","text","product"?}; "-" for stdin.')],
    out: Annotated[Path | None, typer.Option("--out", help="Where the answers go; stdout when left out.")] = None,
    product: ProductOption = "",
    data: DataOption = None,
) -> None:
    """Answer a file of questions; each line out is {"query", "answer"} or {"query", "error"}.

    Example: dayi answer --batch questions.jsonl --out answers.jsonl
    """
    questions = list(read_jsonl(batch))
    failed = 0
    with writing(out) as target, opened(data) as services, progress() as bar:
        for line in bar.track(questions, description="Answering"):
            result = _answered(services, line, product)
            failed += "error" in result
            target.write(json.dumps(result, ensure_ascii=False) + "\n")
    note(f"{len(questions) - failed} answered, {failed} failed.")
    if failed:
        raise typer.Exit(2)


def _answered(services: Services, line: dict[str, Any], product: str) -> dict[str, Any]:
    last: Event | None = None
    try:
        *_, last = services.assistant.ask(AskRequest(line["text"], product=line.get("product") or product))
    except RequestError as error:
        return {"query": line.get("id"), "error": {"code": error.code, "message": str(error)}}
    if isinstance(last, Done):
        return {"query": line.get("id"), "answer": asdict(last.answer)}
    failure = last if isinstance(last, Failed) else Failed("error", "no final event")
    return {"query": line.get("id"), "error": {"code": failure.code, "message": failure.message}}
