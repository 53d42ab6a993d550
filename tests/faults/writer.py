"""A process that is meant to be killed: stores documents for ever and notes each that was acknowledged."""

import os
import sys
from pathlib import Path

from kb.embedding.hashing import HashEmbedder
from kb.knowledge_base import KnowledgeBase
from kb.values import Document, Passage

PASSAGES = 5


def text_of(number: int) -> str:
    """The document `number` as any process knows it."""
    return "".join(f"Document{number} line{number * 31 + line} says word{number * line}.\n" for line in range(PASSAGES))


def cut(text: str) -> list[Passage]:
    """One passage per line."""
    passages, start = [], 0
    for line in text.splitlines(keepends=True):
        passages.append(Passage("text", "", start, start + len(line), line))
        start += len(line)
    return passages


def main(data: Path, acknowledged: Path) -> None:
    """Store, follow, replace and delete until killed."""
    knowledge = KnowledgeBase.open(data, f"sqlite:///{data / 'dayi.db'}", HashEmbedder())
    first = max((int(id) for _, id in knowledge.records.ids()), default=0) + 1
    with acknowledged.open("a", buffering=1) as log:
        for number in range(first, first + 100_000):
            passages = cut(text_of(number))
            vectors = knowledge.embedder.encode_documents([passage.text for passage in passages])
            knowledge.records.put(Document(str(number), "p", "", text_of(number)), passages, vectors)
            log.write(f"{number}\n")
            os.fsync(log.fileno())
            if number % 5 == 0:
                knowledge.follow()
            if number % 40 == 0:
                knowledge.rebuild()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
