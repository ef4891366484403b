"""Six different people, one morning, one company: their letters differ where they should, and anybody can read them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, sync_playwright

from composer.app import App
from composer.domain.newsletter import Newsletter
from composer.pipeline.preview import Preview
from tools.pictures import CHROMIUM, QUIET
from tools.six_letters import LAYOUTS, PEOPLE, installation, letters, serve_pictures

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
"""axe-core as the package carries it: injected by hand, so that the letter's own page stays as it is."""


@pytest.fixture(scope="module")
def app() -> Iterator[App]:
    with installation() as made:
        yield made


@pytest.fixture(scope="module")
def seen(app: App) -> dict[str, dict[str, Preview]]:
    return {layout: letters(app, layout) for layout in LAYOUTS}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield started
        started.close()


def newsletter(preview: Preview) -> Newsletter:
    assert isinstance(preview.explanation.outcome, Newsletter)
    return preview.explanation.outcome


def modules(preview: Preview) -> list[str]:
    return [block.module for block in newsletter(preview).blocks]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_everybody_gets_a_letter_without_findings(seen: dict[str, dict[str, Preview]], layout: str) -> None:
    for name in PEOPLE:
        found = seen[layout][name]
        assert found.message, name
        assert 4 <= len(modules(found)) <= 6
        assert [finding for finding in found.findings if finding.blocks] == [], name


def test_no_two_letters_hold_the_same_blocks(seen: dict[str, dict[str, Preview]]) -> None:
    assert len({tuple(modules(preview)) for preview in seen["newsletter"].values()}) == len(PEOPLE)


def test_the_storm_notice_stands_first_in_its_region_and_nowhere_else(seen: dict[str, dict[str, Preview]]) -> None:
    for layout in LAYOUTS:
        first = {name: modules(preview)[0] for name, preview in seen[layout].items()}
        assert first.pop("storm") == "notice/storm"
        assert all("notice/storm" not in modules(seen[layout][name]) for name in first)


def test_finance_and_it_are_spoken_to_in_their_own_tone(seen: dict[str, dict[str, Preview]]) -> None:
    tone = {name: newsletter(preview).tone.chosen for name, preview in seen["newsletter"].items()}
    assert tone["cfo"] == "business"
    assert tone["storm"] == "technical"
    assert tone["new-lead"] == "plain"


def test_the_new_lead_is_called_to_other_acts_than_the_customer(seen: dict[str, dict[str, Preview]]) -> None:
    assert "discover" in {block.call for block in newsletter(seen["newsletter"]["new-lead"]).blocks}
    assert "renew" in {block.call for block in newsletter(seen["newsletter"]["cfo"]).blocks}


def test_clicks_are_measured_for_those_alone_who_agreed(seen: dict[str, dict[str, Preview]]) -> None:
    marked = {name: "/c/" in (preview.message.html if preview.message else "") for name, preview in seen["newsletter"].items()}
    assert marked == {"cfo": True, "hr": True, "machine-shop": False, "new-lead": False, "silent-grower": True, "storm": True}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_axe_finds_nothing_serious(app: App, seen: dict[str, dict[str, Preview]], browser: Browser, layout: str) -> None:
    for name in PEOPLE:
        message = seen[layout][name].message
        assert message
        for scheme, width in (("light", 700), ("dark", 390)):
            context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
            context.route("**/*", lambda route: serve_pictures(route, app))
            page = context.new_page()
            page.set_content(message.html)
            page.evaluate(AXE)
            found = page.evaluate("() => axe.run()")
            worst = [violation for violation in found["violations"] if violation["impact"] in ("serious", "critical")]
            what = [(v["id"], [node["target"] for node in v["nodes"]][:3]) for v in worst]
            assert found["passes"], "axe looked at nothing"
            assert worst == [], f"{name} {layout} {scheme}: {json.dumps(what)}"
            context.close()
