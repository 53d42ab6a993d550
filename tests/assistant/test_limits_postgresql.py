"""The day's budget on PostgreSQL: runs where TEST_POSTGRESQL_URL names a database that may be emptied."""

from tests.assistant.test_limits import (
    test_a_day_has_a_limit,
    test_a_site_has_its_own_limit,
    test_parallel_bookings_do_not_overspend,
    test_processes_do_not_overspend_together,
)
from tests.postgresql import empty, needs_postgresql, records

__all__ = [
    "empty",
    "records",
    "test_a_day_has_a_limit",
    "test_a_site_has_its_own_limit",
    "test_parallel_bookings_do_not_overspend",
    "test_processes_do_not_overspend_together",
]

pytestmark = needs_postgresql
