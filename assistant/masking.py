"""Hides secrets and personal data before a question is stored, logged, embedded or sent anywhere.

Readers paste whole configurations. Each pattern is linear in the text's length and leaves a mark of what was hidden, so
that the sentence still reads. Patterns name the secret's own form, or a key whose value is one; placeholders such as
`your_password`, `${SECRET}` or `***` are kept because they are what documentation says.
"""

import re

__all__ = ["mask"]

_PLACEHOLDER = re.compile(
    r"""["']?(?:(?:your|my|the|some|example|xxx|\*\*|<|\$|\{|%|\.\.\.).*|(?:null|none|true|false|nacos|root|admin|password|passwd"""
    r"""|secret|token|changeme|test|string|user)["']?$)""",
    re.IGNORECASE,
)
_SECRET_KEY = (
    r"(?:password|passwd|pwd|secret(?:[._-]?key)?|access[._-]?key(?:[._-]?(?:id|secret))?|api[._-]?key|private[._-]?key"
    r"|access[._-]?token|auth[._-]?token|token|credential|密码|口令|密钥)"
)
_ASSIGNED = re.compile(
    rf"""(?P<key>(?<![A-Za-z0-9]){_SECRET_KEY}(?:\.\d{{1,2}})?)(?P<mid>["']?\s{{0,3}}[=:：]\s{{0,3}})(?P<value>["']?[!#-%(-+\--:<-~]{{4,200}}["']?)""",
    re.IGNORECASE,
)
_PEM = r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[A-Za-z0-9+/=\s\\]{0,8000}(?:-----END [A-Z ]{0,30}PRIVATE KEY-----)?"
_CLOUD_KEY = r"(?<!\w)(?:(?:AKIA|ASIA)[A-Z0-9]{16}|LTAI[A-Za-z0-9]{12,26}|AKID[A-Za-z0-9]{20,40})(?!\w)"
_SERVICE_KEY = (
    r"(?<!\w)(?:gh[pousr]_[A-Za-z0-9]{30,100}|github_pat_\w{30,100}|glpat-[\w-]{20,60}|xox[abprs]-[\w-]{10,100}"
    r"|sk-[A-Za-z0-9_-]{20,200})"
)
_ID_NUMBER = r"(?<!\w)[1-9]\d{5}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\d{3}[\dXx](?![\dA-Za-z])"
_MOBILE = r"(?<![\dA-Za-z.])(?:\+?86[- ]?)?1[3-9]\d(?:\d{8}|-\d{4}-\d{4}| \d{4} \d{4})(?![\dA-Za-z])"
_FORMS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("key", re.compile(_PEM, re.ASCII)),
    ("token", re.compile(r"(?<![\w-])eyJ[\w-]{8,2000}\.[\w-]{8,4000}\.[\w-]{4,2000}", re.ASCII)),
    ("token", re.compile(r"(?<=Bearer )[\w.~+/=-]{16,2000}", re.ASCII | re.IGNORECASE)),
    ("key", re.compile(_CLOUD_KEY, re.ASCII)),
    ("key", re.compile(_SERVICE_KEY, re.ASCII)),
    ("password", re.compile(r"(?<=://)[^\s/@:]{1,100}:[^\s/@]{1,200}(?=@)", re.ASCII)),
    ("e-mail", re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,5}[A-Za-z]{2,18}(?![\w-])", re.ASCII)),
    ("id number", re.compile(_ID_NUMBER, re.ASCII)),
    ("phone", re.compile(_MOBILE, re.ASCII)),
)
_CARD = re.compile(r"(?<![\d.])\d(?:[ -]?\d){12,18}(?![\d.])")


def mask(text: str) -> tuple[str, bool]:
    """The text with secrets replaced by marks such as "[hidden: token]", and whether anything was hidden."""
    masked = text
    for name, pattern in _FORMS:
        masked = pattern.sub(f"[hidden: {name}]", masked)
    masked = _ASSIGNED.sub(_mask_value, masked)
    masked = _CARD.sub(_mask_card, masked)
    return masked, masked != text


def _mask_value(match: re.Match[str]) -> str:
    value = match["value"]
    is_word_after_colon = "=" not in match["mid"] and value.strip("\"'.!").isalpha()  # "token: expired" is a symptom
    if _PLACEHOLDER.match(value) or value.startswith("[hidden") or is_word_after_colon:
        return match[0]
    return f"{match['key']}{match['mid']}[hidden: {'password' if 'pass' in match['key'].lower() else 'secret'}]"


def _mask_card(match: re.Match[str]) -> str:
    # The Luhn check (https://en.wikipedia.org/wiki/Luhn_algorithm) tells card numbers from other long numbers.
    digits = [int(char) for char in match[0] if char.isdigit()][::-1]
    total = sum(digits[::2]) + sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    return "[hidden: card number]" if total % 10 == 0 and len(set(digits)) > 1 else match[0]
