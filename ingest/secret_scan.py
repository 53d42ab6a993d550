"""Keys and passwords that must not enter the knowledge base: what is embedded cannot be taken back.

Only values of a vendor's own unmistakable form count. Documentation is full of examples, so placeholders, repeated
characters and tokens that have expired pass.
"""

import base64
import json
import re
import time

__all__ = ["find_secret"]

_FORMS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "a private key",
        re.compile(
            r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----(?:\\n|\s){1,4}(?:[A-Za-z-]{1,20}: [^\n]{0,200}\n){0,5}"
            r"\s{0,4}([A-Za-z0-9+/=\\\n ]{80,4000})"
        ),
    ),
    ("an AWS access key", re.compile(r"(?<![A-Z0-9])(?:AKIA|ASIA)([A-Z0-9]{16})(?![A-Z0-9])")),
    ("a GitHub token", re.compile(r"(?<!\w)(?:gh[pousr]_|github_pat_)(\w{36,255})")),
    ("an API key", re.compile(r"(?<![\w-])sk-(?:proj-|ant-|or-)?([A-Za-z0-9_-]{32,200})")),
    ("a Slack token", re.compile(r"(?<!\w)xox[abprs]-([A-Za-z0-9-]{20,200})")),
    ("a Google API key", re.compile(r"(?<!\w)AIza([\w-]{35})(?![\w-])")),
    ("an Alibaba Cloud access key", re.compile(r"(?<!\w)LTAI([A-Za-z0-9]{16,24})(?!\w)")),
    ("a GitLab token", re.compile(r"(?<!\w)glpat-([\w-]{20,60})")),
)  # fmt: skip
_JWT = re.compile(r"(?<![\w-])eyJ[\w-]{8,1000}\.(eyJ[\w-]{8,4000})\.[\w-]{20,1000}")
_PLACEHOLDER = re.compile(
    r"x{4}|\*{3}|\.{3}|example|your|placeholder|sample|dummy|fake|test|redact|changeme|1234567|abcdefg|secretkey", re.I
)
_DISTINCT = 10  # a random value of 16 characters and more has more different ones


def find_secret(text: str) -> str:
    """What kind of secret the text holds and in which line ("a GitHub token in line 12"); empty if none."""
    for name, form in _FORMS:
        for match in form.finditer(text):
            if not _PLACEHOLDER.search(match[1]) and len(set(match[1])) > _DISTINCT:
                return _found(name, text, match.start())
    for match in _JWT.finditer(text):
        if not _expired(match[1]):
            return _found("a login token (JWT)", text, match.start())
    return ""


def _found(name: str, text: str, position: int) -> str:
    return f"{name} in line {text.count(chr(10), 0, position) + 1}"


def _expired(payload: str) -> bool:
    """Whether a token's payload says that it is of no use any more, or is no payload at all."""
    try:
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return float(claims.get("exp", float("inf"))) < time.time()
    except (ValueError, AttributeError, TypeError, RecursionError):
        return True
