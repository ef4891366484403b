"""Service letters are queued once, found by their own link alone, and only for as long as it holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from composer.app import App
from composer.domain.service_letter import ASKING, Kind
from composer.domain.tokens import Purpose, Subject, read_token
from composer.pipeline.service_letters import asked_by, confirm_token, queue
from composer.sections import Signup
from composer.store.engine import reading, writing
from composer.store.service_letters import find, mark_done, take_back

NOW = datetime(2026, 3, 3, 9, 30, 20, tzinfo=UTC)
ADDRESS = "ann@example.com"


def queued(app: App, kind: Kind = Kind.confirm, address: str = ADDRESS, now: datetime = NOW) -> int:
    with writing(app.engine) as db:
        number = queue(db, app, kind, address, None, {"list": "letters"}, now, "fi")
    assert number is not None
    return number


def subject(app: App, number: int) -> Subject:
    with reading(app.engine) as db:
        letter = find(db, number)
    assert letter is not None
    found = read_token(app.key, Purpose.confirm, confirm_token(app, letter))
    assert found is not None
    return found


def test_a_letter_is_stored_as_it_was_asked_for(app: App) -> None:
    number = queued(app)
    with reading(app.engine) as db:
        letter = find(db, number)
    assert letter is not None
    assert (letter.kind, letter.address, letter.language, letter.values) == (Kind.confirm, ADDRESS, "fi", {"list": "letters"})
    assert (letter.asked_at, letter.expires_at) == (NOW, NOW + timedelta(days=3))


def test_the_same_letter_in_the_same_second_is_one(app: App) -> None:
    queued(app)
    with writing(app.engine) as db:
        assert queue(db, app, Kind.confirm, "ANN@example.com", None, {}, NOW) is None
        assert queue(db, app, Kind.change, ADDRESS, None, {}, NOW) is not None


@pytest.mark.parametrize("kind", Kind)
def test_only_a_letter_that_asks_has_a_link_and_it_holds_for_its_time(app: App, kind: Kind) -> None:
    token = subject(app, queued(app, kind))
    with reading(app.engine) as db:
        assert (asked_by(db, token, NOW + timedelta(days=3) - timedelta(seconds=1)) is not None) == (kind in ASKING)
        assert asked_by(db, token, NOW + timedelta(days=3)) is None


def test_link_holds_is_a_setting(app: App) -> None:
    app = replace(app, settings=app.settings.model_copy(update={"signup": Signup(link_holds="2h")}))  # type: ignore[arg-type]
    token = subject(app, queued(app))
    with reading(app.engine) as db:
        assert asked_by(db, token, NOW + timedelta(minutes=119)) is not None
        assert asked_by(db, token, NOW + timedelta(minutes=120)) is None


def test_a_link_whose_letter_is_gone_opens_no_other_that_took_its_place(app: App) -> None:
    number = queued(app)
    old = subject(app, number)
    with writing(app.engine) as db:
        db.exec_driver_sql("DELETE FROM service_letters")
    assert queued(app, address="bob@example.com") == number, "SQLite gives the number again"
    with reading(app.engine) as db:
        assert asked_by(db, old, NOW) is None


def test_a_button_counts_once_and_only_the_last_of_a_kind_waits(app: App) -> None:
    number = queued(app)
    with writing(app.engine) as db:
        assert [mark_done(db, number, NOW), mark_done(db, number, NOW)] == [True, False]
        assert take_back(db, 1, Kind.confirm) == 0
