"""Kept mails: once each, cut to size, attributed by address, done with, and gone when their time is over."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from composer.store import mails
from composer.store.engine import reading, writing
from composer.store.mails import (
    LONGEST_SUBJECT,
    LONGEST_TEXT,
    count_waiting,
    delete_mails_before,
    find_mail,
    keep,
    list_mails,
    mark_seen,
)
from composer.store.privacy import erase

from ._people import DAY, KEY, NOW, save


def test_the_same_mail_twice_is_kept_once(engine: Engine) -> None:
    with writing(engine) as db:
        assert keep(db, KEY, mail_id="a", kind="reply", received_at=NOW, text="first")
        assert not keep(db, KEY, mail_id="a", kind="reply", received_at=NOW + DAY, text="second")
    with reading(engine) as db:
        [row] = list_mails(db)
        found = find_mail(db, row.number)
        assert found is not None
        assert (found.text, found.received_at) == ("first", NOW)


def test_a_writer_is_known_by_address_and_nobody_erased_is(engine: Engine) -> None:
    with writing(engine) as db:
        save(db, {"recipient_id": "bo", "address": "bo@example.com"})
        keep(db, KEY, mail_id="a", kind="reply", received_at=NOW, sender="Bo@Example.com")
        assert [row.recipient for row in list_mails(db)] == ["bo"]
        erase(db, 1, KEY, NOW)
        assert list_mails(db) == []
        keep(db, KEY, mail_id="b", kind="reply", received_at=NOW, sender="bo@example.com")
        keep(db, KEY, mail_id="c", kind="other", received_at=NOW, sender="no address")
        assert [row.recipient for row in list_mails(db)] == [None, None]


def test_a_flood_of_strangers_displaces_strangers_only(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mails, "MOST_OF_STRANGERS", 3)
    with writing(engine) as db:
        save(db, {"recipient_id": "bo", "address": "bo@example.com"})
        keep(db, KEY, mail_id="bo", kind="reply", received_at=NOW, sender="bo@example.com")
        for number in range(9):
            assert keep(db, KEY, mail_id=str(number), kind="other", received_at=NOW, sender="x@example.net", subject=str(number))
            assert not keep(db, KEY, mail_id=str(number), kind="other", received_at=NOW)
        assert [row.subject for row in list_mails(db)] == ["", "6", "7", "8"]


def test_hostile_texts_are_cut_and_can_be_stored(engine: Engine) -> None:
    with writing(engine) as db:
        keep(
            db,
            KEY,
            mail_id="a",
            kind="reply",
            received_at=NOW,
            sender="\0@example.com" + "x" * 900,
            subject="\0\udc80é" * 400,
            text="\0ä" * 100_000,
        )
        [row] = list_mails(db)
        found = find_mail(db, row.number)
    assert found is not None
    assert (len(found.subject), len(found.text)) == (LONGEST_SUBJECT, LONGEST_TEXT)
    assert found.subject.startswith("?é?é")
    assert set(found.text) == {"ä"}
    assert len(found.sender) == 320


def test_what_is_done_with_is_listed_no_more_and_counted_no_more(engine: Engine) -> None:
    with writing(engine) as db:
        for number, kind in enumerate(("reply", "reply", "other")):
            keep(db, KEY, mail_id=str(number), kind=kind, received_at=NOW)
        assert count_waiting(db) == {"other": 1, "reply": 2}
        first = list_mails(db)[0].number
        assert mark_seen(db, [first], NOW) == 1
        assert mark_seen(db, [first], NOW) == 0
        assert [row.number == first for row in list_mails(db)] == [False, False]
        assert [row.seen_at for row in list_mails(db, done=True)] == [NOW, None, None]
        assert mark_seen(db, None, NOW) == 2
        assert count_waiting(db) == {}


def test_old_mails_are_deleted_read_or_not(engine: Engine) -> None:
    with writing(engine) as db:
        for days in (100, 91, 90, 1):
            keep(db, KEY, mail_id=str(days), kind="reply", received_at=NOW - days * DAY)
        assert delete_mails_before(db, NOW - 90 * DAY) == 2
        assert [row.received_at for row in list_mails(db)] == [NOW - 90 * DAY, NOW - DAY]
