"""Hides secrets and personal data before a question is stored, logged, embedded or sent anywhere.

Readers paste whole configurations. Each pattern is linear in the text's length and leaves a mark of what was hidden, so
that the sentence still reads. Patterns name the secret's own form, or a key whose value is one; placeholders such as
`your_password`, `${SECRET}` or `***` are kept because they are what documentation says.
"""

import re

__all__ = ["mask"]

_SECRET_KEY = (
    r"(?:password|passwd|passphrase|pwd|secret(?:[._-]?(?:key|id|access[._-]?key))?"
    r"|access[._-]?key(?:[._-]?(?:id|secret))?|(?:api|private|account|shared)[._-]?key"
    r"|(?:access|auth|refresh|session|security)[._-]?token|token|credential|密码|口令|密钥|令牌)"
)
# What stands between a key and its value in properties, YAML, JSON, XML, on command lines and in tables.
_EQUALS = r"""(?:["'`]{0,3}\s{0,3}(?:[=:：]|=>|:=)\s{0,3}|["']\s{1,3}value\s{0,3}=\s{0,3}|>)"""
_QUOTED = r""""[^"\r\n]{3,200}"|'[^'\r\n]{3,200}'|`[^`\r\n]{3,200}`"""
_BARE = r"[!#-%(-+\--:=?-_a-~]{4,200}"  # one word that ends before quotes, & , ; and angle brackets
_ASSIGNED = re.compile(
    rf"(?P<key>{_SECRET_KEY}(?:\.\d{{1,2}})?)(?P<mid>{_EQUALS})(?P<value>{_QUOTED}|{_BARE})", re.IGNORECASE
)
# "the password is hunter22", "密码是 hunter22", "--password hunter22": only words that hold a letter and a digit.
_TOLD = re.compile(
    r"(?P<key>(?:password|passwd|pwd|passphrase|密码|口令|密钥)(?P<mid>\s{0,3}(?:is|was|为|是|改成|设为)\s{0,3})"
    r"|(?<!\S)--?(?:\w{1,20}-)?(?:password|passwd|pwd|pass|token|secret)\s{1,3})"
    r"(?P<value>(?=[!-~]{0,60}\d)(?=[!-~]{0,60}[A-Za-z])[!#-&(-+\--:=?-~]{6,200})",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(
    r"""(?:<.*|\$[{(].*|\$[A-Za-z_]+$|%.*|\{.*|\[.*|\.\.\..*|…+|x{3,}.*|\*{2,}.*|[*_-]+$
    |your\w{0,40}(?:[- ]\w{1,40}){0,4}$
    |(?:my|example|sample|test|demo|the|some|new|old|default)[-_ ]?
        (?:password|passwd|pwd|secret|token|key|credential)s?$
    |base64\w*$
    |(?:null|none|nil|true|false|undefined|nacos|root|admin|guest|public|password|passwd|secret|token|changeme
        |change[-_]?it|test|string|user|username|123456|required|optional|disabled|enabled)$)""",
    re.IGNORECASE | re.VERBOSE,
)
# An expression of a program: a call, an element, or a name's member that is called after what it holds.
_CODE = re.compile(rf"[A-Za-z_$][\w$]{{0,60}}(?:\.[\w$]{{1,60}}){{0,6}}(?:\(|\[|\.{_SECRET_KEY}$)", re.IGNORECASE)

_PEM = r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[A-Za-z0-9+/=\s\\]{0,8000}(?:-----END [A-Z ]{0,30}PRIVATE KEY-----)?"
_CLOUD_KEY = (
    r"(?<!\w)(?:(?:AKIA|ASIA)[A-Z0-9]{16}|LTAI[A-Za-z0-9]{12,26}|AKID[A-Za-z0-9]{13,40}|AKLT[A-Za-z0-9_-]{20,60}"
    r"|AIza[\w-]{35}|ya29\.[\w-]{20,300})(?!\w)"
)
_SERVICE_KEY = (
    r"(?<!\w)(?:gh[pousr]_[A-Za-z0-9]{30,255}|github_pat_\w{30,100}|glpat-[\w-]{20,60}|xox[abeoprs]-[\w-]{10,100}"
    r"|xapp-[\w-]{10,100}|sk-[A-Za-z0-9_-]{20,200}|[sr]k_(?:live|test)_[A-Za-z0-9]{16,100}|hf_[A-Za-z0-9]{30,60}"
    r"|npm_[A-Za-z0-9]{36}|pypi-[\w-]{50,200}|SG\.[\w-]{16,32}\.[\w-]{16,64})(?!\w)"
)
_HOOK = r"(?<=hooks\.slack\.com/services/)[\w/]{20,80}|(?<=access_token=)[0-9a-f]{32,64}"
_MAIL = r"(?<![\w.+-])(?!git@)[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,5}[A-Za-z]{2,18}(?![\w-]|\.\w)"
_MOBILE = r"(?<![\w.+-])(?:(?:\+|00)?86[- ]?)?1[3-9]\d(?:\d{8}|-\d{4}-\d{4}| \d{4} \d{4})(?![\w-])"
_LANDLINE = r"(?<![\w.-])0\d{2,3}[- ]\d{7,8}(?![\w.-])|(?<![\w.-])\(\d{3}\) ?\d{3}-\d{4}(?![\w-])"
_ABROAD = r"(?<![\w.+])\+[1-9]\d{0,2}[ .-]?(?:\(\d{1,4}\)[ .-]?)?\d{2,5}(?:[ .-]?\d{2,5}){1,4}(?![\w:.-])"
_FORMS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("key", re.compile(_PEM, re.ASCII)),
    ("token", re.compile(r"(?<![\w-])eyJ[\w-]{8,2000}\.[\w-]{8,4000}\.[\w-]{4,2000}", re.ASCII)),
    (
        "token",
        re.compile(
            r"(?:(?<=Bearer )|(?<=Basic )|(?<=Token ))(?=[\w.~+/=-]{0,40}\d)[\w.~+/=-]{16,2000}", re.ASCII | re.I
        ),
    ),
    ("key", re.compile(_CLOUD_KEY, re.ASCII)),
    ("key", re.compile(_SERVICE_KEY, re.ASCII)),
    ("key", re.compile(_HOOK, re.ASCII)),
    ("e-mail", re.compile(_MAIL, re.ASCII)),
    ("phone", re.compile(_MOBILE, re.ASCII)),
    ("phone", re.compile(_LANDLINE, re.ASCII)),
    ("phone", re.compile(_ABROAD, re.ASCII)),
)
_ADDRESS = re.compile(
    r"(?P<key>(?P<mid>)://[^\s/@:]{0,100}:|jdbc:oracle:[a-z]{1,8}:[\w$]{1,60}/)(?P<value>[^\s/]{1,200})(?=@)", re.ASCII
)
_ID_NUMBER = re.compile(
    r"(?<!\w)[1-9]\d{5}(?:18|19|20)\d\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\d{3}[\dXx](?!\w)", re.ASCII
)
# Numbers as the issuers make them: https://en.wikipedia.org/wiki/Payment_card_number
_CARD = re.compile(
    r"(?<![\w.-])(?:3[47]\d{2}[ -]?\d{6}[ -]?\d{5}|(?:4\d{3}|5[1-5]\d{2}|2[2-7]\d{2}|35\d{2}|6(?:011|[25]\d{2}))"
    r"(?:[ -]?\d{4}){3}(?:[ -]?\d{1,3})?)(?![\w.-])",
    re.ASCII,
)


