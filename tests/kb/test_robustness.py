"""Queries as people type them: typing errors, pinyin, traditional characters, synonyms."""

import time
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.pinyin import characters, syllables
from kb.query import naming_once
from kb.reading import read_query
from kb.search import HybridSearch
from kb.spelling import correction, edits
from kb.synonyms import Synonyms
from kb.text import tokens
from ui.services import Services
from ui.settings import load_settings

TEXT = """nacos 注册 失败 鉴权 认证 注册中心 配置 配置中心 服务器 重启 阈值 超时 长时间 行号 绿色 策略 女 连接 命名空间
nacos.core.auth.enabled IllegalStateException configuration client connection logs world mono NacosException
nacos 服务\nnacos 客户端\nnacos\nnacos 节点"""


class Words:
    """A vocabulary of one passage for each line of a text; "sentinel" stands in a title only."""

    def __init__(self, text: str = TEXT) -> None:
        self._lines = [set(tokens(line)) for line in text.splitlines()]

    def frequencies(self, words: Iterable[str]) -> tuple[int, Mapping[str, int]]:
        return len(self._lines), {word: sum(word in line for line in self._lines) for word in set(words)}

    def occurrences(self, words: Iterable[str]) -> Mapping[str, int]:
        return {word: count or int(word == "sentinel") for word, count in self.frequencies(words)[1].items()}

    def starting_with(self, prefix: str) -> Mapping[str, int]:
        return self.frequencies(word for line in self._lines for word in line if word.startswith(prefix))[1]


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("nacso 启动", "nacos 启动"),
        ("nacis 启动", "nacos 启动"),
        ("ancos 启动", "nacos 启动"),
        ("nacos.core.auth.enabeld=true", "nacos.core.auth.enabled=true"),
        ("IlegalStateException", "IllegalStateException"),
        ("CLEINT configruation", "CLIENT configuration"),
        ("confgiuratoin", "configuration"),
    ],
    ids=["swapped", "product", "first letters", "property", "camel case", "capitals", "two errors in a long word"],
)
def test_typing_errors_are_corrected(typed: str, read: str) -> None:
    """What was meant is searched for, written as it was typed otherwise, and the change is told."""
    reading = read_query(typed, Words())
    assert reading.text == read
    assert reading.changes


@pytest.mark.parametrize(
    "query",
    [
        "nacos client 连接",
        "sentinel",
        "loss of a word",
        "kafka",
        "MongoDB",
        "v2.3.1 8848",
        "nac",
        "the",
        "注册失败",
        "",
    ],
)
def test_other_words_are_left_alone(query: str) -> None:
    """Known words, words of titles, other products, short words that merely look alike, numbers."""
    assert read_query(query, Words()).text == query
    assert not read_query(query, Words()).changes


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("nacos zhuce shibai", "nacos 注册 失败"),
        ("jianquan怎么配", "鉴权怎么配"),
        ("peizhizhongxin", "配置中心"),
        ("mingmingkongjian chongqi", "命名空间 重启"),
        ("yuzhi celue", "阈值 策略"),
        ("hanghao lvse changshijian", "行号 绿色 长时间"),
        ("wanquan", "wanquan"),
    ],
)
def test_pinyin_becomes_characters(typed: str, read: str) -> None:
    """Words in pinyin become the words that occur; one that no passage holds stays."""
    assert read_query(typed, Words()).text == read


def test_every_way_to_cut_pinyin_is_found() -> None:
    """`fangan` is fang·an or fan·gan; what is no pinyin cannot be cut."""
    assert set(syllables("fangan")) == {("fang", "an"), ("fan", "gan")}
    assert not list(syllables("nacos"))


@pytest.mark.parametrize(
    ("typed", "read"),
    [("註冊中心", "注册中心"), ("伺服器 連線", "服务器 连接"), ("服務 超時", "服务 超时"), ("注册中心", "注册中心")],
)
def test_traditional_characters_become_simplified(typed: str, read: str) -> None:
    """Character by character, or in the mainland's words where those are known better."""
    assert read_query(typed, Words()).text == read


def test_traditional_documents_are_found_by_traditional_words() -> None:
    """Where the documents are traditional, the question stays so."""
    assert read_query("註冊中心", Words("nacos 註冊中心 配置檔")).text == "註冊中心"


@pytest.mark.parametrize(
    ("one", "other", "distance"),
    [("nacos", "nacos", 0), ("nacso", "nacos", 1), ("naco", "nacos", 1), ("nnacos", "nacos", 1), ("abcd", "badc", 2),
     ("abc", "xyz", 3), ("", "ab", 2)],
)  # fmt: skip
def test_edits(one: str, other: str, distance: int) -> None:
    """Added, dropped, replaced and swapped letters count one each."""
    assert edits(one, other, 5) == distance
    assert edits(other, one, 5) == distance


@given(st.text("abcn", max_size=8), st.text("abcn", max_size=8), st.integers(0, 3))
def test_edits_are_cut_off_only_above_the_limit(one: str, other: str, most: int) -> None:
    """A limit saves time and changes no smaller distance."""
    assert min(edits(one, other, most), most + 1) == min(edits(one, other, 20), most + 1)


def test_the_most_frequent_near_word_wins() -> None:
    """Of equally near words the one in more passages."""
    assert correction("clieent", {"client": 3, "clieeent": 9}, common=100) == "clieeent"
    assert correction("confgiuratoin", {"configuration": 1, "configurators": 9}, common=100) == "configuration"
    assert correction("servre", {"server": 3, "serve": 9}, common=100) == "serve"


