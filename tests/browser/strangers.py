"""A documentation site of somebody else: its own server and port, its own pages, its own strict policy."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from string import Template

__all__ = ["PAGE", "STRICT", "Stranger", "stranger"]

# Nothing but our script and our server, no style at all, and no string may become HTML or script.
STRICT = "default-src 'none'; script-src {server}; connect-src {server}; style-src 'none'; require-trusted-types-for 'script'; trusted-types 'none'"  # fmt: skip
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
            self.send_response(200 if body else 404)
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
