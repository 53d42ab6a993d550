"""Figures, link checks and the outbox on PostgreSQL: runs where TEST_POSTGRESQL_URL names one that may be emptied."""

from collections.abc import Iterator

import pytest

from kb.records import Records
from tests.assistant.test_insight import (
    insight,
    test_counts_by_day_product_and_site,
    test_time_to_fix_is_a_median,
    test_unanswered_topics,
)
from tests.assistant.test_links import test_results_are_kept_and_come_round, web
from tests.assistant.test_notices import (
    test_a_restart_loses_nothing_and_two_servers_send_once,
    test_failures_are_tried_again_later,
    test_what_readers_do_is_told_once,
)
from tests.kb.test_records_postgresql import URL, empty

__all__ = [
    "empty",
    "insight",
    "test_a_restart_loses_nothing_and_two_servers_send_once",
    "test_counts_by_day_product_and_site",
    "test_failures_are_tried_again_later",
    "test_results_are_kept_and_come_round",
    "test_time_to_fix_is_a_median",
    "test_unanswered_topics",
    "test_what_readers_do_is_told_once",
    "web",
]

pytestmark = pytest.mark.skipif(not URL, reason="TEST_POSTGRESQL_URL names no database")


@pytest.fixture
def records(empty: str) -> Iterator[Records]:
    opened = Records(empty)
    yield opened
    opened.close()
