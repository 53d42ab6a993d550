"""Sources: what is opened, what is left out, and what git may not do."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ingest.git import clone, is_git_url, public_url
from ingest.sources import open_source
from kb import DocumentError, SourceError


def test_only_documents_are_listed_in_the_same_order(tmp_path: Path) -> None:
    """Hidden files, other formats and vendored folders stay out."""
    for name in [
        "b.md",
        "a/z.mdx",
        "a/b.markdown",
        "c.jsonl",
        ".env.md",
        ".git/x.md",
        "node_modules/y.md",
        "k.txt",
        "é.md",
    ]:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("x", "utf-8")
    with open_source(str(tmp_path)) as source:
        assert [file.path for file in source.files] == ["a/b.markdown", "a/z.mdx", "b.md", "c.jsonl", "é.md"]


@pytest.mark.skipif(sys.platform == "win32", reason="links and pipes of POSIX")
def test_links_pipes_and_giants_are_not_read(tmp_path: Path) -> None:
    """None of them blocks the run or leaks a file from elsewhere."""
    outside = tmp_path / "outside.md"
    outside.write_text("canary", "utf-8")
    root = tmp_path / "docs"
    root.mkdir()
    (root / "link.md").symlink_to(outside)
    (root / "zero.md").symlink_to("/dev/zero")
    (root / "folder").symlink_to("/etc")
    os.mkfifo(root / "pipe.md")
    with (root / "sparse.md").open("wb") as file:
        file.truncate(3 * 1024**3)
    started = time.perf_counter()
    with open_source(str(root)) as source:
        files = {file.path: file for file in source.files}
        assert set(files) == {"link.md", "pipe.md", "sparse.md", "zero.md"}
        assert "link" in files["link.md"].problem
        assert "link" in files["zero.md"].problem
        assert files["pipe.md"].problem == "not a regular file"
        for name in files:
            with pytest.raises(DocumentError):
                files[name].read()
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize(
    ("folder", "file", "product"),
    [
        ("nacos", "a.md", "nacos"),
        ("nacos/docs", "a.md", "nacos"),
        ("Spring Cloud/docs/zh-cn", "a.md", "spring-cloud"),
        ("samples", "arthas/qa/a.md", "arthas"),
        ("corpora", "a.md", "corpora"),
    ],
)
def test_the_product_is_the_folder_with_a_telling_name(tmp_path: Path, folder: str, file: str, product: str) -> None:
    """Folders that only arrange documents are passed over; a collection has one folder per product."""
    path = tmp_path / folder / file
    path.parent.mkdir(parents=True)
    path.write_text("x", "utf-8")
    with open_source(str(tmp_path / folder)) as source:
        assert source.product_of(source.files[0].path) == product


def test_the_readme_of_a_collection_is_no_document(tmp_path: Path) -> None:
    """It would become a product of its own."""
    root = tmp_path / "samples"
    (root / "gate").mkdir(parents=True)
    for name in ("README.md", "gate/README.md"):
        (root / name).write_text("x", "utf-8")
    with open_source(str(root)) as source:
        assert [(file.path, file.problem) for file in source.files] == [
            ("README.md", "describes the collection"),
            ("gate/README.md", ""),
        ]


@pytest.mark.parametrize("path", ["missing", "--upload-pack=touch canary", "-u", "\0", "x" * 5000])
def test_what_does_not_exist_is_said(path: str) -> None:
    """Options are no paths either."""
    with pytest.raises(SourceError), open_source(path):
        pass


@pytest.mark.parametrize(
    "address",
    [
        "ext::sh -c touch% canary",
        "file:///etc",
        "FILE:///etc",
        "http://example.org/a.git",
        "git://example.org/a.git",
        "https://example.org",
        "https://example.org/../a",
        "https://-oProxyCommand=touch/a",
        "ssh://-oProxyCommand=touch canary/a",
        "git@-oProxyCommand=x:a/b",
        "git@host:-u/b",
        "https://example.org/a --upload-pack=x",
        "https://example.org/a\n--upload-pack=x",
        "https://example.org/-x/a",
        "https://example.org/a.git#--output=canary",
        "https://example.org/a.git#-x",
        "https://example.org/a.git#a..b",
        "https://example.org/a.git#",
        "https://example.org/a.git#ma in",
    ],
)
def test_hostile_addresses_never_reach_git(address: str, tmp_path: Path) -> None:
    """Other transports, options and tricks are refused; nothing is written."""
    with pytest.raises(SourceError):
        clone(address, tmp_path / "checkout")
    assert not list(tmp_path.rglob("*"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://github.com/a/b", True),
        ("git@github.com:a/b.git", True),
        ("ext::sh", True),
        ("docs/a", False),
        ("C:docs", False),
    ],
)
def test_addresses_are_told_from_paths(text: str, expected: bool) -> None:
    """A path is never handed to git."""
    assert is_git_url(text) is expected


def test_user_and_password_are_taken_off() -> None:
    """What is stored and shown holds no token."""
    assert public_url("https://me:t0ken@example.org/a.git#main") == "https://example.org/a.git#main"


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "protocol.file.allow=always"]
    return subprocess.run(
        ["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A bare repository with a page, a link, a submodule, attributes with a filter, and a second branch."""
    inner, work, bare = tmp_path / "inner", tmp_path / "work", tmp_path / "served" / "docs.git"
    for folder in (inner, work):
        folder.mkdir()
        git(folder, "init", "--quiet", "--initial-branch=main")
        (folder / "page.md").write_text("# Page\n\nText.\n", "utf-8")
    git(inner, "add", ".")
    git(inner, "commit", "--quiet", "-m", "inner")
    (work / "passwd.md").symlink_to("/etc/passwd")
    (work / ".gitattributes").write_text("*.md filter=evil\n", "utf-8")
    git(work, "submodule", "--quiet", "add", str(inner), "sub")
    git(work, "add", ".")
    git(work, "commit", "--quiet", "-m", "first")
    git(work, "branch", "v2")
    git(tmp_path, "clone", "--quiet", "--bare", str(work), str(bare))
    return bare


