"""Figures, link checks and the outbox on PostgreSQL: runs where TEST_POSTGRESQL_URL names one that may be emptied."""

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
from tests.postgresql import empty, needs_postgresql, records

__all__ = [
    "empty",
    "insight",
    "records",
    "test_a_restart_loses_nothing_and_two_servers_send_once",
    "test_counts_by_day_product_and_site",
    "test_failures_are_tried_again_later",
    "test_results_are_kept_and_come_round",
    "test_time_to_fix_is_a_median",
    "test_unanswered_topics",
    "test_what_readers_do_is_told_once",
    "web",
]

pytestmark = needs_postgresql
