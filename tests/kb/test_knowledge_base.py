"""The knowledge base: one owner per folder, indexes that follow, a probe that notices damage, a rebuild that heals."""

import logging
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kb.embedding.hashing import HashEmbedder
from kb.errors import StoreBusy, StoreMismatch
from kb.index.base import IndexQuery
from kb.index.exact import ExactIndex
from kb.knowledge_base import KnowledgeBase
from kb.values import Document, Passage

EMBEDDER = HashEmbedder(64)
CHECKOUT = Path(__file__).parents[2]


def url(data: Path) -> str:
    return f"sqlite:///{data / 'dayi.db'}"


def open_base(data: Path, *, private: bool = False, embedder: HashEmbedder = EMBEDDER) -> KnowledgeBase:
    return KnowledgeBase.open(data, url(data), embedder, private=private)


@pytest.fixture
def knowledge(tmp_path: Path) -> Iterator[KnowledgeBase]:
    opened = open_base(tmp_path)
    yield opened
    opened.close()


def put(knowledge: KnowledgeBase, id: str, text: str, product: str = "nacos") -> None:
    vectors = knowledge.embedder.encode_documents([text])
    passage = Passage("text", "", 0, len(text), text)
    knowledge.records.put(Document(id, product, f"Title {id}", text), [passage], vectors)


def find(knowledge: KnowledgeBase, text: str, side: str = "both") -> list[str]:
    """Document ids found first by meaning and by words (or one of them)."""
    query = IndexQuery(text, knowledge.embedder.encode_queries([text])[0])
    found = []
    for name in ("dense", "lexical"):
        if side in (name, "both"):
            keys = [match.key for match in getattr(knowledge, name).search(query, products=[], limit=1)]
            found += [entry.document_id for entry in knowledge.records.passages(keys).values()]
    return found


def wait_for(condition: Callable[[], bool], seconds: float = 10.0) -> float:
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < seconds, "waited in vain"
        time.sleep(0.02)
    return time.monotonic() - started


def text_of(number: int) -> str:
    return f"passage w{number} x{number * 7919 % 1009} y{number * 104729 % 997} z{number // 3}"


def fill(knowledge: KnowledgeBase, count: int) -> None:
    with knowledge.records.batch() as batch:
        for number in range(count):
            text = text_of(number)
            vectors = knowledge.embedder.encode_documents([text])
            batch.put(Document(f"d{number}", "nacos", "", text), [Passage("text", "", 0, len(text), text)], vectors)


def test_second_product_is_found_at_once_and_after_restart(tmp_path: Path) -> None:
    """The index of one product takes a second one, and becomes an index of several when it is opened again."""
    words = ["raft leader", "rate limits", "class loader", "heap dump"]
    first = open_base(tmp_path)
    put(first, "a", words[0])
    first.follow()
    put(first, "b", words[1], "sentinel")
    first.follow()
    assert find(first, words[1], "dense") == ["b"]
    first.close()

    again = open_base(tmp_path)
    put(again, "c", words[2], "arthas")
    again.follow()
    put(again, "d", words[3], "sentinel")
    again.records.delete("nacos", "a")
    again.follow()
    assert [find(again, text, "dense") for text in words[1:]] == [["b"], ["c"], ["d"]]
    assert find(again, words[0], "dense") != ["a"]
    assert again.probe().ok
    again.close()


def test_empty_knowledge_base(knowledge: KnowledgeBase) -> None:
    """Nothing to follow, nothing to find, and healthy."""
    assert knowledge.follow() == 0
    assert find(knowledge, "nacos") == []
    assert knowledge.probe().ok
    assert knowledge.dense_ok


def test_both_indexes_follow_the_records(knowledge: KnowledgeBase) -> None:
    """Stored, changed and deleted documents are what both indexes find after following."""
    put(knowledge, "a", "client not connected")
    put(knowledge, "b", "端口 8848 被占用")
    assert knowledge.follow() == 2
    assert find(knowledge, "client not connected") == ["a", "a"]
    put(knowledge, "a", "raft leader election")
    knowledge.records.delete("nacos", "b")
    assert knowledge.follow() == 3
    assert find(knowledge, "raft leader election") == ["a", "a"]
    assert find(knowledge, "8848", "lexical") == []
    assert knowledge.follow() == 0


