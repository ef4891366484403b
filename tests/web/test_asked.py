"""Less and more: said of the blocks of a letter by POST, shown, taken back, and done in the next letter."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import text, update
from sqlmodel import col
from starlette.testclient import TestClient

from composer.domain.asked import Ask
from composer.domain.reasons import Arm
from composer.domain.tokens import Purpose
from composer.store.asked import wishes_of
from composer.store.engine import reading, writing
from composer.store.privacy import erase
from composer.store.tables import CampaignRow
from tests.web.test_why import decide
from tests.web.world import NASTY, NOW, World, newsletter

MORE, LESS = "More like this", "Less like this"


@pytest.fixture
def page(world: World) -> str:
    return f"/w/{world.token(Purpose.why)}"


def asked(world: World, recipient: int = 2) -> list[tuple[str, str]]:
    with reading(world.app.engine) as db:
        return [(wish.module, wish.ask.value) for wish in wishes_of(db, recipient)]


def block(page: str, place: int) -> str:
    """One block of the page."""
    found = re.search(rf'<li class="card" id="part{place}">.*?(?=<li class="card"|</ol>)', page, re.DOTALL)
    assert found
    return found[0]


def test_every_block_can_be_asked_for_more_and_less_of(client: TestClient, page: str) -> None:
    shown = client.get(page).text
    for place in range(1, 5):
        here = block(shown, place)
        assert MORE in here
        assert LESS in here
        assert f'<span class="spoken">: Thing {place}</span>' in here, "which block a button is about is heard, too"
    assert "What you asked for" not in shown


def test_a_wish_is_kept_said_and_taken_back(world: World, client: TestClient, page: str) -> None:
    answer = client.post(page, data={"module": "guide/thing-2", "ask": "less"})
    assert answer.status_code == 200
    assert asked(world) == [("guide/thing-2", "less")]
    assert 'role="status"' in block(answer.text, 2)
    assert "You asked not to get this part again" in block(answer.text, 2)
    assert LESS not in block(answer.text, 2)
    assert LESS in block(answer.text, 3)
    again = client.get(page).text
    assert "You asked not to get this part again" in block(again, 2)
    assert "No more “Thing 2”, and less like it" in again
    back = client.post(page, data={"module": "guide/thing-2", "ask": "undo"})
    assert "Taken back" in block(back.text, 2)
    assert LESS in block(back.text, 2)
    assert asked(world) == []
    assert client.post(page, data={"module": "guide/thing-2", "ask": "undo"}).status_code == 200, "a second press does no harm"


def test_the_newer_wish_counts_and_pressing_twice_is_pressing_once(world: World, client: TestClient, page: str) -> None:
    for ask in ("more", "more", "less"):
        client.post(page, data={"module": "guide/thing-1", "ask": ask})
    assert asked(world) == [("guide/thing-1", "less")]


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"ask": "less"},
        {"module": "guide/thing-1"},
        {"module": "guide/thing-1", "ask": "delete"},
        {"module": "guide/not-in-this-letter", "ask": "less"},
        {"module": NASTY, "ask": "more"},
        {"module": "guide/thing-1\x00", "ask": "more"},
    ],
)
def test_what_is_not_of_this_letter_changes_nothing(
    client: TestClient, page: str, unchanged: Callable[[], None], form: dict[str, str]
) -> None:
    answer = client.post(page, data=form)
    assert answer.status_code == 422
    assert "Nothing was changed" in answer.text


def test_a_broken_or_foreign_body_changes_nothing(client: TestClient, page: str, unchanged: Callable[[], None]) -> None:
    for kind, body in (("multipart/form-data; boundary=x", b"--y"), ("application/json", b'{"ask": "less"}'), ("text/plain", b"\xff\xfe")):
        assert client.post(page, content=body, headers={"content-type": kind}).status_code == (422 if kind.startswith("multipart") else 415)


def test_a_prefetching_get_asks_for_nothing(client: TestClient, page: str, unchanged: Callable[[], None]) -> None:
    assert client.get(f"{page}?module=guide/thing-1&ask=less").status_code == 200


def test_a_strangers_wish_is_an_unknown_link(client: TestClient, unchanged: Callable[[], None]) -> None:
    for path in ("/w/" + "A" * 36, "/p/" + "A" * 36 + "/asked"):
        assert client.post(path, data={"module": "guide/thing-1", "ask": "undo"}).status_code == 404


def test_one_persons_token_takes_nobody_elses_wish_back(world: World, client: TestClient, page: str) -> None:
    client.post(page, data={"module": "guide/thing-1", "ask": "more"})
    client.post(f"/w/{world.token(Purpose.why, 1)}", data={"module": "guide/thing-1", "ask": "undo"})
    client.post(f"/p/{world.token(Purpose.preferences, 1)}/asked", data={"module": "guide/thing-1", "ask": "undo"})
    assert asked(world) == [("guide/thing-1", "more")]


def test_who_was_imported_twice_is_one_reader(world: World, client: TestClient, page: str) -> None:
    with writing(world.app.engine) as db:
        db.execute(text("UPDATE recipients SET address_key = (SELECT address_key FROM recipients WHERE number = 2)"))
    client.post(page, data={"module": "guide/thing-1", "ask": "less"})
    assert asked(world, 1) == asked(world, 2) == [("guide/thing-1", "less")]
    client.post(f"/p/{world.token(Purpose.preferences, 1)}/asked", data={"module": "guide/thing-1", "ask": "undo"})
    assert asked(world, 1) == asked(world, 2) == []


def test_less_is_not_offered_of_what_no_letter_of_the_campaign_leaves_without(world: World, client: TestClient, page: str) -> None:
    """Or one press would end the letters, and nobody would have said so."""
    with writing(world.app.engine) as db:
        settings = '{"name": "weekly", "window": "now", "mandatory": ["guide/thing-1"]}'
        db.execute(update(CampaignRow).where(col(CampaignRow.number) == world.weekly).values(settings=settings))
        db.execute(text("UPDATE editions SET settings = '', state = 'planned'"))
    shown = client.get(page).text
    assert "belongs to every letter of this kind" in block(shown, 1)
    assert LESS not in block(shown, 1)
    assert MORE in block(shown, 1)
    assert client.post(page, data={"module": "guide/thing-1", "ask": "less"}).status_code == 422
    assert asked(world) == []


def test_what_was_asked_for_in_another_letter_is_there_too_and_can_be_taken_back(world: World, client: TestClient, page: str) -> None:
    blocks = tuple(replace(one, module=f"other/{one.position}") for one in newsletter("r2", 2).blocks)
    client.post(page, data={"module": "guide/thing-1", "ask": "more"})
    decide(world, words={"blocks": blocks})
    assert "More like “Thing 1”" in client.get(page).text
    answer = client.post(page, data={"module": "guide/thing-1", "ask": "undo"})
    assert "Taken back" in answer.text
    assert asked(world) == []


def test_the_general_letter_says_that_only_less_counts_in_it(world: World, client: TestClient, page: str) -> None:
    assert "only “less” counts" not in client.get(page).text
    decide(world, arm=Arm.holdout)
    assert "only “less” counts" in client.get(page).text


def test_a_followed_wish_is_named_among_the_data(world: World, client: TestClient, page: str) -> None:
    blocks = newsletter("r2", 2).blocks
    decide(world, words={"blocks": (replace(blocks[0], bonus=(("asked", 2.5),)), *blocks[1:])})
    shown = client.get(page).text
    assert "<b>what you asked for more or less of</b>" in block(shown, 1)
    assert "what you asked for more or less of</b>" not in block(shown, 2)


def test_wishes_have_a_page_of_their_own_in_every_language(world: World, client: TestClient, page: str) -> None:
    mine = f"/p/{world.token(Purpose.preferences)}/asked"
    assert "You have not asked for anything" in client.get(mine).text
    client.post(page, data={"module": "guide/thing-1", "ask": "more"})
    titles = {"en": "More like “Thing 1”", "fi": "Lisää samanlaista", "sv": "Mer sådant som", "de": "Mehr wie"}
    for language, words in titles.items():
        assert words in client.get(f"{mine}?l={language}").text
    assert client.post(mine, data={"module": "guide/thing-1"}).status_code == 422
    answer = client.post(mine, data={"module": "guide/thing-1", "ask": "undo"})
    assert answer.status_code == 200
    assert 'role="status"' in answer.text
    assert asked(world) == []


def test_nobody_erased_can_ask_for_anything(world: World, client: TestClient, page: str) -> None:
    client.post(page, data={"module": "guide/thing-1", "ask": Ask.less.value})
    with writing(world.app.engine) as db:
        erase(db, 2, world.app.key, NOW)
    assert asked(world) == []
    assert client.post(page, data={"module": "guide/thing-1", "ask": "less"}).status_code == 404
    assert asked(world) == []


def test_a_letter_that_waits_or_never_left_is_not_said_to_have_come(world: World, client: TestClient, page: str) -> None:
    for state, words in (("accepted", "You received"), ("planned", "is on its way to you"), ("skipped", "did not leave")):
        with writing(world.app.engine) as db:
            db.execute(text("UPDATE outbox SET state = :state"), {"state": state})
        assert words in client.get(page).text
