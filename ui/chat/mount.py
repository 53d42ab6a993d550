"""How the Gradio page stands in our application: built in the background, behind a list of the routes it needs.

Gradio serves uploads, files, a proxy, monitoring and its own descriptions beside the page. None of them is needed, so
none of them exists here: what is not on the list is 404, whatever a later version of Gradio adds.
"""

import asyncio
import json
import logging
import re
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl

from starlette.datastructures import MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.boundary import Services
from ui.errors import error_body
from ui.limits import Limits
from ui.pages import fragment
from ui.review_texts import REVIEW_TEXTS
from ui.texts import TEXTS

__all__ = ["ChatMount"]

logger = logging.getLogger(__name__)

_GET, _POST = ("GET", "HEAD"), ("POST",)
_ROUTES: tuple[tuple[tuple[str, ...], re.Pattern[str]], ...] = (
    (_GET, re.compile(r"/")),
    (_GET, re.compile(r"/assets/[\w.-]+(?:/[\w.-]+)*")),
    (_GET, re.compile(r"/static/(?:js|img)/[\w.-]+")),
    (_GET, re.compile(r"/theme\.css")),
    (_GET, re.compile(r"/gradio_api/(?:startup-events|heartbeat/\w{1,40}|queue/data)")),
    (_POST, re.compile(r"/gradio_api/(?:queue/join|cancel|reset)")),
)
_PAGE_QUERY = frozenset({"product", "q", "lang", "theme"})
_CACHE = {"/assets/": "public, max-age=31536000, immutable", "/static/": "public, max-age=3600"}
_CSP = (
    "default-src 'none'; script-src 'self' 'unsafe-eval' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'self'; form-action 'none'; "
    "frame-ancestors 'self'"
)  # Gradio compiles its templates at run time and styles elements in place; a nonce keeps injected scripts out


class ChatMount:
    """The chat page as an ASGI application. `running` must be entered before the first request."""

    def __init__(self, services: Services, limits: Limits) -> None:
        self._services = services
        self._limits = limits
        self._built: asyncio.Future[ASGIApp] | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Build the page in a thread while the rest of the application already answers."""
        self._built = asyncio.get_running_loop().create_future()
        closing = asyncio.Event()
        task = asyncio.create_task(self._run(self._built, closing))
        try:
            yield
        finally:
            closing.set()
            await task

    async def ready(self) -> None:
        """Wait until the page can be served."""
        assert self._built is not None
        await self._built

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or say 404."""
        if scope["type"] != "http" or not _is_known(scope):
            await JSONResponse(error_body("not_found", "There is no such page."), 404)(scope, receive, send)
            return
        assert self._built is not None, "running() was not entered"
        try:
            app = await asyncio.shield(self._built)
        except Exception:  # logged where it happened
            body = error_body("chat_unavailable", "The chat page could not be started.")
            await JSONResponse(body, 503)(scope, receive, send)
            return
        await app(scope, receive, _page_sender(send) if scope["path"] == "/" else _cache_sender(scope["path"], send))

    async def _run(self, built: "asyncio.Future[ASGIApp]", closing: asyncio.Event) -> None:
        try:
            app = await asyncio.to_thread(asyncio.run, _build(self._services, self._limits))
            async with app.router.lifespan_context(app):
                built.set_result(app)
                await closing.wait()
        except Exception as error:
            logger.exception("The chat page could not be started")
            if not built.done():
                built.set_exception(error)
                built.exception()  # nobody may ever ask for the page


async def _build(services: Services, limits: Limits) -> Any:
    # A coroutine only because Gradio makes, and leaks, an event loop wherever it finds none running.
    import gradio as gr
    from fastapi import FastAPI

    from ui.chat.page import build_chat

    fonts = ["system-ui", "sans-serif"]
    theme = gr.themes.Base(font=fonts, font_mono=["ui-monospace", "monospace"])
    return gr.mount_gradio_app(
        FastAPI(openapi_url=None, redirect_slashes=False),
        build_chat(services, limits),
        path="/",
        theme=theme,
        footer_links=[],
        run_history=False,
        show_error=False,
        max_file_size="1kb",
        ssr_mode=False,
        enable_monitoring=False,
        mcp_server=False,
        pwa=False,
    )


def _is_known(scope: Scope) -> bool:
    path = scope["path"]
    if path == "/" and not {name for name, _ in parse_qsl(scope["query_string"].decode("latin-1"))} <= _PAGE_QUERY:
        scope["query_string"] = b""  # Gradio reads saved pages by query; ours has nothing of the kind
    return any(scope["method"] in methods and pattern.fullmatch(path) for methods, pattern in _ROUTES)


def _cache_sender(path: str, send: Send) -> Send:
    kept = next((value for prefix, value in _CACHE.items() if path.startswith(prefix)), None)

    async def cached(message: Message) -> None:
        if message["type"] == "http.response.start" and kept and message["status"] == 200:
            MutableHeaders(scope=message)["Cache-Control"] = kept
        await send(message)

    return cached


def _page_sender(send: Send) -> Send:
    """Collects the page, puts our head in place of Gradio's and allows its scripts by a nonce."""
    start: Message = {}
    body = bytearray()

    async def rewritten(message: Message) -> None:
        if message["type"] == "http.response.start":
            start.update(message)
            return
        body.extend(message.get("body", b""))
        if message.get("more_body", False):
            return
        nonce = secrets.token_urlsafe(16)
        content = rewrite_page(body.decode("utf-8"), nonce).encode()
        headers = MutableHeaders(scope=start)
        headers["Content-Length"] = str(len(content))
        headers["Content-Security-Policy"] = _CSP.format(nonce=nonce)
        await send(start)
        await send({"type": "http.response.body", "body": content})

    return rewritten


_OWN_TEXTS = {language: {k: v for k, v in own.items() if k not in REVIEW_TEXTS} for language, own in TEXTS.items()}
_TEXTS = json.dumps(_OWN_TEXTS, ensure_ascii=False).replace("<", "\\u003c")
_FOREIGN_HEAD = re.compile(r'<meta\s[^>]*(?:og:|twitter:)[^>]*>|<link rel="manifest"[^>]*>')


def rewrite_page(html: str, nonce: str) -> str:
    """Gradio's page with our title, style and script, without its advertisements, every script under the nonce."""
    head = (
        f"<title>{TEXTS['zh']['title']}</title>"
        '<meta name="color-scheme" content="light dark"><link rel="icon" href="/ui/icon.svg" type="image/svg+xml">'
        '<link rel="stylesheet" href="/ui/dayi.css">'
        f'<script type="application/json" id="dayi-texts">{_TEXTS}</script><script src="/ui/chat.js"></script>'
    )
    html = _FOREIGN_HEAD.sub("", html).replace("</head>", head + "</head>", 1)
    boot = f'<div id="dayi-boot">{fragment("chat_top.html", "zh")}{fragment("no_script.html", "zh")}</div>'
    html = html.replace('lang="en"', 'lang="zh"', 1).replace("<gradio-app", f"{boot}<gradio-app", 1)
    return html.replace("<script", f'<script nonce="{nonce}"')
