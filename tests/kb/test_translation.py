"""The bundled lexicon, and what search does with it."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import put_all
from ingest.jsonl import parse_line
from kb import HybridSearch, KnowledgeBase, load_embedder
from kb.errors import EmbeddingError
from kb.model.lexicon import read_pairs, translations
from kb.translation import LEXICON, Lexicon, bundled_lexicon

PAGES = {
    "port": "Change the listening port of the server when another process occupies it.",
    "backup": "Make a backup of the database every night and keep it for a month.",
    "theme": "Choose a dark theme in the settings of the editor.",
    "备份": "每天夜里备份数据库，并保留一个月。",
}


def all_alike(words: Iterable[str]) -> dict[str, float]:
    return dict.fromkeys(words, 1.0)


@pytest.mark.parametrize(
    ("word", "translation"), [("端口", "port"), ("备份", "backup"), ("thread", "线程"), ("password", "密码")]
)
def test_words_of_both_languages_have_translations(word: str, translation: str) -> None:
    """The likeliest one comes first."""
    found = bundled_lexicon().translations(word)
    assert next(iter(found)) == translation
    assert list(found.values()) == sorted(found.values(), reverse=True)
    assert all(0 < chance <= 1 for chance in found.values())


@given(st.text())
def test_unknown_words_have_none(word: str) -> None:
    """Whatever readers type: never an error."""
    assert len(bundled_lexicon().translations(word)) <= 8


def test_translations_of_several_words_add_up() -> None:
    """A word that translates two words of the query counts for both, and only those that occur are searched for."""
    lexicon = bundled_lexicon()
    both = lexicon.weights(["线程", "线程池"[1:]], all_alike)
    assert both["thread"] > lexicon.weights(["线程"], all_alike)["thread"]
    assert lexicon.weights(["线程"], lambda words: {}) == {}
    assert len(lexicon.weights(sorted(lexicon.translations("port")) * 9, all_alike)) <= 16


@pytest.mark.parametrize("damage", [lambda data: data[: len(data) // 2], lambda data: b"", lambda data: b"no archive"])
def test_a_damaged_file_is_an_embedding_error(tmp_path: Path, damage: object) -> None:
    """The message names the file."""
    assert callable(damage)
    (tmp_path / "lexicon.npz").write_bytes(damage(LEXICON.read_bytes()))
    with pytest.raises(EmbeddingError, match=r"lexicon\.npz cannot be read"):
        Lexicon(tmp_path / "lexicon.npz")
    with pytest.raises(EmbeddingError):
        Lexicon(tmp_path / "missing.npz")


def test_the_lexicon_is_small() -> None:
    """It travels in the repository and the wheel."""
    assert LEXICON.stat().st_size < 2_500_000


def test_translations_are_learned_from_pairs(tmp_path: Path) -> None:
    """Words that occur together in pairs, and not elsewhere, translate each other; what stands in both is left out."""
    import gzip
    import json

    nouns = [("端口", "port"), ("密码", "password"), ("线程", "thread")]
    verbs = [("修改", "change"), ("删除", "delete"), ("打印", "print")]
    pairs = [(f"{v}，{n} nacos", f"{verb} nacos {noun}") for v, verb in verbs for n, noun in nouns] * 3
    with gzip.open(tmp_path / "pairs.jsonl.gz", "wt", encoding="utf-8") as file:
        file.writelines(json.dumps({"zh": zh, "en": en, "source": "s"}) + "\n" for zh, en in pairs)
    arrays = translations(*read_pairs(tmp_path, cap=100, seed=1))
    np.savez(tmp_path / "lexicon.npz", **arrays)
    lexicon = Lexicon(tmp_path / "lexicon.npz")
    for han, english in nouns + verbs:
        assert next(iter(lexicon.translations(han))) == english
        assert next(iter(lexicon.translations(english))) == han
        assert lexicon.translations(han)[english] > 0.8
    assert lexicon.translations("nacos") == {}


@pytest.fixture(scope="module")
def search(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HybridSearch]:
    folder = tmp_path_factory.mktemp("translated")
    embedder = load_embedder("bundled")
    knowledge = KnowledgeBase.open(folder, f"sqlite:///{folder}/dayi.db", embedder)
    lines = [{"id": id, "title": id, "text": text} for id, text in PAGES.items()]
    put_all(knowledge.records, embedder, [parse_line(line, product="p") for line in lines])
    knowledge.follow()
    yield HybridSearch(knowledge)
    knowledge.close()


def test_translated_words_find_a_page_and_are_its_reason(search: HybridSearch) -> None:
    """A Chinese question shares no word with the English page."""
    hit = search.search("端口被占用").hits[0]
    assert hit.document.id == "port"
    assert float(next(reason.detail for reason in hit.reasons if reason.name == "translation")) > 0


def test_a_page_in_the_readers_language_comes_first(search: HybridSearch) -> None:
    """Its translation counts, and does not pass it."""
    for question, own in (("怎样备份数据库？", "备份"), ("How do I back up the database?", "backup")):
        hits = search.search(question).hits
        assert [hit.document.id for hit in hits[:2]] == sorted(["备份", "backup"], key=lambda id: id != own)
        assert not any(reason.value for reason in hits[0].reasons if reason.name == "translation")
