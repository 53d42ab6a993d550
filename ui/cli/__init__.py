"""The command line `dayi`: results on stdout, everything else on stderr; exit 0 done, 1 failed, 2 wrong usage.

Each command is one module with a function `register(app)`. Only the module of the command that runs is loaded, since
what one needs another would wait for.
"""

import importlib
import sys
from collections.abc import Sequence

import typer

from kb.errors import DayiError

__all__ = ["COMMANDS", "main", "run"]

COMMANDS = (
    "ingest",
    "ask",
    "search",
    "answer",
    "serve",
    "eval",
    "publish",
    "stats",
    "links",
    "feedback",
    "forget",
    "check",
    "expert",
    "settings",
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; `argv` is without the program's name. Returns the exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        _app(words[:1] if words[:1] and words[0] in COMMANDS else COMMANDS)(args=words, prog_name="dayi")
    except SystemExit as stop:  # how typer ends, after it printed what was wrong with the usage
        return stop.code if isinstance(stop.code, int) else int(bool(stop.code))
    except DayiError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    return 0


def run() -> None:
    """Entry point of the installed program."""
    sys.exit(main())


def _app(commands: Sequence[str]) -> typer.Typer:
    app = typer.Typer(
        help="Dayi (答疑), the expert answer desk for documentation sites.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    app.callback()(lambda: None)  # keeps a single command a command
    for command in commands:
        importlib.import_module(f"ui.cli.{command}").register(app)
    return app
