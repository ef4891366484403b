"""Letters to another address: both addresses hear of it, the new one confirms before anything moves, no answer tells who is known."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, text
from starlette.testclient import TestClient

from composer.domain.tokens import Purpose
from composer.pipeline.service_letters import confirm_token
from composer.store.consents import is_suppressed, suppress
from composer.store.engine import reading, writing
from composer.store.privacy import erase
from composer.store.recipients import address_key, save_recipients
from composer.store.service_letters import find
from composer.store.tables import RecipientRow
from tests.web.world import NOW, World

NEW, OLD = "bob@new.example.com", "bob@example.com"
HOUR = timedelta(hours=1)


@pytest.fixture
def page(world: World) -> str:
    return f"/p/{world.token(Purpose.preferences)}/address"


def letters(world: World) -> list[tuple[str, str]]:
    """(kind, address) of the service letters that were queued, without the sign-up that waits in the world."""
    with reading(world.app.engine) as db:
        return [tuple(row) for row in db.execute(text("SELECT kind, address FROM service_letters WHERE number > 1 ORDER BY number"))]


def link(world: World, which: int = -1) -> str:
    """The button's page of one of the mails to a new address."""
    with reading(world.app.engine) as db:
        numbers = db.execute(text("SELECT number FROM service_letters WHERE kind = 'change' ORDER BY number")).scalars().all()
        letter = find(db, numbers[which])
    assert letter is not None
    return f"/confirm/{confirm_token(world.app, letter)}"


def silent(world: World, address: str) -> bool:
    with reading(world.app.engine) as db:
        key = address_key(world.app.key, address)
        return key in is_suppressed(db, [key])


def test_both_addresses_are_told_and_nothing_moves_before_the_new_one_confirms(world: World, client: TestClient, page: str) -> None:
    answer = client.post(page, data={"email": f" {NEW} "})
    assert answer.status_code == 200
    assert "A mail is on its way to the new address." in answer.text
    assert letters(world) == [("change", NEW), ("changing", OLD)]
    assert "Is this your new address?" in client.get(f"{link(world)}?l=en").text
    assert world.recipient().address == OLD, "looking moves nothing"


def test_the_button_moves_the_letters_and_tells_the_old_address(world: World, client: TestClient, page: str) -> None:
    client.post(page, data={"email": NEW})
    done = client.post(f"{link(world)}?l=en")
    assert done.status_code == 200
    assert f"sends your letters to {NEW} from now on." in done.text
    row = world.recipient()
    assert (row.address, row.address_key, row.kept) == (NEW, address_key(world.app.key, NEW), "address")
    assert letters(world)[2:] == [("changed", OLD)]
    assert (silent(world, NEW), silent(world, OLD)) == (False, True)
    assert "letters" in world.granted(), "what was consented to comes along"
    assert client.get(page.removesuffix("/address")).status_code == 200, "links of older letters still work"


def test_pressing_twice_moves_once(world: World, client: TestClient, page: str) -> None:
    client.post(page, data={"email": NEW})
    client.post(link(world))
    once = world.dump()
    again = client.post(f"{link(world)}?l=en")
    assert "Your letters have moved" in again.text
    assert world.dump() == once


def test_of_two_askings_only_the_last_counts(world: World, client: TestClient, page: str) -> None:
    client.post(page, data={"email": "first@new.example.com"})
    with world.client(NOW + HOUR) as later:
        later.post(page, data={"email": NEW})
        assert later.post(link(world, 0)).status_code == 404
        assert world.recipient().address == OLD
        later.post(link(world, 1))
    assert world.recipient().address == NEW


def test_a_link_that_ran_out_moves_nothing(world: World, client: TestClient, page: str) -> None:
    client.post(page, data={"email": NEW})
    with world.client(NOW + timedelta(days=3, minutes=1)) as later:
        assert later.post(link(world)).status_code == 404
    assert world.recipient().address == OLD


def test_no_answer_tells_whether_an_address_is_known_silent_or_asked_too_often(world: World, client: TestClient, page: str) -> None:
    with writing(world.app.engine) as db:
        suppress(db, address_key(world.app.key, "silent@new.example.com"), "complaint", NOW)
    stranger = client.post(page, data={"email": NEW}).text
    assert [client.post(page, data={"email": one}).text for one in (NEW, "aino@example.com", "silent@new.example.com")] == [stranger] * 3


