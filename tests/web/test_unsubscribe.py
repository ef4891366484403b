"""Leaving a list: one press, one-click posts in every shape, and nothing for strangers to learn."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import func, insert, select
from starlette.testclient import TestClient

from composer.domain.consent import ConsentRow, State
from composer.domain.tokens import Purpose
from composer.store.consents import append, suppression_version
from composer.store.engine import reading, writing
from composer.store.tables import ConsentLedgerRow, EventRow, RecipientRow
from tests.web.world import BEFORE, NOW, World

FORM = {"content-type": "application/x-www-form-urlencoded"}
SHAPES = {
    "form": (b"List-Unsubscribe=One-Click", FORM),
    "multipart": (
        b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n',
        {"content-type": "multipart/form-data; boundary=x"},
    ),
    # RFC 8058 section 8.2 shows a body whose boundary is not the one announced.
    "the RFC's own sample": (
        b'---FormBoundaryjWmhtjORrn\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n',
        {"content-type": "multipart/form-data; boundary=---FormBoundaryjWmhtjORrn"},
    ),
    "form with its charset": (b"List-Unsubscribe=One-Click", {"content-type": "application/x-www-form-urlencoded; charset=UTF-8"}),
    "form in another charset": ("List-Unsubscribe=One-Click".encode("utf-16"), {"content-type": f"{FORM['content-type']}; charset=utf-16"}),
    "multipart without its boundary": (b"--x\r\n\r\nOne-Click\r\n--x--\r\n", {"content-type": "multipart/form-data"}),
    "no type": (b"List-Unsubscribe=One-Click", {}),
    "another word": (b"List-Unsubscribe=Two-Click&wish=fewer", FORM),
    "empty": (b"", {}),
    "broken": (b"\xff\x00%%%", {"content-type": "multipart/form-data"}),
    "json": (b"{", {"content-type": "application/json"}),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("purpose", [Purpose.unsubscribe_header, Purpose.unsubscribe_body])
def test_one_post_ends_the_list_whatever_its_body(world: World, client: TestClient, shape: str, purpose: Purpose) -> None:
    body, headers = SHAPES[shape]
    answer = client.post(f"/u/{world.token(purpose)}", content=body, headers=headers)
    assert answer.status_code == 200
    assert "location" not in answer.headers
    assert "set-cookie" not in answer.headers
    assert world.granted() == {"profiling", "topic:energy-saving"}
    assert "letters" in world.granted(1), "nobody else is touched"


def test_the_page_asks_and_only_its_button_acts(world: World, client: TestClient) -> None:
    page = client.get(f"/u/{world.token(Purpose.unsubscribe_body)}").text
    assert page.count("<button") == 1
    assert '<form method="post"' in page
    assert "letters" in world.granted()


def test_an_opt_out_of_a_topic_list_ends_that_list_alone(world: World, client: TestClient) -> None:
    client.post(f"/u/{world.token(Purpose.unsubscribe_header, campaign=world.energy)}")
    assert world.granted() == {"letters", "profiling"}


def test_an_opt_out_is_a_line_of_the_ledger_and_tells_every_sender(world: World, client: TestClient) -> None:
    with reading(world.app.engine) as db:
        before = suppression_version(db)
    client.post(f"/u/{world.token(Purpose.unsubscribe_header)}")
    with reading(world.app.engine) as db:
        assert suppression_version(db) > before
        row = db.execute(select(ConsentLedgerRow.__table__).where(ConsentLedgerRow.source == "unsubscribe")).one()  # type: ignore[attr-defined,arg-type]
        event = db.execute(select(EventRow.__table__)).one()  # type: ignore[attr-defined]
    assert (row.recipient, row.purpose, row.state, row.at) == (2, "letters", "withdrawn", NOW)
    assert (event.recipient, event.kind, event.occurred_at) == (2, "unsubscribed", NOW)
    assert event.outbox is not None


def test_a_second_opt_out_writes_nothing(world: World, client: TestClient) -> None:
    client.post(f"/u/{world.token(Purpose.unsubscribe_header)}")
    before = world.dump()
    for _ in range(3):
        assert client.post(f"/u/{world.token(Purpose.unsubscribe_body)}").status_code == 200
    assert world.dump() == before


def test_an_opt_out_outlasts_an_imported_withdrawal(world: World, client: TestClient) -> None:
    """A file said "withdrawn"; the person says so too, and no later file can undo their own word."""
    with writing(world.app.engine) as db:
        append(db, [(2, ConsentRow("letters", State.withdrawn, "import", BEFORE.replace(month=2)))], NOW)
    client.post(f"/u/{world.token(Purpose.unsubscribe_header)}")
    with writing(world.app.engine) as db:
        append(db, [(2, ConsentRow("letters", State.granted, "import", NOW.replace(year=2027)))], NOW)
    assert "letters" not in world.granted()


def test_who_was_imported_twice_leaves_once(world: World, client: TestClient) -> None:
    twin = world.recipient(2).model_dump() | {"number": 3, "recipient_id": "r3"}
    with writing(world.app.engine) as db:
        db.execute(insert(RecipientRow).values(**twin))
        append(db, [(3, ConsentRow("letters", State.granted, "import", BEFORE))], BEFORE)
    client.post(f"/u/{world.token(Purpose.unsubscribe_header)}")
    assert "letters" not in world.granted(3)


@pytest.mark.parametrize("headers", [{}, {"accept-language": "fi"}])
@pytest.mark.parametrize("recipient", [1, 2])
def test_strangers_get_the_answer_that_everybody_gets(world: World, client: TestClient, recipient: int, headers: dict[str, str]) -> None:
    known = client.post(f"/u/{world.token(Purpose.unsubscribe_header, recipient)}", headers=headers)
    for token in ("A" * 36, "x", world.token(Purpose.why), world.token(Purpose.unsubscribe_header, 99), "%00" * 12, "ä" * 36):
        unknown = client.post(f"/u/{token}", headers=headers)
        assert unknown.status_code == known.status_code
        assert unknown.content == known.content
        assert dict(unknown.headers) == dict(known.headers)


def test_the_page_for_a_stranger_is_the_page_for_everybody(world: World, client: TestClient) -> None:
    known, unknown = client.get(f"/u/{world.token(Purpose.unsubscribe_body)}"), client.get("/u/unknown")
    assert (known.status_code, known.text) == (unknown.status_code, unknown.text)


def test_an_unknown_token_changes_nothing(client: TestClient, unchanged: Callable[[], None]) -> None:
    for token in ("A" * 36, "x", "%0a"):
        assert client.post(f"/u/{token}").status_code == 200


def test_a_token_that_was_erased_is_unknown(world: World, client: TestClient) -> None:
    with writing(world.app.engine) as db:
        db.execute(RecipientRow.__table__.update().where(RecipientRow.number == 2).values(erased_at=NOW))  # type: ignore[attr-defined,arg-type]
    before = world.dump()
    assert client.post(f"/u/{world.token(Purpose.unsubscribe_header)}").status_code == 200
    for path, purpose in (("p", Purpose.preferences), ("w", Purpose.why)):
        assert client.get(f"/{path}/{world.token(purpose)}").status_code == 404
    assert world.dump() == before


def test_the_answer_comes_after_the_commit(world: World) -> None:
    """Where the commit fails there is no "you have unsubscribed"."""
    with world.client() as client:
        with writing(world.app.engine) as db:
            db.exec_driver_sql("CREATE TRIGGER full BEFORE INSERT ON consents BEGIN SELECT RAISE(ABORT, 'disk full'); END")
        answer = client.post(f"/u/{world.token(Purpose.unsubscribe_header)}")
        assert answer.status_code == 500
        assert "Something went wrong on our side" in answer.text
        assert "disk full" not in answer.text
        with reading(world.app.engine) as db:
            assert db.execute(select(func.count()).select_from(EventRow)).scalar_one() == 0
        with writing(world.app.engine) as db:
            db.exec_driver_sql("DROP TRIGGER full")
        assert client.post(f"/u/{world.token(Purpose.unsubscribe_header)}").status_code == 200
    assert "letters" not in world.granted()


def test_finnish_readers_are_asked_in_finnish(world: World, client: TestClient) -> None:
    page = client.get(f"/u/{world.token(Purpose.unsubscribe_body, 1)}").text
    assert '<html lang="fi"' in page
    assert 'action="?l=fi"' in page
    assert "Tilauksesi on peruutettu" in client.post(f"/u/{world.token(Purpose.unsubscribe_body, 1)}?l=fi").text
