"""`dayi expert`: the accounts of those who review answers."""

import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from assistant.experts import ExpertStore, Role
from ui.cli.output import DataOption, JsonOption, emit, note, settings_for
from ui.services import open_records

__all__ = ["register"]

NameArgument = Annotated[str, typer.Argument(help="Account name: a-z, 0-9, dot, dash, underscore.")]
GenerateOption = Annotated[bool, typer.Option("--generate", help="Make up a password and print it once.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    text = "Accounts of the experts who review answers.\n\nExample: dayi expert add lin --role maintainer"
    group = typer.Typer(help=text, no_args_is_help=True)
    for command in (add, password, bind, disable, list_experts):
        group.command(command.__name__.removesuffix("_experts"))(command)
    app.add_typer(group, name="expert")


def add(
    name: NameArgument,
    role: Annotated[
        Role, typer.Option(help="Maintainers see all products and may take back corrections.")
    ] = "reviewer",
    product: Annotated[list[str], typer.Option(help="Product that a reviewer sees; all when left out.")] = [],  # noqa: B006
    oidc: Annotated[
        str, typer.Option(help="Subject or verified address at the provider of [oidc]; then no password is asked for.")
    ] = "",
    generate: GenerateOption = False,
    data: DataOption = None,
) -> None:
    """Make an account; the password is asked for, or read from standard input.

    Example: dayi expert add lin --role maintainer
    """
    with _opened(data) as experts:
        password = None if oidc and not generate else _password(generate)
        experts.add(name, password, role=role, products=product, oidc=oidc)
    note(f"{name} can sign in at /review.")


def password(name: NameArgument, generate: GenerateOption = False, data: DataOption = None) -> None:
    """Give an account another password and enable it; its sessions end."""
    with _opened(data) as experts:
        experts.set_password(name, _password(generate))
    note(f"{name} has a new password.")


def bind(
    name: NameArgument,
    identity: Annotated[
        str, typer.Argument(help="Subject or verified address at the provider; nobody when left out.")
    ] = "",
    data: DataOption = None,
) -> None:
    """Say who signs in to an account through the provider of [oidc]; its sessions end.

    Example: dayi expert bind lin lin@example.org
    """
    with _opened(data) as experts:
        experts.bind(name, identity)
    note(f"{name} signs in as {identity}." if identity else f"{name} signs in with the password only.")


def disable(name: NameArgument, data: DataOption = None) -> None:
    """Close an account; its sessions end at once."""
    with _opened(data) as experts:
        experts.disable(name)
    note(f"{name} is disabled.")


def list_experts(data: DataOption = None, as_json: JsonOption = False) -> None:
    """Show all accounts."""
    with _opened(data) as experts:
        for expert in experts.all():
            if as_json:
                emit(asdict(expert))
            else:
                products = ", ".join(expert.scope) or "all products"
                more = [expert.oidc] * bool(expert.oidc) + ["disabled"] * expert.disabled
                print("  ".join([expert.name, expert.role, products, *more]))


@contextmanager
def _opened(data: Path | None) -> Iterator[ExpertStore]:
    records = open_records(settings_for(data))
    try:
        yield ExpertStore(records)
    finally:
        records.close()


def _password(generate: bool) -> str:
    """A made-up password, printed; else one that is typed twice at a terminal, or read from a pipe."""
    if generate:
        made_up = secrets.token_urlsafe(15)
        print(made_up)
        return made_up
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    return sys.stdin.readline().rstrip("\n")
