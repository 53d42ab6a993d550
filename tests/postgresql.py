"""A PostgreSQL database that tests may empty, where TEST_POSTGRESQL_URL names one: fixtures to import, and the mark."""

import os
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from kb.records import Records

__all__ = ["URL", "empty", "needs_postgresql", "records"]

URL = os.environ.get("TEST_POSTGRESQL_URL", "")
needs_postgresql = pytest.mark.skipif(not URL, reason="TEST_POSTGRESQL_URL names no database")


@pytest.fixture
def empty() -> str:
    """The address of the database, without a table."""
    engine = sa.create_engine(sa.make_url(URL).set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        tables = sa.MetaData()
        tables.reflect(connection)
        tables.drop_all(connection)
    engine.dispose()
    return URL


@pytest.fixture
def records(empty: str) -> Iterator[Records]:
    """New records there."""
    opened = Records(empty)
    yield opened
    opened.close()
