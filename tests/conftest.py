"""Fixtures for all tests: an isolated environment, and the shared corpora where they lie beside the checkout."""

from pathlib import Path

import pytest

_CORPORA = Path(__file__).parents[1] / "../shared/corpora"


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The shared corpora; tests that need them are skipped elsewhere."""
    if not _CORPORA.is_dir():
        pytest.skip("the shared corpora (../shared/corpora) are not beside this checkout")
    return _CORPORA.resolve()


@pytest.fixture(autouse=True)
def _isolated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # No setting of the developer's machine reaches a test, and nothing is written into the checkout.
    import os

    for name in [name for name in os.environ if name.startswith("DAYI_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
