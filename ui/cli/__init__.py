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
        result = app(args=None if argv is None else list(argv), prog_name="dayi", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except typer.Exit as stop:
        return stop.exit_code
    except typer.Abort:
        note("Stopped.")
        return 1
    except typer.BadParameter as error:
        error.show()
        return 2
    except DayiError as error:
        note(f"Error: {error}")
        return 1
    except BrokenPipeError:  # the reader of our output went away, as `head` does
        sys.stderr.close()
        return 0
    except KeyboardInterrupt:
        return 130


def run() -> None:
    """Entry point of the installed program."""
    sys.exit(main())
