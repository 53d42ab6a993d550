"""`dayi forget`: delete answers for somebody who asks for it and cannot do it himself."""

from typing import Annotated

import typer

from assistant.retention import Retention
from ui.cli.output import DataOption, note, settings_for
from ui.services import open_records

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("forget")(forget)


def forget(
    answers: Annotated[list[str], typer.Argument(help="Ids of answers: the end of their addresses, /a/ID.")],
    data: DataOption = None,
) -> None:
    """Delete answers with their questions, ratings and requests for an expert.

    Example: dayi forget 3q2-7wAAAAAAAAAAAAAAAA
    """
    settings = settings_for(data)
    records = open_records(settings)
    try:
        retention = Retention(records, settings.retention_days)
        for answer in answers:
            retention.delete(answer)
            note(f"Deleted {answer}.")
    finally:
        records.close()
