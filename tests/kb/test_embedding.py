"""The bundled embedding model, and other models by name."""

import gzip
import importlib
import json
import logging
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load_file

from ingest import ingest
from kb import HybridSearch, IndexQuery, KnowledgeBase
from kb.embedding import Embedder, StaticEmbedder, load_embedder
from kb.embedding.sentences import best_likeness, sentences_of
from kb.embedding.static import BUNDLED, MODULE, model_features
from kb.errors import EmbeddingError, MissingExtra
from kb.model.export import MODULE_CLASS, export

logger = logging.getLogger(__name__)


@pytest.fixture(scope="module")
def bundled() -> Embedder:
    return load_embedder("bundled")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the bundled model's files that a test may damage."""
    shutil.copytree(BUNDLED / MODULE, tmp_path / MODULE)
    shutil.copy(BUNDLED / "config.json", tmp_path)
    return tmp_path


def test_vectors_have_the_promised_shape_and_length(bundled: Embedder) -> None:
    """One row a text, float32, of length 1."""
    for encode in (bundled.encode_documents, bundled.encode_queries):
        vectors = encode(["服务注册失败怎么办？", "connection refused on port 9848", ""])
        assert vectors.shape == (3, bundled.dimension)
        assert vectors.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)
    assert bundled.encode_documents([]).shape == (0, bundled.dimension)


def test_same_text_same_vector(bundled: Embedder) -> None:
    """A vector depends on the text alone, not on its neighbours, the object or the method."""
    text = "Nacos 集群启动后 leader 选不出来"
    alone = bundled.encode_documents([text])[0]
    np.testing.assert_array_equal(alone, bundled.encode_queries(["其他问题", text])[1])
    again = StaticEmbedder()
    np.testing.assert_array_equal(alone, again.encode_documents([text])[0])
    assert again.id == bundled.id


def test_text_without_known_features_gets_one_fixed_vector(bundled: Embedder) -> None:
    """Empty and foreign text is never zeros or NaN."""
    vectors = bundled.encode_documents(["", "🙂", "\n\t", "ꙮ"])
    assert np.isfinite(vectors).all()
    assert (vectors == vectors[0]).all()


@given(st.text())
def test_any_text_becomes_a_unit_vector(bundled: Embedder, text: str) -> None:
    """No text breaks the model."""
    vector = bundled.encode_documents([text])[0]
    assert np.linalg.norm(vector) == pytest.approx(1, rel=1e-4)


@given(st.text())
def test_features_hold_no_white_space(text: str) -> None:
    """Features joined by spaces can be taken apart again, as the tokenizer file promises."""
    found = model_features(text)
    assert " ".join(found).split() == found


def test_long_text_is_taken_whole(bundled: Embedder) -> None:
    """A text of a million characters is no error."""
    assert np.isfinite(bundled.encode_documents(["超时 timeout " * 100_000])).all()


@pytest.mark.parametrize(
    ("question", "translation", "others"),
    [
        (
            "如何修改配置中心的数据库连接？",
            "How do I change the database connection of the configuration center?",
            ["Restart the gateway after you install a plugin.", "The list shows all members of the cluster."],
        ),
        (
            "客户端无法连接服务器，报连接超时",
            "The client cannot connect to the server: connection timed out",
            ["Encrypt the configuration with your own key.", "Choose a theme for the page in the menu."],
        ),
    ],
)
def test_question_is_nearest_to_its_translation(
    bundled: Embedder, question: str, translation: str, others: list[str]
) -> None:
    """Chinese questions find English text of the same meaning, and the other way round."""
    asked = bundled.encode_queries([question])[0]
    likeness = bundled.encode_documents([translation, *others]) @ asked
    assert likeness[0] > likeness[1:].max() + 0.1


def test_words_of_asking_make_no_subject(bundled: Embedder) -> None:
    """Questions that share nothing but "How do I" are not near each other, and a shared subject is."""
    asked, other, same = bundled.encode_queries(
        ["How do I bake bread?", "How do I enable authentication?", "bread baking"]
    )
    assert asked @ other < 0.2
    assert asked @ same > 0.5


