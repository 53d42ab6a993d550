"""The day's budget on PostgreSQL: runs where TEST_POSTGRESQL_URL names a database that may be emptied."""

from collections.abc import Iterator

import pytest

from kb.records import Records
from tests.assistant.test_limits import (
    test_a_day_has_a_limit,
    test_a_site_has_its_own_limit,
    test_parallel_bookings_do_not_overspend,
    test_processes_do_not_overspend_together,
)
from tests.kb.test_records_postgresql import URL, empty

__all__ = [
    "empty",
    "test_a_day_has_a_limit",
    "test_a_site_has_its_own_limit",
    "test_parallel_bookings_do_not_overspend",
    "test_processes_do_not_overspend_together",
]

pytestmark = pytest.mark.skipif(not URL, reason="TEST_POSTGRESQL_URL names no database")


@pytest.fixture
def records(empty: str) -> Iterator[Records]:
    opened = Records(empty)
    yield opened
    opened.close()
