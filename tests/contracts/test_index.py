"""What any index promises, checked on all of them."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kb.embedding.hashing import HashEmbedder
from kb.errors import StoreDamaged
from kb.index.base import Change, Index, IndexQuery
from kb.index.chroma import ChromaIndex
from kb.index.exact import ExactIndex
from kb.index.tantivy_index import TantivyIndex

EMBEDDER = HashEmbedder(64)
MAKERS: dict[str, Callable[[Path], Index]] = {
    "tantivy": TantivyIndex,
    "tantivy in memory": lambda _: TantivyIndex(None),
    "chroma": ChromaIndex,
    "chroma, products together": partial(ChromaIndex, together=True),
    "exact": lambda _: ExactIndex(EMBEDDER.dimension),
}
ON_DISK = ("tantivy", "chroma", "chroma, products together")
TEXTS = (
    "nacos 启动失败 端口 8848 被占用",
    "sentinel 限流规则 不生效",
    "client not connected, current status STARTING",
    "seata 全局事务 回滚 超时",
    "配置中心 namespace 权限 403 forbidden",
)


def change(key: int, text: str, product: str = "nacos", seq: int | None = None) -> Change:
    vector = EMBEDDER.encode_documents([text])[0]
    return Change(seq or key, key, product, deleted=False, title="", heading="", text=text, vector=vector)


def gone(key: int, product: str = "nacos") -> Change:
    return Change(1000 + key, key, product, deleted=True)


def query(text: str) -> IndexQuery:
    return IndexQuery(text, EMBEDDER.encode_queries([text])[0])


def keys(index: Index, text: str, *products: str, limit: int = 10) -> list[int]:
    return [match.key for match in index.search(query(text), products=products, limit=limit)]


@pytest.fixture(params=MAKERS)
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Index]:
    made = MAKERS[request.param](tmp_path / "index")
    yield made
    made.close()


@pytest.fixture
def filled(index: Index) -> Index:
    index.apply([change(key, text) for key, text in enumerate(TEXTS, 1)])
    return index


class TestIndex:
    def test_empty_index_finds_nothing(self, index: Index) -> None:
        """A question to an empty store is no error."""
        assert keys(index, "nacos") == []
        assert keys(index, "nacos", "nacos", "other") == []

    def test_text_finds_itself_first(self, filled: Index) -> None:
        """Each passage is the best match for its own words."""
        for key, text in enumerate(TEXTS, 1):
            assert keys(filled, text)[0] == key

    def test_best_first_and_limited(self, filled: Index) -> None:
        """Scores fall, ties go by key, and no more than asked come back."""
        matches = filled.search(query(" ".join(TEXTS)), products=[], limit=3)
        assert matches == sorted(matches, key=lambda match: (-match.score, match.key))
        assert len(matches) == 3
        assert filled.search(query(TEXTS[0]), products=[], limit=0) == []

    def test_more_asked_than_there_are(self, filled: Index) -> None:
        """A limit beyond the store's size gives what there is, each once."""
        found = keys(filled, " ".join(TEXTS), limit=5000)
        assert sorted(found) == [1, 2, 3, 4, 5]

    def test_products_are_kept_apart(self, filled: Index) -> None:
        """Only the named products are searched; all of them when none is named."""
        filled.apply([change(11, TEXTS[0], "sentinel"), change(12, TEXTS[0], "名字 with spaces/…")])
        assert keys(filled, TEXTS[0], "sentinel") == [11]
        assert keys(filled, TEXTS[0], "名字 with spaces/…") == [12]
        assert sorted(keys(filled, TEXTS[0], "sentinel", "sentinel", "nacos"))[-1] == 11
        assert set(keys(filled, TEXTS[0])) >= {1, 11, 12}

    def test_unknown_product_matches_nothing(self, filled: Index) -> None:
        """A product without passages gives an empty list, alone and beside others."""
        assert keys(filled, TEXTS[0], "nobody") == []
        assert keys(filled, TEXTS[0], "nobody", "nacos")[0] == 1
        assert keys(filled, TEXTS[0], "\ud800") == []

    def test_deleted_neighbours_stay_away(self, filled: Index) -> None:
        """Deleting the nearest passages brings up the next ones in the right order."""
        near = [change(key, f"{TEXTS[0]} variant{key}") for key in range(20, 40)]
        filled.apply(near)
        filled.apply([gone(c.key) for c in near] + [gone(1)])
        assert not set(keys(filled, TEXTS[0], limit=50)) & {1, *range(20, 40)}
        assert keys(filled, TEXTS[1])[0] == 2

    def test_apply_twice_is_harmless(self, filled: Index) -> None:
        """The same changes again, deletions of unknown passages included, change nothing."""
        before = filled.search(query(TEXTS[0]), products=[], limit=10)
        again = [change(key, text) for key, text in enumerate(TEXTS, 1)]
        filled.apply([*again, gone(999), gone(998, "never seen")])
        filled.apply([])
        after = filled.search(query(TEXTS[0]), products=[], limit=10)
        assert [match.key for match in after] == [match.key for match in before]

    def test_later_change_of_a_passage_wins(self, filled: Index) -> None:
        """An update replaces the text; within one batch the last one counts."""
        filled.apply([change(1, "obsolete words", seq=50), change(1, "dubbo 泛化调用 serialization", seq=51)])
        assert keys(filled, "dubbo 泛化调用 serialization")[0] == 1
        assert keys(filled, TEXTS[0]).count(1) <= 1
        filled.apply([change(2, "x", seq=60), gone(2)])
        assert 2 not in keys(filled, TEXTS[1])

    def test_batches_beyond_the_engines_limit(self, index: Index) -> None:
        """More changes in one call than any engine takes at once."""
        texts = {
            key: f"alpha{key * 7919 % 1009} beta{key * 31 % 997} gamma{key} delta{key % 83}" for key in range(1, 1201)
        }
        index.apply([change(key, text) for key, text in texts.items()])
        for key in (1, 500, 501, 777, 1000, 1001, 1200):
            assert keys(index, texts[key])[0] == key

    @given(text=st.text(max_size=300))
    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_odd_text_is_no_error(self, filled: Index, text: str) -> None:
        """Whatever readers type is words to look for, never syntax."""
        assert len(filled.search(query(text), products=["nacos"], limit=5)) <= 5

    @pytest.mark.parametrize(
        "text", ['title:"x" AND (', "* ? [a TO z]", "' OR 1=1 --", "a" * 50_000, "错" * 20_000, "\x00\ud800"]
    )
    def test_query_syntax_means_nothing(self, filled: Index, text: str) -> None:
        """Operators, quotes, enormous and broken texts are searched like any other."""
        filled.search(query(text), products=[], limit=5)


