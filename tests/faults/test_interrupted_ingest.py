"""`kill -9` at random moments of an ingest: the next run completes, the probe passes, nothing is half-written."""

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kb import KnowledgeBase, Records, load_embedder
from tests.conftest import SAMPLES

_DAYI = [sys.executable, "-m", "ui.cli"]
_COPIES = 8


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample answers a dozen times over, each with an id of its own: a few seconds of work."""
    folder = tmp_path_factory.mktemp("corpus")
    for source in sorted((SAMPLES / "nacos" / "qa").glob("*.md")):
        text = source.read_text(encoding="utf-8")
        for copy in range(_COPIES):
            changed = text.replace("nacos-sample-", f"nacos-copy-{copy}-")
            (folder / f"{source.stem}-{copy}.md").write_text(changed, encoding="utf-8")
    return folder


def _ingest(corpus: Path, data: Path) -> subprocess.Popen[bytes]:
    argv = [*_DAYI, "ingest", str(corpus), "--product", "nacos", "--data", str(data), "--json"]
    return subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def _state(data: Path) -> dict[str, str]:
    records = Records(f"sqlite:///{data / 'dayi.db'}")
    try:
        return {id: records.documents([(product, id)])[product, id].digest for product, id in records.ids()}
    finally:
        records.close()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_killed_twenty_times(corpus: Path, tmp_path: Path) -> None:
    """After every kill only whole documents are stored; the last run ends like an undisturbed one."""
    undisturbed = tmp_path / "undisturbed"
    started = time.monotonic()
    _ingest(corpus, undisturbed).communicate(timeout=120)
    whole_run_s = time.monotonic() - started
    expected = _state(undisturbed)
    assert len(expected) == _COPIES * 31

    data = tmp_path / "data"
    rng = random.Random(7)
    for _ in range(20):
        process = _ingest(corpus, data)
        time.sleep(rng.uniform(0.3, whole_run_s))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        if (data / "dayi.db").exists():
            assert _state(data).items() <= expected.items()
    process = _ingest(corpus, data)
    report = json.loads(process.communicate(timeout=120)[0])
    assert process.returncode == 0
    assert report["counts"]["failed"] == 0
    assert _state(data) == expected
    knowledge = KnowledgeBase.open(data, f"sqlite:///{data / 'dayi.db'}", load_embedder("bundled"))
    try:
        knowledge.follow()
        assert knowledge.probe().ok
    finally:
        knowledge.close()
