"""A walk through everything a recipient may do, by keyboard alone and without JavaScript, in English and in Finnish."""

from __future__ import annotations

import asyncio
import threading
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import text

from composer.store.engine import reading, writing
from composer.web.app import make_web
from composer.web.server import make_server
from tests.mission.reader import Letter, Reader
from tests.path.conftest import REPOSITORY
from tests.web.test_browser import browser as browser

TEXTS = REPOSITORY / "templates" / "pages" / "texts"
MOST_TABS = 150
FOCUSED = "(e => [e.innerText, e.value, ...[...(e.labels || [])].map(l => l.innerText)].join())(document.activeElement)"


@pytest.fixture
def base(reader: Reader) -> Iterator[str]:
    server = make_server(make_web(replace(reader.app), clock=lambda: reader.now), "127.0.0.1", 0)
    thread = threading.Thread(target=server.run)
    thread.start()
    yield server.url.rstrip("/")
    server.should_exit = True
    thread.join()


def reach(page: Page, words: str) -> None:
    """Press Tab until the focus is on what says `words`, as somebody without a mouse does."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if words in page.evaluate(FOCUSED):
            return
    raise AssertionError(f"no way to '{words}' with Tab on {page.title()}")


def press(page: Page, words: str, key: str = "Enter") -> None:
    reach(page, words)
    with page.expect_navigation():
        page.keyboard.press(key)


@pytest.fixture(params=["en", "fi"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def letter(reader: Reader, language: str) -> Letter:
    """Got in a thread of its own: Playwright's loop runs in this one."""
    with writing(reader.app.engine) as db:
        db.execute(text("UPDATE recipients SET language = :language"), {"language": language})
    found: list[Letter] = []
    thread = threading.Thread(target=lambda: found.append(asyncio.run(reader.must(pinned=["survey/what-next"]))))
    thread.start()
    thread.join()
    return found[0]


def test_everything_a_recipient_may_do_is_done_with_the_keyboard_alone(
    reader: Reader, letter: Letter, base: str, browser: Browser, language: str
) -> None:
    t: dict[str, Any] = tomllib.loads((TEXTS / f"{language}.toml").read_text(encoding="utf-8"))
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    page = context.new_page()

    page.goto(base + letter.path("w"))
    press(page, t["why"]["next"]["preferences"])
    assert page.get_by_role("heading", level=1).inner_text() == t["preferences"]["title"]
    reach(page, t["preferences"]["levels"]["premium"]["name"])
    page.keyboard.press("ArrowUp")  # to the level below
    press(page, t["preferences"]["save"])
    assert t["preferences"]["saved"] in page.get_by_role("status").first.inner_text()
    assert _one(reader, "SELECT level FROM recipients") == "standard"

    page.goto(base + letter.path("s"))
    press(page, t["survey"]["send"])  # the letter's link chose the answer
    assert t["survey"]["thanks"] in page.get_by_role("heading", level=1).inner_text()
    assert _one(reader, "SELECT count(*) FROM events WHERE kind = 'survey'") == 1

    own = letter.path("p").partition("?")[0]
    page.goto(f"{base}{own}/rights")
    press(page, t["rights"]["see"]["look"])
    assert "r1@example.com" in page.inner_text("main")
    page.goto(base + letter.path("u"))
    press(page, t["unsubscribe"]["button"])
    assert page.get_by_role("heading", level=1).inner_text() == t["unsubscribed"]["title"]

    page.goto(f"{base}{own}/rights")
    press(page, t["rights"]["erase"]["button"])
    press(page, t["erase"]["button"])
    assert page.get_by_role("heading", level=1).inner_text() == t["erased"]["title"]
    assert _one(reader, "SELECT count(*) FROM recipients WHERE address <> ''") == 0
    assert context.cookies() == []
    context.close()


def _one(reader: Reader, query: str) -> object:
    with reading(reader.app.engine) as db:
        return db.execute(text(query)).scalar_one()
