"""The web application on a real port of this machine, with canned answers behind it."""

import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import uvicorn

from tests.ui.fakes import FakeServices
from ui.server import create_app, server_config
from ui.settings import OidcSettings, Product, Settings, Site
from ui.stalled import PatientProtocol
from ui.streams import Streams

DOCS = "https://docs.example.org"


@contextmanager
def serving(
    services: FakeServices,
    *,
    streams: Streams | None = None,
    protocol: type[PatientProtocol] = PatientProtocol,
    demo: bool = False,
    port: int = 0,
) -> Iterator[httpx.Client]:
    """A client of the application, which serves in a thread until the block ends; on a free port if none is named."""
    streams = streams or Streams()
    app = create_app(services, streams=streams, demo=demo)
    config = server_config(app, host="127.0.0.1", port=port)
    config.http = protocol
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what Gradio warns of while it is built is not ours to fail on
            thread.start()
            while not server.started:
                time.sleep(0.01)
            port = server.servers[0].sockets[0].getsockname()[1]
            page = httpx.get(f"http://127.0.0.1:{port}/", timeout=60)
        assert page.status_code == 200, page.text
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            yield client
    finally:
        streams.stop()
        server.should_exit = True
        thread.join(20)


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    data: Path = tmp_path_factory.mktemp("data")
    return Settings(
        data=data,
        base_url="https://answers.example.org",
        origins=[DOCS],
        sites=[Site(id="site", origins=["https://site.example.net"])],
        products=[Product(id="nacos", public_quality=True)],
        oidc=OidcSettings(issuer="http://127.0.0.1:9", client_id="dayi"),  # nobody listens there
    )


@pytest.fixture(scope="session")
def services(settings: Settings) -> FakeServices:
    return FakeServices(settings)


@pytest.fixture(scope="session")
def site(services: FakeServices) -> Iterator[httpx.Client]:
    with serving(services) as client:
        yield client
