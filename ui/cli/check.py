"""`dayi check`: does everything that is stored find itself, and how to heal it when not."""

from dataclasses import asdict
from typing import Annotated

import typer

from kb import KnowledgeBase, load_embedder
from ui.cli.output import DataOption, JsonOption, emit, note, settings_for

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("check")(check)


def check(
    repair: Annotated[bool, typer.Option("--repair", help="Rebuild the indexes from the database.")] = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Probe the indexes: sampled passages must find themselves. Needs the server stopped.

    Example: dayi check --repair
    """
    settings = settings_for(data)
    settings.data.mkdir(parents=True, exist_ok=True)
    knowledge = KnowledgeBase.open(settings.data, settings.database_url, load_embedder(settings.embedding))
    try:
        if repair:
            knowledge.rebuild()
        else:
            knowledge.follow()
        report = knowledge.probe()
        documents = sum(knowledge.records.products().values())
    finally:
        knowledge.close()
    if as_json:
        emit({**asdict(report), "ok": report.ok, "documents": documents})
    else:
        state = "healthy" if report.ok else "DAMAGED"
        print(f"{state}: {documents} documents, {report}")
    if not report.ok:
        note("Heal it with: dayi check --repair")
        raise typer.Exit(1)
