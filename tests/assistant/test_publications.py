"""Publications: what was published comes back as it was, and retired pages know where to send their readers."""

from dataclasses import replace

import pytest

from assistant.publications import Publication, PublicationStore
from kb.records import Records
from kb.values import Document, Reference, Section

DOCUMENT = Document(
    "grpc-port",
    "nacos",
    "端口",
    "Why?\n\nBecause.",
    (Section("question", "", 0, 4), Section("cause", "", 6, 14)),
    kind="qa",
    question="Why?",
    references=(Reference("文档", "https://example.org/"),),
    reviewed=True,
    metadata={"tags": ["port"]},
)


@pytest.fixture
def store(records: Records) -> PublicationStore:
    return PublicationStore(records)


def test_round_trip(store: PublicationStore) -> None:
    """Document, dates and versions come back; the store says when."""
    publication = Publication(DOCUMENT, "2026-01-02", "2026-01-03", ("2.3", "2.4"))
    store.put(publication)
    stored = store.get("nacos", "grpc-port")
    assert stored
    assert stored.updated_at.endswith("Z")
    assert replace(stored, updated_at="") == publication
    assert store.get("arthas", "grpc-port") is None


def test_a_later_one_replaces(store: PublicationStore) -> None:
    """A document is published once, in its latest form."""
    store.put(Publication(DOCUMENT))
    store.put(Publication(replace(DOCUMENT, title="new")))
    assert [one.document.title for one in store.list()] == ["new"]


def test_retired_ones_are_told_apart(store: PublicationStore) -> None:
    """They stay, so that their address can say where to go."""
    store.put(Publication(DOCUMENT))
    store.put(Publication(replace(DOCUMENT, id="other", product="arthas")))
    store.put(Publication(DOCUMENT, status="retired", redirect_to="ports"))
    assert [one.document.id for one in store.list(status="published")] == ["other"]
    assert [(one.status, one.redirect_to) for one in store.list("nacos")] == [("retired", "ports")]
