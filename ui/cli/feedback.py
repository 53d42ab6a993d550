"""`dayi feedback`: what readers said about answers and published pages."""

from typing import Annotated, Any

import typer

from assistant.answers import AnswerStore
from assistant.readers import ReaderRatings
from ui.cli.output import DataOption, emit, settings_for
from ui.services import open_records
from ui.spreadsheet import csv_text

__all__ = ["register"]

_COLUMNS = (
    "created_at", "rating", "reasons", "comment", "contact", "by", "answer", "outcome", "question", "product",
    "document",
)  # fmt: skip


def register(app: typer.Typer) -> None:
    """Add the command."""
    text = "Readers' ratings.\n\nExample: dayi feedback export --csv > ratings.csv"
    group = typer.Typer(help=text, no_args_is_help=True)
    group.callback()(lambda: None)  # keeps a single command a command
    group.command("export")(export)
    app.add_typer(group, name="feedback")


def export(
    csv: Annotated[bool, typer.Option("--csv", help="A table for spreadsheet programs instead of JSON lines.")] = False,
    data: DataOption = None,
) -> None:
    """Write every rating, oldest first: of answers and of published pages.

    Example: dayi feedback export | jq .comment
    """
    records = open_records(settings_for(data))
    try:
        pages: list[dict[str, Any]] = [{"by": "reader"} | row for row in ReaderRatings(records).of_pages()]
        rows = sorted(AnswerStore(records).ratings() + pages, key=lambda row: row["created_at"])
    finally:
        records.close()
    if csv:
        cells = ([_cell(row.get(column, "")) for column in _COLUMNS] for row in rows)
        print(csv_text(_COLUMNS, cells), end="")
        return
    for row in rows:
        emit({column: row.get(column, "") for column in _COLUMNS})


def _cell(value: Any) -> Any:
    return " ".join(value) if isinstance(value, list) else value
