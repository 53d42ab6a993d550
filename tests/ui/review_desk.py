"""The whole application on real parts, with three experts signed in: for tests of the review pages."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

import ingest
from assistant.values import Answer, AskRequest, Done
from tests.ui.conftest import serving
from ui.services import Services, build_services
from ui.settings import load_settings

__all__ = ["PASSWORD", "QUESTION", "Desk", "hidden", "open_desk", "send"]

PASSWORD = "correct horse battery"
QUESTION = "客户端报 Client not connected, current status: STARTING 怎么处理？"
_SAMPLES = Path(ingest.__file__).parent / "samples"


@dataclass
class Desk:
    """A running server, its services, and the session ids of the experts by name."""

    services: Services
    address: str
    sessions: dict[str, str]
    clients: list[httpx.Client] = field(default_factory=list)

    def client(self, name: str = "") -> httpx.Client:
        """A browser without redirects; signed in as an expert, or as nobody."""
        cookies = {"dayi": self.sessions[name]} if name else {}
        client = httpx.Client(base_url=self.address, cookies=cookies, timeout=60, headers={"Accept-Language": "en"})
        self.clients.append(client)
        return client

    def ask(self, question: str = QUESTION, *, site: str = "") -> Answer:
        """An answer as its asker has it."""
        *_, last = self.services.assistant.ask(AskRequest(question, product="nacos", site=site))
        assert isinstance(last, Done)
        return last.answer

    def complain(self, question: str = QUESTION, **words: str) -> str:
        """The id of the review that a bad rating leads to."""
        answer = self.ask(question)
        self.services.assistant.rate(answer.id, answer.feedback_token, "bad", **words)  # type: ignore[arg-type]
        review = self.services.learning.queue.of_answer(answer.id)
        assert review
        return review.id


def hidden(page: str, name: str) -> str:
    """The value of the first hidden field of that name on a page."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, f"no field {name}"
    return found[1]


def send(client: httpx.Client, page: str, path: str, **fields: str) -> httpx.Response:
    """Send a form as a page of ours would, with its token."""
    form = hidden(client.get(page).text, "form")
    return client.post(path, data={"form": form, **fields})


@contextmanager
def open_desk(data: Path, **settings: Any) -> Iterator[Desk]:
    """The desk until the block ends."""
    services = build_services(load_settings(data=data, **settings))
    knowledge, experts = services.knowledge, services.learning.experts
    ingest.ingest(
        [str(_SAMPLES / "nacos" / "qa")], records=knowledge.records, embedder=knowledge.embedder, product="nacos"
    )
    ingest.ingest(
        [str(_SAMPLES / "arthas" / "qa")], records=knowledge.records, embedder=knowledge.embedder, product="arthas"
    )
    knowledge.follow()
    experts.add("chief", PASSWORD, role="maintainer")
    experts.add("lin", PASSWORD, products=["nacos"])
    experts.add("wei", PASSWORD, products=["arthas"])
    sessions = {name: experts.log_in(name, PASSWORD, "127.0.0.1") for name in ("chief", "lin", "wei")}
    with serving(services) as client:  # type: ignore[arg-type]
        address = urlsplit(str(client.base_url))
        desk = Desk(services, f"{address.scheme}://{address.netloc}", sessions)
        yield desk
        for opened in desk.clients:
            opened.close()
    services.close()
