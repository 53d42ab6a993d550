"""The records: what is stored comes back, changes get numbers, nothing is stored by halves."""

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from kb.embedding.base import Sentences, Vectors
from kb.errors import MissingExtra, SettingsError, StoreBusy, StoreDamaged, StoreError, StoreMismatch
from kb.records import Records, text_digest
from kb.records.database import HEAD, migrate, open_engine
from kb.records.schema import metadata
from kb.values import Document, Passage, Reference, Section

VECTOR = np.eye(4, dtype=np.float32)


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    opened = Records(f"sqlite:///{tmp_path / 'new' / 'dayi.db'}")
    opened.bind_embedding("model", 4)
    yield opened
    opened.close()


def document(id: str = "one", product: str = "nacos", text: str = "How?\nFirst cause.\nSecond cause.\n") -> Document:
    return Document(id, product, "A title", text)


def cut(doc: Document) -> tuple[Passage, ...]:
    """One passage per line."""
    passages, start = [], 0
    for line in doc.text.splitlines(keepends=True):
        passages.append(Passage("cause" if start else "question", "Heading", start, start + len(line), line))
        start += len(line)
    return tuple(passages)


def put(records: Records, doc: Document, **more: str) -> bool:
    passages = cut(doc)
    return records.put(doc, passages, VECTOR[: len(passages)], **more)


def keys(records: Records, after: int = 0) -> dict[str, int]:
    return {change.text: change.key for change in records.changes(after, 100) if not change.deleted}


def test_document_comes_back_as_it_was(records: Records) -> None:
    """All fields survive, nested ones and odd characters too."""
    stored = Document(
        id="dir/文件",
        product="nacos",
        title="标题 \U0001f600",
        text="Q\n\nA \x0b",
        sections=(Section("question", "", 0, 1), Section("cause", "A › B", 3, 4)),
        kind="qa",
        language="en",
        question="Q",
        references=(Reference("Docs", "https://example.org"), Reference("Book")),
        version="2.3",
        source="a.md",
        url="https://example.org/a",
        date="2024-01-02",
        reviewed=True,
        metadata={"tags": ["x", "y"], "n": 1, "deep": {"k": None}},
    )
    assert put(records, stored)
    assert records.document("nacos", "dir/文件") == stored
    assert records.find("dir/文件") == [stored]
    assert records.document("other", "dir/文件") is None


def test_same_document_again_changes_nothing(records: Records) -> None:
    """An equal put writes no row and gives no number; dates in metadata do not count as a change."""
    import datetime

    doc = replace(document(), metadata={"on": datetime.date(2024, 1, 2)})
    assert put(records, doc, content_hash="h", origin="o")
    before = records.seq()
    assert not put(records, doc, content_hash="h", origin="o")
    assert records.seq() == before


def test_unchanged_passages_keep_their_keys(records: Records) -> None:
    """After an edit only new passages are new in the log; moved ones get new offsets in silence."""
    put(records, document())
    before, seq = keys(records), records.seq()
    edited = document(text="How?\nNew longer cause.\nSecond cause.\n")
    passages = cut(edited)
    assert records.put(edited, passages, VECTOR[[0, 3, 2]])
    changes = {change.text: change for change in records.changes(seq, 100)}
    assert set(changes) == {"New longer cause.\n", ""}
    assert changes[""].deleted
    assert changes[""].key == before["First cause.\n"]
    moved = records.passages([before["Second cause.\n"]])[before["Second cause.\n"]]
    assert moved.passage == passages[2]
    assert (moved.product, moved.document_id) == ("nacos", "one")


def test_change_of_title_or_vector_reaches_the_log(records: Records) -> None:
    """Indexes hold titles and vectors, so they hear of new ones; keys stay."""
    put(records, document())
    before, seq = keys(records), records.seq()
    assert put(records, replace(document(), title="Better"))
    renamed = records.changes(seq, 100)
    assert {change.title for change in renamed} == {"Better"}
    assert {change.text: change.key for change in renamed} == before
    seq = records.seq()
    assert records.put(replace(document(), title="Better"), cut(document()), VECTOR[[3, 1, 2]])
    assert [change.key for change in records.changes(seq, 100)] == [before["How?\n"]]


def test_change_of_document_alone_leaves_the_log_quiet(records: Records) -> None:
    """A new address or hash is stored without telling the indexes."""
    put(records, document())
    seq = records.seq()
    assert put(records, replace(document(), url="https://example.org"), content_hash="new", origin="/docs")
    assert records.changes(seq, 100) == []
    assert records.sources("/docs") == {("nacos", "one"): (document().source, "new")}


