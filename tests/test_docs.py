"""The documentation cannot rot: settings, commands and examples in it are checked."""

import re
from pathlib import Path

import pytest

from ui.cli import COMMANDS
from ui.settings import Settings

ROOT = Path(__file__).parents[1]
READMES = [ROOT / "README.md", ROOT / "README.zh-CN.md"]


@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.name)
def test_every_setting_is_documented(readme: Path) -> None:
    """The table of settings and the fields are the same list."""
    documented = re.findall(r"^\| `DAYI_(\w+)` \|", readme.read_text(encoding="utf-8"), re.MULTILINE)
    assert documented == [name.upper() for name in Settings.model_fields]


@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.name)
def test_every_command_is_documented(readme: Path) -> None:
    """The table of commands and the program have the same ones, in the same order."""
    documented = re.findall(r"^\| `dayi (\w+)", readme.read_text(encoding="utf-8"), re.MULTILINE)
    assert documented == list(COMMANDS)


@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.name)
def test_links_lead_somewhere(readme: Path) -> None:
    """Every relative link names a file of the repository."""
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", readme.read_text(encoding="utf-8")):
        assert (ROOT / target).exists(), target


@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.name)
def test_make_targets_exist(readme: Path) -> None:
    """`make something` in the text is a target of the Makefile."""
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"^    make (\w+)", readme.read_text(encoding="utf-8"), re.MULTILINE)) <= targets
