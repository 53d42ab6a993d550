"""Cross-encoders by name."""

from pathlib import Path

import numpy as np
import pytest

from kb.embedding.rerank import CrossEncoderReranker
from kb.errors import EmbeddingError, MissingExtra


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
