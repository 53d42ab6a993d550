"""Intake: checks, language, product, versions, follow-ups."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.question import is_follow_up, read_question
from kb.errors import QuestionError

NAMES = {"nacos": ["Nacos"], "arthas": ["Arthas", "阿尔萨斯"]}


@pytest.mark.parametrize("text", ["", "  \n", "\u200b", "？？？", "a" * 20_001, "broken \ud800 text"])
def test_unreadable_questions_are_refused_with_advice(text: str) -> None:
    """Empty, too long and broken questions get an error in both languages that says what to do."""
    with pytest.raises(QuestionError, match=r"[A-Z].*（.+）"):
        read_question(text)


def test_the_longest_question_is_read() -> None:
    """20 000 characters pass."""
    assert read_question("a" * 20_000).text


@pytest.mark.parametrize(
    ("text", "product", "expected"),
    [
        ("nacos 鉴权怎么开", "", ("nacos",)),
        ("阿尔萨斯连不上进程", "", ("arthas",)),
        ("nacos 和 arthas 有什么区别", "", ()),
        ("怎么开鉴权", "", ()),
        ("arthas 怎么用", "nacos", ("nacos",)),
    ],
    ids=["named", "other word", "two named", "none named", "chosen one wins"],
)
def test_product(text: str, product: str, expected: tuple[str, ...]) -> None:
    """A question that names exactly one product is about it, unless the reader chose one."""
    assert read_question(text, product=product, product_names=NAMES).products == expected


def test_versions_come_from_the_request_and_the_question() -> None:
    """The version that the page gave comes first."""
    assert read_question("nacos 2.3.0 启动报错", version="2.x").versions == ("2.x", "2.3.0")


def test_secrets_are_masked_everywhere() -> None:
    """Neither the stored text nor the query holds the password."""
    question = read_question("连不上 jdbc:mysql://root:Pa55w0rd@db:3306/nacos 怎么办")
    assert question.masked
    assert "Pa55w0rd" not in question.text + question.query


def test_marks_make_no_question_too_long() -> None:
    """They may be longer than what they hide; what is stored can be read again, and no mark is cut in two."""
    stored = read_question("pwd=a1b2c " * 1_999).text
    assert len(stored) > 19_900
    assert read_question(stored).text == stored
    assert stored.count("[") == stored.count("]")


def test_courtesies_are_not_searched_for() -> None:
    """Filler words would match other filler words."""
    assert read_question("各位大佬，请问 nacos 怎么开启鉴权，谢谢！").query == "nacos 怎么开启鉴权"


@pytest.mark.parametrize(
    "text", ["为什么呢？", "那 docker 里怎么配置", "what about docker?", "它的默认端口是多少", "why?"]
)
def test_follow_ups_are_recognised(text: str) -> None:
    """Short messages that point back make no sense alone."""
    assert is_follow_up(text)


@pytest.mark.parametrize(
    "text",
    ["nacos 集群模式下如何配置 mysql 数据源？", "How do I enable authentication for the Nacos server in Docker?"],
)
def test_whole_questions_stand_alone(text: str) -> None:
    """A question that names its subject starts a new search."""
    assert not is_follow_up(text)


def test_a_follow_up_is_searched_with_what_it_follows() -> None:
    """The query holds both, and the product stays."""
    first = read_question("nacos 怎么开启鉴权", product_names=NAMES)
    second = read_question("那 docker 里怎么配置", product_names=NAMES, follows=first)
    assert "鉴权" in second.query
    assert "docker" in second.query
    assert second.products == ("nacos",)


@given(st.text(alphabet=st.characters(exclude_categories=[])))
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text makes intake fail in any other way."""
    try:
        question = read_question(text)
    except QuestionError:
        return
    assert question.text
    assert question.query
