"""What of a paste is searched for."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.query import search_text

TRACE = (
    """nacos 启动报错，是配置的问题吗
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
    assert "是配置的问题吗" in query
    assert "IllegalStateException: No DataSource set" in query
    assert "ServletContext.java" not in query
    assert "----" not in query
    assert len(query) < 1000


def test_a_short_question_is_searched_as_it_stands() -> None:
    """Nothing is cut from an ordinary question."""
    assert search_text("  9848 端口是做什么用的? ") == "9848 端口是做什么用的?"


@pytest.mark.parametrize(
    ("typed", "searched"),
    [
        ("各位大佬，请问 nacos 怎么开启鉴权，谢谢！", "nacos 怎么开启鉴权"),
        ("Hello everyone, how to reset the password? Thanks a lot!", "how to reset the password?"),
        ("在线等，急！", "在线等,急!"),
        ("ｎａｃｏｓ　８８４８", "nacos 8848"),
    ],
    ids=["Chinese", "English", "nothing else", "full width"],
)
def test_courtesies_are_not_searched_for(typed: str, searched: str) -> None:
    """Greetings and thanks would match other greetings; a text of nothing else stays."""
    assert search_text(typed) == searched


LOG = "2024-03-01 10:00:00.123  INFO 1 --- [main] o.s.b.w.TomcatWebServer : Tomcat started on port 8080\n" * 40


def test_only_the_sentence_is_left_of_a_log_around_it() -> None:
    """Ordinary log lines, rules and the settings of other programs go."""
    settings = "spring:\n  application:\n    name: order\nserver.port=8080\n"
    assert search_text(f"{LOG}服务为什么注册不上 nacos\n-----\n{settings}") == "服务为什么注册不上 nacos"


def test_settings_that_the_sentence_speaks_of_are_searched_for() -> None:
    """A pasted property stays when it shares a word with the question."""
    query = search_text("为什么 nacos 配置不生效\nserver.port=8080\nspring.cloud.nacos.config.group=DEV\n")
    assert "spring.cloud.nacos.config.group" in query
    assert "8080" not in query


def test_a_paste_without_a_sentence_is_searched_for_its_faults() -> None:
    """Nothing but a log: its messages and names, without times, threads and packages."""
    query = search_text(LOG + "2024-03-01 10:00:01 ERROR [main] c.a.n.Client : Client not connected, status:STARTING\n")
    assert "Client not connected" in query or "status:STARTING" in query
    assert "2024" not in query


def test_a_trace_without_line_ends_loses_its_frames() -> None:
    """Chat programs drop line ends."""
    frames = " at com.example.Order.run(Order.java:7)" * 300
    query = search_text(f"启动就报错 java.lang.IllegalStateException: No DataSource set{frames}")
    assert query == "启动就报错 java.lang.IllegalStateException: No DataSource set"


@given(st.text(max_size=2000))
def test_any_text_gives_a_bounded_query(text: str) -> None:
    """No text makes it fail, and the query never grows past its cap."""
    assert len(search_text(text)) <= max(8000, len(text))


@pytest.mark.parametrize(
    "unit",
    [
        "at ",
        "2024-01-01 ",
        "[ERROR] ",
        "\n",
        "x|",
        "[",
        "中\n",
        "- - ",
        " at a(",
        "a.",
        "=",
        "请",
        "(a",
        "<",
        "Caused by: ",
    ],
)
def test_patterns_are_linear(unit: str) -> None:
    """20 000 adversarial characters take well under half a second."""
    started = time.perf_counter()
    search_text(unit * (20_000 // len(unit)))
    assert time.perf_counter() - started < 0.5
