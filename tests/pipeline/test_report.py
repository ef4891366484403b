"""The report: everybody is somewhere, and a server's replies are told by their codes."""

from __future__ import annotations

import pytest

from composer.pipeline.report import funnel


def test_everybody_of_the_audience_is_counted_once() -> None:
    found = funnel([("accepted", "", 5), ("skipped", "no consent", 2), ("unknown", "", 1), ("planned", "", 3), ("expired", "", 1)])
    assert found["audience"] == 12
    parts = sum(found["skipped"].values()) + sum(found["failed"].values())
    assert found["accepted"] + parts + found["unknown"] + found["waiting"] == 12


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("550 5.1.1 queue 4F2A: no such user", "550 5.1.1"),
        ("554 rejected as 17xyz", "554"),
        ("blocked by a check: W02", "blocked by a check: W02"),
        ("5500 things", "5500 things"),
    ],
)
def test_a_servers_reply_is_counted_by_its_codes(reason: str, kind: str) -> None:
    assert funnel([("refused", reason, 2)])["failed"] == {kind: 2}
