"""A documentation site of somebody else: its own server and port, its own pages, its own strict policy."""

import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from string import Template

from ui.widget.texts import WIDGET_TEXTS

__all__ = ["PAGE", "STRICT", "Stranger", "stranger", "streaming"]

# Nothing but our script and our server, no style at all, and no string may become HTML or script.
STRICT = (
    "default-src 'none'; script-src {server}; connect-src {server}; style-src 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
PAGE = Template(
    """<!doctype html><html lang="$lang"><head><meta charset="utf-8"><title>Docs</title>
<meta name="viewport" content="width=device-width, initial-scale=1"></head>
<body><main><h1>Install</h1><p><a href="#top" id="first">A link</a></p><p>$text</p>
<button id="own">Ask us</button></main>
<script async src="$server/widget.js" data-site-id="docs" $attributes></script></body></html>"""
)


@dataclass
class Stranger:
    """The site: `pages` maps paths to HTML, all under the policy `policy`."""

    origin: str
    policy: str = ""
    pages: dict[str, str] = field(default_factory=dict)

    def page(self, server: str, attributes: str = "", *, lang: str = "zh-CN", text: str = "Run it.") -> str:
        """Write a page with the widget and return its address."""
        path = f"/docs/2.3.1/{len(self.pages)}"
        self.pages[path] = PAGE.substitute(server=server, attributes=attributes, lang=lang, text=text)
        return self.origin + path


@contextmanager
def stranger() -> Iterator[Stranger]:
    """The site, served until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = site.pages.get(self.path.partition("?")[0])
            self.send_response(200 if body else 204)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Security-Policy", site.policy)
            self.end_headers()
            self.wfile.write((body or "").encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site = Stranger(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


@contextmanager
def streaming(pieces: Sequence[bytes], *, pause_s: float = 0.0, origin: str = "*") -> Iterator[str]:
    """The address of a server that answers each question with these pieces of a stream, then hangs up."""
    site = {"title": "", "language": "auto", "colour": "", "url_pattern": "", "products": [], "examples": {}}
    settings = json.dumps(site | {"texts": {language: dict(texts) for language, texts in WIDGET_TEXTS.items()}})

    class Handler(BaseHTTPRequestHandler):
        def head(self, kind: str) -> None:
            self.send_response(200)
            self.send_header("Access-Control-Allow-Origin", origin)
            self.send_header("Access-Control-Allow-Headers", "Content-Type, Accept")
            self.send_header("Content-Type", kind)
            self.end_headers()

        def do_OPTIONS(self) -> None:
            self.head("text/plain")

        def do_GET(self) -> None:
            self.head("application/json")
            self.wfile.write(settings.encode())

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.head("text/event-stream")
            for piece in pieces:
                self.wfile.write(piece)
                self.wfile.flush()
                time.sleep(pause_s)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
