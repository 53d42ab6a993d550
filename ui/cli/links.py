"""`dayi links`: references of documents that lead nowhere any more."""

from typing import Annotated

import typer

from assistant.links import LinkChecks
from ui.cli.output import DataOption, JsonOption, ProductOption, emit, note, settings_for
from ui.services import open_records

__all__ = ["register"]

_SHOWN = 500


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("links")(links)


def links(
    check: Annotated[
        bool, typer.Option("--check", help="Look at references first; without, show the last result.")
    ] = False,
    limit: Annotated[int, typer.Option(help="Look at this many addresses at most.", min=1, max=100_000)] = 500,
    minutes: Annotated[float, typer.Option(help="Stop looking after this many minutes.", min=0.1, max=600)] = 10,
    product: ProductOption = "",
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the references of documents that lead nowhere; exit code 1 when there are any.

    Those that were not looked at for longest come first, so a daily run gets round. Only public addresses are reached.

    Example: dayi links --check --limit 200
    """
    records = open_records(settings_for(data))
    try:
        store = LinkChecks(records)
        if check:
            from assistant.fetching import Fetcher

            found = store.check(Fetcher(), limit=limit, seconds=minutes * 60)
            note(f"Looked at {len(found)} addresses.")
        summary = store.summary([product] if product else [], limit=_SHOWN)
    finally:
        records.close()
    for link in summary.dead:
        if as_json:
            emit({name: getattr(link, name) for name in link.__slots__})
        else:
            print(f"{link.url}  {link.reason}  ({link.product}/{link.document})")
    if not summary.checked_at:
        note("No reference was looked at yet; `dayi links --check` does.")
    if summary.dead:
        raise typer.Exit(1)
