"""`dayi serve`: the whole web application on one port."""

from pathlib import Path
from typing import Annotated

import typer

import ingest as ingesting
from kb import load_embedder
from ui.cli.output import DataOption, note, settings_for
from ui.services import build_services, open_records
from ui.settings import Settings

__all__ = ["register"]

_SAMPLES = Path(ingesting.__file__).parent / "samples"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("serve")(serve)


def serve(
    host: Annotated[
        str, typer.Option(help="Address to listen on; with 0.0.0.0, set DAYI_BASE_URL to the address that others use.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=0, max=65535)] = 7860,
    demo: Annotated[
        bool, typer.Option("--demo", help="Load the sample knowledge base first, and show the widget at /demo.")
    ] = False,
    data: DataOption = None,
) -> None:
    """Serve the widget, the chat page, the API and the permalinks.

    Example: dayi serve --demo --port 7860
    """
    from ui.routes.widget import DEMO_SITE
    from ui.server import http_address, run_server

    settings = settings_for(data)
    if "base_url" not in settings.model_fields_set:
        settings = settings.model_copy(update={"base_url": http_address(host, port)})
    if demo:
        settings = settings.model_copy(update={"sites": [*settings.sites, DEMO_SITE]})
        _load_samples(settings)
    services = build_services(settings)
    try:
        services.knowledge.follow()
        services.knowledge.start_following()
        services.courier.start()
        run_server(services, host=host, port=port, demo=demo)
    finally:
        services.close()


def _load_samples(settings: Settings) -> None:
    records = open_records(settings)
    try:
        for folder in sorted(path for path in _SAMPLES.iterdir() if path.is_dir()):
            ingesting.ingest(
                [str(folder)], records=records, embedder=load_embedder(settings.embedding), product=folder.name
            )
        note(f"Sample knowledge base: {records.products()}")
    finally:
        records.close()
