"""The why page: each block in words, the data behind it, what the level kept out, and the hour."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

from composer.domain.level import Level
from composer.domain.newsletter import Choice
from composer.domain.reasons import Arm
from composer.domain.sentence import say
from composer.domain.tokens import Purpose
from composer.store.decisions import dump_newsletter
from composer.store.engine import writing
from composer.store.tables import OutboxRow
from tests.web.world import World, newsletter


@pytest.fixture
def page(world: World) -> str:
    return f"/w/{world.token(Purpose.why)}"


def decide(world: World, recipient: int = 2, words: dict[str, Any] | None = None, **changes: Any) -> None:
    """Replace what was decided for somebody's weekly letter, Bob's where nobody is named."""
    letter = replace(newsletter(f"r{recipient}", recipient, **changes), **(words or {}))
    with writing(world.app.engine) as db:
        db.execute(
            update(OutboxRow)
            .where(OutboxRow.message_id == f"<weekly-{recipient}@example.com>")  # type: ignore[arg-type]
            .values(decision=dump_newsletter(letter))
        )


def test_every_block_is_explained_in_order(client: TestClient, page: str) -> None:
    text = client.get(page).text
    places = [text.index(f"Thing {place}") for place in range(1, 5)]
    assert places == sorted(places)
    assert text.count("You often buy") == 4
    assert "It belongs to this time, whoever reads it." not in text


def test_a_block_without_a_reason_in_the_readers_language_says_how_it_came(world: World, client: TestClient, page: str) -> None:
    blocks = tuple(replace(block, reasons=()) for block in newsletter("r2", 2).blocks)
    decide(world, words={"blocks": blocks})
    text = client.get(page).text
    assert "It belongs to this time, whoever reads it." in text
    assert "It was chosen for you out of everything" in text
    decide(world, words={"blocks": blocks}, arm=Arm.holdout)
    assert "without looking at you" in client.get(page).text
    untold = tuple(replace(block, reasons=(say("A brand-new reason."),)) for block in blocks)
    decide(world, 1, words={"blocks": untold})
    finnish = client.get(f"/w/{world.token(Purpose.why, 1)}").text
    assert "A brand-new reason" not in finnish
    assert "Se valittiin sinulle" in finnish


def test_what_was_marked_sensitive_since_is_said_no_more(world: World, client: TestClient, page: str) -> None:
    reasons = (say("You often buy {what}.", what="Tea"), say("Popular with other readers."))
    tea = tuple(replace(block, reasons=reasons) for block in newsletter("r2", 2).blocks)
    decide(world, words={"blocks": tea})
    assert client.get(page).text.count("You often buy Tea.") == 4
    section = world.app.settings.privacy.model_copy(update={"sensitive": ("category:tea",)})
    quiet = replace(world, app=replace(world.app, settings=world.app.settings.model_copy(update={"privacy": section}), _versions={}))
    text = quiet.client().get(page).text
    assert "buy Tea" not in text  # a token may hold any three letters
    assert text.count("Popular with other readers.") == 4


def test_a_try_out_is_called_one(client: TestClient, page: str) -> None:
    assert client.get(page).text.count("Shown as a try-out") == 1


def test_the_page_names_the_data_that_moved_a_block_up(client: TestClient, page: str) -> None:
    assert "<b>your orders and returns</b>" in client.get(page).text


def test_data_that_the_level_forbids_is_never_said_to_be_used(world: World, client: TestClient, page: str) -> None:
    decide(world, level=Level.basic)
    assert "your orders and returns" not in client.get(page).text


@pytest.mark.parametrize("level", list(Level))
def test_what_the_level_kept_out_is_said(world: World, client: TestClient, page: str, level: Level) -> None:
    decide(world, level=level)
    allowed, _, kept_out = client.get(page).text.partition("Was kept out")
    uses = ("Your language and time zone", "Your profile:", "Your orders, returns", "Your clicks in letters")
    for other in Level:
        assert (uses[other] in allowed) == (other <= level)
        assert (uses[other] in kept_out) == (other > level)


def test_the_comparison_group_is_told(world: World, client: TestClient, page: str) -> None:
    assert "general letter" not in client.get(page).text
    decide(world, arm=Arm.holdout)
    text = client.get(page).text
    assert "This was our general letter." in text


def test_the_hour_is_the_readers_own_and_has_its_reason(world: World, client: TestClient, page: str) -> None:
    text = client.get(page).text
    assert "Sent on Monday 2 March 2026, 07:00 your time (UTC)." in text
    assert "Monday 09:00 is the first time at which it may come." in text
    finnish = client.get(f"/w/{world.token(Purpose.why, 1)}").text
    assert "Lähetetty maanantaina 2. maaliskuuta 2026 klo 9.00 sinun aikaasi (Europe/Helsinki)." in finnish
    assert "Ensimmäinen aika, jolloin kirje saa tulla: maanantaina klo 9.00." in finnish


def test_reasons_are_in_the_readers_language(world: World, client: TestClient) -> None:
    text = client.get(f"/w/{world.token(Purpose.why, 1)}").text
    assert "Ostat usein:" in text
    assert "You often buy" not in text


def test_the_page_leads_to_the_readers_own_preferences(world: World, client: TestClient, page: str) -> None:
    text = client.get(page).text
    assert f'href="/p/{world.token(Purpose.preferences)}"' in text
    assert f'href="/u/{world.token(Purpose.unsubscribe_body)}"' in text


def test_a_letter_that_was_never_decided_is_unknown(world: World, client: TestClient, page: str) -> None:
    with writing(world.app.engine) as db:
        db.execute(update(OutboxRow).values(decision=""))
    assert client.get(page).status_code == 404


TONE = Choice("technical", ("plain", "technical"), 0.95, say("This tone suits people in your role."))


def test_the_words_are_explained_where_there_was_a_choice(world: World, client: TestClient, page: str) -> None:
    assert "Why in these words" not in client.get(page).text
    decide(world, words={"tone": TONE}, level=Level.premium)
    text = client.get(page).text
    words = text[text.index("Why in these words") : text.index("Your level")]
    assert "This tone suits people in your role." in words
    assert "<b>your profile</b>" in words
    assert "<b>your clicks and visits</b>" in words
    decide(world, 1, words={"tone": TONE}, level=Level.premium)
    finnish = client.get(f"/w/{world.token(Purpose.why, 1)}").text
    assert "Sävy sopii roolissasi toimiville." in finnish


def test_words_never_claim_data_that_the_level_forbids(world: World, client: TestClient, page: str) -> None:
    decide(world, words={"tone": TONE}, level=Level.basic)
    text = client.get(page).text
    words = text[text.index("Why in these words") : text.index("Your level")]
    assert "your profile" in words
    assert "your clicks" not in words


def test_a_call_for_a_stage_says_that_the_stage_was_looked_at(world: World, client: TestClient, page: str) -> None:
    blocks = tuple(replace(block, call="renew") for block in newsletter("r2", 2).blocks)
    decide(world, words={"blocks": blocks})
    text = client.get(page).text
    assert "What a link suggests suits where you are with us now." in text
    decide(world, words={"blocks": blocks}, arm=Arm.holdout)
    assert "Why in these words" not in client.get(page).text
