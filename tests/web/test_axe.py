"""axe-core looks at every page of the recipients, in light and dark: nothing serious stands in anybody's way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from playwright.sync_api import Page

from composer.domain.tokens import Purpose
from tests.web.test_browser import base as base
from tests.web.test_browser import browser as browser
from tests.web.test_every_page import PAGES, PURPOSES, address
from tests.web.world import World

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
NO_PAGES = {"/health", "/metrics", "/o/{t}.gif", "/pictures/{picture}", "/p/{t}/data.json", "/api/v1/openapi.json", "/subscribe.css"}
LOOKED_AT = [path for path in PAGES if path not in NO_PAGES and not path.startswith("/inbox")]
WORST = ("serious", "critical")


@pytest.fixture
def open_page(browser: Any) -> Iterator[Page]:
    """A page that lets the looker's own script in: ours have none. Nothing moves: a colour half-way to dark is none that anybody reads."""
    context = browser.new_context(bypass_csp=True, reduced_motion="reduce", viewport={"width": 390, "height": 844})
    yield context.new_page()
    context.close()


def found(page: Page, where: str) -> list[str]:
    """What axe finds in both colour schemes."""
    page.evaluate(AXE)
    told = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        seen = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
        assert seen["passes"], "axe looked at nothing"
        bad = [violation for violation in seen["violations"] if violation["impact"] in WORST]
        told += [f"{where} {scheme}: {one['id']} {[node['target'] for node in one['nodes']][:3]}" for one in bad]
    return told


def test_axe_finds_nothing_serious_on_any_page(world: World, base: str, open_page: Page) -> None:
    told: list[str] = []
    for path in LOOKED_AT:
        answer = open_page.goto(f"{base}{address(world, path)}")
        assert answer is not None
        assert answer.status == 200, path
        told += found(open_page, path)
    assert {*PURPOSES, "/subscribe"} - NO_PAGES <= set(LOOKED_AT)
    for path in (
        "/nothing/here",
        f"/u/{world.token(Purpose.unsubscribe_body)}?wish=fewer",
        f"/u/{world.token(Purpose.unsubscribe_body)}?wish=pause",
    ):
        open_page.goto(f"{base}{path}")
        told += found(open_page, path)
    assert told == []


def test_axe_finds_nothing_serious_on_the_answers(world: World, base: str, open_page: Page) -> None:
    told: list[str] = []
    for path, button in (
        (f"/u/{world.token(Purpose.unsubscribe_body, 1)}", "Peruuta tilaus"),
        ("/subscribe", None),
    ):
        open_page.goto(f"{base}{path}")
        if button is None:  # an address that is none: the form comes back with what is wrong
            open_page.evaluate("document.querySelector('form').noValidate = true")
            open_page.locator("input[type=email]").fill("nobody")
            open_page.locator("form button[type=submit], form button:not([type])").first.click()
        else:
            open_page.get_by_role("button", name=button).click()
        told += found(open_page, f"{path} answered")
    assert told == []
