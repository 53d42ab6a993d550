"""The command line `dayi`: results on stdout, everything else on stderr; exit 0 done, 1 failed, 2 wrong usage.

Each command is one module with a function `register(app)`; they import what is slow to load only when they run.
"""

import sys
from collections.abc import Sequence

import typer

from kb.errors import DayiError
from ui.cli import answer, ask, check, ingest, search, serve, settings
from ui.cli.output import note

__all__ = ["app", "main", "run"]

app = typer.Typer(
    name="dayi",
    help="Dayi (答疑), the expert answer desk for documentation sites.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for command in (ingest, ask, search, answer, serve, check, settings):
    command.register(app)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; `argv` is without the program's name. Returns the exit code."""
    try:
        app(args=None if argv is None else list(argv), prog_name="dayi")
    except SystemExit as stop:  # how typer ends, after it printed what was wrong with the usage
        return stop.code if isinstance(stop.code, int) else int(bool(stop.code))
    except DayiError as error:
        note(f"Error: {error}")
        return 1
    return 0


def run() -> None:
    """Entry point of the installed program."""
    sys.exit(main())
