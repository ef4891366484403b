"""The rows of the mission about consent, transparency and rights, each watched from outside: letters, links, buttons.

Each test is named after its row (source, what is named there) in the mission's words.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection, insert, text

from composer.domain.campaign import Edition
from composer.domain.consent import Basis, ConsentRow, State
from composer.domain.level import Level
from composer.domain.newsletter import Newsletter
from composer.errors import Refused
from composer.pipeline.deciding import decide_numbers
from composer.pipeline.plan import schedule
from composer.store.campaigns import create_campaign, get_campaign
from composer.store.consents import append
from composer.store.engine import reading, writing
from composer.store.tables import EventRow
from composer.store.upsert import defaults
from tests.mission.conftest import BOUGHT, VIEWED
from tests.mission.reader import Letter, Reader


async def test_openness_and_trust_each_letter_links_to_a_page_that_says_which_data_chose_each_block(reader: Reader) -> None:
    letter = await reader.must()
    page = reader.get(letter.path("w"))
    assert page.count('<p class="data">') >= len(letter.modules)
    for words in ("your orders and returns", "your clicks and visits", f"You often buy {BOUGHT}.", f"You looked at {VIEWED} lately."):
        assert words in page


async def test_decide_the_level_first_a_letter_at_a_lower_level_is_made_of_less(reader: Reader) -> None:
    whole = await reader.must()
    reader.submit(whole.path("p"), level="basic")
    letter = await reader.must()
    assert (whole.decided.level, letter.decided.level) == (Level.premium, Level.basic)
    page = reader.get(letter.path("w"))
    assert "Your orders, returns and complaints" in page.partition("Was kept out")[2]
    assert BOUGHT not in page.partition("Was kept out")[0]


async def test_right_to_see_all_data_the_recipient_downloads_everything_machine_readable(reader: Reader) -> None:
    letter = await reader.must()
    own = letter.path("p").partition("?")[0]
    assert "r1@example.com" in reader.get(f"{own}/data")
    held = json.loads(reader.get(f"{own}/data.json"))
    assert held["recipient"]["address"] == "r1@example.com"
    assert len(held["orders"]) == 3
    assert {event["kind"] for event in held["events"]} >= {"view", "sent"}
    assert {line["purpose"] for line in held["consents"]} == {"letters", "profiling", "clicks"}
    assert [row["decision"]["subject"] for row in held["outbox"]] == [letter.decided.subject]


async def test_cookies_without_consent_to_tracking_a_letter_holds_no_pixel_and_no_personal_link(reader: Reader) -> None:
    first = await reader.must()
    reader.submit(first.path("p"), consent=["letters", "profiling", "clicks", "opens"])
    tracked = await reader.must()
    assert "/c/" in tracked.html
    assert "/o/" in tracked.html
    reader.submit(tracked.path("p"), consent=["letters", "profiling"])
    letter = await reader.must()
    assert "/c/" not in letter.html
    assert "/o/" not in letter.html


@pytest.mark.parametrize(("level", "kept"), [("none", ()), ("basic", ()), ("standard", (BOUGHT,)), ("premium", (BOUGHT, VIEWED))])
async def test_data_classes_are_the_levels_what_is_chosen_is_what_may_be_read(reader: Reader, level: str, kept: tuple[str, ...]) -> None:
    """Choosing "basic" removes events and behaviour from scoring, provably: without them the letter is the same."""
    first = await reader.must()
    reader.submit(first.path("p"), level=level)
    letter = await reader.must()
    reasons = str([str(reason) for block in letter.decided.blocks for reason in block.reasons])
    assert {name for name in (BOUGHT, VIEWED) if name in reasons} <= set(kept)
    assert all(name in reasons for name in kept)


async def test_personalises_by_questions_an_answer_changes_the_next_letter(reader: Reader) -> None:
    first = await reader.must()
    assert "You asked to hear about" not in reader.get(first.path("w"))
    reader.submit(first.path("p"), topic=[reader.app.library().library.topics[0]])
    assert "You asked to hear about" in reader.get((await reader.must()).path("w"))


async def test_off_switch_the_next_letter_is_the_general_one(reader: Reader) -> None:
    first = await reader.must()
    reader.submit(first.path("p"), level="none", consent=["letters"])
    with writing(reader.app.engine) as db:
        create_campaign(db, {"name": "next", "window": "now", "holdout": "none"}, reader.now)
        before = _next(reader, db)
        db.execute(text("UPDATE recipients SET role = 'cfo', stage = 'renew', company = 'Example Oy', last_name = 'Aalto'"))
        db.execute(text("DELETE FROM orders"))
        db.execute(text("DELETE FROM events WHERE kind = 'view'"))
        assert _next(reader, db) == before  # whoever they are, whatever they do
    assert before.level is Level.none
    page = reader.get((await reader.must()).path("w"))
    assert page.count("nothing you did or told us") == page.count('<p class="data">')


def _next(reader: Reader, db: Connection) -> Newsletter:
    campaign = get_campaign(db, "next")
    edition = Edition("next", reader.now, campaign_number=campaign.number)
    found = decide_numbers(reader.app, db, reader.app.library(), campaign, edition, [1], reader.now).outcome(0)
    assert isinstance(found, Newsletter)
    return found


async def test_legal_basis_each_letter_keeps_its_own_and_without_one_nothing_is_scheduled(reader: Reader) -> None:
    assert (await reader.must()).decided.basis == "consent"
    with writing(reader.app.engine) as db:
        append(db, [(1, ConsentRow("letters", State.granted, "import", reader.now + timedelta(days=1), Basis.customer))], reader.now)
        create_campaign(db, {"name": "energy", "list": "topic:energy"}, reader.now)
    letter = await reader.must()
    assert letter.decided.basis == "customer"
    assert set(letter.modules) <= _alike(reader, BOUGHT)
    with pytest.raises(Refused, match="nobody has a ground"):
        schedule(reader.app, "energy", reader.now)


def _alike(reader: Reader, category: str) -> set[str]:
    modules = reader.app.library().library.modules
    return {module.name for module in modules if not module.interests or f"category:{category}" in module.interests}


async def test_granular_consent_each_switch_is_its_own_and_one_press_ends_all(reader: Reader) -> None:
    letter = await reader.must()
    reader.submit(letter.path("p"), consent=["letters", "clicks"])
    assert (await reader.must()).decided.level is Level.basic  # profiling went, the letters did not
    reader.press(letter.path("u"))
    assert await reader.letter() is None


async def test_learnt_preferences_the_recipient_sees_and_resets_them(reader: Reader) -> None:
    letter = await reader.must()
    learnt = letter.path("p").partition("?")[0] + "/learnt"
    assert BOUGHT in reader.get(learnt)
    reader.press(learnt)
    assert BOUGHT not in reader.get(learnt)
    assert BOUGHT not in reader.get((await reader.must()).path("w"))


async def test_erasure_ends_letters_pages_and_every_row(reader: Reader) -> None:
    letter = await reader.must()
    own = letter.path("p").partition("?")[0]
    reader.submit(f"{own}/erase")
    with pytest.raises(Refused, match="nobody has a ground"):  # they were the only one
        await reader.letter()
    with reader.browser() as browser:
        assert {browser.get(letter.path(kind)).status_code for kind in ("p", "w", "v")} == {404}
    with reading(reader.app.engine) as db:
        tables = db.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars().all()
        rows = [str(row) for table in tables for row in db.execute(text(f"SELECT * FROM {table}")).all()]
    assert not any("r1@example.com" in row or "Aino" in row for row in rows)


async def test_return_or_complaint_ends_promotion_of_that_product(reader: Reader) -> None:
    with writing(reader.app.engine) as db:
        event = {**defaults(EventRow), "recipient": 1, "kind": "complaint", "product": 1, "event_id": "c", "occurred_at": reader.now}
        db.execute(insert(EventRow), event)
    letter: Letter = await reader.must()
    library = reader.app.library().library
    assert not any(f"category:{BOUGHT}" in library.modules[library.index[name]].interests for name in letter.modules)


async def test_subtle_relevance_no_reason_names_what_is_sensitive(reader: Reader) -> None:
    section = reader.app.settings.privacy.model_copy(update={"sensitive": (f"category:{BOUGHT}",)})
    reader.app = replace(reader.app, settings=reader.app.settings.model_copy(update={"privacy": section}), _versions={})
    page = reader.get((await reader.must()).path("w"))
    assert BOUGHT not in page


@pytest.mark.parametrize(
    ("answer", "question"), [("1", "What should we improve?"), ("4", "What should we improve?"), ("5", "What went so well?")]
)
async def test_branching_survey_1_to_4_asks_what_to_improve_and_5_what_succeeded_stored_once(
    reader: Reader, answer: str, question: str
) -> None:
    with writing(reader.app.engine) as db:
        db.execute(text("UPDATE orders SET ordered_at = :bought"), {"bought": int(reader.now.timestamp())})
    letter = await reader.must(pinned=["review/how-is-it-going"])
    link = letter.path("s").partition("?")[0] + f"?a={answer}"
    for _ in range(3):  # a prefetch answers nothing
        assert question in reader.get(link)
    assert _answers(reader) == []
    for words in ("", "Everything", "Everything"):
        told = reader.submit(link, **({"text": words} if words else {}))
        assert "Thank you" in told
    ((kept, said),) = _answers(reader)
    assert (kept, said) == (answer, "Everything")


def _answers(reader: Reader) -> list[tuple[str, str]]:
    with reading(reader.app.engine) as db:
        return [(answer, said) for answer, said in db.execute(text("SELECT answer, text FROM answers"))]
