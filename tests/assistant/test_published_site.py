"""A real site generator, with macros, snippets and attribute lists switched on, builds published files as words."""

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.publications import Publication
from assistant.publishing import FolderPlace, publish
from tests.assistant.test_publishing import BASE, DOCUMENT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

_ATTACKS = {
    "macro": "Product {{ 1000 * 9 + 37 }} and {% for i in range(3) %}loop{% endfor %}",
    "macro-code": "```yaml\na: {{ 1000 * 9 + 37 }}\n```\n\n`{{ 1000 * 9 + 37 }}`",
    "include": '{% include "canary.txt" %}',
    "snippet": '--8<-- "canary.txt"',
    "snippet-code": '```\n--8<-- "canary.txt"\n```\n\n```\n;--8<-- "canary.txt"\n-8<- "canary.txt"\n```',
    "snippet-block": "--8<--\ncanary.txt\n--8<--",
    "html": "<script>canary()</script>\n\n<img src=x onerror=canary()>\n\n<div onclick='canary()'>",
    "html-in-list": "1. a\n\n   ```\n\n   <script>canary()</script>\n\n   <div onclick=canary()>\n\n   ```",
    "html-parity": "```a b\n```\n\n```\n<script>canary()</script>\n```",
    "html-ticks": "a ` b\n` <script>canary()</script> `",
    "attributes": "A word{: onclick=canary() }\n\n## Head { onclick=canary() }\n\n[x](https://x){ onclick=canary() }",
    "link": "[x](javascript:canary()) [y][z]\n\n[z]: javascript:canary()",
    "entity": "&#123;&#123; 1000 * 9 + 37 }} &lbrace;&lbrace; 1000 * 9 + 37 }}",
}
_SIGNS = (
    "9037",
    "looploop",
    "CANARY-OF-THIS-TEST",
    "<script>canary",
    r"<\w[^<>]*\sonerror=",
    r"<\w[^<>]*\sonclick=",
    'href="javascript:',
)


def build(folder: Path) -> dict[str, str]:
    """The site's pages by the name of their Markdown file."""
    docs, site = folder / "docs", folder / "site"
    (docs / "index.md").write_text("# Site\n", encoding="utf-8")
    (folder / "canary.txt").write_text("CANARY-OF-THIS-TEST", encoding="utf-8")
    (folder / "mkdocs.yml").write_text(
        "site_name: test\ntheme: mkdocs\nuse_directory_urls: false\n"
        f"plugins:\n- macros:\n    include_dir: {folder}\n"
        f"markdown_extensions:\n- attr_list\n- md_in_html\n- pymdownx.snippets:\n    base_path: ['{folder}']\n",
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--site-dir", str(site), "--config-file"]
    done = subprocess.run([*command, str(folder / "mkdocs.yml")], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return {page.stem: page.read_text(encoding="utf-8") for page in (site / "nacos").glob("*.html")}


def signs(page: str) -> list[str]:
    return [sign for sign in _SIGNS if re.search(sign, page)]


def test_published_words_are_words(tmp_path: Path) -> None:
    """No macro ran, no file was included, nothing of a browser's got through; the same words unescaped show it all."""
    pytest.importorskip("mkdocs_macros")
    (tmp_path / "docs" / "nacos").mkdir(parents=True)
    for name, attack in _ATTACKS.items():
        (tmp_path / f"docs/nacos/raw-{name}.md").write_text(f"# Raw\n\n{attack}\n", encoding="utf-8")
    entries = [
        Publication(
            replace(DOCUMENT, id=name, title=f"T {attack}", question="Q", text=f"Q\n\nBefore\n\n{attack}\n\nAfter")
        )
        for name, attack in _ATTACKS.items()
    ]
    publish(entries, FolderPlace(tmp_path / "docs"), base_url=BASE)
    pages = build(tmp_path)
    assert {name: signs(pages[name]) for name in _ATTACKS} == {name: [] for name in _ATTACKS}
    assert all("After" in pages[name] for name in _ATTACKS)
    shown = {sign for name in _ATTACKS for sign in signs(pages[f"raw-{name}"])}
    assert shown == set(_SIGNS)
