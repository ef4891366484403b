"""The inbox: a folder of .eml files as their readers see them, whatever lies in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from composer.domain.tokens import Purpose
from composer.web.mailbox import mails, open_mail
from tests.web.world import NASTY, World, eml


def test_letters_are_listed_newest_first(client: TestClient) -> None:
    text = client.get("/inbox").text
    assert text.index("Kolme ideaa") < text.index("Three ideas")
    assert "2 letters to 2 people" in text
    assert "Read on" in text


def test_a_search_finds_people_and_subjects(client: TestClient) -> None:
    text = client.get("/inbox?q=AINO").text
    assert "Kolme ideaa" in text
    assert "Three ideas" not in text
    assert "No letter matches “zzz”." in client.get("/inbox?q=zzz").text


@pytest.mark.parametrize("page", ["0", "-1", "x", "99999", "9" * 5000, "²"])
def test_page_numbers_out_of_range_show_a_page_that_exists(client: TestClient, page: str) -> None:
    assert "Kolme ideaa" in client.get(f"/inbox?page={page}").text


def test_long_lists_have_pages(world: World, client: TestClient) -> None:
    for number in range(60):
        letter = eml("Bob <bob@example.com>", f"Letter {number}", f"<{number}@example.com>", "x")
        (world.inbox / f"{number + 10:07}.eml").write_bytes(letter)
    assert "Page 1 of 2" in client.get("/inbox").text
    assert client.get("/inbox?page=2").text.count("<li><a href=") == 12


def test_a_letter_shows_both_parts_its_source_and_its_reasons(world: World, client: TestClient) -> None:
    text = client.get("/inbox/0000001").text
    assert 'src="/inbox/0000001/letter"' in text
    assert "Why these blocks" in text
    assert "You often buy" in text
    assert f"/w/{world.token(Purpose.why)}" in text
    assert "three ideas." in client.get("/inbox/0000001?view=text").text
    assert "MIME-Version: 1.0" in client.get("/inbox/0000001?view=source").text
    assert '<base target="_blank">' in client.get("/inbox/0000001/letter").text


def test_a_strangers_letter_is_shown_without_reasons(world: World, client: TestClient) -> None:
    (world.inbox / "x.eml").write_bytes(eml("Bob <bob@example.com>", NASTY, "<stranger@example.com>", "x"))
    text = client.get("/inbox/x").text
    assert "Why these blocks" not in text
    assert "<script" not in text


def test_an_empty_inbox_says_so(world: World, client: TestClient) -> None:
    for file in world.inbox.iterdir():
        file.unlink()
    assert "Nothing has arrived yet." in client.get("/inbox").text


@pytest.mark.parametrize("name", ["..%2fcomposer", "%2e%2e", "nothing", ".hidden", "a%00b", "link", "folder", "..%5c..%5cx"])
def test_nothing_outside_the_folder_is_shown(world: World, client: TestClient, name: str) -> None:
    (world.inbox.parent / "composer.eml").write_bytes(b"secret")
    (world.inbox / ".hidden.eml").write_bytes(b"secret")
    (world.inbox / "link.eml").symlink_to(world.inbox.parent / "composer.eml")
    (world.inbox / "folder.eml").mkdir()
    assert client.get(f"/inbox/{name}").status_code == 404
    assert client.get(f"/inbox/{name}/letter").status_code == 404
    assert "2 letters" in client.get("/inbox?q=").text or "3 letters" in client.get("/inbox").text


PIECES = [
    "To: ",
    "=?utf-8?q?=ff?=",
    "Date: yesterday",
    "Content-Type: multipart/alternative; boundary=",
    "Content-Type: text/html; charset=none",
    "Subject: =?none?b?!?=",
    "\r\n",
    "x",
    "--x",
    "Message-ID: <",
    "Content-Transfer-Encoding: base64",
    "\0",
]
BROKEN = st.lists(st.sampled_from(PIECES)).map(lambda pieces: "\r\n".join(pieces).encode())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.one_of(st.binary(max_size=400), BROKEN))
def test_no_file_breaks_the_inbox(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "any.eml").write_bytes(data)
    assert len(mails(tmp_path)) == 1
    assert open_mail(tmp_path, "any") is not None
