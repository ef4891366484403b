"""kill -9 at random moments: the short form of `python -m tests.faults.kill`, and the loop's own judgement."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.faults.beside import beside
from tests.faults.conftest import Install
from tests.faults.installation import Judged, addresses, judge
from tests.faults.kill import Killed, in_words, kill_loop, thinking
from tests.faults.server import Taken

KILLS, LETTERS, CONNECTIONS = 2, 120, 10


@pytest.mark.parametrize("never_twice", [False, True], ids=["retry once", "never twice"])
def test_kill_9_at_random_moments(installed: Install, tmp_path: Path, *, never_twice: bool) -> None:
    with beside(tmp_path, **thinking(0.06)) as server:
        made = installed(addresses(LETTERS), delivery={"never_twice": never_twice}, smtp={"connections": CONNECTIONS})
        killed = kill_loop(made, server, LETTERS, KILLS, seed=7)
    assert killed.kills == KILLS
    # A kill may meet a letter on every connection, and as many whose outcome was waiting to be written.
    assert in_words(killed, never_twice=never_twice, most=2 * KILLS * CONNECTIONS) == []
    if never_twice:
        missing = {row["address"] for row in made.outbox()} - {letter.recipient for letter in server.taken()}
        assert len(missing) <= killed.listed


def test_what_the_loop_promises_is_judged() -> None:
    """Each kind of broken promise is seen."""
    fine = Judged(2, {"accepted": 2}, (), (), 0, (), "")
    assert in_words(Killed(1, 0, fine, 0, 1.0), never_twice=True) == []
    for bad in (
        Judged(2, {"accepted": 1, "planned": 1}, ("r2@example.com",), (), 0, (), ""),
        Judged(2, {"accepted": 2}, (), ("r2@example.com",), 0, (), ""),
        Judged(2, {"accepted": 2}, (), (), 1, (), ""),
        Judged(2, {"accepted": 2}, (), (), 0, ("r1@example.com",), ""),
        Judged(2, {"accepted": 2}, (), (), 0, (), "counts weekly"),
        Judged(2, {"accepted": 1, "unknown": 1}, (), (), 0, (), ""),
    ):
        assert in_words(Killed(1, 0, bad, 0, 1.0), never_twice=True)


def test_outbox_and_log_are_held_against_each_other(installed: Install) -> None:
    made = installed(addresses(5))
    rows = {row["address"]: row for row in made.outbox()}

    def taken(place: int, digest: str = "same", message_id: str = "") -> Taken:
        address = f"r{place}@example.com"
        return Taken(address, message_id or rows[address]["message_id"], digest, 0, 0, True, 0, 1)

    judged = judge(made, [taken(1), taken(1), taken(2), taken(2, "other"), taken(3, message_id="<other@example.com>")])
    assert judged.lost == ("r4@example.com", "r5@example.com")
    assert (judged.copies, judged.differing) == (2, ("r2@example.com", "r3@example.com"))
    assert (judged.planned, judged.states, judged.uncounted) == (5, Counter(planned=5), "")