@pytest.mark.parametrize("maker", ON_DISK)
class TestIndexFolder:
    def test_survives_restart(self, maker: str, tmp_path: Path) -> None:
        """What was applied is there after closing and opening again, in the same process too."""
        index = MAKERS[maker](tmp_path / "index")
        index.apply([change(key, text) for key, text in enumerate(TEXTS, 1)])
        index.close()
        for _ in range(2):
            index = MAKERS[maker](tmp_path / "index")
            assert keys(index, TEXTS[3])[0] == 4
            index.apply([gone(1)])
            assert 1 not in keys(index, TEXTS[0])
            index.close()

    def test_overwritten_file_is_reported(self, maker: str, tmp_path: Path) -> None:
        """A main file full of rubbish is StoreDamaged, not a foreign exception."""
        index = MAKERS[maker](tmp_path / "index")
        index.apply([change(1, TEXTS[0])])
        index.close()
        for name in ("chroma.sqlite3", "meta.json"):
            if (path := tmp_path / "index" / name).exists():
                path.write_bytes(b"\xff" * path.stat().st_size)
        with pytest.raises(StoreDamaged, match="rebuilt"):
            MAKERS[maker](tmp_path / "index")


def test_lexical_index_prefers_titles_and_counts_words() -> None:
    """A word in the title weighs more than the same word in the text; frequencies count passages."""
    index = TantivyIndex(None)
    in_title = Change(1, 1, "p", deleted=False, title="raft leader", text="something else about it")
    in_text = Change(2, 2, "p", deleted=False, title="other words", text="raft something else about it")
    question = Change(3, 3, "p", deleted=False, title="", text="选主失败怎么办", question=True)
    index.apply([in_text, in_title, question])
    assert keys(index, "raft leader") == [1, 2]
    assert keys(index, "选主失败") == [3]
    assert index.frequencies(["raft", "something", "nothing"]) == (3, {"raft": 1, "something": 2, "nothing": 0})
    index.close()


def test_lexical_index_counts_in_the_order_of_the_words() -> None:
    """Where several are equally frequent, no process prefers another one than the next."""
    index, words = TantivyIndex(None), list("hgfedcbaabc")
    assert list(index.frequencies(words)[1]) == list(index.occurrences(words)) == list("hgfedcba")


@pytest.mark.parametrize("products", [["p0"], ["p1", "p7", "p19"], [f"p{n}" for n in range(20)], []])
@pytest.mark.parametrize("together", [False, True])
def test_chroma_agrees_with_exact_search(tmp_path: Path, products: list[str], together: bool) -> None:
    """Approximate search finds the same nearest passages with the same cosines on a small store of many products."""
    changes = [
        change(key, f"{TEXTS[key % 5]} extra{key * 7 % 13} detail{key}", f"p{key % 20}") for key in range(1, 601)
    ]
    exact, chroma = ExactIndex(EMBEDDER.dimension), ChromaIndex(tmp_path, together=together)
    for index in (exact, chroma):
        index.apply(changes)
        index.apply([gone(key, f"p{key % 20}") for key in range(1, 601, 9)])
    for text in TEXTS:
        wanted = exact.search(query(text), products=products, limit=5)
        found = chroma.search(query(text), products=products, limit=5)
        assert [match.score for match in found] == pytest.approx([match.score for match in wanted], abs=1e-3)
    chroma.close()


def test_chroma_finds_what_stands_beside_many_equal_passages(tmp_path: Path) -> None:
    """A notice that stands in hundreds of documents does not cut off the passages that are about something."""
    rng = np.random.default_rng(1)
    vectors = rng.standard_normal((900, EMBEDDER.dimension)).astype(np.float32)
    vectors[rng.permutation(900)[:600]] = vectors[0]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    different = [key for key, vector in enumerate(vectors) if (vector != vectors[0]).any()]
    chroma = ChromaIndex(tmp_path)
    chroma.apply([Change(key, key, "p", deleted=False, text="", vector=vectors[key]) for key in range(900)])
    found = [chroma.search(IndexQuery("", vectors[key]), products=[], limit=5) for key in different]
    missed = sum(key not in {match.key for match in matches} for key, matches in zip(different, found, strict=True))
    chroma.close()
    assert missed <= len(different) / 100