def test_passages_come_with_their_sentences(bundled: Embedder) -> None:
    """Vectors are those of `encode_documents`; each sentence's is the one it has alone, in 8 bits."""
    first, second = (
        "重启服务之后，客户端才会读取新的配置文件。",
        "The port has to be open on every server of the cluster.",
    )
    texts = [f"{first}{second}", "短。短。", ""]
    vectors, sentences = bundled.encode_passages(texts)
    np.testing.assert_allclose(vectors, bundled.encode_documents(texts), atol=1e-6)
    assert [part.shape for part in sentences] == [
        (2, bundled.dimension),
        (1, bundled.dimension),
        (1, bundled.dimension),
    ]
    assert all(part.dtype == np.int8 for part in sentences)
    alone = bundled.encode_documents([first, second])
    assert (sentences[0] / 127 * alone).sum(axis=1).min() > 0.99
    asked = bundled.encode_queries(["端口要在所有集群节点上打开吗？"])[0]
    likeness = best_likeness(asked, sentences[:2])
    assert likeness[0] == pytest.approx(asked @ alone[1], abs=0.02)
    assert likeness[0] > asked @ vectors[0]
    assert best_likeness(asked, []) == []


@given(st.text(alphabet=st.sampled_from("a字。. \n！x;"), max_size=400))
def test_sentences_hold_the_whole_text(text: str) -> None:
    """Nothing is lost or twice, there are not many, and no feature spans two of them."""
    sentences = sentences_of(text)
    assert "".join(sentences).rstrip() == text.rstrip()
    assert 1 <= len(sentences) <= 16
    assert [name for sentence in sentences for name in model_features(sentence)] == model_features(text)


def test_words_of_one_stem_are_alike(bundled: Embedder) -> None:
    """Character 4-grams connect forms of a word."""
    first, second, other = bundled.encode_documents(["registration", "registered", "firewall"])
    assert first @ second > first @ other


@pytest.mark.corpus
def test_chinese_sentences_find_the_english_page(bundled: Embedder, corpora: Path) -> None:
    """Six sentences of every Chinese page against the English pages, best paragraph group counts: MRR@10 over .7.

    The model saw aligned sentences of this documentation, so this is no held-out figure.
    """
    english, chinese = corpora / "docs/nacos/en", corpora / "docs/nacos/zh-cn"
    pages = sorted(page.relative_to(english) for page in english.rglob("*.md*"))
    passages = [_pieces((english / page).read_text("utf-8")) for page in pages]
    owner = np.repeat(np.arange(len(pages)), [len(pieces) for pieces in passages])
    vectors = bundled.encode_documents([piece for pieces in passages for piece in pieces])
    ranks = []
    for number, page in enumerate(pages):
        sentences = _sentences((chinese / page).read_text("utf-8")) if (chinese / page).is_file() else []
        likeness = bundled.encode_queries(sentences) @ vectors.T
        best = np.array([likeness[:, owner == n].max(axis=1) for n in range(len(pages))])
        ranks += list(1 + (best > best[number]).sum(axis=0)) if sentences else []
    ranked = np.array(ranks)
    logger.info("MRR@10 %.3f, R@10 %.3f", np.mean((ranked <= 10) / ranked), np.mean(ranked <= 10))
    assert len(ranks) > 300
    assert np.mean([1 / rank if rank <= 10 else 0 for rank in ranks]) > 0.7
    assert np.mean([rank <= 10 for rank in ranks]) > 0.9


def _pieces(text: str) -> list[str]:
    # Paragraphs joined up to about 600 characters.
    pieces = [""]
    for paragraph in re.split(r"\n\s*\n", text):
        if len(pieces[-1]) + len(paragraph) > 600:
            pieces.append("")
        pieces[-1] += paragraph + "\n"
    return pieces