def test_delete_leaves_tombstones(records: Records) -> None:
    """Followers hear which passages are gone; reads no longer see them."""
    put(records, document())
    before, seq = keys(records), records.seq()
    assert records.delete("nacos", "one")
    assert not records.delete("nacos", "one")
    gone = records.changes(seq, 100)
    assert {change.key for change in gone} == set(before.values())
    assert all(change.deleted and change.vector is None and change.text == "" for change in gone)
    assert records.passages(before.values()) == {}
    assert records.sample(10) == []
    put(records, document())
    assert not set(keys(records, seq).values()) & set(before.values())


def test_log_is_read_in_pieces(records: Records) -> None:
    """Batches of any size give every change once, in order, the question marked as such."""
    for number in range(7):
        put(records, document(f"d{number}"))
    whole = records.changes(0, 100)
    pieces, after = [], 0
    while batch := records.changes(after, 4):
        pieces += batch
        after = batch[-1].seq
    assert [change.seq for change in pieces] == [change.seq for change in whole]
    assert len({change.seq for change in whole}) == 21
    assert [change.question for change in whole[:3]] == [True, False, False]
    assert np.array_equal(whole[1].vector, VECTOR[1])


def test_vectors_are_found_again_by_their_text(records: Records) -> None:
    """What was embedded before need not be embedded again, whatever text was embedded."""
    doc = document()
    texts = [f"A title\n{passage.text}" for passage in cut(doc)]
    sentences = [np.full((n, VECTOR.shape[1]), n, np.int8) for n in (2, 0, 1)]
    records.put(doc, cut(doc), VECTOR[:3], embedded=texts, sentences=sentences)
    known = records.vectors("nacos", "one")
    assert set(known) == {text_digest(text) for text in texts}
    for text, vector, of_sentences in zip(texts, VECTOR, sentences, strict=False):
        assert np.array_equal(known[text_digest(text)][0], vector)
        assert np.array_equal(known[text_digest(text)][1], of_sentences)
    assert records.vectors("nacos", "none") == {}


def test_sentences_come_with_their_passages(records: Records) -> None:
    """They are found by the passage's key, replaced with it, and gone with it."""
    doc, dimension = document(), VECTOR.shape[1]
    sentences = [np.full((n, dimension), n, np.int8) for n in (2, 0, 1)]
    records.put(doc, cut(doc), VECTOR[:3], sentences=sentences)
    keys = [change.key for change in records.changes(0, 3)]
    found = records.sentences(keys, dimension)
    assert {key: len(vectors) for key, vectors in found.items()} == {keys[0]: 2, keys[2]: 1}
    assert np.array_equal(found[keys[0]], sentences[0])
    assert records.put(doc, cut(doc), VECTOR[:3], sentences=sentences[::-1])
    assert {key: len(vectors) for key, vectors in records.sentences(keys, dimension).items()} == {
        keys[0]: 1,
        keys[2]: 2,
    }
    records.delete(doc.product, doc.id)
    assert records.sentences(keys, dimension) == {}


def test_listing(records: Records) -> None:
    """Ids, hashes and counts, by product and by ingested root."""
    put(records, document("a"), content_hash="1", origin="/docs")
    put(records, document("b"), content_hash="2", origin="/qa")
    put(records, document("a", "seata"), content_hash="3", origin="/docs")
    assert records.products() == {"nacos": 2, "seata": 1}
    assert records.ids() == [("nacos", "a"), ("nacos", "b"), ("seata", "a")]
    assert records.ids("nacos", origin="/docs") == [("nacos", "a")]
    assert {ref: content_hash for ref, (_, content_hash) in records.sources("/docs").items()} == {
        ("nacos", "a"): "1",
        ("seata", "a"): "3",
    }
    assert [found.product for found in records.find("a")] == ["nacos", "seata"]
    assert set(records.documents([("nacos", "a"), ("seata", "b"), ("seata", "a")])) == {("nacos", "a"), ("seata", "a")}


def test_products_are_counted_again_when_they_changed(records: Records) -> None:
    """By whomever, also documents without passages; and only then."""
    other = Records(str(records.engine.url))
    other.bind_embedding("model", 4)
    statements: list[str] = []
    sa.event.listen(records.engine, "before_cursor_execute", lambda *call: statements.append(call[2]))
    for change, counts in (
        (lambda: put(records, document("a")), {"nacos": 1}),
        (lambda: put(other, document("b", "seata")), {"nacos": 1, "seata": 1}),
        (lambda: other.put(document("c", "seata"), (), VECTOR[:0]), {"nacos": 1, "seata": 2}),
        (lambda: other.delete("seata", "c"), {"nacos": 1, "seata": 1}),
        (lambda: other.delete("seata", "b"), {"nacos": 1}),
    ):
        assert change()
        statements.clear()
        records.products().clear()  # the caller's own
        assert records.products() == counts
        assert sum("GROUP BY" in statement for statement in statements) == 1
    other.close()


