"""Real browser, real server: pages work without JavaScript, fit a phone, and obey their own policy."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, sync_playwright
from sqlalchemy import text
from starlette.testclient import TestClient

from composer.domain.tokens import Purpose
from composer.store.engine import reading
from composer.web.app import make_web
from composer.web.public.subscribe import embeddable
from composer.web.server import make_server
from tests.web.world import NOW, World, asked

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def base(world: World) -> Iterator[str]:
    server = make_server(make_web(world.app, inbox=world.inbox, clock=lambda: NOW), "127.0.0.1", 0)
    thread = threading.Thread(target=server.run)
    thread.start()
    yield server.url.rstrip("/")
    server.should_exit = True
    thread.join()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A phone without JavaScript."""
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    yield context.new_page()
    context.close()


def test_unsubscribing_takes_one_press_without_javascript(world: World, base: str, page: Page) -> None:
    page.goto(f"{base}/u/{world.token(Purpose.unsubscribe_body)}")
    assert "letters" in world.granted()
    page.get_by_role("button", name="Unsubscribe").click()
    assert page.get_by_role("heading", level=1).inner_text() == "You have unsubscribed"
    assert "letters" not in world.granted()
    assert page.context.cookies() == []


def test_unsubscribing_in_finnish_stays_in_finnish(world: World, base: str, page: Page) -> None:
    page.goto(f"{base}/u/{world.token(Purpose.unsubscribe_body, 1)}")
    page.get_by_role("button", name="Peruuta tilaus").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Tilauksesi on peruutettu"
    assert "letters" not in world.granted(1)


def test_fewer_letters_and_a_pause_by_keyboard_alone(world: World, base: str, page: Page) -> None:
    page.goto(f"{base}/u/{world.token(Purpose.unsubscribe_body, 1)}")
    page.get_by_role("link", name="Harvemmin kirjeitä").press("Enter")
    page.get_by_role("button", name="Enintään kerran kuussa").press("Enter")
    assert page.get_by_role("heading", level=1).inner_text() == "Enintään yksi kirje kuussa"
    page.get_by_role("link", name="Peruutan mieluummin tilauksen").press("Enter")
    page.get_by_role("link", name="Tauko").press("Enter")
    page.get_by_label("Tai valitsemaasi päivään asti").fill("2026-12-24")
    page.get_by_role("button", name="Tauko siihen päivään asti").press("Enter")
    assert page.get_by_role("heading", level=1).inner_text() == "Ei kirjeitä ennen päivää 24. joulukuuta 2026"
    stands = world.recipient(1)
    assert (stands.frequency, f"{stands.paused_until:%Y-%m-%d %H:%M}") == ("monthly", "2026-12-23 22:00")
    assert "letters" in world.granted(1)


def test_from_why_to_preferences_and_back_by_keyboard_alone(world: World, base: str, page: Page) -> None:
    page.goto(f"{base}/w/{world.token(Purpose.why)}")
    page.get_by_role("link", name="Change my preferences").press("Enter")
    page.get_by_label("Basic").press("Space")
    page.get_by_label("Measure which links I open").press("Space")
    page.locator("summary", has_text="When and how often").press("Enter")
    page.get_by_label("Evening").press("Space")
    page.get_by_label("One a month at most").press("Space")
    page.get_by_role("button", name="Save my choices").press("Enter")
    assert page.get_by_role("status").inner_text() == "Saved. This is how it stands now."
    assert page.get_by_label("Basic").is_checked()
    assert page.get_by_text("Evening · One a month at most").is_visible(), "what holds is said while the rest is folded away"
    page.locator("summary", has_text="When and how often").press("Enter")
    assert page.get_by_label("Evening").is_checked()
    assert (world.recipient().level, world.recipient().daypart) == ("basic", "evening")
    assert "clicks" in world.granted()


def test_less_like_this_is_asked_and_taken_back_by_keyboard_alone(world: World, base: str, page: Page) -> None:
    page.goto(f"{base}/w/{world.token(Purpose.why, 1)}")
    page.get_by_role("button", name=re.compile("^Vähemmän tällaista.*Thing 2$")).press("Enter")
    part = page.locator("#part2")
    assert part.get_by_role("status").inner_text() == "Pyysit, ettei tämä osa tule enää, ja vähemmän tällaista."
    assert page.evaluate("scrollY") > 0, "the answer stands where the button was"
    part.get_by_role("button", name=re.compile("^Peru pyyntö")).press("Space")
    assert part.get_by_role("status").inner_text() == "Pyyntö on peruttu. Se ei enää vaikuta."
    assert page.context.cookies() == []


