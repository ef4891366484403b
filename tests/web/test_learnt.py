"""What was learnt about a person is shown in words, and forgotten when they say so: the very next letter is chosen without it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, insert, update
from starlette.testclient import TestClient

from composer.app import App
from composer.domain.consent import ConsentRow, State
from composer.domain.newsletter import Newsletter
from composer.domain.tokens import Purpose
from composer.errors import UsageError
from composer.pipeline.deciding import decide_numbers
from composer.store.campaigns import get_campaign_by_number, make_edition
from composer.store.consents import append
from composer.store.engine import writing
from composer.store.tables import EventRow, ImpressionRow, OrderRow, ProductRow, RecipientRow
from composer.store.upsert import defaults
from tests.web.world import BEFORE, NOW, SCHEDULED, World

DAY = timedelta(days=1)


@pytest.fixture
def page(world: World) -> str:
    """Bob has bought reports on two days, looked at one of the planning tools, and clicked twice."""
    with writing(world.app.engine) as db:
        append(db, [(2, ConsentRow("clicks", State.granted, "import", BEFORE))], BEFORE)
        product = defaults(ProductRow)
        db.execute(
            insert(ProductRow),
            [{**product, "product_id": "a", "category": "Reporting"}, {**product, "product_id": "b", "category": "Planning"}],
        )
        order = {**defaults(OrderRow), "recipient": 2, "product": 1}
        db.execute(insert(OrderRow), [{**order, "order_id": f"o{days}", "ordered_at": NOW - days * DAY} for days in (12, 40)])
        event = {**defaults(EventRow), "recipient": 2}
        clicks = [{"event_id": f"c{n}", "kind": "clicked", "occurred_at": NOW - DAY, "module": "feature/cash-forecast"} for n in (1, 2)]
        db.execute(insert(EventRow), [{**event, **click} for click in clicks])
        db.execute(insert(EventRow), [{**event, "event_id": "v", "kind": "view", "occurred_at": NOW - DAY, "product": 2}])
    return f"/p/{world.token(Purpose.preferences)}/learnt"


def letter(world: World) -> Newsletter:
    """Bob's next letter, as it would be decided now."""
    with writing(world.app.engine) as db:
        campaign = get_campaign_by_number(db, world.weekly)
        assert campaign is not None
        edition = make_edition(db, world.weekly, SCHEDULED)
        found = decide_numbers(world.app, db, world.app.library(), campaign, edition, [2], NOW).outcome(0)
    assert isinstance(found, Newsletter)
    return found


def test_learnt_preferences_are_shown_in_words(client: TestClient, page: str) -> None:
    shown = client.get(page).text
    assert "You buy" in shown
    assert "Reporting" in shown
    assert "on 2 days, last 12 days ago" in shown
    assert "Planning" in shown
    assert "last 1 day ago" in shown
    assert "Finance" in shown
    assert "2 links followed" in shown


def test_a_reset_changes_the_very_next_letter(world: World, client: TestClient, page: str) -> None:
    before = letter(world)
    answer = client.post(page)
    assert answer.status_code == 200
    assert "It is forgotten." in answer.text
    assert "Nothing has been learnt about you so far." in answer.text
    after = letter(world)
    scores = [{block.module: block.score for block in one.blocks} for one in (before, after)]
    assert scores[0] != scores[1]
    with writing(world.app.engine) as db:  # a person who never did anything gets the same letter
        for table in (EventRow, OrderRow):
            db.execute(delete(table))
        db.execute(update(RecipientRow).where(RecipientRow.number == 2).values(reset_at=None))  # type: ignore[arg-type]
    assert {block.module: block.score for block in letter(world).blocks} == scores[1]


def test_what_is_learnt_after_a_reset_is_shown_again(world: World, client: TestClient, page: str) -> None:
    client.post(page)
    with writing(world.app.engine) as db:
        db.execute(
            insert(OrderRow).values({**defaults(OrderRow), "recipient": 2, "product": 2, "order_id": "new", "ordered_at": NOW + DAY})
        )
    with world.client(NOW + 3 * DAY) as later:
        shown = later.get(page).text
    assert "Planning" in shown
    assert "Reporting" not in shown
    assert "Only what you did after Tuesday 3 March 2026, 09:30 counts." in shown


@pytest.mark.parametrize(
    ("level", "words"), [("none", "nothing is learnt from what you do"), ("standard", "nothing is learnt from your clicks")]
)
def test_the_page_says_what_a_level_keeps_from_being_learnt(world: World, client: TestClient, page: str, level: str, words: str) -> None:
    with writing(world.app.engine) as db:
        db.execute(update(RecipientRow).where(RecipientRow.number == 2).values(level=level))  # type: ignore[arg-type]
    shown = client.get(page).text
    assert words in shown
    assert "links followed" not in shown
    assert ("Reporting" in shown) == (level == "standard")


def test_a_sensitive_subject_is_counted_and_not_named(world: World, page: str) -> None:
    privacy = world.app.settings.privacy.model_copy(update={"sensitive": ("category:Reporting",)})
    app = replace(world.app, settings=world.app.settings.model_copy(update={"privacy": privacy}), _versions={})
    with replace(world, app=app).client() as client:
        shown = client.get(page).text
    assert "Reporting" not in shown
    assert "And 1 subject that is too personal to name on a page." in shown


def test_looking_forgets_nothing(client: TestClient, page: str, world: World) -> None:
    before = world.dump()
    for method in ("GET", "HEAD", "OPTIONS"):
        client.request(method, page)
    assert world.dump() == before


def test_unknown_links_forget_nothing(client: TestClient, world: World, unchanged: Callable[[], None]) -> None:
    for token in ("A" * 36, world.token(Purpose.why), world.token(Purpose.preferences, 99)):
        assert client.post(f"/p/{token}/learnt").status_code == 404


def test_the_button_works_while_the_library_is_broken(world: World, client: TestClient, page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: App, sources: object = None) -> None:
        raise UsageError("no usable layout")

    monkeypatch.setattr(App, "library", broken)
    assert "cannot be shown just now" in client.get(page).text
    assert "It is forgotten." in client.post(page).text
    assert world.recipient().reset_at == NOW


def test_after_enough_clicks_the_preferred_tone_is_chosen_and_the_reader_sees_it_and_resets_it(
    world: World, client: TestClient, page: str
) -> None:
    """Forty blocks were shown plainly and forty in technical words; nearly all clicks were on the technical ones."""
    shown = {**defaults(ImpressionRow), "recipient": 2, "outbox": 2, "module": "feature/cash-forecast", "source": "ranked"}
    shown |= {"score": 0.1, "probability": 1.0, "shown_at": NOW - 20 * DAY}
    rows = [
        {**shown, "position": place, "variant": tone, "opening": "plain", "clicked_at": NOW - 19 * DAY if tone == "technical" else None}
        for place, tone in enumerate(["plain", "technical"] * 40, start=1)
    ]
    assert letter(world).tone.chosen == "plain"
    with writing(world.app.engine) as db:
        db.execute(insert(ImpressionRow), rows)
    assert letter(world).tone.chosen == "technical"
    assert "You follow links more often in the tone “Technical”." in client.get(page).text
    client.post(page)
    assert letter(world).tone.chosen == "plain"
    assert "in the tone" not in client.get(page).text
