"""Being forgotten: one press on a page, and no file of the installation holds address, name or token any more."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import update
from sqlmodel import col
from starlette.testclient import TestClient

from composer.domain.tokens import Purpose
from composer.store.engine import reading, writing
from composer.store.privacy import address_is_suppressed
from composer.store.tables import RecipientRow
from tests.web.world import World

NAME = "Zebulon-Quixote"


def path(world: World, page: str = "/erase", recipient: int = 2) -> str:
    return f"/p/{world.token(Purpose.preferences, recipient)}{page}"


def name_him(world: World) -> None:
    with writing(world.app.engine) as db:
        db.execute(update(RecipientRow).where(col(RecipientRow.number) == 2).values(first_name=NAME, last_name=NAME))


def holding(folder: Path, *words: str) -> list[str]:
    """Files of the installation, other than a test's own copy of the library, that hold one of the words."""
    files = [file for file in folder.rglob("*") if file.is_file()]
    return [f"{file.name}: {word}" for file in files for word in words if word.encode() in file.read_bytes()]


def test_after_erasure_no_file_of_the_installation_holds_address_name_or_token(
    world: World, client: TestClient, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    name_him(world)
    delivered = world.app.settings.path(world.app.settings.delivery.folder)
    delivered.mkdir(parents=True)
    token = world.token(Purpose.unsubscribe_header)
    (delivered / "a.eml").write_bytes(f"Subject: x\r\nTo: {NAME}\r\n <Bob@EXAMPLE.com>\r\n\r\n{token}".encode())
    (delivered / ".b.eml.half").write_bytes(b"To: bob@example.com\r\n\r\nHello Zebulon-Quixote")
    (delivered / "c.eml").write_bytes(b"To: aino@example.com\r\n\r\nHello")
    words = ("bob@example.com", "Bob@EXAMPLE.com", NAME, token, world.token(Purpose.why))
    assert len(holding(tmp_path, *words)) > 4
    assert client.get(path(world)).status_code == 200
    answer = client.post(path(world), data={"erase": "forever"})
    assert answer.status_code == 200
    assert "You are forgotten" in answer.text
    assert holding(tmp_path, *words) == []
    assert [file.name for file in delivered.iterdir()] == ["c.eml"]
    assert [file.name for file in world.inbox.iterdir()] == ["0000002.eml"]
    said = capfd.readouterr()
    assert not [word for word in words if word in said.out + said.err]
    with reading(world.app.engine) as db:
        assert address_is_suppressed(db, world.app.key, "bob@example.com")


def test_an_erased_persons_token_is_an_unknown_token(world: World, client: TestClient) -> None:
    client.post(path(world), data={"erase": "forever"})
    unknown = client.get("/p/nonsense")
    for page in ("", "/erase", "/rights", "/data", "/data.json"):
        for method in ("GET", "POST"):
            answer = client.request(method, path(world, page))
            expected = client.request(method, f"/p/{'A' * 36}{page}")
            assert (answer.status_code, answer.text) == (expected.status_code, expected.text)
            assert dict(answer.headers) == dict(expected.headers)
    assert client.get(path(world)).text == unknown.text
    assert client.get(f"/w/{world.token(Purpose.why)}").text == unknown.text


@pytest.mark.parametrize("body", [{}, {"erase": ""}, {"erase": "yes"}, {"form": "preferences"}])
def test_a_body_that_is_not_the_form_erases_nobody(
    world: World, client: TestClient, unchanged: Callable[[], None], body: dict[str, str]
) -> None:
    answer = client.post(path(world), data=body)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


@pytest.mark.parametrize("body", [b"erase=forever", b"{", b"\xff\xfe", b"--x\r\nbroken"])
@pytest.mark.parametrize("kind", ["text/plain", "application/json", "multipart/form-data", "multipart/form-data; boundary=x", ""])
def test_a_body_of_another_kind_erases_nobody(
    world: World, client: TestClient, unchanged: Callable[[], None], body: bytes, kind: str
) -> None:
    assert client.post(path(world), content=body, headers={"content-type": kind}).status_code == (
        422 if kind.startswith("multipart") else 415
    )


def test_everybody_with_the_address_is_forgotten_and_nobody_else(world: World, client: TestClient, tmp_path: Path) -> None:
    with writing(world.app.engine) as db:
        twin = {"recipient_id": "twin", "address": "BOB@example.com", "address_key": world.recipient(2).address_key, "draw_key": 3}
        db.execute(RecipientRow.__table__.insert().values(**twin))  # type: ignore[attr-defined]
    client.post(path(world), data={"erase": "forever"})
    assert holding(tmp_path, "bob@example.com", "BOB@example.com") == []
    assert world.recipient(1).address == "aino@example.com"
    assert world.granted(1)


def test_a_letter_that_cannot_be_deleted_is_told_to_operators_and_the_person_is_forgotten(
    world: World, client: TestClient, capfd: pytest.CaptureFixture[str]
) -> None:
    (world.inbox / "broken.eml").mkdir()
    answer = client.post(path(world), data={"erase": "forever"})
    assert "You are forgotten" in answer.text
    assert '"letters_not_deleted"' in capfd.readouterr().err
    assert world.recipient().address == ""
