"""The documentation cannot rot: settings, commands and examples in it are checked."""

import re
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest

from assistant.notices.outbox import EVENTS
from ui.cli import COMMANDS, main
from ui.settings import LimitSettings, OidcSettings, Settings, Site

ROOT = Path(__file__).parents[1]
QUALITY = ROOT / "docs" / "quality.md"
INSIGHT = ROOT / "docs" / "insight.md"
SITES = ROOT / "docs" / "sites.md"
REVIEW = ROOT / "docs" / "review.md"
PUBLISHING = ROOT / "docs" / "publishing.md"
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


@pytest.mark.parametrize(
    "page", [*READMES, *sorted((ROOT / "docs").rglob("*.md"))], ids=lambda path: f"{path.parent.name}/{path.name}"
)
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link names a file of the repository."""
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


def test_commands_of_the_quality_page_exist(capsys: pytest.CaptureFixture[str]) -> None:
    """Modules that are run, tests that are selected and options of `dayi eval` are there."""
    text = QUALITY.read_text(encoding="utf-8")
    modules, tests = set(re.findall(r"python -m ([\w.]+)", text)), re.findall(r"pytest (\S+) -k (\w+)", text)
    assert {"tests.bench", "tests.bench.fusion", "tests.bench.scale", "tests.bench.answerability"} <= modules
    assert all(find_spec(module) for module in modules)
    assert tests
    assert all(f"_{name}(" in (ROOT / file).read_text(encoding="utf-8") for file, name in tests)
    main(["eval", "--help"])
    options = capsys.readouterr().out
    used = re.findall(r"--\w+", " ".join(re.findall(r"`(dayi eval[^`]*)`", text)))
    assert used
    assert all(option in options for option in used)


def test_settings_of_the_sites_page_are_read() -> None:
    """Its examples are whole `dayi.toml` files, and its table holds every limit with its default."""
    text = SITES.read_text(encoding="utf-8")
    examples = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    assert len(examples) >= 2
    for example in examples:
        Settings(**tomllib.loads(example))
    assert set(Site.model_fields) <= set(tomllib.loads(examples[0])["sites"][0])
    documented = re.findall(r"^\| `(\w+)` \| (\d+) \|", text, re.MULTILINE)
    defaults = LimitSettings().model_dump(exclude={"exempt"})
    assert documented == [(name, str(value)) for name, value in defaults.items()]


def test_settings_of_the_review_page_are_read() -> None:
    """The example of a provider is a whole `dayi.toml`, and every field is written of."""
    text = REVIEW.read_text(encoding="utf-8")
    [example] = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    assert Settings(**tomllib.loads(example)).oidc
    assert all(f"{name} = " in text for name in OidcSettings.model_fields)


def test_examples_of_the_insight_page_are_read(capsys: pytest.CaptureFixture[str]) -> None:
    """Its settings are ones, its table names every event, and its commands have the options that it uses."""
    text = INSIGHT.read_text(encoding="utf-8")
    for example in re.findall(r"```toml\n(.*?)```", text, re.DOTALL):
        Settings(**tomllib.loads(example))
    assert re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE) == list(EVENTS)
    for command in ("stats", "links"):
        main([command, "--help"])
        options = capsys.readouterr().out
        used = re.findall(r"--\w+", " ".join(re.findall(rf"dayi {command} [^#\n]*", text)))
        assert used
        assert all(option in options for option in used)


def test_options_of_the_publishing_page_exist(capsys: pytest.CaptureFixture[str]) -> None:
    """Every option that the page uses is one of `dayi publish`."""
    commands = re.findall(r"dayi publish [^#\n]*", PUBLISHING.read_text(encoding="utf-8"))
    used = {option for command in commands for option in re.findall(r"--\w+", command)}
    main(["publish", "--help"])
    options = capsys.readouterr().out
    assert used == {"--out", "--product", "--git", "--push"}
    assert all(option in options for option in used)


@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.name)
def test_make_targets_exist(readme: Path) -> None:
    """`make something` in the text is a target of the Makefile."""
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"^    make (\w+)", readme.read_text(encoding="utf-8"), re.MULTILINE)) <= targets