def mask(text: str) -> tuple[str, bool]:
    """The text with secrets replaced by marks such as "[hidden: token]", and whether anything was hidden."""
    masked = _ADDRESS.sub(_mask_value, text)
    masked = _ID_NUMBER.sub(_mask_id_number, masked)
    for name, pattern in _FORMS:
        masked = pattern.sub(f"[hidden: {name}]", masked)
    masked = _ASSIGNED.sub(_mask_value, masked)
    masked = _TOLD.sub(_mask_value, masked)
    masked = _CARD.sub(_mask_card, masked)
    return masked, masked != text


def _mask_value(match: re.Match[str]) -> str:
    value, mid = match["value"].strip("\"'`"), match["mid"] or ""
    word = value.rstrip(".!?,")
    is_told = bool(mid) and "=" not in mid  # in an address nothing is said of the password
    is_word = is_told and word.isalpha() and not match["value"].startswith(("'", '"'))  # "token: expired"
    is_code = "=" in mid and _CODE.match(value) and not any(char.isdigit() for char in value)
    if _PLACEHOLDER.match(word) or "[hidden" in value or is_word or is_code:
        return match[0]
    name = "password" if re.search("pass|pwd|密码|口令|:", match["key"], re.IGNORECASE) else "secret"
    return f"{match[0][: match.start('value') - match.start()]}[hidden: {name}]"


def _mask_id_number(match: re.Match[str]) -> str:
    # The last character is a check of the others, GB 11643: https://en.wikipedia.org/wiki/Resident_Identity_Card
    weighted = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(match[0][:17]))
    return "[hidden: id number]" if "10X98765432"[weighted % 11] == match[0][17].upper() else match[0]


def _mask_card(match: re.Match[str]) -> str:
    # The Luhn check (https://en.wikipedia.org/wiki/Luhn_algorithm) tells card numbers from other long numbers.
    digits = [int(char) for char in match[0] if char.isdigit()][::-1]
    total = sum(digits[::2]) + sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    return "[hidden: card number]" if total % 10 == 0 and len(set(digits)) > 1 else match[0]