def test_background_thread_follows_within_two_seconds(tmp_path: Path) -> None:
    """What another process stores is found soon, without a call."""
    knowledge = open_base(tmp_path)
    other = open_base(tmp_path, private=True)
    assert isinstance(other.dense, ExactIndex)
    assert not isinstance(knowledge.dense, ExactIndex)
    knowledge.start_following(0.1)
    put(other, "a", "client not connected")
    assert wait_for(lambda: find(knowledge, "client not connected") == ["a", "a"]) < 2
    other.records.delete("nacos", "a")
    assert wait_for(lambda: find(knowledge, "client not connected") == []) < 2
    other.close()
    knowledge.close()


def test_second_opener_is_refused_at_once(knowledge: KnowledgeBase, tmp_path: Path) -> None:
    """One process owns the folder; another one is told so in less than two seconds, and may ask after it is closed."""
    started = time.monotonic()
    with pytest.raises(StoreBusy, match="DAYI_DATA"):
        open_base(tmp_path)
    assert time.monotonic() - started < 2
    script = (
        "import sys, pathlib; from kb.knowledge_base import KnowledgeBase; from kb.errors import StoreBusy\n"
        "from kb.embedding.hashing import HashEmbedder\n"
        "try: KnowledgeBase.open(pathlib.Path(sys.argv[1]), sys.argv[2], HashEmbedder())\n"
        "except StoreBusy: sys.exit(7)"
    )
    command = [sys.executable, "-c", script, str(tmp_path), url(tmp_path)]
    assert subprocess.run(command, cwd=CHECKOUT, timeout=20).returncode == 7


def test_folder_is_free_after_close(tmp_path: Path) -> None:
    """Closing releases the folder, in the same process too; what was there is there again."""
    for round in range(3):
        knowledge = open_base(tmp_path)
        assert knowledge.follow() == 0
        put(knowledge, f"d{round}", f"document number{round}")
        assert knowledge.follow() == 1
        assert knowledge.probe().ok
        knowledge.close()
    knowledge = open_base(tmp_path)
    assert find(knowledge, "document number0") == ["d0", "d0"]
    knowledge.close()


def test_private_indexes_answer_beside_an_owner(knowledge: KnowledgeBase, tmp_path: Path) -> None:
    """A command beside a running server searches a copy of its own, which follows the same log."""
    put(knowledge, "a", "client not connected")
    beside = open_base(tmp_path, private=True)
    assert beside.follow() == 1
    assert find(beside, "client not connected") == ["a", "a"]
    put(knowledge, "b", "raft leader")
    assert beside.follow() == 1
    assert find(beside, "raft leader") == ["b", "b"]
    assert beside.probe().ok
    beside.rebuild()
    assert find(beside, "raft leader") == ["b", "b"]
    beside.close()


def test_probe_is_quick_and_passes_on_a_healthy_store(knowledge: KnowledgeBase) -> None:
    """2 000 passages: all samples find themselves, in less than two seconds."""
    fill(knowledge, 2000)
    knowledge.follow()
    report = knowledge.probe()
    assert report.ok
    assert (report.dense, report.lexical) == (1.0, 1.0)
    assert report.seconds < 2


def test_probe_forgives_twins(knowledge: KnowledgeBase) -> None:
    """The same notice in a hundred documents, and text without any word, are no damage."""
    for number in range(100):
        put(knowledge, f"d{number}", f"This notice stands in every document of the site, number {number % 3}")
    put(knowledge, "odd", "———\n***")
    knowledge.follow()
    assert knowledge.probe().ok


def test_probe_waits_for_what_is_not_followed_yet(knowledge: KnowledgeBase) -> None:
    """Passages that no index has taken over yet are not missing."""
    put(knowledge, "a", "raft leader")
    knowledge.follow()
    fill(knowledge, 50)
    report = knowledge.probe()
    assert report.ok
    assert report.sampled == 1


