"""What of a paste is searched for."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.query import search_text

TRACE = (
    """nacos 启动报错，求助
2024-01-03 10:00:00.123  INFO 123 --- [main] o.s.b.SpringApplication : Starting application on host
2024-01-03 10:00:01.123 ERROR 123 --- [main] o.s.b.SpringApplication : Application run failed
org.springframework.context.ApplicationContextException: Unable to start web server
"""
    + "\tat org.springframework.boot.web.ServletContext.onRefresh(ServletContext.java:157)\n" * 250
    + """\
Caused by: java.lang.IllegalStateException: No DataSource set
\t... 53 more
--------------------------------------------
"""
)


def test_a_stack_trace_is_reduced_to_its_fault() -> None:
    """The reader's words, the exceptions and their messages stay; frames and rules go."""
    query = search_text(TRACE)
    assert "求助" in query
    assert "IllegalStateException: No DataSource set" in query
    assert "ServletContext.java" not in query
    assert "----" not in query
    assert len(query) < 1000


def test_a_short_question_is_searched_as_it_stands() -> None:
    """Nothing is cut from an ordinary question."""
    assert search_text("  9848 端口是做什么用的? ") == "9848 端口是做什么用的?"


@given(st.text(max_size=2000))
def test_any_text_gives_a_bounded_query(text: str) -> None:
    """No text makes it fail, and the query never grows past its cap."""
    assert len(search_text(text)) <= max(8000, len(text))


@pytest.mark.parametrize("unit", ["at ", "2024-01-01 ", "[ERROR] ", "\n", "x|", "[", "中\n", "- - "])
def test_patterns_are_linear(unit: str) -> None:
    """20 000 adversarial characters take well under half a second."""
    started = time.perf_counter()
    search_text(unit * (20_000 // len(unit)))
    assert time.perf_counter() - started < 0.5