def _sentences(page: str) -> list[str]:
    prose = re.sub(r"^---.*?---|```.*?```", "", page, flags=re.DOTALL)
    found = [part.strip() for part in re.split(r"[。\n]", prose)]
    found = [part for part in found if _han(part) >= 12]
    return found[:: max(1, len(found) // 6)][:6]


def _han(text: str) -> int:
    return len(re.findall("[\u4e00-\u9fff]", text))


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.corpus
def test_chinese_sentences_find_english_pages_of_other_projects(
    bundled: Embedder, corpora: Path, tmp_path: Path
) -> None:
    """Held out: six sentences of every Chinese page against all English pages of nine projects, as Dayi searches."""
    with gzip.open(corpora / "abstention/corpus.jsonl.gz", "rt", encoding="utf-8") as lines:
        pages = {page["id"]: page["text"] for page in map(json.loads, lines)}
    english = {id for id, text in pages.items() if not re.search("zh|_CN", id) and _han(text) < len(text) / 100}
    for id in english:
        (tmp_path / "pages" / id).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "pages" / id).write_text(pages[id], "utf-8")
    knowledge = KnowledgeBase.open(tmp_path, f"sqlite:///{tmp_path}/pages.db", bundled)
    try:
        ingest([str(tmp_path / "pages")], records=knowledge.records, embedder=bundled)
        knowledge.follow()
        search = HybridSearch(knowledge)
        plain, alone, both = [], [], []
        for id, text in pages.items():
            translated = _in_english(id)
            for sentence in _sentences(text) if translated in english - {id} else []:
                plain.append(not re.search("[A-Za-z]", sentence))
                alone.append(any(path.endswith(translated) for path in _by_meaning(knowledge, sentence)))
                hits = search.search(sentence, k=10).hits
                both.append(any(hit.document.source.endswith(translated) for hit in hits))
    finally:
        knowledge.close()
    for name, found in (("model alone", np.array(alone)), ("as Dayi searches", np.array(both))):
        logger.info("%s, R@10 of %s: %.3f", name, len(plain), found.mean())
        logger.info("%s, R@10 of %s without Latin words: %.3f", name, sum(plain), found[plain].mean())
    assert len(plain) > 1000
    assert np.mean(alone) > 0.85
    assert np.mean(both) > 0.94
    assert np.mean(np.array(both)[plain]) > 0.9


def _by_meaning(knowledge: KnowledgeBase, sentence: str) -> list[str]:
    # Sources of the ten documents whose best passages the dense index finds.
    query = IndexQuery(sentence, knowledge.embedder.encode_queries([sentence])[0])
    matches = knowledge.dense.search(query, products=[], limit=60)
    passages = knowledge.records.passages([match.key for match in matches])
    refs = list(dict.fromkeys((passages[m.key].product, passages[m.key].document_id) for m in matches))[:10]
    return [document.source for document in knowledge.records.documents(refs).values()]


def _in_english(id: str) -> str:
    id = id.replace("zh_cn/", "en/")
    return re.sub(r"_(?:zh|ZH|CN|zh-CN|zh_cn|zh_CN)\.md$", ".md", id)


def test_loading_imports_no_deep_learning_library() -> None:
    """The server starts in seconds because nothing of torch is imported."""
    code = (
        "import sys; from kb.embedding import load_embedder; load_embedder('bundled').encode_queries(['问']);"
        "sys.exit(any(name in sys.modules for name in ('torch', 'transformers', 'sentence_transformers')))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=BUNDLED.parents[1]).returncode == 0


def test_bundled_model_is_small() -> None:
    """The model travels in the repository and the wheel."""
    assert sum(file.stat().st_size for file in (BUNDLED / MODULE).iterdir()) < 8_000_000


def test_id_names_the_weights(copy: Path, bundled: Embedder) -> None:
    """A copy has the same id: it is made of the files' content."""
    assert StaticEmbedder(copy).id == bundled.id
    assert json.loads((copy / "config.json").read_text("utf-8"))["revision"] in bundled.id


@pytest.mark.parametrize("name", ["config.json", f"{MODULE}/tokenizer.json", f"{MODULE}/model.safetensors"])
def test_missing_file_is_an_embedding_error(copy: Path, name: str) -> None:
    """The message names the folder and what to do."""
    (copy / name).unlink()
    with pytest.raises(EmbeddingError, match="restore the folder"):
        StaticEmbedder(copy)


@pytest.mark.parametrize("name", ["config.json", f"{MODULE}/tokenizer.json", f"{MODULE}/model.safetensors"])
def test_truncated_file_is_an_embedding_error(copy: Path, name: str) -> None:
    """Half a file is found at loading, not while answering."""
    whole = (copy / name).read_bytes()
    (copy / name).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(EmbeddingError, match="cannot be read"):
        StaticEmbedder(copy)


def test_changed_weights_are_an_embedding_error(copy: Path) -> None:
    """One flipped byte would give other vectors under the same name."""
    weights = copy / MODULE / "model.safetensors"
    changed = bytearray(weights.read_bytes())
    changed[-1] ^= 1
    weights.write_bytes(changed)
    with pytest.raises(EmbeddingError, match="hash"):
        StaticEmbedder(copy)


def test_other_model_without_the_extra_names_it() -> None:
    """Without sentence-transformers the error holds the install command."""
    try:
        import sentence_transformers  # noqa: F401
    except ImportError:
        with pytest.raises(MissingExtra, match=r"dayi\[models\]"):
            load_embedder("BAAI/bge-m3")
    else:
        pytest.skip("sentence-transformers is installed")


@pytest.fixture
def modules() -> ModuleType:
    """The module classes of sentence-transformers, whose place depends on its version."""
    library = pytest.importorskip("sentence_transformers", reason="the extra `models` is not installed")
    new = int(library.__version__.split(".")[0]) > 5
    return importlib.import_module(f"sentence_transformers.{'sentence_transformer.modules' if new else 'models'}")


def test_any_sentence_transformers_model_works(modules: ModuleType, tmp_path: Path) -> None:
    """A model folder gives unit vectors and its dimension; a wrong name is an EmbeddingError."""
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import WhitespaceSplit

    tokenizer = Tokenizer(WordLevel({"[UNK]": 0, "one": 1, "two": 2}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = WhitespaceSplit()
    static = modules.StaticEmbedding(tokenizer, embedding_dim=8)
    SentenceTransformer(modules=[static]).save(str(tmp_path / "tiny"))
    embedder = load_embedder(str(tmp_path / "tiny"))
    assert embedder.dimension == 8
    for encode in (embedder.encode_documents, embedder.encode_queries):
        vectors = encode(["one two", ""])
        assert vectors.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)
    assert embedder.encode_documents([]).shape == (0, 8)
    with pytest.raises(EmbeddingError):
        load_embedder(str(tmp_path / "nowhere"))


_TEXTS = ["服务注册失败怎么办？", "Connection refused: connect 127.0.0.1:9848", "Nacos Nacos nacos 的 leader", "", "ꙮ"]


@pytest.mark.parametrize("exported", [True, False])
def test_sentence_transformers_gives_the_same_vectors(bundled: Embedder, tmp_path: Path, exported: bool) -> None:
    """Both the folder that the export writes and the bundled one load there, and once saved they load again."""
    library = pytest.importorskip("sentence_transformers", reason="the extra `models` is not installed")
    if exported:
        export(tmp_path / "exported")
    model = library.SentenceTransformer(
        str(tmp_path / "exported" if exported else BUNDLED), trust_remote_code=True, device="cpu"
    )
    model.save(str(tmp_path / "saved"))
    saved = library.SentenceTransformer(str(tmp_path / "saved"), trust_remote_code=True, device="cpu")
    expected = bundled.encode_documents(_TEXTS)
    for loaded in (model, saved):
        vectors = loaded.encode(_TEXTS, show_progress_bar=False)
        assert (vectors * expected).sum(axis=1).min() > 0.999


def test_exported_folder_has_the_layout_of_sentence_transformers(bundled: Embedder, tmp_path: Path) -> None:
    """Needs no torch: float32 weights whose rows are the bundled ones, and modules.json that names an own class."""
    export(tmp_path)
    (module,) = json.loads((tmp_path / "modules.json").read_text("utf-8"))
    tensors = load_file(tmp_path / module["path"] / "model.safetensors")
    assert tensors["embedding.weight"].shape[1] == bundled.dimension
    assert tensors["embedding.weight"].dtype == np.float32
    assert module["type"] == MODULE_CLASS
    assert (tmp_path / "config_sentence_transformers.json").is_file()
