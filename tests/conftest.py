"""Fixtures for all tests: an isolated environment, and the shared corpora where they lie beside the checkout."""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

import ingest
from ui.services import Services, build_services
from ui.settings import load_settings

# How long an example takes says more about the machine than about the code.
hypothesis.settings.register_profile("dayi", deadline=None)
hypothesis.settings.load_profile("dayi")

SAMPLES = Path(ingest.__file__).parent / "samples"
_NPM = Path(__file__).parent / "npm"
_CORPORA = Path(__file__).parents[1] / "../shared/corpora"


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The shared corpora; tests that need them are skipped elsewhere."""
    if not _CORPORA.is_dir():
        pytest.skip("the shared corpora (../shared/corpora) are not beside this checkout")
    return _CORPORA.resolve()


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """The packages of `tests/npm`, installed once into a cache folder; skipped without npm or a registry."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed; it brings the type checker and axe-core")
    lock = (_NPM / "package-lock.json").read_bytes()
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = folder / "dayi-tests" / hashlib.sha256(lock).hexdigest()[:16]
    complete = folder / "complete"
    if not complete.exists():
        shutil.copytree(_NPM, folder, dirs_exist_ok=True)
        done = subprocess.run([npm, "ci", "--no-audit", "--no-fund"], cwd=folder, capture_output=True, text=True)
        if done.returncode:
            pytest.skip(f"npm cannot install what tests/npm names: {done.stderr.strip().splitlines()[-1]}")
        complete.touch()
    return folder / "node_modules"


@pytest.fixture(scope="session")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """The sample knowledge base on real parts: SQLite, Chroma, tantivy and the bundled model, ready to ask."""
    built = build_services(load_settings(data=tmp_path_factory.mktemp("samples")))
    for product in ("nacos", "arthas"):
        ingest.ingest([str(SAMPLES / product)], records=built.knowledge.records, embedder=built.knowledge.embedder)
    built.knowledge.follow()
    yield built
    built.close()


@pytest.fixture(autouse=True)
def _isolated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # No setting of the developer's machine reaches a test, and nothing is written into the checkout.
    for name in [name for name in os.environ if name.startswith("DAYI_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
