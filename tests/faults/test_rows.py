"""Every row of the fault table (shared/research/failures.md, section 3) names its tests; a test that is gone fails here."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BOTH = ("installed", "url", "installation", "engine", "importer")
"""Fixtures that run a test on SQLite and on PostgreSQL."""
ROWS = {
    "kill -9 at random moments": ["faults/test_kill.py::test_kill_9_at_random_moments"],
    "kill -9 while planning / importing / rendering": [
        "faults/test_processes.py::test_kill_9_while_planning_leaves_a_plan_or_none_and_the_next_one_is_whole",
        "faults/test_processes.py::test_kill_9_while_importing_leaves_all_rows_or_none",
        "faults/test_kill.py::test_kill_9_at_random_moments",
    ],
    "SIGTERM": ["faults/test_processes.py::test_sigterm_ends_a_run_in_ten_seconds_with_0_and_no_copy"],
    "disk full, I/O error at commit": [
        "faults/test_io_errors.py::test_a_full_disk_at_any_write_loses_nothing_and_nothing_leaves_that_cannot_be_recorded",
        "faults/test_io_errors.py::test_a_full_disk_ends_send_plan_and_import_with_one_clear_message",
    ],
    "database locked": [
        "faults/test_processes.py::test_a_locked_database_is_waited_for_and_nothing_is_lost_or_twice",
        "faults/test_processes.py::test_pages_answer_503_while_the_database_is_locked_or_away_and_200_again_after",
    ],
    "Postgres restart / kill": [
        "faults/test_processes.py::test_a_postgresql_that_restarts_at_once_is_found_again_and_no_commit_is_assumed"
    ],
    "two senders / two schedulers": ["faults/test_processes.py::test_two_at_once_send_nothing_twice"],
    "421 at connect, mid-run, after N mails, too many connections": [
        "faults/test_dialogue.py::test_421_brings_all_letters_later_and_none_twice",
        "faults/test_dialogue.py::test_421_in_the_middle_of_a_letter_closes_the_connection_and_the_letter_comes_later",
    ],
    "450/451/452 RCPT, greylisting": ["faults/test_dialogue.py::test_greylisting_is_retried_with_growing_gaps_and_stops_no_other_domain"],
    "550/551/553 unknown user": ["faults/test_dialogue.py::test_an_unknown_user_is_tried_once_and_suppressed"],
    "552/554 and policy 5xx": ["faults/test_dialogue.py::test_a_refusal_by_policy_or_quota_is_not_retried_and_suppresses_nobody"],
    "4xx/5xx after the dot": [
        "faults/test_dialogue.py::test_451_after_the_dot_comes_again_with_the_same_message_id",
        "faults/test_dialogue.py::test_a_refusal_by_policy_or_quota_is_not_retried_and_suppresses_nobody",
    ],
    "lost at MAIL/RCPT/DATA/body": ["faults/test_dialogue.py::test_lost_before_the_dot_is_accepted_exactly_once"],
    "lost or silent after the dot": ["faults/test_dialogue.py::test_lost_after_the_dot_is_unknown_then_retried_once_with_the_same_bytes"],
    "slow server": [
        "faults/test_dialogue.py::test_a_slow_server_is_waited_for_up_to_the_deadline_of_the_step_and_the_other_connections_go_on"
    ],
    "not SMTP, huge reply, double reply": ["faults/test_dialogue.py::test_what_is_not_smtp_too_long_or_doubled_shifts_no_later_answer"],
    "TLS: none offered, stripped, self-signed, expired, wrong name": [
        "faults/test_dialogue.py::test_tls_trouble_pauses_the_run_names_the_cause_and_nothing_leaves"
    ],
    "AUTH refused": ["faults/test_dialogue.py::test_a_refused_sign_in_pauses_the_run_and_marks_nobody"],
    "partial RCPT": ["faults/test_dialogue.py::test_every_letter_has_one_recipient_and_one_refusal_is_that_letters_own"],
    "DNS failure, host down": ["faults/test_dialogue.py::test_where_no_server_is_found_all_letters_wait_and_go_later"],
    "no SMTPUTF8": ["faults/test_dialogue.py::test_without_smtputf8_a_domain_goes_as_a_label_and_a_local_part_that_cannot_is_refused_once"],
    "clock jumps +1 day / -1 hour": [
        "faults/test_processes.py::test_a_clock_a_day_ahead_or_an_hour_behind_sends_nothing_twice_and_skips_nothing",
        "faults/test_processes.py::test_a_clock_that_jumps_while_the_clock_runs_sends_nothing_twice",
    ],
    "DST": [
        "decide/test_send_time.py::test_every_zone_around_dst_nights_is_written_to_in_its_window",
        "decide/test_send_time.py::test_an_hour_that_does_not_exist_waits_for_the_next_that_does",
    ],
    "machine asleep past the send time": [
        "faults/test_dialogue.py::test_a_machine_asleep_past_the_hour_sends_or_expires_by_the_campaigns_rule",
        "faults/test_dialogue.py::test_a_machine_asleep_past_what_the_campaign_allows_says_so_for_every_letter",
    ],
    "unsubscribe, consent, level change or erasure after planning": [
        "faults/test_opt_out.py::test_200_opt_outs_race_with_their_letters_and_no_data_begins_after_the_answer",
        "faults/test_opt_out.py::test_an_opt_out_that_is_committed_during_the_look_is_seen",
        "faults/test_opt_out.py::test_erasure_withdrawal_by_import_and_a_lower_level_hold_for_letters_planned_already",
    ],
    "same person twice in the import, case, dots, spaces, NFC/NFD, IDN forms": [
        "store/test_audience.py::test_only_later_rows_of_an_address_with_consent_are_duplicates",
        "store/test_recipients.py::test_one_mailbox_has_one_key_however_it_is_spelt",
        "store/test_recipients.py::test_a_unicode_domain_and_its_a_label_are_one",
        "store/test_recipients.py::test_composed_and_decomposed_letters_are_one",
    ],
    "quoted local part, 64/254 limits, emoji, bidi, NUL, BLNS names": [
        "ingest/test_sources.py::test_what_is_no_address_is_refused_without_repeating_it",
        "checks/test_hostile_names.py::test_every_hostile_name_gets_its_letter_literal_and_whole_and_so_does_everybody_else",
    ],
    "bad row in a 100,000-row import": [
        "faults/test_processes.py::test_one_bad_row_among_many_is_listed_with_its_line_and_the_others_go_in",
        "ingest/test_sources.py::test_a_line_longer_than_the_limit_is_one_bad_row_and_never_held_whole",
    ],
    "template error for one recipient of many": ["path/test_retries.py::test_a_letter_that_cannot_be_rendered_stops_no_other"],
    "10 MB module, 10,000 modules": [
        "library/test_reading.py::test_files_that_are_too_large_or_lead_outside_are_told_and_left_out",
        "library/test_hostile.py::test_a_long_or_broken_text_costs_no_time_and_breaks_nothing",
    ],
    "out of memory": ["faults/test_processes.py::test_out_of_memory_is_told_and_the_run_can_be_taken_up_again"],
}
ONE_DATABASE = {
    "test_a_postgresql_that_restarts_at_once_is_found_again_and_no_commit_is_assumed",  # SQLite has no server
    "test_one_mailbox_has_one_key_however_it_is_spelt",
    "test_a_unicode_domain_and_its_a_label_are_one",
    "test_composed_and_decomposed_letters_are_one",
    "test_what_is_no_address_is_refused_without_repeating_it",
    "test_every_hostile_name_gets_its_letter_literal_and_whole_and_so_does_everybody_else",
    "test_a_line_longer_than_the_limit_is_one_bad_row_and_never_held_whole",
    "test_every_zone_around_dst_nights_is_written_to_in_its_window",
    "test_an_hour_that_does_not_exist_waits_for_the_next_that_does",
    "test_files_that_are_too_large_or_lead_outside_are_told_and_left_out",
    "test_a_long_or_broken_text_costs_no_time_and_breaks_nothing",
}
"""Tests of what no database takes part in: files, addresses, hours, the library."""


@cache
def names_in(file: str) -> dict[str, set[str]]:
    """Test -> its arguments."""
    tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
    found = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return {node.name: {argument.arg for argument in node.args.args} for node in found if node.name.startswith("test_")}


@pytest.mark.parametrize("row", ROWS)
def test_a_row_has_tests_that_exist_and_run_on_both_databases(row: str) -> None:
    assert ROWS[row]
    for place in ROWS[row]:
        file, _, name = place.partition("::")
        tests = names_in(file)
        assert name in tests, f"{row}: {place} is gone"
        assert name in ONE_DATABASE or tests[name] & set(BOTH), f"{row}: {place} runs on one database only"


def test_the_table_is_whole() -> None:
    assert len(ROWS) == 31
