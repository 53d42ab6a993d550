"""Requests that are sent twice take effect once (`Idempotency-Key`)."""

import hashlib
import json
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, delete, select

from assistant.clock import now
from kb.errors import KeyReused
from kb.records import insert_new
from kb.records.schema import idempotency_keys

__all__ = ["is_repeated"]

_KEPT = timedelta(hours=24)


def is_repeated(connection: Connection, purpose: str, key: str, request: Any) -> bool:
    """Whether this request took effect before; if not, it is remembered for 24 hours, should the transaction succeed.

    `purpose` says what the request is for and from whom: keys of different purposes have nothing to do with each other.
    `request` is anything that JSON can hold. Without a key, no request is a repetition.

    Raises:
        KeyReused: the key came with another request before.
    """
    if not key:
        return False
    old = idempotency_keys.c.created_at < now(-_KEPT, timespec="seconds")
    connection.execute(delete(idempotency_keys).where(old))
    key_hash, digest = _digest([purpose, key]), _digest(request)
    values = {"key_hash": key_hash, "request_digest": digest, "created_at": now(timespec="seconds")}
    if insert_new(connection, idempotency_keys, [values]):
        return False
    known = idempotency_keys.c.key_hash == key_hash
    if connection.execute(select(idempotency_keys.c.request_digest).where(known)).scalar() != digest:
        raise KeyReused("This Idempotency-Key came with another request before; take a new one for each request.")
    return True


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
