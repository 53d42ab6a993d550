"""Experts: accounts, logging in, and the sessions that follow.

Passwords are kept as argon2id hashes, session ids as SHA-256 hashes of random values. There is no default account and
nothing to sign, so there is no secret to guess or to leak from the settings.
"""

import hashlib
import hmac
import re
import secrets
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Literal, get_args

import argon2
from sqlalchemy import Connection, RowMapping, delete, func, select, update

from assistant.clock import now
from kb.errors import LoginRefused, RequestError, TooManyRequests
from kb.records import Records
from kb.records.schema import expert_sessions, experts, login_attempts

__all__ = ["SESSION_S", "Expert", "ExpertStore", "Role", "form_token"]

Role = Literal["reviewer", "maintainer"]

SESSION_S = 12 * 3600  # a working day; then the expert logs in again
_WINDOW = timedelta(minutes=15)
_TRIES_PER_ACCOUNT, _TRIES_PER_ADDRESS = 5, 20
_SHORTEST_PASSWORD, _LONGEST_PASSWORD = 12, 200  # characters
_LOCKED = "Too many attempts. Try again in 15 minutes. （尝试次数过多，请 15 分钟后再试。）"
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
_IDENTITY = re.compile(
    r"(?:sub:|email:)?[!-~]{1,255}"
)  # a subject has at most 255 ASCII characters (OpenID Connect Core 2)
_NOT_YOURS = (
    "No open account belongs to this sign-in; ask your operator. （没有与此登录对应的可用账号，请联系管理员。）"
)
_HASHED_AT_ONCE = 2  # each takes 64 MiB


@dataclass(frozen=True, slots=True)
class Expert:
    """An account; `products` are those that a reviewer sees, all when there are none. Maintainers see all.

    `oidc` is who may sign in through the provider of the settings: "sub:SUBJECT", "email:ADDRESS", or nobody.
    """

    name: str
    role: Role
    products: tuple[str, ...] = ()
    disabled: bool = False
    oidc: str = ""

    @property
    def scope(self) -> tuple[str, ...]:
        """The products that this expert sees; empty for all."""
        return () if self.role == "maintainer" else self.products

    def sees(self, product: str) -> bool:
        """Whether what belongs to a product is this expert's to see and change."""
        return not self.scope or product in self.scope