class _GitOverHttp(BaseHTTPRequestHandler):
    """`git http-backend` behind a web server, as git hosts run it."""

    root = ""

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        environment = os.environ | {
            "GIT_PROJECT_ROOT": self.root,
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "HTTP_GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
        }
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        run = subprocess.run(["git", "http-backend"], input=body, env=environment, capture_output=True, check=False)
        head, _, content = run.stdout.partition(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if line)
        self.send_response(int(fields.pop("Status", "200 OK").split()[0]))
        for name, value in fields.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_POST = do_GET

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def served(repository: Path) -> Iterator[str]:
    """The address of the repository on this machine."""
    with ThreadingHTTPServer(
        ("127.0.0.1", 0), type("Handler", (_GitOverHttp,), {"root": str(repository.parent)})
    ) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/docs.git"
        server.shutdown()
        thread.join()


def test_a_repository_is_fetched_without_links_and_submodules(served: str, repository: Path) -> None:
    """The page is there with its commit; the link is a text file, the submodule an empty folder."""
    token = "tok3n-canary"
    with open_source(served.replace("http://", f"http://user:{token}@"), allow_protocol="http") as source:
        assert source.commit == git(repository, "rev-parse", "main")
        assert source.origin == served
        assert [file.path for file in source.files] == ["page.md", "passwd.md"]
        assert source.files[1].read() == b"/etc/passwd"
        assert not list((source.root / "sub").iterdir())
        assert source.product_of("page.md") == "docs"
        assert token not in repr(source)
        root = source.root
    assert not root.exists()


def test_a_branch_is_chosen_after_the_hash(served: str) -> None:
    """A branch that is gone is said, without the token."""
    with open_source(f"{served}#v2", allow_protocol="http") as source:
        assert source.commit
        assert source.origin.endswith("#v2")
    with (
        pytest.raises(SourceError, match="git could not fetch") as caught,
        open_source(served.replace("http://", "http://user:canary@") + "#gone", allow_protocol="http"),
    ):
        pass
    assert "canary" not in str(caught.value)


def test_plain_http_is_refused_by_default(served: str) -> None:
    """Only tests fetch without encryption."""
    with pytest.raises(SourceError, match="not an address"), open_source(served):
        pass
