"""Conversations on real parts: follow-ups, one question back, and the reply to it."""

from collections.abc import Iterator

import pytest

from assistant import Answer, AskRequest, Done
from ingest import ingest
from ui.services import Services, build_services
from ui.settings import load_settings

_PORT = """---
title: {title}
version: "{version}"
---

# {title}

The port of the management console is changed with `{key}` in the configuration file, then the console is restarted.
"""


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """Two products with the same feature, one of them in two versions that differ."""
    folder = tmp_path_factory.mktemp("twins")
    for product, name, version, key in (
        ("heron", "console-port", "", "heron.console.port"),
        ("osprey", "console-port-1", "1.x", "osprey.port"),
        ("osprey", "console-port-2", "2.x", "osprey.console.port"),
    ):
        (folder / product).mkdir(exist_ok=True)
        text = _PORT.format(title="Change the port of the management console", version=version, key=key)
        (folder / product / f"{name}.md").write_text(text, "utf-8")
    services = build_services(load_settings(data=folder / "data"))
    for product in ("heron", "osprey"):
        ingest([str(folder / product)], records=services.knowledge.records, embedder=services.knowledge.embedder)
    services.knowledge.follow()
    yield services
    services.close()


def ask(services: Services, question: str, **fields: str) -> Answer:
    *_, last = services.assistant.ask(AskRequest(question, **fields))
    assert isinstance(last, Done)
    return last.answer


QUESTION = "How do I change the port of the management console?"


def test_an_open_product_is_asked_for_once(twins: Services) -> None:
    """No product named: choices. A reply that is one of them is answered for that product."""
    asked = ask(twins, QUESTION)
    assert set(asked.choices) == {"heron", "osprey"}
    assert asked.outcome == "abstained"
    assert not asked.citations
    answer = ask(twins, "heron", conversation=asked.conversation)
    assert answer.outcome == "answered"
    assert answer.product == "heron"
    assert "heron.console.port" in answer.markdown


def test_an_open_version_is_asked_for(twins: Services) -> None:
    """Within one product: the versions that differ; the reply leaves out the others."""
    asked = ask(twins, QUESTION, product="osprey")
    assert set(asked.choices) == {"1.x", "2.x"}
    answer = ask(twins, "1.x", product="osprey", conversation=asked.conversation)
    assert "osprey.port" in answer.markdown
    assert "osprey.console.port" not in answer.markdown
    further = ask(twins, "And what about the port of the console after that?", conversation=asked.conversation)
    assert not further.choices
    assert "osprey.console.port" not in further.markdown


def test_a_name_alone_is_no_change_of_language(twins: Services) -> None:
    """Who asked in Chinese and chooses a product goes on in Chinese."""
    asked = ask(twins, "怎么修改 management console 的 port？ change the port of the management console")
    assert asked.language == "zh"
    assert asked.choices
    assert ask(twins, "heron", conversation=asked.conversation).language == "zh"


def test_what_is_named_is_not_asked_for(twins: Services) -> None:
    """The version in the request, or product and version in the question, leave nothing open."""
    answer = ask(twins, QUESTION, product="osprey", version="2.3.1")
    assert answer.outcome == "answered"
    assert "osprey.console.port" in answer.markdown
    assert ask(twins, QUESTION.replace("console?", "console of heron?")).product == "heron"


def test_there_is_no_second_question_back(twins: Services) -> None:
    """Whoever replies something else gets an answer from the best that there is, not the same question again."""
    asked = ask(twins, QUESTION)
    again = ask(twins, QUESTION, conversation=asked.conversation)
    assert not again.choices