def test_sample_is_drawn_anew(records: Records) -> None:
    """Every time others, so that nothing is never looked at; a bound on seq leaves out what came later."""
    for number in range(40):
        put(records, document(f"d{number}"))
    drawn = [{sample.key for sample in records.sample(20)} for _ in range(50)]
    assert {len(keys) for keys in drawn} == {20}
    assert len(set().union(*drawn)) == 120
    assert len(records.sample(1000)) == 120
    assert records.sample(5, until=0) == []


def test_sample_among_many_deleted_passages(records: Records) -> None:
    """What is deleted is never drawn and does not keep the others from being drawn."""
    for number in range(60):
        put(records, document(f"d{number}"))
    for number in range(59):
        records.delete("nacos", f"d{number}")
    assert {sample.key for sample in records.sample(10)} == {178, 179, 180}


def test_a_change_does_not_read_experts_texts(records: Records) -> None:
    """There may be many of them, and each of the ingested documents would wait for all."""
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    sa.event.listen(records.engine, "before_cursor_execute", note)
    assert put(records, document())
    assert records.delete("nacos", "one")
    about = [statement for statement in statements if "FROM corrections" in statement]
    assert about
    assert not any(column in statement for statement in about for column in ("corrections.text", "corrections.source"))


def test_batch_is_all_or_nothing(records: Records) -> None:
    """An exception inside a batch undoes all of it."""
    put(records, document("kept"))
    seq = records.seq()

    def fail_late() -> None:
        with records.batch() as batch:
            batch.put(document("new"), cut(document()), VECTOR[:3])
            batch.delete("nacos", "kept")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_late()
    assert records.ids() == [("nacos", "kept")]
    assert records.seq() == seq


@pytest.mark.parametrize("shape", [(2, 4), (3,), (3, 5)])
def test_wrong_vectors_are_refused(records: Records, shape: tuple[int, ...]) -> None:
    """Vectors that cannot belong to the passages are an error, and nothing is stored."""
    with pytest.raises(StoreError):
        records.put(document(), cut(document()), np.ones(shape, np.float32))
    broken = VECTOR[:3].copy()
    broken[1, 1] = np.nan
    with pytest.raises(StoreError, match="not a number"):
        records.put(document(), cut(document()), broken)
    assert records.ids() == []


def test_text_that_no_database_holds_is_refused(records: Records) -> None:
    """Half a surrogate pair is a StoreError that says so."""
    with pytest.raises(StoreError, match="cannot hold"):
        put(records, replace(document(), title="\ud800"))


def test_sql_in_text_is_text(records: Records) -> None:
    """Values are bound, never part of a statement."""
    for evil in ("'; DROP TABLE documents; --", '" OR ""="', "1) UNION SELECT * FROM meta --", "%", "_", "\\"):
        put(records, document(evil, evil), origin=evil, content_hash=evil)
        assert records.ids(evil, origin=evil) == [(evil, evil)]
        assert [hash for _, hash in records.sources(evil).values()] == [evil]
        assert records.document(evil, evil) is not None
        assert records.delete(evil, evil)
    assert records.products() == {}


def encode_with(dimension: int) -> Callable[[Sequence[str]], tuple[Vectors, list[Sentences]]]:
    """A model that sees one sentence in every text."""
    return lambda texts: (
        np.ones((len(texts), dimension), np.float32),
        [np.full((1, dimension), 127, np.int8)] * len(texts),
    )


def test_vectors_of_another_model_are_refused(tmp_path: Path) -> None:
    """The store stays bound to its model until all vectors are computed anew."""
    url = f"sqlite:///{tmp_path / 'dayi.db'}"
    first = Records(url)
    assert first.embedding() is None
    first.bind_embedding("old", 4)
    first.bind_embedding("other", 4)  # still empty
    put(first, document())
    second = Records(url)
    with pytest.raises(StoreMismatch, match="other .*DAYI_EMBEDDING.*--repair"):
        second.bind_embedding("new", 4)
    with pytest.raises(StoreMismatch):
        put(second, document("two"))
    seq = first.seq()
    second.rebind_embedding("new", 3, encode_with(3))
    assert second.embedding() == ("new", 3)
    assert [change.vector.shape for change in second.changes(seq, 10) if change.vector is not None] == [(3,)] * 3
    with pytest.raises(StoreMismatch):
        put(first, document("two"))  # was opened with the old model
    first.close()
    second.close()