class ExpertStore:
    """Accounts and sessions in the database of the records. Thread-safe.

    `hasher` is for tests that have no time for argon2's own costs (RFC 9106, low memory).
    """

    def __init__(self, records: Records, hasher: argon2.PasswordHasher | None = None) -> None:
        self._records = records
        self._hasher = hasher or argon2.PasswordHasher()
        self._hashing = threading.Semaphore(_HASHED_AT_ONCE)

    # Accounts

    def add(
        self,
        name: str,
        password: str | None,
        *,
        role: Role = "reviewer",
        products: Sequence[str] = (),
        oidc: str = "",
    ) -> Expert:
        """Make an account; without a password, for one who signs in through the provider only. `oidc` as for `bind`.

        Raises:
            RequestError: the name is taken or malformed, the password is shorter than 12 characters, or `oidc` is
                malformed or bound to another account.
        """
        if not _NAME.fullmatch(name):
            raise RequestError(
                "A name is 1 to 40 of a-z, 0-9, dot, dash and underscore, and begins with a letter or digit."
            )
        if role not in get_args(Role):
            raise RequestError(f"There is no role {role!r}; there are {' and '.join(get_args(Role))}.")
        identity = _identity(oidc)
        values = {
            "password_hash": self._hash_password(secrets.token_urlsafe(32) if password is None else password),
            "role": role,
            "products": list(products),
            "disabled": False,
            "created_at": now(),
            "oidc": identity,
        }
        with self._records.write() as connection:
            if _row(connection, name):
                raise RequestError(f"There is an expert {name!r} already; `dayi expert password` gives a new password.")
            _check_free(connection, name, identity)
            connection.execute(experts.insert().values(name=name, **values))
        return Expert(name, role, tuple(products), oidc=identity or "")

    def set_password(self, name: str, password: str) -> None:
        """Give an account another password and enable it; its sessions end.

        Raises:
            RequestError: no such account, or the password is shorter than 12 characters.
        """
        self._change(name, password_hash=self._hash_password(password), disabled=False)

    def disable(self, name: str) -> None:
        """Close an account; its sessions end at once.

        Raises:
            RequestError: no such account.
        """
        self._change(name, disabled=True)

    def bind(self, name: str, identity: str) -> None:
        """Let whom the provider knows by a subject, or by a verified address of mail, sign in; "" for nobody.

        What has an @ is an address, unless it begins with "sub:". The account's sessions end.

        Raises:
            RequestError: no such account, or the identity is malformed or bound to another one.
        """
        kept = _identity(identity)
        with self._records.read() as connection:
            _check_free(connection, name, kept)
        self._change(name, oidc=kept)

    def all(self) -> list[Expert]:
        """Every account, by name."""
        with self._records.read() as connection:
            return [_expert(row) for row in connection.execute(select(experts).order_by(experts.c.name)).mappings()]

    # Sessions

    def log_in(self, name: str, password: str, address: str) -> str:
        """The id of a new session of 12 hours.

        Takes as long for an unknown name as for a known one.

        Raises:
            TooManyRequests: five failures at this account, or twenty from this address, within 15 minutes.
            LoginRefused: they do not belong together, or the account is disabled.
        """
        name = name.strip().lower()
        attempts = self._note_attempt(name, address)
        with self._records.read() as connection:
            row = _row(connection, name)
        right = self._verify(row["password_hash"] if row else self._nobody, password[: _LONGEST_PASSWORD + 1])
        if not row or not right or row["disabled"]:
            raise LoginRefused("Name or password is wrong. （用户名或密码不正确。）")
        with self._records.write() as connection:
            connection.execute(delete(login_attempts).where(login_attempts.c.key.in_(attempts)))
            connection.execute(delete(login_attempts).where(login_attempts.c.subject == _subject("account", name)))
            return _new_session(connection, name)

    def log_in_as(self, subject: str, email: str = "") -> str:
        """The id of a new session of 12 hours for whom the provider knows by this subject or this verified address.

        Raises:
            LoginRefused: neither is bound to an account, or the account is disabled.
        """
        identities = [f"sub:{subject}"]
        if email.isascii():  # other letters may turn into ASCII ones in lower case
            identities.append(f"email:{email.lower()}")
        with self._records.write() as connection:
            rows = connection.execute(select(experts).where(experts.c.oidc.in_(identities))).mappings().all()
            if len(rows) != 1 or rows[0]["disabled"]:
                raise LoginRefused(_NOT_YOURS)
            return _new_session(connection, rows[0]["name"])

    def expert_of(self, session: str) -> Expert | None:
        """Whose session this is; None when it has ended, was never one, or its account is disabled."""
        query = (
            select(experts)
            .join(expert_sessions, expert_sessions.c.expert == experts.c.name)
            .where(expert_sessions.c.token_hash == _hash(session), expert_sessions.c.expires_at > now())
            .where(~experts.c.disabled)
        )
        with self._records.read() as connection:
            row = connection.execute(query).mappings().first()
        return _expert(row) if row else None

    def log_out(self, session: str) -> None:
        """End a session, if it is one."""
        with self._records.write() as connection:
            connection.execute(delete(expert_sessions).where(expert_sessions.c.token_hash == _hash(session)))

    def _note_attempt(self, name: str, address: str) -> list[int]:
        """Count this attempt before it is judged, so that many at once do not pass the limits; the rows it made."""
        since = now(-_WINDOW)
        limits = {_subject("account", name): _TRIES_PER_ACCOUNT, _subject("address", address): _TRIES_PER_ADDRESS}
        with self._records.write() as connection:
            connection.execute(delete(login_attempts).where(login_attempts.c.at < since))
            for subject, limit in limits.items():
                query = select(func.count()).where(login_attempts.c.subject == subject, login_attempts.c.at >= since)
                if connection.execute(query).scalar_one() >= limit:
                    raise TooManyRequests(_LOCKED, int(_WINDOW.total_seconds()))
            rows = [login_attempts.insert().values(subject=subject, at=now()) for subject in limits]
            return [int(connection.execute(row).inserted_primary_key[0]) for row in rows]  # type: ignore[index]

    def _change(self, name: str, **values: str | bool | None) -> None:
        with self._records.write() as connection:
            if connection.execute(update(experts).where(experts.c.name == name).values(values)).rowcount == 0:
                raise RequestError(f"There is no expert {name!r}; `dayi expert list` shows all.")
            connection.execute(delete(expert_sessions).where(expert_sessions.c.expert == name))

    # Passwords

    def _hash_password(self, password: str) -> str:
        if not _SHORTEST_PASSWORD <= len(password) <= _LONGEST_PASSWORD:
            raise RequestError(f"A password has {_SHORTEST_PASSWORD} to {_LONGEST_PASSWORD} characters.")
        with self._hashing:
            return self._hasher.hash(password)

    def _verify(self, password_hash: str, password: str) -> bool:
        with self._hashing:
            try:
                return self._hasher.verify(password_hash, password)
            except argon2.exceptions.VerificationError:
                return False

    @cached_property
    def _nobody(self) -> str:
        """A hash that no password has, for names that nobody has."""
        return self._hasher.hash(secrets.token_urlsafe(32))


def form_token(session: str) -> str:
    """What every form of a session carries, so that no other page can send it; tells nothing about the session's id."""
    return hmac.new(session.encode("utf-8", "replace"), b"form", hashlib.sha256).hexdigest()


def _row(connection: Connection, name: str) -> RowMapping | None:
    return connection.execute(select(experts).where(experts.c.name == name)).mappings().first()


def _new_session(connection: Connection, name: str) -> str:
    session = secrets.token_urlsafe(32)
    connection.execute(delete(expert_sessions).where(expert_sessions.c.expires_at < now()))
    expires = now(timedelta(seconds=SESSION_S))
    values = {"token_hash": _hash(session), "expert": name, "expires_at": expires}
    connection.execute(expert_sessions.insert().values(values))
    return session


def _identity(text: str) -> str | None:
    """How an identity is kept. Subjects and addresses do not mix: some providers let people choose their subject."""
    text = text.strip()
    if not text:
        return None
    if not _IDENTITY.fullmatch(text):
        raise RequestError("An identity is a subject or an address of mail: 1 to 255 ASCII characters without spaces.")
    if text.startswith("sub:"):
        return text
    address = text.removeprefix("email:")
    return f"email:{address.lower()}" if "@" in address else f"sub:{text}"


def _check_free(connection: Connection, name: str, identity: str | None) -> None:
    query = select(experts.c.name).where(experts.c.oidc == identity, experts.c.name != name)
    if identity and (other := connection.execute(query).scalar()):
        raise RequestError(f"The expert {other!r} signs in with this already; one identity has one account.")


def _expert(row: RowMapping) -> Expert:
    return Expert(row["name"], row["role"], tuple(row["products"]), row["disabled"], row["oidc"] or "")


def _subject(kind: str, name: str) -> str:
    return _hash(f"{kind} {name}")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
