"""Connections to the database of the records, and its schema's way to the newest version."""

import importlib.util
import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Engine, Table, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from kb.errors import MissingExtra, SettingsError, StoreBusy, StoreDamaged, StoreError, StoreMismatch

__all__ = ["HEAD", "UNSYNCED", "insert_new", "migrate", "open_engine", "reading", "store_errors"]

_MAPPED_BYTES = 1 << 30  # reads of a larger database than this copy its pages

logger = logging.getLogger(__name__)

HEAD = "0007"  # newest file in migrations/versions; kept here so that a current database needs no import of Alembic
_READING = "dayi_reading"  # execution option: this connection only reads
UNSYNCED = "dayi_unsynced"  # execution option: commits need not survive a power cut

_MIGRATION_LOCK = 0x64617969  # any constant; PostgreSQL's advisory locks are numbers


def open_engine(url: str) -> Engine:
    """Connections to SQLite (its folder is made) or PostgreSQL.

    On SQLite every transaction takes the write lock when it begins, unless the engine is one for `reading`: a
    transaction that reads first and writes later would fail at once when another one wrote in between.

    Raises:
        SettingsError: the URL is malformed or names another database.
        MissingExtra: PostgreSQL without its driver.
    """
    try:
        parsed = sa.make_url(url)
    except ArgumentError:
        raise SettingsError("DAYI_DATABASE is not a database URL such as sqlite:///data/dayi.db") from None
    dumps = partial(json.dumps, ensure_ascii=False, default=str)
    if parsed.get_backend_name() == "sqlite":
        if parsed.database:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        engine = sa.create_engine(parsed, json_serializer=dumps)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    if parsed.get_backend_name() == "postgresql":
        if importlib.util.find_spec("psycopg") is None:
            raise MissingExtra("PostgreSQL", "postgres")
        parsed = parsed.set(drivername="postgresql+psycopg")
        engine = sa.create_engine(parsed, json_serializer=dumps, pool_pre_ping=True)
        event.listen(engine, "begin", _begin_postgresql)
        return engine
    raise SettingsError(
        f"DAYI_DATABASE names {parsed.get_backend_name()}; Dayi keeps its records in SQLite or PostgreSQL"
    )


def reading(engine: Engine) -> Engine:
    """The same connections for transactions that only read; each sees one state of the database throughout."""
    if engine.dialect.name == "postgresql":  # by default each statement there sees what was committed before it
        return engine.execution_options(isolation_level="REPEATABLE READ")
    return engine.execution_options(**{_READING: True})


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver begins no transaction by itself; `_begin_sqlite` does
    connection.execute("PRAGMA busy_timeout = 5000")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")  # what was acknowledged survives a power cut
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA mmap_size = {_MAPPED_BYTES}")


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get(_READING):
        connection.exec_driver_sql("BEGIN")
        return
    connection.exec_driver_sql(f"PRAGMA synchronous = {'NORMAL' if options.get(UNSYNCED) else 'FULL'}")
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin_postgresql(connection: Connection) -> None:
    if connection.get_execution_options().get(UNSYNCED):
        connection.exec_driver_sql("SET LOCAL synchronous_commit = off")


def insert_new(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert those rows whose key is not there yet; how many that were.

    A transaction that inserts the same key is waited for.
    """
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    return connection.execute(insert(table).on_conflict_do_nothing(), rows).rowcount


@contextmanager
def store_errors() -> Iterator[None]:
    """Turns the database's errors into ours. Messages never hold the URL, which may hold a password."""
    try:
        yield
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error)
        if "database is locked" in reason:
            raise StoreBusy("Another program is writing to the database for too long; try again") from error
        if "malformed" in reason or "not a database" in reason:
            raise StoreDamaged(f"The database is damaged ({reason}); restore it from a backup") from error
        raise StoreError(f"The database refused: {reason}") from error
    except UnicodeError as error:
        raise StoreError(f"The database cannot hold this text: {error}") from error


def migrate(engine: Engine) -> None:
    """Brings the schema to the newest version, in one transaction; at once where it is there already.

    Raises:
        StoreMismatch: a newer program wrote the database.
        StoreError: the database cannot be reached or changed.
    """
    with store_errors():
        with reading(engine).connect() as connection:
            if _revision(connection) == HEAD:
                return
        with engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
            _upgrade(connection)


def _revision(connection: Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    before = _revision(connection)
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise StoreMismatch(
            f"The database has schema {before}, which this program does not know; it was written by a newer Dayi. "
            "Install that version, or restore a backup made with this one."
        ) from error
    logger.info("Database schema is now %s (was %s)", HEAD, before or "empty")
