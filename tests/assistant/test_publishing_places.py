"""Publishing into folders and branches: only our own files change, and nothing outside."""

import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.publications import Publication
from assistant.publishing import BranchPlace, FolderPlace, PublishReport, file_path, publish
from kb.errors import PublishError
from tests.assistant.test_publishing import BASE, DOCUMENT

HOSTILE_IDS = [
    "../../x", "/etc/passwd", "..", "CON", "con", "nul\x00.md", "a" * 300, "\u202egnp.exe", "客户端", "Entry", "entry",
    ".git", ".dayi-publish.json", "redirects", "a\\b", "a\nb", "%2e%2e%2f", "",
]  # fmt: skip


def entry(
    id: str = "entry-1", *, product: str = "nacos", words: str = "", gone: bool = False, to: str = ""
) -> Publication:
    document = replace(DOCUMENT, id=id, product=product, text=DOCUMENT.text + words)
    return Publication(document, "2026-01-01", "2026-02-03", (), "retired" if gone else "published", to)


def into(folder: Path, *entries: Publication) -> PublishReport:
    return publish(entries, FolderPlace(folder), base_url=BASE)


def files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_only_what_changed_is_written(tmp_path: Path) -> None:
    """A second run does nothing; a new text is one written file; the manifest names all."""
    first = into(tmp_path, entry("a"), entry("b"))
    assert first.written == ["nacos/a.md", "nacos/b.md"]
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    second = into(tmp_path, entry("b"), entry("a"))
    assert (second.written, second.unchanged) == ([], 2)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before
    assert into(tmp_path, entry("a", words="!"), entry("b")).written == ["nacos/a.md"]
    assert json.loads(files(tmp_path)["nacos/.dayi-publish.json"])["files"].keys() == {"a.md", "b.md"}
    assert (tmp_path / "nacos/a.md").stat().st_mode & 0o777 == 0o644


def test_retired_entries_go_and_say_where(tmp_path: Path) -> None:
    """Their files are removed; the redirects file names the entry at the end of the way, or null."""
    into(tmp_path, entry("a"), entry("b"), entry("c"), entry("d"))
    report = into(
        tmp_path, entry("a"), entry("b", gone=True, to="c"), entry("c", gone=True, to="a"), entry("d", gone=True)
    )
    assert report.removed == ["nacos/b.md", "nacos/c.md", "nacos/d.md"]
    redirects = json.loads(files(tmp_path)["nacos/redirects.json"])
    assert redirects == {"b.md": "a.md", "c.md": "a.md", "d.md": None}
    into(tmp_path, *(entry(id) for id in "abcd"))
    assert files(tmp_path).keys() == {"nacos/.dayi-publish.json", *(f"nacos/{id}.md" for id in "abcd")}


def test_redirects_in_a_circle_end(tmp_path: Path) -> None:
    """They lead nowhere."""
    into(tmp_path, entry("a", gone=True, to="b"), entry("b", gone=True, to="a"))
    assert json.loads(files(tmp_path)["nacos/redirects.json"]) == {"a.md": None, "b.md": None}


def test_products_do_not_touch_each_other(tmp_path: Path) -> None:
    """Publishing one product leaves the files of another one."""
    into(tmp_path, entry("a"), entry("a", product="arthas"))
    assert into(tmp_path, entry("b", product="arthas")).removed == ["arthas/a.md"]
    assert "nacos/a.md" in files(tmp_path)


def test_files_of_others_stay(tmp_path: Path) -> None:
    """A file that we did not write, and one that somebody edited, are reported and left alone."""
    (tmp_path / "nacos").mkdir()
    (tmp_path / "nacos/a.md").write_text("theirs", encoding="utf-8")
    first = into(tmp_path, entry("a"), entry("b"))
    assert first.written == ["nacos/b.md"]
    assert "did not write" in first.failed["nacos/a.md"]
    (tmp_path / "nacos/b.md").write_text("edited", encoding="utf-8")
    for second in (into(tmp_path, entry("b", words="!")), into(tmp_path, entry("b", gone=True))):
        assert "edited" in second.failed["nacos/b.md"]
    assert files(tmp_path)["nacos/b.md"] == b"edited"
    (tmp_path / "nacos/b.md").unlink()
    assert into(tmp_path, entry("b", words="!")).written == ["nacos/b.md"]


