"""The links of a letter that was sent: looking changes nothing, the one click ends the letters, also a planned one."""

from __future__ import annotations

import asyncio
import email
import email.policy
import re
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from composer.app import App
from composer.domain.newsletter import Skipped
from composer.domain.reasons import Skip
from composer.domain.tokens import TRAP, read_click_token
from composer.pipeline.deliver import deliver
from composer.pipeline.plan import plan, schedule
from composer.store.engine import reading
from composer.transports.folder import open_transport
from composer.web.app import make_web

from .conftest import NOW, dump

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def letters(town: App, tmp_path: Path) -> list[bytes]:
    """The first edition's letters, as they were sent."""
    schedule(town, "weekly", NOW)
    assert _deliver(town, tmp_path / "out", 1)
    return [file.read_bytes() for file in sorted((tmp_path / "out").glob("*.eml"))]


def _deliver(app: App, folder: Path, days: int) -> int:
    changed = app.settings.model_copy(update={"delivery": app.settings.delivery.model_copy(update={"folder": folder})})
    asyncio.run(deliver(app, lambda: NOW + timedelta(days=days), transport=open_transport(changed)))
    return len(list(folder.glob("*.eml")))


def urls_of(letter: bytes) -> set[str]:
    """Every address of ours in the headers and in both parts."""
    message = email.message_from_bytes(letter, policy=email.policy.default)
    parts = [part.get_content() for part in message.walk() if not part.is_multipart()]
    found = re.findall(r"http://127\.0\.0\.1:\d+(/[^\s\"<>]*)", "\n".join([*parts, str(message["List-Unsubscribe"])]))
    return {url.replace("&amp;", "&") for url in found}


def kind(url: str) -> str:
    return url.split("/")[1]


def browser(app: App) -> TestClient:
    """A person's browser without a memory, two days after the letters, with a minute between two looks; never turned away for asking often.

    What it does is noted when its answer has left.
    """
    minutes = count()
    section = app.settings.web.model_copy(update={"rate_limit": None})
    tracking = app.settings.tracking.model_copy(update={"flush": None})
    patient = replace(app, settings=app.settings.model_copy(update={"web": section, "tracking": tracking}))
    web = make_web(patient, clock=lambda: NOW + timedelta(days=2, minutes=next(minutes)))
    return TestClient(web, base_url="http://127.0.0.1:8025", follow_redirects=False, headers={"user-agent": BROWSER})


def one_click(letter: bytes) -> str:
    header = str(email.message_from_bytes(letter)["List-Unsubscribe"])
    return re.sub(r"^<https?://[^/]+|>$", "", header)


KINDS = {"u", "p", "w", "v"}


def test_looking_at_every_link_of_a_letter_changes_nothing_but_noting_an_allowed_click(town: App, letters: list[bytes]) -> None:
    """GET, HEAD and OPTIONS on every address of ours: only a click address and the picture append observations, and no choice."""
    before = dump(town)
    urls = {url for letter in letters[:6] for url in urls_of(letter)}
    assert KINDS <= {kind(url) for url in urls} <= KINDS | {"c", "o", "s", "pictures"}
    hidden = {url for url in urls if kind(url) == "c" and read_click_token(town.key, url.rpartition("/")[2])[1] == TRAP}  # type: ignore[index]
    urls -= hidden
    with browser(town) as client:
        for url in sorted(urls):
            for method in ("HEAD", "OPTIONS"):
                assert client.request(method, url).status_code < 500
            if kind(url) in KINDS:
                assert client.get(url).status_code == 200
        looked = dump(town)
        assert {table for table in looked if looked[table] != before[table]} == {"observations"}
        assert {row.split("'")[3] for row in looked["observations"]} == {"machine"}
        followed = sorted(url for url in urls if kind(url) == "c")
        assert {client.get(url).status_code for url in followed} == {302}
    clicks = len(followed)
    after = dump(town)
    assert clicks > 8, "some of these people allow clicks to be measured"
    assert {table for table in after if after[table] != before[table]} == {"events", "impressions", "observations"}
    assert set(after["events"]) > set(before["events"])
    with reading(town.engine) as db:
        assert db.execute(text("SELECT count(*) FROM events WHERE kind = 'clicked'")).scalar() == clicks
        assert db.execute(text("SELECT count(*) FROM impressions WHERE clicked_at IS NOT NULL")).scalar() == clicks


def test_the_one_click_ends_the_letters_also_one_already_planned(town: App, letters: list[bytes], tmp_path: Path) -> None:
    schedule(town, "weekly", NOW + timedelta(days=7))
    letter = letters[0]
    with TestClient(make_web(town), base_url="http://127.0.0.1:8025", follow_redirects=False) as browser:
        answer = browser.post(one_click(letter), data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert not answer.cookies
    assert _deliver(town, tmp_path / "second", 8) == len(letters) - 1
    to = email.message_from_bytes(letter)["To"]
    assert all(email.message_from_bytes(file.read_bytes())["To"] != to for file in (tmp_path / "second").glob("*.eml"))
    lines: list[object] = []
    plan(town, "weekly", NOW + timedelta(days=14), line=lines.append)
    stopped = [line for line in lines if isinstance(line, Skipped) and line.reason == Skip.no_consent]
    assert len(lines) - len(stopped) == len(letters) - 1
