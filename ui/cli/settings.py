"""`dayi settings`: the effective settings, secrets masked."""

import typer
from rich.console import Console
from rich.table import Table

from ui.cli.output import DataOption, JsonOption, emit, settings_for
from ui.settings import Settings

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("settings")(settings)


def settings(data: DataOption = None, as_json: JsonOption = False) -> None:
    """Show every setting with its effective value.

    Example: dayi settings --json
    """
    values = settings_for(data).model_dump(mode="json")
    if as_json:
        emit(values)
        return
    table = Table("Variable", "Value", "Meaning", box=None, header_style="bold")
    for name, field in Settings.model_fields.items():
        table.add_row(f"DAYI_{name.upper()}", str(values[name]), field.description)
    Console().print(table)