def test_rebinding_uses_the_embedded_text(records: Records) -> None:
    """The new model sees exactly the texts that the old one saw; a failing model changes nothing."""
    doc = document()
    records.put(doc, cut(doc), VECTOR[:3], embedded=["a", "b", "c"])
    put(records, document("two"))
    seen: list[str] = []

    def encode(texts: Sequence[str]) -> tuple[Vectors, list[Sentences]]:
        seen.extend(texts)
        return encode_with(2)(texts)

    def fail(texts: Sequence[str]) -> tuple[Vectors, list[Sentences]]:
        raise StoreError("no")

    with pytest.raises(StoreError):
        records.rebind_embedding("bad", 2, fail)
    assert records.embedding() == ("model", 4)
    records.rebind_embedding("good", 2, encode)
    assert seen == ["a", "b", "c", *(passage.text for passage in cut(doc))]
    keys = [change.key for change in records.changes(0, 100)]
    assert {vectors.shape for vectors in records.sentences(keys, 2).values()} == {(1, 2)}


def test_fifty_threads_write_at_once(records: Records) -> None:
    """Contention never reaches a user as "database is locked"."""
    errors: list[Exception] = []

    def write(worker: int) -> None:
        try:
            for number in range(20):
                doc = Document(f"{worker}-{number}", "p", "", "x")
                records.put(doc, (Passage("text", "", 0, 1, "x"),), VECTOR[:1])
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=(worker,)) for worker in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert records.products() == {"p": 1000}
    seqs = [change.seq for change in records.changes(0, 5000)]
    assert len(set(seqs)) == 1000


def test_engine_transactions_lock_first(records: Records, tmp_path: Path) -> None:
    """A transaction that reads and then writes waits for its turn instead of failing."""
    with records.engine.begin() as connection:
        connection.execute(sa.text("SELECT count(*) FROM documents"))
        other = sqlite3.connect(tmp_path / "new" / "dayi.db", timeout=0)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        other.close()
        assert records.ids() == []  # readers do not wait
        connection.execute(sa.text("UPDATE sequence SET value = 7"))
    assert records.seq() == 7


def test_locked_database_is_busy(tmp_path: Path) -> None:
    """Another program that keeps the lock for long is reported as StoreBusy."""
    path = tmp_path / "dayi.db"
    records = Records(f"sqlite:///{path}")
    with records.read() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 50")
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreBusy):
        records.delete("a", "b")
    holder.close()
    records.close()


def test_sqlite_is_set_for_durability(records: Records) -> None:
    """Each connection has write-ahead log, full synchronisation, foreign keys and patience."""
    for _ in range(2):
        with records.read() as connection:
            values = {
                name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
            }
        assert values == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000}
        records.engine.dispose()


def test_tables_are_what_the_migrations_make(records: Records) -> None:
    """The schema in code and the migrated database do not drift apart, and HEAD names the newest step."""
    with records.engine.begin() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    steps = Path(__file__).parents[2] / "kb" / "records" / "migrations"
    assert ScriptDirectory(str(steps)).get_heads() == [HEAD]


def test_newer_database_is_refused(records: Records, tmp_path: Path) -> None:
    """A schema of the future is left alone."""
    with records.engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreMismatch, match="9999.*newer"):
        Records(f"sqlite:///{tmp_path / 'new' / 'dayi.db'}")


def test_interrupted_migration_can_be_run_again(tmp_path: Path) -> None:
    """An upgrade that fails at any statement leaves nothing behind, and the next one completes it."""
    engine = open_engine(f"sqlite:///{tmp_path / 'dayi.db'}")

    def failing(limit: int) -> bool:
        done = 0

        def stop(*_: object) -> None:
            nonlocal done
            done += 1
            if done > limit:
                raise StoreError("power cut")

        sa.event.listen(engine, "before_cursor_execute", stop)
        try:
            migrate(engine)
        except StoreError:
            return True
        finally:
            sa.event.remove(engine, "before_cursor_execute", stop)
        return False

    limit = 0
    while failing(limit):
        with engine.connect() as connection:
            assert sa.inspect(connection).get_table_names() == []
        limit += 1
    assert limit > 10
    migrate(engine)
    engine.dispose()


def test_unusable_databases(tmp_path: Path) -> None:
    """A file that is no database, a malformed URL, a foreign engine: each with its own error."""
    (tmp_path / "text.db").write_text("not a database at all, " * 100)
    with pytest.raises(StoreDamaged, match="backup"):
        Records(f"sqlite:///{tmp_path / 'text.db'}")
    with pytest.raises(SettingsError):
        Records("nonsense")
    with pytest.raises(SettingsError, match="mysql"):
        Records("mysql://user:secret@host/db")
    (tmp_path / "folder.db").mkdir()
    with pytest.raises(StoreError):
        Records(f"sqlite:///{tmp_path / 'folder.db'}")


def test_postgresql_without_its_driver() -> None:
    """The message holds the install command, not the password."""
    pytest.importorskip("sqlalchemy")
    import importlib.util

    if importlib.util.find_spec("psycopg"):
        pytest.skip("psycopg is installed")
    with pytest.raises(MissingExtra, match=r"pip install 'dayi\[postgres\]'") as caught:
        Records("postgresql://user:secret@localhost/dayi")
    assert "secret" not in str(caught.value)
