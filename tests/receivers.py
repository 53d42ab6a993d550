"""Servers of this machine that notices are sent to: a web server with a script, and one that speaks enough SMTP."""

import email
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

__all__ = ["MailServer", "WebServer", "mail_server", "web_server"]


@dataclass
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class WebServer:
    """What came in; `script` holds the (status, headers, body) of the next replies, afterwards everything is fine."""

    port: int = 0
    script: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def web_server(certificate: str = "", key: str = "") -> Iterator[WebServer]:
    state = WebServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("content-length", 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            state.requests.append(Request(self.command, self.path, headers, self.rfile.read(length)))
            status, more, body = state.script.pop(0) if state.script else (200, {}, b"ok")
            self.send_response(status)
            for name, value in {**more, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        state.port = server.server_address[1]
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, key)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield state
        server.shutdown()


@dataclass
class MailServer:
    """What came in; `refuse` answers to recipients, and `offers` are the extensions that it names."""

    port: int = 0
    refuse: str = ""
    offers: tuple[str, ...] = ("8BITMIME",)
    messages: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)


@contextmanager
def mail_server() -> Iterator[MailServer]:
    state = MailServer()

    class Handler(socketserver.StreamRequestHandler):
        def say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

        def handle(self) -> None:
            self.say("220 test")
            while line := self.rfile.readline():
                command = line.decode().strip()
                state.commands.append(command)
                word = command.upper().partition(" ")[0]
                if word == "EHLO":
                    for offer in state.offers:
                        self.say(f"250-{offer}")
                    self.say("250 test")
                elif word == "RCPT" and state.refuse:
                    self.say(state.refuse)
                elif word == "DATA":
                    self.say("354 go on")
                    self.take()
                elif word == "QUIT":
                    self.say("221 bye")
                    return
                else:
                    if word == "RCPT":
                        state.recipients.append(command)
                    self.say("250 ok")

        def take(self) -> None:
            lines = list(iter(self.rfile.readline, b".\r\n"))
            message = email.message_from_bytes(b"".join(lines), policy=policy.default)
            assert isinstance(message, EmailMessage)
            state.messages.append(message)
            self.say("250 taken")

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        state.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield state
        server.shutdown()
