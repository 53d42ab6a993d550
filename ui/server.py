"""The whole web application on one port, and the process that serves it."""

import asyncio
import gc
import logging
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from types import FrameType

import uvicorn
from fastapi import APIRouter, FastAPI
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from assistant.retention import Retention
from kb.errors import DayiError
from ui.boundary import Services
from ui.chat.mount import ChatMount
from ui.errors import install_error_handlers
from ui.guard import Guard
from ui.limits import Limits
from ui.logs import configure_logging
from ui.oidc import OidcProvider
from ui.origins import Origins
from ui.pages import STATIC
from ui.routes.answers import answer_routes
from ui.routes.ask import ask_routes
from ui.routes.corrections import correction_routes
from ui.routes.discovery import discovery_routes
from ui.routes.feedback import feedback_routes
from ui.routes.feedback_form import feedback_form_routes
from ui.routes.health import health_routes
from ui.routes.insight import insight_routes
from ui.routes.oidc import oidc_routes
from ui.routes.pages import page_routes
from ui.routes.published import published_routes
from ui.routes.quality import quality_routes
from ui.routes.review import review_routes
from ui.routes.search import search_routes
from ui.routes.sign_in import sign_in_routes
from ui.routes.sites import site_routes
from ui.routes.widget import demo_routes, widget_routes
from ui.sessions import Sessions
from ui.sites import Sites
from ui.stalled import PatientProtocol
from ui.streams import Streams

__all__ = ["create_app", "http_address", "run_server", "server_config"]

logger = logging.getLogger(__name__)

_SHUTDOWN_S = 10
_DAY_S = 86_400


def create_app(
    services: Services, *, streams: Streams | None = None, hosts: tuple[str, ...] = (), demo: bool = False
) -> FastAPI:
    """The application with API, pages and chat.

    `streams` bounds how many answers are made at once, fifty by default, and stops them; `hosts` are names under which
    it may be addressed beside its public one and this machine's own; `demo` adds a documentation site with the widget.

    Raises:
        MissingExtra: `[oidc]` is set, and its package is not installed.
    """
    settings, streams = services.settings, streams or Streams()
    sites, limits = Sites(settings.sites), Limits(settings.limits)
    chat = ChatMount(services, limits)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        expiry = asyncio.create_task(_expire_daily(services.retention))
        async with chat.running():
            yield
        expiry.cancel()
        streams.stop()

    app = FastAPI(
        title="Dayi",
        description="Cited answers from an expert knowledge base.",
        version="1",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )
    install_error_handlers(app)
    app.include_router(_api(services, streams, sites, limits), prefix="/api/v1")
    app.include_router(health_routes(services, streams))
    app.include_router(page_routes(services, app))
    app.include_router(feedback_form_routes(services, limits))
    sessions = Sessions(services.learning.experts, services.settings.base_url)
    for routes in (sign_in_routes, review_routes, correction_routes, insight_routes):
        app.include_router(routes(services, sessions))
    if settings.oidc:
        app.include_router(oidc_routes(services, sessions, OidcProvider(settings.oidc, settings.base_url)))
    app.include_router(published_routes(services))
    app.include_router(quality_routes(services))
    app.include_router(discovery_routes(services))
    app.include_router(widget_routes(sites))
    if demo:
        app.include_router(demo_routes())
    app.mount("/ui", _Static(STATIC))
    app.state.chat = chat
    app.router.default = chat  # a mount at "/" would turn 405 into 404
    origins = Origins(settings.origins)
    app.add_middleware(Guard, base_url=settings.base_url, origins=origins, sites=sites, hosts=hosts)
    proxies = [str(network) for network in settings.trusted_proxies]
    app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=proxies)  # outermost: nobody after it sees a proxy
    return app


def server_config(app: FastAPI, *, host: str, port: int) -> uvicorn.Config:
    """How the application is served: one process, whose log lines and headers are ours."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        http=PatientProtocol,
        log_config=None,
        access_log=False,  # the guard writes one line per request
        server_header=False,
        proxy_headers=False,  # the application does that, for the proxies of the settings
        timeout_graceful_shutdown=_SHUTDOWN_S,
    )


def http_address(host: str, port: int) -> str:
    """The address of a server that listens there."""
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def run_server(
    services: Services, *, host: str, port: int, ready: Callable[[str], None] | None = None, demo: bool = False
) -> None:
    """Serve until told to stop, then let open answers end; `demo` as in `create_app`.

    `ready` is called with the address once it answers; without, the address is written to standard error.
    """
    configure_logging()
    extra = () if host in ("0.0.0.0", "::") else (host,)
    streams = Streams()
    app = create_app(services, streams=streams, hosts=extra, demo=demo)
    _Server(server_config(app, host=host, port=port), streams, app.state.chat, ready or _announce).run()


async def _settle(chat: ChatMount) -> None:
    """Take all that was loaded out of the garbage collector's sight: looking at it stops every answer for .2 s."""
    with suppress(Exception):  # why there is no chat page was logged where it happened
        await chat.ready()
    gc.collect()
    gc.freeze()


async def _expire_daily(retention: Retention) -> None:
    """Delete what is too old, now and once a day; what fails is tried again a day later."""
    while True:
        try:
            if deleted := await asyncio.to_thread(retention.expire):
                logger.info("Deleted %d answers that were too old", deleted)
        except DayiError as error:
            logger.error("What is too old could not be deleted: %s", error)
        await asyncio.sleep(_DAY_S)


def _announce(address: str) -> None:
    sys.stderr.write(f"Dayi answers on {address} (stop with Ctrl-C)\n")
    sys.stderr.flush()


def _api(services: Services, streams: Streams, sites: Sites, limits: Limits) -> APIRouter:
    router = APIRouter()
    router.include_router(ask_routes(services, streams, sites, limits))
    router.include_router(search_routes(services, sites, limits))
    router.include_router(feedback_routes(services, limits))
    router.include_router(answer_routes(services))
    router.include_router(site_routes(services, sites))
    return router


class _Server(uvicorn.Server):
    """Says when it answers, and tells open answers to end before it stops."""

    def __init__(self, config: uvicorn.Config, streams: Streams, chat: ChatMount, ready: Callable[[str], None]) -> None:
        super().__init__(config)
        self._streams, self._chat = streams, chat
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            self._ready(http_address(host, port))
            self._settling = asyncio.create_task(_settle(self._chat))

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        # uvicorn's own handler would raise the signal again after a clean end, and the exit code would say "killed".
        self._streams.stop()
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True


class _Static(StaticFiles):
    """Our own files; they change with a release only."""

    def __init__(self, folder: Path) -> None:
        super().__init__(directory=folder)

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "public, max-age=300"
        return response
