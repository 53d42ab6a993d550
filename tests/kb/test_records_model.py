"""The records against a plain dictionary: any sequence of puts and deletes ends in the same content."""

import shutil
import tempfile
from pathlib import Path

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from kb.embedding.hashing import HashEmbedder
from kb.records import Records
from kb.values import Document, Passage

EMBEDDER = HashEmbedder(8)
IDS = st.sampled_from("abc")
PRODUCTS = st.sampled_from(["nacos", "seata"])
LINES = st.lists(st.sampled_from(["red", "green", "blue", "long line of words", "red"]), max_size=5)


class RecordsMachine(RuleBasedStateMachine):
    """Puts, deletes and reads; a follower that pulls the log now and then must end with the same passages."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.records = Records(f"sqlite:///{self.folder / 'dayi.db'}")
        self.records.bind_embedding(EMBEDDER.id, EMBEDDER.dimension)
        self.model: dict[tuple[str, str], tuple[Document, tuple[Passage, ...]]] = {}
        self.followed: dict[int, tuple[str, str, str]] = {}
        self.applied = 0

    @rule(product=PRODUCTS, id=IDS, title=st.sampled_from(["T", "U"]), lines=LINES)
    def put(self, product: str, id: str, title: str, lines: list[str]) -> None:
        text, passages = "", []
        for line in lines:
            passages.append(Passage("text", "", len(text), len(text) + len(line), line))
            text += line + "\n"
        entry = Document(id, product, title, text), tuple(passages)
        changed = self.records.put(*entry, EMBEDDER.encode_documents(lines))
        assert changed == (self.model.get((product, id)) != entry)
        self.model[product, id] = entry

    @rule(product=PRODUCTS, id=IDS)
    def delete(self, product: str, id: str) -> None:
        assert self.records.delete(product, id) == (self.model.pop((product, id), None) is not None)

    @rule(limit=st.integers(1, 5))
    def follow(self, limit: int) -> None:
        while changes := self.records.changes(self.applied, limit):
            for change in changes:
                assert change.seq > self.applied
                self.applied = change.seq
                self.followed.pop(change.key, None)
                if not change.deleted:
                    self.followed[change.key] = change.product, change.title, change.text
                    assert np.array_equal(change.vector, EMBEDDER.encode_documents([change.text])[0])

    @invariant()
    def same_documents(self) -> None:
        assert self.records.documents(self.records.ids()) == {ref: entry[0] for ref, entry in self.model.items()}

    @invariant()
    def same_passages(self) -> None:
        if self.applied != self.records.seq():
            return
        wanted = sorted((d.product, d.title, p.text) for d, passages in self.model.values() for p in passages)
        assert sorted(self.followed.values()) == wanted
        stored = self.records.passages(self.followed)
        for ref, (_, passages) in self.model.items():
            mine = [entry.passage for entry in stored.values() if (entry.product, entry.document_id) == ref]
            assert sorted(mine, key=lambda p: p.start) == list(passages)

    def teardown(self) -> None:
        self.records.close()
        shutil.rmtree(self.folder)


TestRecordsModel = RecordsMachine.TestCase
TestRecordsModel.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
