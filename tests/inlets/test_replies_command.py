"""`composer replies`: what people wrote back, as operators read it."""

from __future__ import annotations

from pathlib import Path

from composer.app import App
from composer.errors import Refused, UsageError
from composer.store.engine import writing
from composer.store.mails import keep
from tests.path.rows import NOW
from tests.path.test_commands import answer, composer, configured

__all__ = ["configured"]
HOSTILE = "Hello\x1b]0;owned\x07\u202e\r\nsecond line"


def fill(app: App) -> None:
    with writing(app.engine) as db:
        keep(db, app.key, mail_id="a", kind="reply", received_at=NOW, sender="r1@example.com", subject="Re: \x1b[31mred", text=HOSTILE)
        keep(db, app.key, mail_id="b", kind="other", received_at=NOW, sender="x@example.net", subject="What is this?", text="")


def test_replies_are_listed_shown_and_done_with(app: App, configured: Path) -> None:
    fill(app)
    rows = answer(configured, "replies", "list", "--json")
    assert [(row["kind"], row["recipient"], row["sender"]) for row in rows] == [
        ("reply", None, "r1@example.com"),
        ("other", None, "x@example.net"),
    ]
    number = rows[0]["number"]
    shown = answer(configured, "replies", "show", str(number), "--json")
    assert (shown["text"], shown["received_at"], shown["seen_at"]) == (HOSTILE, "2026-03-02T09:00:00Z", None)
    assert answer(configured, "replies", "done", str(number), "--json") == {"done": 1}
    assert [row["kind"] for row in answer(configured, "replies", "list", "--json")] == ["other"]
    assert len(answer(configured, "replies", "list", "--all", "--json")) == 2
    assert composer(configured, "replies", "done", "--all").stdout == "1 done.\n"
    assert answer(configured, "replies", "list", "--json") == []


def test_a_mail_is_deleted_at_once_for_who_asks_to_be_forgotten(app: App, configured: Path) -> None:
    fill(app)
    assert answer(configured, "replies", "delete", "1", "7", "--json") == {"deleted": 1}
    assert [row["kind"] for row in answer(configured, "replies", "list", "--all", "--json")] == ["other"]


def test_what_strangers_wrote_commands_no_terminal(app: App, configured: Path) -> None:
    fill(app)
    listed, shown = composer(configured, "replies", "list"), composer(configured, "replies", "show", "1")
    for told in (listed.stdout, shown.stdout):
        assert {"\x1b", "\x07", "\u202e", "\r"}.isdisjoint(told)
    assert listed.stdout.splitlines()[0] == "     1  2026-03-02 09:00  reply  (stranger)       r1@example.com  Re: �[31mred"
    assert shown.stdout.splitlines()[-2:] == ["Hello�]0;owned��", "second line"]


def test_what_cannot_be_meant_is_refused(configured: Path) -> None:
    assert isinstance(composer(configured, "replies", "show", "7").exception, Refused)
    for words in ((), ("1", "--all")):
        assert isinstance(composer(configured, "replies", "done", *words).exception, UsageError)