@given(st.text(max_size=400) | st.text("ngiaohu .-_A学", max_size=200))
def test_any_text_is_read(text: str) -> None:
    """No text makes reading fail, and reading what was read changes nothing more."""
    once = read_query(text, Words()).text
    assert read_query(once, Words()).text == once


@pytest.mark.parametrize("unit", ["a", "xi", "ang", "a.", "Aa", "學", "zhuang ", "aB9-", "enabeld "])
def test_reading_is_linear(unit: str) -> None:
    """6 000 adversarial characters take well under half a second."""
    words = Words()
    read_query("註冊", words)  # loads the tables
    started = time.perf_counter()
    read_query(unit * (6000 // len(unit)), words)
    assert time.perf_counter() - started < 0.5


def test_a_long_word_of_vowels_is_not_cut_into_all_its_syllables() -> None:
    """The ways to cut a word grow exponentially; only a few are tried."""
    started = time.perf_counter()
    characters("xianxianxianxianxianxian", lambda words: Words().frequencies(words)[1])
    assert time.perf_counter() - started < 0.5


@pytest.mark.parametrize(
    ("query", "plain"),
    [("No DataSuorce set", "No DataSource set"), ("kaiqi jianquan", "开启 鉴权"), ("開啟鑒權", "开启鉴权")],
    ids=["typing error", "pinyin", "traditional"],
)
def test_a_changed_query_finds_what_the_plain_one_finds(services: Services, query: str, plain: str) -> None:
    """The first hit is the same, and its last reason says how the query was read."""
    hit = services.search.search(query, products=["nacos"]).hits[0]
    assert hit.document.id == services.search.search(plain, products=["nacos"]).hits[0].document.id
    assert hit.reasons[-1].name == "spelling"
    assert "→" in hit.reasons[-1].detail


GROUPS = [["鉴权", "认证", "Auth"], ["宕机", "挂了", "node down"], ["ｋ８ｓ", "Kubernetes"], []]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("怎么开鉴权", {"鉴权": ("认证", "auth")}),
        ("AUTH is off", {"auth": ("鉴权", "认证")}),
        ("the author", {}),
        ("a Node  Down again", {"node": ("宕机", "挂了")}),
        ("K8S 部署", {"k8s": ("kubernetes",)}),
        ("", {}),
    ],
)
def test_synonyms_are_found(text: str, found: Mapping[str, tuple[str, ...]]) -> None:
    """Latin words whole, Chinese ones anywhere, whatever the case and width."""
    assert dict(Synonyms(GROUPS).found(text)) == found


@given(st.lists(st.lists(st.text(max_size=6), max_size=4), max_size=4), st.text(max_size=60))
def test_any_words_can_be_synonyms(groups: list[list[str]], text: str) -> None:
    """No list of words and no text makes it fail, and no word stands for itself."""
    Synonyms(groups).found(text)
    for words in groups:
        for word in words:
            assert word not in Synonyms([[word]]).found(word).values()


def test_synonyms_find_what_other_words_say(services: Services) -> None:
    """A word that no document holds finds the documents of its synonyms, and they count as covering it."""
    plain = HybridSearch(services.knowledge).search("flurbel 长度", products=["nacos"])
    search = HybridSearch(services.knowledge, synonyms=[["flurbel", "secret key"]])
    found = search.search("flurbel 长度", products=["nacos"])
    text = " ".join(passage.text for passage in found.hits[0].passages)
    assert "secret" in text.lower()
    assert found.signals.known == 1 > plain.signals.known
    assert found.signals.coverage > plain.signals.coverage


def test_product_names_are_synonyms(services: Services) -> None:
    """Naming the product once more changes no order, and its other names find it."""
    search = HybridSearch(services.knowledge, product_names={"nacos": ["Nacos", "纳科斯"]})

    def found(query: str) -> list[str]:
        return [hit.document.id for hit in search.search(query, products=["nacos"]).hits]

    assert found("nacos 开启鉴权后报 user not found nacos") == found("nacos 开启鉴权后报 user not found")
    assert "nacos" in search.search("纳科斯").hits[0].passages[0].text.lower()


@pytest.mark.parametrize(
    ("query", "rest"),
    [
        ("nacos怎么开启鉴权", "nacos怎么开启鉴权"),
        ("Nacos 问题：nacos.core.auth.enabled 怎么开启 nacos", "Nacos 问题：nacos.core.auth.enabled 怎么开启  "),
        ("纳科斯 nacosx Nacos", "纳科斯 nacosx  "),
    ],
    ids=["once", "identifier", "another name"],
)
def test_a_product_is_named_once(query: str, rest: str) -> None:
    """Further mentions go, identifiers keep the names in them."""
    assert naming_once(query, ["nacos", "", "a+b(", "纳科斯"]) == rest


def test_synonyms_come_from_the_settings(tmp_path: Path) -> None:
    """`synonyms` in `dayi.toml`; the autouse fixture makes `tmp_path` the working folder."""
    (tmp_path / "dayi.toml").write_text('synonyms = [["鉴权", "auth"], ["宕机", "down"]]', encoding="utf-8")
    assert load_settings().synonyms == [["鉴权", "auth"], ["宕机", "down"]]