def test_rebuild_needs_neither_sources_nor_model(tmp_path: Path) -> None:
    """Indexes come back from the database alone."""
    knowledge = open_base(tmp_path)
    fill(knowledge, 300)
    knowledge.follow()

    def refuse(_: object) -> None:
        raise AssertionError("the model was asked")

    knowledge.embedder.encode_documents = refuse  # type: ignore[attr-defined]
    try:
        knowledge.rebuild()
        assert knowledge.probe().ok
    finally:
        del knowledge.embedder.encode_documents  # type: ignore[attr-defined]
        knowledge.close()


def test_searches_go_on_during_a_rebuild(knowledge: KnowledgeBase) -> None:
    """No search fails while generations are switched, and each sees a complete one."""
    import threading

    fill(knowledge, 300)
    knowledge.follow()
    wrong: list[object] = []
    stop = threading.Event()

    def search() -> None:
        while not stop.is_set():
            try:
                if find(knowledge, text_of(7)) != ["d7", "d7"]:
                    wrong.append("not found")
            except Exception as error:
                wrong.append(error)

    threads = [threading.Thread(target=search) for _ in range(4)]
    for thread in threads:
        thread.start()
    knowledge.rebuild()
    knowledge.rebuild()
    stop.set()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_another_model_is_refused_and_search_goes_by_words(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A changed model says what to do, never mixes vectors, and a rebuild moves the store to it."""
    knowledge = open_base(tmp_path)
    put(knowledge, "a", "client not connected")
    knowledge.follow()
    knowledge.close()
    with caplog.at_level(logging.ERROR):
        changed = open_base(tmp_path, embedder=HashEmbedder(32))
    assert "hash-64" in caplog.text
    assert "--repair" in changed.mismatch
    changed.follow()
    assert not changed.dense_ok
    assert find(changed, "client not connected") == ["a"]
    with pytest.raises(StoreMismatch):
        put(changed, "b", "raft")
    changed.rebuild()
    assert changed.dense_ok
    assert changed.mismatch == ""
    put(changed, "b", "raft leader")
    changed.follow()
    assert find(changed, "raft leader") == ["b", "b"]
    assert changed.probe().ok
    changed.close()
    back = open_base(tmp_path)
    assert not back.dense_ok
    back.close()


def test_unchanged_index_files_stay_untouched(tmp_path: Path) -> None:
    """Following a quiet log writes nothing into the indexes."""
    knowledge = open_base(tmp_path)
    fill(knowledge, 20)
    knowledge.follow()

    def times() -> dict[Path, int]:
        return {path: path.stat().st_mtime_ns for path in (tmp_path / "index").rglob("*") if path.is_file()}

    before = times()
    assert knowledge.follow() == 0
    assert times() == before
    knowledge.close()


def test_no_connection_leaves_the_machine(tmp_path: Path) -> None:
    """From import to the first answer no socket to another machine is opened, and no default model is loaded."""
    script = (
        "import socket, sys, pathlib\n"
        "def refuse(*args, **more): raise SystemExit(f'outbound connection: {args}')\n"
        "socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = refuse\n"
        "from kb.knowledge_base import KnowledgeBase; from kb.index.base import IndexQuery\n"
        "from kb.embedding.hashing import HashEmbedder; from kb.values import Document, Passage\n"
        "knowledge = KnowledgeBase.open(pathlib.Path(sys.argv[1]), sys.argv[2], HashEmbedder())\n"
        "vectors = knowledge.embedder.encode_documents(['text'])\n"
        "knowledge.records.put(Document('a', 'p', '', 'text'), [Passage('text', '', 0, 4, 'text')], vectors)\n"
        "knowledge.follow()\n"
        "found = knowledge.dense.search(IndexQuery('text', vectors[0]), products=[], limit=1)\n"
        "assert len(found) == 1 and 'onnxruntime' not in sys.modules\n"
        "knowledge.close()"
    )
    command = [sys.executable, "-c", script, str(tmp_path), url(tmp_path)]
    done = subprocess.run(command, cwd=CHECKOUT, timeout=60, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
