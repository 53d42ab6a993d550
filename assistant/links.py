"""References of documents that lead nowhere any more: looked at on command, kept for the experts' page."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select

from assistant.clock import now
from assistant.fetching import Fetched, Fetcher
from kb.records import Records, documents
from kb.records.schema import links

__all__ = ["CheckedLink", "LinkChecks", "LinkSummary"]

_HOSTS_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class CheckedLink:
    """A reference of a document and what came of looking at it."""

    product: str
    document: str
    title: str
    url: str
    status: int
    reason: str
    checked_at: str


@dataclass(frozen=True, slots=True)
class LinkSummary:
    """Dead references, newest check first, and when which number of references was looked at last."""

    dead: tuple[CheckedLink, ...]
    checked: int
    checked_at: str


class LinkChecks:
    """Results of checks in the database of the records. Thread-safe."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def check(self, fetcher: Fetcher, *, limit: int, seconds: float) -> Mapping[str, Fetched]:
        """Look at the references that nobody has looked at, or not for longest, and store what is there.

        At most `limit` addresses, and for at most `seconds`; what is not reached in time is left for the next run.
        """
        with self._records.read() as connection:
            known = dict(
                connection.execute(select(links.c.url, func.max(links.c.checked_at)).group_by(links.c.url)).all()
            )
            urls = {url for _, _, url in _references(connection)}
        due = sorted(urls, key=lambda url: (known.get(url, ""), url))[:limit]
        found = asyncio.run(_looked(fetcher, due, seconds))
        with self._records.write() as connection:
            _store(connection, found)
        return found

    def summary(self, products: Sequence[str] = (), *, limit: int = 50) -> LinkSummary:
        """The last results, of some products or of all."""
        mine = [links.c.product.in_(products)] if products else []
        owner = (documents.c.product == links.c.product) & (documents.c.id == links.c.document)
        query = select(links, documents.c.title).join(documents, owner).where(links.c.dead, *mine)
        query = query.order_by(links.c.checked_at.desc(), links.c.product, links.c.document).limit(limit)
        with self._records.read() as connection:
            rows = connection.execute(query).mappings()
            names = CheckedLink.__slots__
            dead = tuple(CheckedLink(**{name: row[name] for name in names}) for row in rows)
            checked, at = connection.execute(select(func.count(), func.max(links.c.checked_at)).where(*mine)).one()
        return LinkSummary(dead, checked, at or "")


async def _looked(fetcher: Fetcher, urls: Sequence[str], seconds: float) -> dict[str, Fetched]:
    """Several hosts at once, one address of each at a time."""
    hosts: dict[str, list[str]] = defaultdict(list)
    for url in urls:
        hosts[url.split("/")[2]].append(url)
    found: dict[str, Fetched] = {}
    turns = asyncio.Semaphore(_HOSTS_AT_ONCE)

    async def look_at_host(of_host: Sequence[str]) -> None:
        async with turns:
            for url in of_host:
                found[url] = await fetcher.look(url)

    tasks = [asyncio.create_task(look_at_host(of_host)) for of_host in hosts.values()]
    if tasks:
        _, late = await asyncio.wait(tasks, timeout=seconds)
        for task in late:
            task.cancel()
    return found


def _references(connection: Connection) -> list[tuple[str, str, str]]:
    """(product, document, address) of every reference."""
    query = select(documents.c.product, documents.c.id, documents.c.references)
    found = {
        (row.product, row.id, reference["url"].partition("#")[0])
        for row in connection.execute(query)
        for reference in row.references
        if reference["url"].startswith(("http://", "https://"))
    }
    return sorted(found)


def _store(connection: Connection, found: Mapping[str, Fetched]) -> None:
    """Results for every document that has the reference; those of references that are no more go."""
    current, at = _references(connection), now()
    old = {tuple(row) for row in connection.execute(select(links.c.product, links.c.document, links.c.url))}
    checked = [reference for reference in current if reference[2] in found]
    for product, document, url in (old - set(current)) | (old & set(checked)):
        where = (links.c.product == product) & (links.c.document == document) & (links.c.url == url)
        connection.execute(delete(links).where(where))
    rows = [_row(*reference, found[reference[2]], at) for reference in checked]
    if rows:
        connection.execute(insert(links), rows)


def _row(product: str, document: str, url: str, result: Fetched, at: str) -> dict[str, object]:
    values = {"dead": result.dead, "status": result.status, "reason": result.reason, "checked_at": at}
    return {"product": product, "document": document, "url": url} | values
