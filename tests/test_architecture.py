"""The direction of imports, and other promises about the tree itself."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("kb", "ingest", "assistant", "ui")
MAY_IMPORT = {
    "kb": {"kb"},
    "ingest": {"kb", "ingest"},
    "assistant": {"kb", "assistant"},
    "ui": {"kb", "ingest", "assistant", "ui"},
}
# Each of these libraries is spoken to in exactly these files, so that it can be replaced there.
ONLY_IN = {
    "chromadb": {"kb/index/chroma.py"},
    "tantivy": {"kb/index/tantivy_index.py"},
    "sentence_transformers": {"kb/embedding/transformer.py"},
    "langchain_core": {"kb/retriever.py", "assistant/chat_model.py"},
    "langchain": {"assistant/chat_model.py"},
    "langchain_openai": set(),
    "joserfc": {"ui/oidc.py"},
    "torch": {"kb/embedding/torch_module.py", "kb/model/train.py"},
}
FILES = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]


def _imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
    return names


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_downwards(path: Path) -> None:
    """Lower folders never import higher ones; ingest and assistant do not know each other."""
    folder = path.relative_to(ROOT).parts[0]
    ours = {name.split(".")[0] for name in _imports(path)} & set(FOLDERS)
    assert ours <= MAY_IMPORT[folder]


@pytest.mark.parametrize("library", ONLY_IN)
def test_a_replaceable_library_is_imported_in_one_place(library: str) -> None:
    """Nothing else in the tree knows that the library exists."""
    users = {str(p.relative_to(ROOT)) for p in FILES if library in {name.split(".")[0] for name in _imports(p)}}
    assert users <= ONLY_IN[library]


def test_no_machine_path_or_registry_host_is_written_down() -> None:
    """The project works anywhere: no absolute path of a machine, no package registry's address."""
    pattern = re.compile(
        re.escape(f"{ROOT}/") + r"|https?://(?:pypi|registry\.npmjs|files\.pythonhosted|deb\.debian)\."
    )
    bad = [
        str(path.relative_to(ROOT))
        for folder in (*FOLDERS, "tests")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in {".py", ".md", ".toml", ".sh", ".js", ".html", ".css"}
        and path != Path(__file__)
        and pattern.search(path.read_text(encoding="utf-8"))
    ]
    assert bad == []


def test_every_error_class_is_exported_and_documented() -> None:
    """One file holds the whole tree of errors."""
    import kb.errors as errors

    classes = {name for name, value in vars(errors).items() if isinstance(value, type)}
    assert classes == set(errors.__all__)
    assert all(getattr(errors, name).__doc__ for name in classes)