def test_nobody_is_bombed_by_asking_again_and_again(world: World, client: TestClient, page: str) -> None:
    for minute in range(30):
        with world.client(NOW + timedelta(minutes=minute)) as asker:
            asker.post(page, data={"email": NEW})
            asker.post(page, data={"email": f"n{minute}@new.example.com"})
    kinds = [kind for kind, _ in letters(world)]
    assert kinds.count("change") == world.app.settings.signup.a_day
    assert 0 < kinds.count("changing") <= kinds.count("change")


def test_the_address_in_use_is_said_to_be_so_in_any_spelling(world: World, client: TestClient, page: str) -> None:
    assert "already" in client.post(page, data={"email": "Bob@EXAMPLE.com"}).text
    assert letters(world) == []


@pytest.mark.parametrize("email", ["", "bob", "bob@", "bob@example.com\r\nBcc: x@example.com", "a" * 5000 + "@example.com"])
def test_what_is_no_address_changes_nothing(client: TestClient, page: str, unchanged: Callable[[], None], email: str) -> None:
    answer = client.post(page, data={"email": email})
    assert answer.status_code == 422
    assert "This is not a mail address." in answer.text


def test_unknown_links_ask_nobody(client: TestClient, world: World, unchanged: Callable[[], None]) -> None:
    for token in ("A" * 36, world.token(Purpose.why), world.token(Purpose.preferences, 99)):
        assert client.post(f"/p/{token}/address", data={"email": NEW}).status_code == 404


def test_everyone_behind_the_old_address_moves(world: World, client: TestClient, page: str) -> None:
    """One person imported twice: the double would get the next letter at the old address."""
    twin = world.recipient(2).model_dump() | {"number": 3, "recipient_id": "r3"}
    with writing(world.app.engine) as db:
        db.execute(insert(RecipientRow).values(**twin))
    client.post(page, data={"email": NEW})
    client.post(link(world))
    assert world.recipient(3).address == NEW


def test_an_import_with_the_old_address_changes_nothing_back(world: World, client: TestClient, page: str) -> None:
    client.post(page, data={"email": NEW})
    client.post(link(world))
    rows: list[dict[str, Any]] = [{"recipient_id": "r2", "address": OLD}, {"recipient_id": "again", "address": OLD}]
    with writing(world.app.engine) as db:
        save_recipients(db, world.app.key, rows, ["recipient_id", "address"])
    assert (world.recipient().address, world.recipient().address_key) == (NEW, address_key(world.app.key, NEW))
    assert silent(world, OLD), "nor does the same person under another id get letters there"


def test_back_to_the_old_address_is_a_move_like_any_other(world: World, client: TestClient, page: str) -> None:
    client.post(page, data={"email": NEW})
    client.post(link(world))
    with world.client(NOW + timedelta(days=1)) as later:
        later.post(page, data={"email": OLD})
        later.post(link(world))
    assert world.recipient().address == OLD
    assert (silent(world, OLD), silent(world, NEW)) == (False, True)


def test_an_erased_person_cannot_be_moved(world: World, client: TestClient, page: str) -> None:
    client.post(page, data={"email": NEW})
    waiting = link(world)
    with writing(world.app.engine) as db:
        erase(db, 2, world.app.key, NOW)
    assert client.post(waiting).status_code == 404
    assert world.recipient().address == ""
    assert letters(world) == [], "what was asked for is forgotten with them"


def test_the_next_letter_goes_to_the_new_address(world: World, client: TestClient, page: str) -> None:
    from composer.pipeline.preview import preview
    from composer.store.campaigns import create_campaign

    with writing(world.app.engine) as db:
        create_campaign(db, {"name": "daily", "window": "now"}, NOW)
    client.post(page, data={"email": NEW})
    for expected in (OLD, NEW):
        found = preview(world.app, "r2", "daily", NOW + HOUR).message
        assert found is not None
        assert f"<{expected}>" in found.data.decode().partition("\r\n\r\n")[0]
        client.post(link(world))