def test_one_bad_entry_harms_no_other(tmp_path: Path) -> None:
    """Its old file stays until it can be written again."""
    into(tmp_path, entry("a"), entry("b"))
    bad = replace(entry("a"), document=replace(entry("a").document, reviewed=False))
    report = into(tmp_path, bad, entry("b", words="!"))
    assert report.written == ["nacos/b.md"]
    assert "not reviewed" in report.failed["nacos/a.md"]
    assert "nacos/a.md" in files(tmp_path)
    assert into(tmp_path, entry("b", words="!")).removed == ["nacos/a.md"]


@pytest.mark.parametrize("id", HOSTILE_IDS, ids=range(len(HOSTILE_IDS)))
def test_no_name_leaves_the_folder(tmp_path: Path, id: str) -> None:
    """Neither an entry's id nor a product's name."""
    outside = tmp_path / "outside.md"
    outside.write_text("keep", encoding="utf-8")
    root = tmp_path / "a" / "b"
    report = into(root, entry(id), entry("x", product=id or "p"))
    assert len(report.written) == 2
    assert outside.read_text(encoding="utf-8") == "keep"
    assert {path for path in tmp_path.rglob("*") if path.is_file() and root not in path.parents} == {outside}
    assert all(len(Path(path).parts) == 2 for path in files(root))


def test_case_twins_have_files_of_their_own(tmp_path: Path) -> None:
    """Where the file system ignores case, too."""
    into(tmp_path, entry("entry"), entry("Entry"), entry("ENTRY"))
    names = [path for path in files(tmp_path) if path.endswith(".md")]
    assert len({name.casefold() for name in names}) == 3


@pytest.mark.parametrize("link", ["nacos", "nacos/entry-1.md", "nacos/.dayi-publish.json"])
@pytest.mark.parametrize("dangling", [False, True])
def test_links_are_refused(tmp_path: Path, link: str, dangling: bool) -> None:
    """Folders, files and the manifest; where they lead, nothing is written."""
    root, target = tmp_path / "root", tmp_path / "target"
    if not dangling:
        target.mkdir() if link == "nacos" else target.write_text('{"files": {}}', encoding="utf-8")
    (root / link).parent.mkdir(parents=True)
    (root / link).symlink_to(target)
    report = into(root, entry())
    assert "link" in next(iter(report.failed.values()))
    assert not report.written
    assert dangling is not target.exists()
    assert not target.is_dir() or not list(target.iterdir())


def test_a_damaged_manifest_stops_its_product_only(tmp_path: Path) -> None:
    """Without it nobody knows whose the files are. Names in it that we never give are ignored."""
    into(tmp_path, entry("a"), entry("a", product="arthas"))
    (tmp_path / "nacos/.dayi-publish.json").write_text("{", encoding="utf-8")
    report = into(tmp_path, entry("a", words="!"), entry("a", product="arthas", words="!"))
    assert report.written == ["arthas/a.md"]
    assert "damaged" in report.failed["nacos"]
    victim = tmp_path / "victim.md"
    victim.write_text("x", encoding="utf-8")
    manifest = {"files": {"../victim.md": "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"}}
    (tmp_path / "nacos/.dayi-publish.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert into(tmp_path, entry("b")).removed == []
    assert victim.exists()


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """One clear message."""
    (tmp_path / "file").touch()
    with pytest.raises(PublishError, match="no folder"):
        FolderPlace(tmp_path / "file")


# git


def git(folder: Path, *arguments: str) -> str:
    environment = os.environ | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main"]
    done = subprocess.run(
        ["git", "-C", str(folder), *identity, *arguments], env=environment, check=True, capture_output=True
    )
    return done.stdout.decode().strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    (folder / "docs").mkdir(parents=True)
    git(folder, "init", "--quiet")
    (folder / "docs/index.md").write_text("# Site\n", encoding="utf-8")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "first")
    return folder


def onto(folder: Path, *entries: Publication, branch: str = "answers", push: bool = False) -> PublishReport:
    return publish(entries, BranchPlace(folder, branch, push=push), base_url=BASE)


def test_a_branch_moves_forward_by_one_commit(repository: Path) -> None:
    """Other files stay, the working tree is not touched, unchanged content makes no commit."""
    git(repository, "branch", "answers")
    start = git(repository, "rev-parse", "answers")
    first = onto(repository / "docs", entry("a"), entry("b"))
    assert git(repository, "rev-parse", "answers") == first.result
    assert git(repository, "rev-parse", "answers^") == start
    listed = git(repository, "ls-tree", "-r", "--name-only", "answers").split("\n")
    assert listed == ["docs/index.md", "docs/nacos/.dayi-publish.json", "docs/nacos/a.md", "docs/nacos/b.md"]
    assert onto(repository / "docs", entry("a"), entry("b")).result == ""
    assert git(repository, "rev-parse", "answers") == first.result
    second = onto(repository / "docs", entry("a", gone=True, to="b"), entry("b", words="!"))
    assert (second.written, second.removed) == (["nacos/b.md", "nacos/redirects.json"], ["nacos/a.md"])
    assert git(repository, "rev-parse", "answers^") == first.result
    assert git(repository, "status", "--porcelain") == ""
    assert (
        git(repository, "show", "answers:docs/nacos/b.md")
        == (BranchPlace(repository / "docs", "answers").read("nacos/b.md") or b"").decode().strip()
    )