def test_letters_are_read_in_the_inbox_and_cannot_run_anything(world: World, base: str, browser: Browser) -> None:
    context = browser.new_context()
    context.route("https://x.example/**", lambda route: route.fulfill(body="elsewhere"))
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(f"{base}/")
    page.get_by_role("link", name="Open the inbox").click()
    page.get_by_role("link", name="alert").click()
    frame = page.frame_locator("iframe")
    assert frame.get_by_role("link", name="w", exact=True).count() == 1
    assert page.frames[1].evaluate("document.scripts.length") == 1, "the letter's script is there"
    assert any("Blocked script execution" in text or "Refused to" in text or "violates" in text for text in said), "and was not run"
    with context.expect_page() as opened:
        frame.get_by_role("link", name="w", exact=True).click()
    assert opened.value.url.startswith("https://x.example/w/"), "links leave the frame"
    context.close()


def test_pages_fit_a_phone_and_obey_their_own_policy(world: World, base: str, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 740}, color_scheme="dark")
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    for path in (
        "/",
        "/inbox",
        "/inbox/0000002",
        f"/u/{world.token(Purpose.unsubscribe_body)}",
        "/subscribe",
        f"/confirm/{world.confirmation()}",
        f"/p/{world.token(Purpose.preferences)}",
        f"/w/{world.token(Purpose.why)}",
        "/p/unknown",
    ):
        page.goto(base + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
    assert [text for text in said if "404" not in text] == []
    context.close()


def test_a_language_written_from_the_right_is_a_mirror_image(world: World, browser: Browser, tmp_path: Path) -> None:
    """An installation's own Arabic: dir is Babel's, nothing overflows, what begins a line in English begins it on the other side."""
    texts = tmp_path / "templates" / "pages" / "texts"
    texts.mkdir(parents=True)
    (texts / "ar.toml").write_text('[preferences]\ntitle = "رسائلك، خيارك"\n[frame]\nskip = "انتقل إلى المحتوى"\n', encoding="utf-8")
    section = world.app.settings.library.model_copy(update={"templates": tmp_path / "templates"})
    app = replace(world.app, settings=world.app.settings.model_copy(update={"library": section}))
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    with TestClient(make_web(app, inbox=world.inbox, clock=lambda: NOW), base_url="http://pages.example.com") as pages:

        def answer(route: Route) -> None:
            got = pages.get(route.request.url)
            route.fulfill(status=got.status_code, headers=dict(got.headers), body=got.content)

        context.route("**/*", answer)
        for path in (f"/p/{world.token(Purpose.preferences)}", f"/w/{world.token(Purpose.why)}", "/inbox", "/"):
            offsets = {}
            for language in ("en", "ar"):
                page.goto(f"http://pages.example.com{path}?l={language}")
                assert page.evaluate("[document.documentElement.lang, getComputedStyle(document.body).direction]") == [
                    language,
                    "rtl" if language == "ar" else "ltr",
                ]
                assert page.evaluate("document.documentElement.scrollWidth") <= 390, (path, language)
                offsets[language] = page.evaluate(
                    "[...document.querySelectorAll('.brand .icon, .switch input, .level input, .reasons > li > h3, .with-icon > .icon')]"
                    ".map(e => [e.getBoundingClientRect().left, 390 - e.getBoundingClientRect().right].map(Math.round))"
                )
            for (left, _), (_, right) in zip(offsets["en"], offsets["ar"], strict=True):
                assert abs(left - right) <= 1, (path, left, right)
    context.close()


def test_seeing_objecting_and_being_forgotten_takes_a_keyboard_and_no_javascript(world: World, base: str, page: Page) -> None:
    """mission.md: right to see all data; granular consent, portability, erasure. In Finnish, on a phone."""
    page.goto(f"{base}/p/{world.token(Purpose.preferences, 1)}/rights")
    page.get_by_role("button", name="Vastusta profilointia").press("Enter")
    assert page.get_by_role("status").inner_text() == "Tehty. Tietojasi ei enää käytetä kirjeiden sisällön valintaan."
    assert page.get_by_role("button", name="Vastusta profilointia").count() == 0
    assert world.recipient(1).level == "none"
    page.get_by_role("link", name="Katso tietoni").press("Enter")
    assert page.get_by_role("heading", level=1).inner_text() == "Mitä tietoja sinusta on"
    assert page.get_by_text("aino@example.com").count() == 1
    assert not page.get_by_text("rights-1 fi").is_visible()
    page.locator("summary", has_text="suostumukset").press("Enter")
    assert page.get_by_text("rights-1 fi").is_visible(), "the words that were shown are on record"
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    with page.expect_download() as download:
        page.get_by_role("link", name="Lataa tiedostona").press("Enter")
    assert download.value.suggested_filename == "my-data.json"
    page.get_by_role("link", name="Mitä voit vaatia").press("Enter")
    page.get_by_role("link", name="Jatka poistamiseen").press("Enter")
    assert page.get_by_role("heading", level=1).inner_text() == "Unohdetaanko sinut lopullisesti?"
    page.get_by_role("button", name="Poista kaikki tietoni").press("Enter")
    assert page.get_by_role("heading", level=1).inner_text() == "Sinut on unohdettu"
    assert world.recipient(1).address == ""
    assert world.recipient(2).address == "bob@example.com"
    assert page.context.cookies() == []


@pytest.mark.parametrize(
    ("recipient", "send", "thanks", "ask", "more"),
    [
        (2, "Send my answer", "Thank you", "What should we improve?", "Send this too"),
        (1, "Lähetä vastaukseni", "Kiitos", "Mitä meidän pitäisi parantaa?", "Lähetä tämäkin"),
    ],
)
def test_a_survey_is_answered_by_keyboard_without_javascript(
    world: World, base: str, page: Page, recipient: int, send: str, thanks: str, ask: str, more: str
) -> None:
    page.goto(f"{base}{asked(world, recipient)}?a=5")
    stars = page.get_by_role("radio")
    assert [star.is_checked() for star in stars.all()] == [True, False, False, False, False]
    stars.first.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.get_by_role("button", name=send).press("Enter")
    assert page.get_by_role("heading", level=1).inner_text() == thanks
    assert page.get_by_role("status").count() == 1
    page.get_by_label(ask).press_sequentially("A ladder")
    page.get_by_role("button", name=more).press("Enter")
    assert page.get_by_role("textbox").count() == 0
    with reading(world.app.engine) as db:
        assert [tuple(row) for row in db.execute(text("SELECT answer, asked, text FROM answers"))] == [("3", "improve", "A ladder")]
    page.get_by_role("link").filter(has_text="answer" if recipient == 2 else "vastaustani").press("Enter")
    assert page.get_by_label(ask).input_value() == "A ladder"
    assert page.context.cookies() == []


def test_signing_up_by_keyboard_from_a_form_on_another_site_without_javascript(world: World, base: str, page: Page) -> None:
    own = world.app.settings.model_copy(update={"web": world.app.settings.web.model_copy(update={"base_url": base})})
    page.route(
        "http://shop.example/",
        lambda route: route.fulfill(body=embeddable(own, "fi", ("letters",)), content_type="text/html; charset=utf-8"),
    )
    page.goto("http://shop.example/")
    page.get_by_label("Sähköpostiosoitteesi").press_sequentially("dora@example.com")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{base}/subscribe?l=fi")
    assert page.get_by_role("heading", level=1).inner_text() == "Katso nyt postilaatikkoosi"
    page.goto(f"{base}/confirm/{world.confirmation(2)}")
    assert page.get_by_role("heading", level=1).inner_text() == "Haluatko nämä kirjeet?"
    page.get_by_role("button", name="Kyllä, lähettäkää kirjeet").press("Enter")
    assert page.get_by_role("heading", level=1).inner_text() == "Tervetuloa"
    assert world.granted(3) == {"letters"}
    assert world.recipient(3).language == "fi"
    assert page.context.cookies() == []


def test_a_wrong_address_is_told_with_the_focus_on_its_field(world: World, base: str, page: Page) -> None:
    page.goto(f"{base}/subscribe?l=en")
    page.get_by_label("Your mail address").fill("nobody@nowhere")  # a browser takes it
    page.get_by_role("button", name="Sign up").press("Enter")
    assert "This is not a mail address" in page.get_by_role("alert").inner_text()
    assert page.get_by_label("Your mail address").input_value() == "nobody@nowhere"
    assert page.locator(":focus").get_attribute("id") == "email"
