"""Rights on a person's own pages: see, take along, object, restrict, be forgotten. Each by POST, and at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update
from sqlmodel import col
from starlette.testclient import TestClient

from composer.domain.consent import OBJECTION
from composer.domain.tokens import Purpose
from composer.store.choices import choices_of
from composer.store.consents import is_suppressed
from composer.store.engine import reading, writing
from composer.store.recipients import address_key
from composer.store.tables import ConsentLedgerRow, OrderRow, ProductRow, RecipientRow
from tests.web.world import BEFORE, NOW, World


def path(world: World, page: str, recipient: int = 2) -> str:
    return f"/p/{world.token(Purpose.preferences, recipient)}/{page}"


def demand(world: World, client: TestClient, what: str, recipient: int = 2) -> str:
    answer = client.post(path(world, "rights", recipient), data={"demand": what})
    assert answer.status_code == 200
    assert 'role="status"' in answer.text
    return answer.text


def suppressed(world: World, address: str = "bob@example.com") -> bool:
    with reading(world.app.engine) as db:
        return bool(is_suppressed(db, [address_key(world.app.key, address)]))


def test_objecting_to_profiling_leaves_the_letters_and_takes_everything_else(world: World, client: TestClient) -> None:
    demand(world, client, "profiling")
    with reading(world.app.engine) as db:
        choices = choices_of(db, 2)
    assert choices is not None
    assert choices.effective.name == "none"
    assert "letters" in choices.granted
    assert not suppressed(world)


def test_objecting_to_letters_leaves_the_profile_and_ends_every_list(world: World, client: TestClient) -> None:
    demand(world, client, "letters")
    assert world.granted() == {"profiling"}
    assert world.recipient().level == "premium"
    assert suppressed(world), "lists that are yet to come are meant, too"
    assert not suppressed(world, "aino@example.com")


def test_an_objection_is_proven_like_a_consent(world: World, client: TestClient) -> None:
    demand(world, client, "profiling")
    with reading(world.app.engine) as db:
        ledger = ConsentLedgerRow
        line = db.execute(
            select(col(ledger.state), col(ledger.wording), col(ledger.address_key)).where(col(ledger.source) == OBJECTION)
        ).one()
    assert line == ("withdrawn", "rights-1 en", address_key(world.app.key, "bob@example.com"))


def test_who_asks_for_letters_again_gets_them(world: World, client: TestClient) -> None:
    demand(world, client, "letters")
    form = {"form": "preferences", "level": "premium", "daypart": "", "shown": "profiling", "consent": ["profiling", "letters"]}
    assert client.post(f"/p/{world.token(Purpose.preferences)}", data=form).status_code == 200
    assert "letters" in world.granted()
    assert not suppressed(world)
    assert "Object to all letters" in client.get(path(world, "rights")).text
    with world.client(NOW + timedelta(days=1)) as later:
        demand(world, later, "letters")
    assert suppressed(world), "who objects again is heard again"


def test_an_import_does_not_undo_an_objection(world: World, client: TestClient) -> None:
    from composer.domain.consent import ConsentRow, State
    from composer.store.consents import append

    demand(world, client, "letters")
    later = NOW + timedelta(days=9)
    with writing(world.app.engine) as db:
        append(db, [(2, ConsentRow(purpose, State.granted, "import:signup", later)) for purpose in ("letters", "topic:new")], later)
    assert suppressed(world)


def test_a_restriction_holds_until_it_is_ended(world: World, client: TestClient) -> None:
    demand(world, client, "restrict")
    assert world.recipient().restricted_at == NOW
    assert "3 March 2026" in client.get(path(world, "rights")).text
    demand(world, client, "restrict")
    assert world.recipient().restricted_at == NOW
    demand(world, client, "release")
    assert world.recipient().restricted_at is None


def test_a_demand_holds_for_everybody_with_the_same_address(world: World, client: TestClient) -> None:
    with writing(world.app.engine) as db:
        key = address_key(world.app.key, "bob@example.com")
        db.execute(update(RecipientRow).where(col(RecipientRow.number) == 1).values(address="bob@example.com", address_key=key))
    for what in ("profiling", "restrict", "letters"):
        demand(world, client, what)
    assert world.recipient(1).level == "none"
    assert world.recipient(1).restricted_at == NOW
    assert world.granted(1) == frozenset()


@pytest.mark.parametrize("body", [{}, {"demand": "everything"}, {"demand": ""}])
def test_a_body_that_demands_nothing_changes_nothing(
    world: World, client: TestClient, unchanged: Callable[[], None], body: dict[str, str]
) -> None:
    answer = client.post(path(world, "rights"), data=body)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


def test_everything_held_is_read_and_taken_along_machine_readably(world: World, client: TestClient) -> None:
    """mission.md: right to see all data; recipient downloads everything held, machine-readable."""
    page, file = client.get(path(world, "data")), client.get(path(world, "data.json"))
    assert file.headers["content-type"] == "application/json"
    assert file.headers["content-disposition"] == 'attachment; filename="my-data.json"'
    held = file.json()
    assert held["recipient"]["address"] == "bob@example.com"
    assert {row["purpose"] for row in held["consents"]} == {"letters", "profiling", "topic:energy-saving"}
    assert held["outbox"][0]["campaign"] == "weekly"
    assert "aino" not in file.text.lower()
    assert "bob@example.com" in page.text
    assert "What you agreed to, and took back" in page.text
    assert "guide/thing-1" in page.text


def test_the_file_is_what_the_command_prints(world: World, client: TestClient) -> None:
    from composer.pipeline.rights import everything

    held = client.get(path(world, "data.json")).json()
    with reading(world.app.engine) as db:
        document = everything(db, 2)
    assert held.keys() - {"exported_at"} == document.keys()
    assert {name: len(rows) for name, rows in document.items() if name != "recipient"} == {
        name: len(held[name]) for name in document if name != "recipient"
    }


def test_a_long_history_is_shown_in_part_and_taken_along_whole(world: World, client: TestClient) -> None:
    from composer.store.events import save_events

    rows = [
        {"event_id": f"e{i}", "recipient": 2, "kind": "view", "occurred_at": NOW, "product": None, "module": "", "value": f"seen-{i}"}
        for i in range(120)
    ]
    with writing(world.app.engine) as db:
        save_events(db, rows, list(rows[0]))
    page = client.get(path(world, "data")).text
    assert "seen-119" in page
    assert "seen-0<" not in page
    assert "The newest 50 of 120" in page
    assert len(client.get(path(world, "data.json")).json()["events"]) == 120


def test_nobody_is_watched_whose_data_is_restricted(world: World, client: TestClient) -> None:
    from composer.domain.consent import ConsentRow, State
    from composer.pipeline.track import record_events
    from composer.store.consents import append

    with writing(world.app.engine) as db:
        append(db, [(2, ConsentRow("clicks", State.granted, "import", NOW))], NOW)
    row = {"recipient": 2, "kind": "clicked", "occurred_at": NOW}
    demand(world, client, "restrict")
    assert record_events(world.app, [{"event_id": "while", **row}]) == 0
    demand(world, client, "release")
    assert record_events(world.app, [{"event_id": "after", **row}]) == 1


def test_sums_are_written_as_the_language_writes_them(world: World, client: TestClient) -> None:
    with writing(world.app.engine) as db:
        db.execute(insert(ProductRow).values(number=9, product_id="p9", name="Crane"))
        order = {"order_id": "o1", "recipient": 1, "product": 9, "ordered_at": BEFORE, "quantity": 2.0, "amount": 12345.5}
        db.execute(insert(OrderRow).values(**order))
    page = client.get(f"/p/{world.token(Purpose.preferences, 1)}/data").text
    assert "<dd>12\xa0345,5</dd>" in page
    assert "<dd>2</dd>" in page


def test_the_page_tells_since_when_a_restriction_holds_by_the_installations_clock(world: World) -> None:
    defaults = world.app.settings.defaults.model_copy(update={"time_zone": "Asia/Tokyo"})
    tokyo = replace(world, app=replace(world.app, settings=world.app.settings.model_copy(update={"defaults": defaults})))
    with tokyo.client() as client:
        assert "18:30" in demand(tokyo, client, "restrict")  # NOW is 09:30 UTC
