"""Every switch of the preference page changes what is sent: the next letter before and after, by the code that sends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import cast
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert, update
from starlette.testclient import TestClient

from composer.domain.consent import ConsentRow, State
from composer.domain.level import Level
from composer.domain.newsletter import Newsletter, Skipped
from composer.domain.reasons import Skip
from composer.domain.tokens import Purpose
from composer.pipeline.preview import Preview, preview
from composer.store.campaigns import create_campaign
from composer.store.consents import append
from composer.store.engine import writing
from composer.store.tables import EventRow, OrderRow, OutboxRow, ProductRow
from composer.store.upsert import defaults
from tests.web.world import BEFORE, NOW, World

DAY = timedelta(days=1)
HELSINKI = ZoneInfo("Europe/Helsinki")
SHOWN = ["letters", "profiling", "clicks", "topic:energy-saving"]
Press = Callable[..., None]


@pytest.fixture
def press(world: World, client: TestClient) -> Press:
    """Bob allows everything, has bought, clicked and may be written to in the day; he presses one switch of his page."""
    with writing(world.app.engine) as db:
        append(db, [(2, ConsentRow("clicks", State.granted, "import", BEFORE))], BEFORE)
        create_campaign(db, {"name": "daily", "holdout": "none", "window": {"days": "Mon-Sun", "hours": "07:00-21:00"}}, BEFORE)
        db.execute(insert(ProductRow).values({**defaults(ProductRow), "product_id": "a", "category": "Reporting"}))
        order = {**defaults(OrderRow), "recipient": 2, "product": 1}
        db.execute(insert(OrderRow), [{**order, "order_id": f"o{days}", "ordered_at": NOW - days * DAY} for days in (12, 40)])
        click = {**defaults(EventRow), "recipient": 2, "kind": "clicked", "module": "feature/cash-forecast"}
        db.execute(insert(EventRow), [{**click, "event_id": f"c{n}", "occurred_at": NOW - DAY} for n in range(3)])

    def pressed(**moved: object) -> None:
        form = {
            "form": "preferences",
            "shown": SHOWN,
            "consent": SHOWN,
            "offered": ["finance", "it", "production"],
            "listed": ["topic:energy-saving"],
        }
        answer = client.post(f"/p/{world.token(Purpose.preferences)}", data={**form, **moved})
        assert 'role="status"' in answer.text, "saved"

    return pressed


def shown(world: World, campaign: str = "daily") -> Preview:
    return preview(world.app, "r2", campaign, NOW + timedelta(minutes=1))


def letter(world: World) -> Newsletter:
    outcome = shown(world).explanation.outcome
    assert isinstance(outcome, Newsletter), outcome
    return outcome


def skipped(world: World, campaign: str = "daily") -> Skip:
    outcome = shown(world, campaign).explanation.outcome
    assert isinstance(outcome, Skipped), outcome
    return outcome.reason


def text(world: World, part: str = "plain") -> str:
    message = shown(world).message
    assert message is not None
    body = cast("EmailMessage", message_from_bytes(message.data, policy=policy.default)).get_body((part,))
    assert body is not None
    return str(body.get_content())


def looked_at(found: Newsletter) -> set[str]:
    """The signals that saw anything at all of a person."""
    return {name for block in found.blocks for name, value in block.values if value not in (0, 0.5)}


def test_letters_off_ends_the_letters_and_on_brings_them_back(world: World, press: Press) -> None:
    press(consent=SHOWN[1:])
    assert skipped(world) is Skip.no_consent
    press(shown=SHOWN[1:])
    assert letter(world).blocks


def test_a_topic_list_ends_apart_from_the_letters(world: World, press: Press) -> None:
    press(consent=SHOWN[:3])
    assert skipped(world, "energy") is Skip.no_consent
    assert letter(world).blocks


@pytest.mark.parametrize("level", Level)
def test_lowering_the_level_changes_the_very_next_letters_inputs(world: World, press: Press, level: Level) -> None:
    press(level=level.name)
    after = letter(world)
    assert after.level == level
    seen = looked_at(after)
    assert ("own_clicks" in seen) == (level >= Level.premium)
    assert ("activity" in seen) == (level >= Level.standard)
    assert ('<script>alert("x")' in text(world)) == (level >= Level.basic), "the name as it was imported"


def test_without_profiling_nothing_of_what_was_bought_or_clicked_is_used(world: World, press: Press) -> None:
    assert {"activity", "own_clicks"} <= looked_at(letter(world))
    press(consent=["letters", "clicks", "topic:energy-saving"])
    after = letter(world)
    assert after.level == Level.basic
    assert not {"activity", "own_clicks"} & looked_at(after)


def test_without_clicks_links_carry_no_mark_and_clicks_are_not_used(world: World, press: Press) -> None:
    assert "/c/" in text(world)
    press(consent=["letters", "profiling", "topic:energy-saving"])
    assert "/c/" not in text(world)
    assert letter(world).level == Level.standard
    assert "own_clicks" not in looked_at(letter(world))


def test_the_picture_that_counts_opens_is_there_with_consent_alone(world: World, press: Press) -> None:
    assert "/o/" not in text(world, "html")
    press(consent=[*SHOWN, "opens"])
    assert "/o/" in text(world, "html")
    press(shown=[*SHOWN, "opens"])
    assert "/o/" not in text(world, "html")


def test_a_topic_is_written_about(world: World, press: Press) -> None:
    def scores(found: Newsletter) -> dict[str, float]:
        library = world.app.library().library
        return {one.module: one.score for one in found.blocks if "production" in library.modules[library.index[one.module]].topics}

    def asked(found: Newsletter) -> bool:
        return any(reason.text.startswith("You asked to hear about") for block in found.blocks for reason in block.reasons)

    before = letter(world)
    press(topic=["production"])
    after = letter(world)
    assert (asked(before), asked(after)) == (False, True)
    assert max(scores(after).values()) > max(scores(before).values())


def test_a_time_of_day_moves_the_hour(world: World, press: Press) -> None:
    hours = {}
    for daypart in ("midday", "evening"):
        press(daypart=daypart)
        hours[daypart] = letter(world).send_at.astimezone(HELSINKI).hour
    assert hours == {"midday": 11, "evening": 18}


def test_a_frequency_keeps_the_next_letter_back(world: World, press: Press) -> None:
    """The weekly letter of 2 March is out, so one a month at most leaves none for the 3rd."""
    accept(world)
    assert letter(world).blocks
    press(frequency="monthly")
    assert skipped(world) is Skip.fewer
    press(frequency="", frequency_shown="monthly")
    assert letter(world).blocks


def test_a_pause_keeps_letters_back_until_it_ends(world: World, press: Press) -> None:
    press(pause="fortnight")
    assert skipped(world) is Skip.paused
    assert world.recipient().paused_until == NOW + 14 * DAY
    outcome = preview(world.app, "r2", "daily", NOW + 15 * DAY).explanation.outcome
    assert isinstance(outcome, Newsletter), "it ends by itself"
    press(pause="end")
    assert letter(world).blocks


def test_a_language_is_written_in(world: World, press: Press) -> None:
    assert letter(world).language == "en"
    press(language="fi")
    assert letter(world).language == "fi"
    assert 'lang="fi"' in text(world, "html")


def accept(world: World) -> None:
    with writing(world.app.engine) as db:
        db.execute(update(OutboxRow).values(accepted_at=NOW - DAY))
