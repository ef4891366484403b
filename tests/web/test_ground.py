"""What a letter rests on: the ledger's line of its day, in the reader's language, and what was taken back since."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from composer.domain.audience import Person
from composer.domain.consent import Basis, ConsentRow, State
from composer.domain.level import Level
from composer.domain.tokens import Purpose
from composer.store.consents import append
from composer.store.decisions import dump_newsletter
from composer.store.engine import writing
from tests.web.test_why import decide
from tests.web.world import NASTY, NOW, SCHEDULED, World, newsletter


@pytest.fixture
def page(world: World) -> str:
    """Bob's weekly letter left an hour after its edition's time."""
    with writing(world.app.engine) as db:
        db.execute(text("UPDATE outbox SET frozen = true, accepted_at = :at"), {"at": int(SCHEDULED.timestamp()) + 3600})
    return f"/w/{world.token(Purpose.why)}"


def say(world: World, row: ConsentRow, recipient: int = 2) -> None:
    with writing(world.app.engine) as db:
        append(db, [(recipient, row)], NOW)


def ground(client: TestClient, page: str) -> str:
    """The page's part about what the letter rests on."""
    shown = client.get(page).text
    return shown[shown.index('id="ground"') :].partition("</section>")[0]


def granted(purpose: str, at: datetime, **more: object) -> ConsentRow:
    return replace(ConsentRow(purpose, State.granted, "signup", at), **more)  # type: ignore[arg-type]


def test_the_consent_it_rests_on_is_named_with_its_day_source_and_words(world: World, client: TestClient, page: str) -> None:
    plain = ground(client, page)
    assert "You agreed to it. Noted on 1 January 2025, by way of records that we took over." in plain
    say(world, granted("letters", SCHEDULED - timedelta(days=3), wording="signup-2 en"))
    newer = ground(client, page)
    assert "Noted on 27 February 2026, by way of the sign-up form." in newer
    assert "Words you were shown: signup-2 en" in newer
    assert "taken it back" not in newer


def test_what_was_said_after_the_letter_left_is_not_what_it_rests_on(world: World, client: TestClient, page: str) -> None:
    say(world, granted("letters", NOW, wording="later words"))
    assert "1 January 2025" in ground(client, page)
    assert "later words" not in ground(client, page)


def test_what_was_taken_back_since_is_said(world: World, client: TestClient, page: str) -> None:
    say(world, ConsentRow("letters", State.withdrawn, "unsubscribe", NOW))
    shown = ground(client, page)
    assert "1 January 2025" in shown
    assert shown.count("It holds no more: you have taken it back since.") == 1, "of the letters, not of the profiling"


@pytest.mark.parametrize("level", list(Level))
def test_each_class_of_data_that_was_looked_at_has_its_ground(world: World, client: TestClient, page: str, level: Level) -> None:
    say(world, granted("clicks", SCHEDULED - timedelta(days=9)))
    decide(world, level=level)
    shown = ground(client, page)
    assert "That it was sent to you" in shown
    assert ("That your orders could be looked at" in shown) == (level >= Level.standard)
    assert ("That your clicks and visits could be looked at" in shown) == (level >= Level.premium)


def test_the_ground_that_was_stored_with_the_letter_is_the_one_that_is_told(world: World, client: TestClient, page: str) -> None:
    decide(world, words={"basis": Basis.customer.value})
    assert "You are a customer and have not objected." in ground(client, page)
    with writing(world.app.engine) as db:
        db.execute(text("DELETE FROM consents"))
    shown = ground(client, page)
    assert "You are a customer" in shown
    assert "Noted on" not in shown


def test_an_interest_is_told_with_how_it_was_weighed(world: World, client: TestClient, page: str) -> None:
    say(world, granted("letters", SCHEDULED - timedelta(days=3), basis=Basis.interest, note=f"Trade partners expect it {NASTY}"))
    shown = ground(client, page)
    assert "weighed it against yours" in shown
    assert "How it was weighed: Trade partners expect it &lt;script" in shown


def test_a_list_of_a_topic_is_named(world: World, client: TestClient, page: str) -> None:
    energy = f"/w/{world.token(Purpose.why, campaign=world.energy)}"
    assert "That it was sent to you, about Energy saving" in ground(client, energy)


@pytest.mark.parametrize(
    ("language", "words"),
    [("fi", "Annoit siihen suostumuksesi. Kirjattu 1. tammikuuta 2025"), ("sv", "Antecknat 1 januari 2025"), ("de", "1. Januar 2025")],
)
def test_it_is_told_in_the_readers_language(client: TestClient, page: str, language: str, words: str) -> None:
    assert words in ground(client, f"{page}?l={language}")


@pytest.mark.parametrize("opens", [True, False])
def test_a_letter_that_counts_opens_rests_on_the_consent_to_that(world: World, client: TestClient, page: str, opens: bool) -> None:
    say(world, granted("opens", SCHEDULED - timedelta(days=9)))
    made_for = Person("r2", 2, "", "en", "", "", "", "", "", "", Level.basic, opens)
    decided = dump_newsletter(newsletter("r2", 2, level=Level.basic), made_for)
    with writing(world.app.engine) as db:
        db.execute(text("UPDATE outbox SET decision = :decided WHERE recipient = 2"), {"decided": decided})
    assert ("That it could be noted that you opened it" in ground(client, page)) == opens
