"""Hybrid search over the sample knowledge base, and the LangChain retriever on top of it."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kb.retriever import DayiRetriever
from ui.services import Services


@pytest.mark.parametrize(
    ("query", "product", "document"),
    [
        ("No DataSource set", "nacos", "nacos-sample-0003"),
        ("java.lang.IllegalStateException: No DataSource set", "", "nacos-sample-0003"),
        ("ＮＯ　DataSource　set", "nacos", "nacos-sample-0003"),
    ],
    ids=["message", "exception, all products", "full width"],
)
def test_an_error_message_finds_its_entry(services: Services, query: str, product: str, document: str) -> None:
    """Messages and exception classes find the entry about them first."""
    hits = services.search.search(query, products=[product] if product else []).hits
    assert hits[0].document.id == document


def test_only_the_asked_products_are_searched(services: Services) -> None:
    """No hit of another product slips in."""
    assert {hit.document.product for hit in services.search.search("怎么启动", products=["arthas"]).hits} == {"arthas"}
    assert {hit.document.product for hit in services.search.search("启动报错").hits} == {"arthas", "nacos"}
    assert services.search.search("启动", products=["no-such"]).hits == ()


def test_hits_are_ordered_and_explained(services: Services) -> None:
    """Scores fall, each document comes once, the reasons add up to the score and name the words that matched."""
    hits = services.search.search("nacos 开启鉴权 secret key 长度", products=["nacos"], k=8).hits
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert len({hit.document.id for hit in hits}) == len(hits) == 8
    for hit in hits:
        assert sum(reason.value for reason in hit.reasons) == pytest.approx(hit.score)
        assert hit.passages
    words = next(reason.detail for reason in hits[0].reasons if reason.name == "lexical")
    assert "secret" in words


@pytest.mark.parametrize("query", ["", "   ", "------", "？？？", "\n\n", "\u200b"])
def test_a_query_without_words_finds_nothing(services: Services, query: str) -> None:
    """A row of dashes is no error."""
    assert services.search.search(query).hits == ()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(query=st.text(max_size=300) | st.text(alphabet='+-&|!(){}[]^"~*?:\\/ANDORTO title', max_size=60))
def test_any_query_is_searched(services: Services, query: str) -> None:
    """User text is never search syntax."""
    assert len(services.search.search(query, k=5).hits) <= 5


def test_more_than_there_is(services: Services) -> None:
    """Asking for more documents than exist gives those that match."""
    assert 0 < len(services.search.search("arthas", k=1000).hits) <= sum(services.search.products().values())


@pytest.mark.parametrize(
    ("query", "language"),
    [
        ("怎样找出 CPU 占用最高的线程", "en"),
        ("the server refuses to start, the secret key of the token is too short", "zh"),
        ("client cannot connect, gRPC port blocked by the firewall", "zh"),
    ],
)
def test_a_question_finds_documents_of_the_other_language(services: Services, query: str, language: str) -> None:
    """A document of the other language is among the first five."""
    assert language in {hit.document.language for hit in services.search.search(query, k=5).hits}


def test_the_langchain_retriever_gives_passages_with_their_origin(services: Services) -> None:
    """Programs built on LangChain get the same hits, with what is needed to cite them."""
    found = DayiRetriever(search=services.search, products=["nacos"], k=3).invoke("No DataSource set")
    assert [document.metadata["id"] for document in found][0] == "nacos-sample-0003"
    assert len(found) == 3
    first = found[0]
    stored = services.knowledge.records.document("nacos", "nacos-sample-0003")
    assert stored is not None
    for start, end in first.metadata["spans"]:
        assert stored.text[start:end] in first.page_content
