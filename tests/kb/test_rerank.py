"""Cross-encoders by name."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from kb import HybridSearch
from kb.embedding.rerank import CrossEncoderReranker
from kb.errors import EmbeddingError, MissingExtra
from ui.services import Services


def test_a_reranker_without_the_extra_names_it() -> None:
    """Without sentence-transformers the error holds the install command."""
    try:
        import sentence_transformers  # noqa: F401
    except ImportError:
        with pytest.raises(MissingExtra, match=r"dayi\[models\]"):
            CrossEncoderReranker("BAAI/bge-reranker-v2-m3")
    else:
        pytest.skip("sentence-transformers is installed")


def test_any_cross_encoder_gives_one_score_a_passage(tmp_path: Path) -> None:
    """A folder's model scores every passage alike in any company; a wrong name is an EmbeddingError."""
    pytest.importorskip("sentence_transformers", reason="the extra `models` is not installed")
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "port", "open", "bread"]
    (tmp_path / "vocab.txt").write_text("\n".join(words), "utf-8")
    BertTokenizerFast(str(tmp_path / "vocab.txt")).save_pretrained(tmp_path)
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=8,
        num_labels=1,
    )
    BertForSequenceClassification(config).save_pretrained(tmp_path)
    reranker = CrossEncoderReranker(str(tmp_path))
    scores = reranker.scores("open port", ["port", "bread bread", ""])
    assert scores.shape == (3,)
    assert scores.dtype == np.float32
    assert np.isfinite(scores).all()
    np.testing.assert_allclose(reranker.scores("open port", ["port"]), scores[:1], rtol=1e-3)
    assert reranker.scores("open port", []).shape == (0,)
    with pytest.raises(EmbeddingError):
        CrossEncoderReranker(str(tmp_path / "nowhere"))


class _Fake:
    """Stands for a model: likes passages that hold a word, or fails."""

    def __init__(self, word: str) -> None:
        self.word = word

    def scores(self, question: str, passages: Sequence[str]) -> NDArray[np.float32]:
        if not self.word:
            raise EmbeddingError("out of memory")
        return np.array([passage.count(self.word) for passage in passages], np.float32)


def test_a_reranker_changes_the_order_of_the_first_and_says_so(services: Services) -> None:
    """It outweighs the other signals, among the documents that these found."""
    query = "nacos 启动失败"
    plain = HybridSearch(services.knowledge).search(query, k=20)
    word = "9848"
    found = HybridSearch(services.knowledge, reranker=_Fake(word)).search(query, k=20)
    assert {hit.document.id for hit in found.hits} == {hit.document.id for hit in plain.hits}
    assert word in found.hits[0].passages[0].text
    assert word not in plain.hits[0].passages[0].text
    assert found.hits[0].reasons[-1].name == "reranker"
    assert sum(reason.value for reason in found.hits[0].reasons) == pytest.approx(found.hits[0].score)
    assert "reranker" not in {reason.name for hit in plain.hits for reason in hit.reasons}


def test_a_failing_reranker_is_logged_and_left_out(services: Services, caplog: pytest.LogCaptureFixture) -> None:
    """Readers get the order without it."""
    query = "nacos 启动失败"
    plain = HybridSearch(services.knowledge).search(query)
    assert HybridSearch(services.knowledge, reranker=_Fake("")).search(query) == plain
    assert "out of memory" in caplog.text
