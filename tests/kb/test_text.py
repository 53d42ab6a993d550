"""Cleaning, tokens, language and features of text."""

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.text import clean, detect_language, features, is_cjk, query_tokens, tokens, word_pairs

BANNED = [*range(0, 9), 0x0B, 0x0C, *range(0x0E, 0x20), *range(0x7F, 0xA0), 0x200B, *range(0x202A, 0x202F),
          *range(0x2066, 0x206A), 0xFEFF, *range(0xE0000, 0xE0080), *range(0xD800, 0xE000)]  # fmt: skip


@pytest.mark.parametrize("text", ["می‌خواهم", "क्‍ष", "👩‍💻 ok", "日本語ガギグ", "naïve café", "a\tb\nc", "“引号”——…"])
def test_clean_keeps_what_readers_see(text: str) -> None:
    """Persian, Hindi, emoji, Japanese, accents, tabs and line ends stay as they are."""
    assert clean(text) == text


def test_clean_drops_every_invisible_character() -> None:
    """No control, bidirectional override, tag, joiner between Latin letters or surrogate is left."""
    dirty = "a" + "".join(map(chr, BANNED)) + "b\u200dc"
    assert clean(dirty) == "abc"


@given(st.text())
def test_clean_is_idempotent(text: str) -> None:
    """Cleaning twice changes nothing more, and no banned character survives."""
    once = clean(text)
    assert clean(once) == once
    assert not set(map(ord, once)) & set(BANNED)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("开鉴权", ["开", "鉴", "权", "开鉴", "鉴权"]),
        ("nacos.naming.clean", ["nacos.naming.clean", "nacos", "naming", "clean"]),
        ("NacosException", ["nacosexception", "nacos", "exception"]),
        ("v2.3.1", ["v2.3.1"]),
        ("nacos2.3.0", ["nacos2.3.0", "2.3.0", "nacos"]),
        ("２．０", ["2.0"]),
        ("C++", ["c++"]),
    ],
    ids=["han", "property key", "camel case", "version", "version without a space", "full width", "symbols"],
)
def test_tokens(text: str, expected: list[str]) -> None:
    """Han runs give characters and pairs, identifiers themselves and their parts."""
    assert tokens(text) == expected


@given(st.text())
def test_tokens_are_lower_case_and_hold_no_space(text: str) -> None:
    """Any text gives tokens that an index can store joined by spaces."""
    assert all(token and not any(char.isspace() for char in token) for token in tokens(text))


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("nacos 启动报错怎么办", "zh"),
        ("What is port 9848 for?", "en"),
        ("Caused by: java.lang.IllegalStateException: No DataSource set\n启动失败了", "zh"),
        ("The word 配置 means configuration, and this sentence is otherwise written in plain English.", "en"),
        ("", "en"),
    ],
)
def test_detect_language(text: str, language: str) -> None:
    """Sentences decide, not the identifiers and logs between them."""
    assert detect_language(text) == language


def test_features_of_a_pasted_error() -> None:
    """Versions, exception classes, codes, ports and identifiers are recognised and kept whole."""
    found = features(
        "com.alibaba.nacos.api.exception.NacosException: errCode=-401, server 127.0.0.1:8848, 版本2.3.0, "
        "spring-cloud 2021.0.4.0, nacos.core.auth.enabled=true, NACOS_AUTH_TOKEN, 端口9848, 报403, getServiceName"
    )
    assert found.versions == ("2.3.0", "2021.0.4.0")
    assert found.exceptions == ("NacosException",)
    assert set(found.codes) == {"-401", "403"}
    assert set(found.ports) == {"8848", "9848"}
    assert {"nacos.core.auth.enabled", "NACOS_AUTH_TOKEN", "getServiceName"} <= set(found.identifiers)


HOSTILE = ["a.", "a-", "Aa", "9.", "aA", "中a", "A_", ".", "x.Y", "a ", "status ", "- ", "-", "9", "```", "`", "\u200d"]


@pytest.mark.parametrize("unit", HOSTILE)
def test_patterns_are_linear(unit: str) -> None:
    """50 000 adversarial characters take well under half a second in every function."""
    text = unit * (50_000 // len(unit))
    started = time.perf_counter()
    for function in (clean, tokens, features, detect_language):
        function(text)
    assert time.perf_counter() - started < 0.5


def test_words_of_asking_are_not_searched_for() -> None:
    """What every question holds says nothing; a question of nothing else keeps it all."""
    assert query_tokens("How do I reset the password?") == ["reset", "password"]
    assert sorted(query_tokens("命令怎么用")) == sorted(["命", "令", "用", "命令"])
    assert query_tokens("how to?") == ["how", "to"]
    assert "not" in query_tokens("user not found")


def test_word_pairs_keep_the_words_of_a_message_together() -> None:
    """Neighbouring Latin words, across neither Chinese nor punctuation, and none of stop words only."""
    assert word_pairs("报 user not found 怎么办, how do I fix it") == ["user not", "not found", "i fix", "fix it"]


def test_is_cjk() -> None:
    """Han ideographs only."""
    assert is_cjk("鉴")
    assert not is_cjk("a")
    assert unicodedata.name("あ").startswith("HIRAGANA")
    assert not is_cjk("あ")
