"""View in browser shows the very letter: the HTML part of the bytes that left, whatever was changed since."""

from __future__ import annotations

import email
import email.policy
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from composer.app import App, key_file, open_app
from composer.config import Settings
from composer.pipeline.letterhead import Letterhead
from composer.store.key_file import rotate_keys

from .conftest import NOW
from .test_links import browser, kind, urls_of

LETTERS = 6


def letters_of(folder: Path) -> list[bytes]:
    return [file.read_bytes() for file in sorted((folder / "out").glob("*.eml"))[:LETTERS]]


def html_part(letter: bytes) -> bytes:
    """The HTML part, its transfer encoding undone."""
    body = email.message_from_bytes(letter, policy=email.policy.default).get_body(("html",))
    assert body is not None
    payload = body.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload


def view_of(letter: bytes) -> str:
    return next(url for url in urls_of(letter) if kind(url) == "v")


def moved(settings: Settings) -> Settings:
    """The same company a year later: another name, address and host."""
    sender = settings.sender.model_copy(
        update={
            "name": "Another Company",
            "address": "letters@example.org",
            "postal_address": "Another Company, Other Street 2, 00200 Helsinki, Finland",
            "privacy_url": "https://www.example.org/privacy",
            "site": "https://www.example.org",
        }
    )
    web = settings.web.model_copy(update={"base_url": "https://letters.example.org"})
    return settings.model_copy(update={"sender": sender, "web": web})


@pytest.fixture
def later(sent: App, tmp_path: Path) -> Iterator[App]:
    """The installation when its library is another, its people have other names, its key was rotated, and its owner moved."""
    modules = tmp_path / "modules"
    shutil.copytree(sent.settings.library.modules / "notice", modules / "notice")
    with sent.engine.begin() as db:
        db.execute(text("UPDATE recipients SET first_name = 'Another', language = 'sv', level = 'none', company = 'Elsewhere'"))
        db.execute(text("UPDATE campaigns SET settings = json_set(settings, '$.title', 'Quite another')"))
        db.execute(text("UPDATE consents SET state = 'withdrawn'"))
    rotate_keys(key_file(sent.settings), NOW + timedelta(days=1))
    library = sent.settings.library.model_copy(update={"modules": modules})
    app = open_app(moved(sent.settings).model_copy(update={"library": library}))
    yield app
    app.close()


def test_the_page_is_the_html_part_of_the_sent_bytes(sent: App, letters_sent: Path) -> None:
    for letter in letters_of(letters_sent):
        assert browser(sent).get(view_of(letter)).content == html_part(letter)


def test_it_still_is_when_library_people_campaign_and_sender_changed(later: App, letters_sent: Path) -> None:
    for letter in letters_of(letters_sent):
        answer = browser(later).get(view_of(letter))
        assert answer.content == html_part(letter)
        policy = answer.headers["content-security-policy"]
        assert "img-src 'self' https://letters.example.org http://127.0.0.1:8025;" in policy, "its pictures stand where they stood"


def test_letterheads_are_kept_once_and_hold_no_secret(sent: App) -> None:
    with sent.engine.connect() as db:
        kept = db.execute(text("SELECT name, settings FROM letterheads")).all()
        held = db.execute(text("SELECT count(*) FROM outbox WHERE frozen AND decision LIKE :name"), {"name": f"%{kept[0].name}%"}).scalar()
        assert held == db.execute(text("SELECT count(*) FROM outbox WHERE frozen")).scalar()
    (head,) = kept
    now = Letterhead(sent.settings)
    assert (head.name, head.settings) == (now.name, now.text)
    assert Letterhead(moved(sent.settings)).name != now.name
    assert "key" not in head.settings


def test_showing_a_letter_needs_no_key_that_it_was_signed_with(sent: App, letters_sent: Path) -> None:
    dkim = sent.settings.dkim.model_copy(update={"key_file": "thrown-away.pem"})
    keyless = replace(sent, settings=sent.settings.model_copy(update={"dkim": dkim}))
    letter = letters_of(letters_sent)[0]
    assert browser(keyless).get(view_of(letter)).content == html_part(letter)


def test_a_letter_from_before_letterheads_were_kept_is_shown_all_the_same(later: App, letters_sent: Path) -> None:
    with later.engine.begin() as db:
        db.execute(text("DELETE FROM letterheads"))
    answer = browser(later).get(view_of(letters_of(letters_sent)[0]))
    assert answer.status_code == 200
    assert "Other Street 2" in answer.text
