"""Fetching a git repository without giving it anything to run, to read or to learn.

The `git` program is called with a fixed command line. Addresses and branch names are checked against narrow patterns,
and addresses stand behind `--`; hooks, submodules, links, templates, prompts and the user's configuration are off.
"""

import os
import re
import signal
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from kb.errors import SourceError

__all__ = ["clone", "is_git_url", "public_url"]

_TIMEOUT = 120  # seconds
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?://|:)")
_SCP_LIKE = re.compile(r"[\w.-]+@[\w.-]+:")
_HOST = r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?(?::\d{1,5})?"
_PATH = r"(?:/[A-Za-z0-9_~%][A-Za-z0-9._~%+-]{0,200}){1,20}/?"
_USER = r"(?:[A-Za-z0-9_.~%-]{1,200}(?::[A-Za-z0-9_.~%+=-]{0,500})?@)?"
_ADDRESS = re.compile(
    rf"(?:https?|ssh)://{_USER}{_HOST}{_PATH}|git@{_HOST}:[A-Za-z0-9_~][A-Za-z0-9._~+-]{{0,200}}{_PATH}"
)
_BRANCH = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_./+-]{0,198}[A-Za-z0-9_+-])?")
_USERINFO = re.compile(r"(?<=://)[^/@\s]{1,1000}@")
_KEPT = ("PATH", "SSH_AUTH_SOCK", "https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")
_CONFIG = (
    "core.hooksPath=/dev/null", "core.symlinks=false", "core.fsmonitor=false", "credential.helper=",
    "protocol.ext.allow=never", "protocol.file.allow=never", "http.followRedirects=initial", "transfer.bundleURI=false",
)  # fmt: skip


def is_git_url(text: str) -> bool:
    """Whether the text is meant as an address rather than a path; it may still be refused."""
    return bool(_SCHEME.match(text) or _SCP_LIKE.match(text))


def public_url(address: str) -> str:
    """The address without user name and password, fit to be stored, logged and shown."""
    return _USERINFO.sub("", address)


def clone(address: str, folder: Path, *, allow_protocol: str = "https:ssh") -> str:
    """Fetch the newest commit of a repository's default branch, or of "#branch", into a new folder; its commit.

    `allow_protocol` is git's list of transports; tests fetch over http from this machine.

    Raises:
        SourceError: the address or branch is refused, or the repository cannot be fetched within 120 s.
    """
    url, branch = _checked(address, allow_protocol)
    with TemporaryDirectory(prefix="dayi-git-home-") as empty:
        environment = _environment(empty, allow_protocol)
        options = ["--depth=1", "--single-branch", "--no-tags", "--no-recurse-submodules", f"--template={empty}"]
        options += [f"--branch={branch}"] if branch else []
        _git(["clone", "--quiet", *options, "--", url, str(folder)], environment, address)
        return _git(["-C", str(folder), "rev-parse", "--verify", "HEAD"], environment, address).strip()


def _checked(address: str, allow_protocol: str) -> tuple[str, str]:
    shown = public_url(address)[:200]
    url, mark, branch = address.partition("#")
    scheme = url.partition("://")[0] if "://" in url else "ssh"
    if not _ADDRESS.fullmatch(url) or ".." in url or scheme not in allow_protocol.split(":"):
        raise SourceError(
            shown,
            "not an address that is fetched; write https://HOST/PATH or ssh://git@HOST/PATH, and a folder as a path",
        )
    if mark and (not _BRANCH.fullmatch(branch) or ".." in branch or "//" in branch):
        raise SourceError(shown, "not a branch name after '#'")
    return url, branch


def _environment(empty: str, allow_protocol: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return kept | {
        "HOME": empty,
        "XDG_CONFIG_HOME": empty,
        "LC_ALL": "C",
        "GIT_ALLOW_PROTOCOL": allow_protocol,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "true",
        "SSH_ASKPASS": "true",
        "GIT_SSH_COMMAND": "ssh -oBatchMode=yes",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_LFS_SKIP_SMUDGE": "1",
    }


def _git(arguments: list[str], environment: dict[str, str], address: str) -> str:
    shown = public_url(address)
    command = ["git", *(part for setting in _CONFIG for part in ("-c", setting)), *arguments]
    try:
        process = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, errors="replace", start_new_session=True,
        )  # fmt: skip
    except OSError:
        raise SourceError(shown, "the program `git` is not installed") from None
    try:
        output, errors = process.communicate(timeout=_TIMEOUT)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)  # git's helpers outlive git itself
        process.communicate()
        raise SourceError(shown, f"not fetched within {_TIMEOUT} seconds") from None
    if process.returncode:
        reason = (
            public_url(errors.strip().splitlines()[-1])[:300] if errors.strip() else f"exit code {process.returncode}"
        )
        raise SourceError(shown, f"git could not fetch it ({reason}); what is stored stays")
    return output