def test_a_bare_repository_and_a_new_branch(tmp_path: Path) -> None:
    """The branch begins with our commit."""
    bare = tmp_path / "bare.git"
    bare.mkdir()
    git(bare, "init", "--quiet", "--bare")
    onto(bare, entry("a"))
    assert git(bare, "rev-list", "--count", "answers") == "1"
    assert git(bare, "ls-tree", "-r", "--name-only", "answers").split("\n") == [
        "nacos/.dayi-publish.json",
        "nacos/a.md",
    ]
    assert onto(bare, entry("a")).result == ""


def test_pushes_are_never_forced(repository: Path, tmp_path: Path) -> None:
    """A clone goes on from what others pushed; a push that is refused changes nothing and may be tried again."""
    remote = tmp_path / "remote.git"
    git(repository, "branch", "answers")
    git(tmp_path, "clone", "--quiet", "--bare", str(repository), str(remote))
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    for clone in (ours, theirs):
        git(tmp_path, "clone", "--quiet", str(remote), str(clone))
    late = BranchPlace(theirs / "docs", "answers", push=True)
    onto(ours / "docs", entry("a"), push=True)
    with pytest.raises(PublishError, match="push"):
        publish([entry("b", product="arthas")], late, base_url=BASE)
    assert git(remote, "rev-parse", "answers") == git(ours, "rev-parse", "answers")
    onto(theirs / "docs", entry("b", product="arthas"), push=True)
    onto(ours / "docs", entry("a"), entry("c"), push=True)
    assert git(remote, "rev-list", "--count", "answers") == "4"
    assert git(remote, "rev-parse", "answers") == git(ours, "rev-parse", "answers")
    assert "docs/arthas/b.md" in git(remote, "ls-tree", "-r", "--name-only", "answers")


def test_branches_that_went_different_ways_are_refused(repository: Path, tmp_path: Path) -> None:
    """Nobody's commits are dropped."""
    git(tmp_path, "clone", "--quiet", str(repository), str(tmp_path / "clone"))
    git(repository, "branch", "answers")
    onto(repository, entry("a"))
    onto(tmp_path / "clone", entry("b"))
    with pytest.raises(PublishError, match="different ways"):
        onto(tmp_path / "clone", entry("b", words="!"), push=True)


def test_hooks_do_not_run(repository: Path) -> None:
    """Whatever lies in the repository."""
    for name in ("post-commit", "reference-transaction", "pre-push"):
        hook = repository / ".git/hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\ntouch {repository}/ran\n", encoding="utf-8")
        hook.chmod(0o755)
    onto(repository, entry("a"))
    assert not (repository / "ran").exists()


@pytest.mark.parametrize(
    "branch", ["main", "", "-x", "--force", "+answers", "a..b", "a b", "a:b", "x.lock", "a//b", "a\n", "../x", "@{-1}"]
)
def test_branches_that_are_refused(repository: Path, branch: str) -> None:
    """Odd names, and the one that is checked out."""
    with pytest.raises(PublishError):
        BranchPlace(repository, branch)


def test_no_repository(tmp_path: Path) -> None:
    """One clear message."""
    with pytest.raises(PublishError, match="not a git repository"):
        BranchPlace(tmp_path, "answers")


@pytest.mark.parametrize("link", ["nacos", "nacos/a.md"])
def test_links_in_a_branch_are_refused(repository: Path, link: str) -> None:
    """They stay, and nothing is put in their place."""
    (repository / link).parent.mkdir(exist_ok=True)
    (repository / link).symlink_to("/etc/passwd")
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "-m", "link")
    git(repository, "branch", "answers")
    report = onto(repository, entry("a"))
    assert "link" in next(iter(report.failed.values()))
    assert git(repository, "ls-tree", "answers", link).startswith("120000")


def test_names_of_files_are_ours() -> None:
    """The manifest and the redirects cannot be an entry's file."""
    assert not {file_path("p", id).partition("/")[2] for id in HOSTILE_IDS} & {".dayi-publish.json", "redirects.json"}
