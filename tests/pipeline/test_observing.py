"""What is noted of a letter's links and picture: with consent alone, by whom, together, and never lost."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from composer.app import App
from composer.domain.consent import OPENS, ConsentRow, State
from composer.domain.observed import Ask, Look, Sign
from composer.domain.tokens import TRAP, Purpose, click_token, read_token
from composer.errors import ComposerError
from composer.pipeline.gathering import Gathering
from composer.pipeline.links import letter_page
from composer.pipeline.observing import observe
from composer.pipeline.report import report
from composer.store.consents import append, granted
from composer.store.engine import DatabaseTrouble, reading, writing
from composer.web.public.open import PICTURE

from .conftest import NOW, dump
from .test_clicks import clicks_of, letter, noted, parts_of, subject_of
from .test_links import browser, kind, letters, urls_of

__all__ = ["letter", "letters"]  # the fixtures
LATER = NOW + timedelta(days=2)


def pixels_of(one: bytes) -> list[str]:
    return [url for url in urls_of(one) if kind(url) == "o"]


def seen(app: App) -> list[tuple[str, int, str]]:
    with reading(app.engine) as db:
        return [tuple(row) for row in db.execute(text("SELECT kind, position, maker FROM observations ORDER BY kind, position, maker"))]


def clicked(letter_: bytes, app: App, seconds: int, position: int, *signs: Sign, ask: Ask = Ask.clicked) -> Look:
    return Look(subject_of(app, clicks_of(letter_)[0]), ask, position, LATER + timedelta(seconds=seconds), signs, f"guide/{position}")


def test_the_picture_stands_in_letters_to_those_who_consented_to_it_and_in_no_other(town: App, letters: list[bytes]) -> None:
    with reading(town.engine) as db:
        for one in letters:
            view = next(url for url in urls_of(one) if kind(url) == "v")
            subject = read_token(town.keys, Purpose.view, view.rpartition("/")[2])
            assert subject
            asked = OPENS in granted(db, [subject.recipient])[subject.recipient]
            assert len(pixels_of(one)) == int(asked)
    assert 0 < sum(bool(pixels_of(one)) for one in letters) < len(letters)


def test_no_part_that_people_see_holds_the_hidden_link(letter: bytes) -> None:
    words, html = (part.get_content() for part in parts_of(letter))
    (hidden,) = re.findall(
        r'<div aria-hidden="true" style="display:none[^"]*"><a href="([^"]+)" rel="nofollow" tabindex="-1"></a></div>', html
    )
    assert hidden.rpartition("/")[2] not in words
    assert html.count("/c/") == html.count(hidden) + sum(html.count(url) for url in clicks_of(letter))


def test_an_open_is_counted_while_the_consent_holds_and_every_address_gives_the_same_picture(town: App, letters: list[bytes]) -> None:
    url = next(url for one in letters for url in pixels_of(one))
    subject = read_token(town.keys, Purpose.open, url.rpartition("/")[2].removesuffix(".gif"))
    assert subject
    with browser(town) as client:
        first = client.get(url)
        assert (first.content, first.headers["content-type"]) == (PICTURE, "image/gif")
        assert seen(town) == [("opened", 0, "person")]
        client.get(url, headers={"user-agent": "Mozilla/5.0 (via ggpht.com GoogleImageProxy)"})
        assert seen(town) == [("opened", 0, "person"), ("opened", 0, "proxy")]
        with writing(town.engine) as db:
            append(db, [(subject.recipient, ConsentRow(OPENS, State.withdrawn, "preferences", LATER))], LATER)
        before = dump(town)
        for path in (url, "/o/nonsense.gif", url.replace(".gif", "x.gif")):
            again = client.get(path)
            assert (again.status_code, again.content, dict(again.headers)) == (200, first.content, dict(first.headers))
        assert dump(town) == before


def test_a_gateway_that_follows_every_link_is_found_out_late_and_nothing_it_did_is_left_to_learn_from(town: App, letter: bytes) -> None:
    assert observe(town, [clicked(letter, town, 0, 1)]) == 1
    assert observe(town, [clicked(letter, town, 2, 2)]) == 1
    assert len(noted(town)) == 2
    observe(town, [clicked(letter, town, 4, 3), clicked(letter, town, 5, 4)])
    assert noted(town) == []
    assert {maker for _, _, maker in seen(town)} == {"machine"}
    assert observe(town, [clicked(letter, town, 3600, 2)]) == 1, "the reader comes later"
    assert len(noted(town)) == 1
    found = report(town, "weekly")["observed"]
    assert found["clicked"] == {"person": 1, "machine": 4, "proxy": 0}
    assert found["signs"]["many"] == 4


def test_the_hidden_link_leads_to_the_site_and_tells_of_the_others(town: App, letter: bytes) -> None:
    subject = subject_of(town, clicks_of(letter)[0])
    observe(town, [clicked(letter, town, 60, 1)])
    observe(town, [clicked(letter, town, 64, 0, ask=Ask.trap)])
    assert noted(town) == []
    with browser(town) as client:
        answer = client.get(f"/c/{click_token(town.keys.at(subject.scheduled), subject, TRAP)}")
    assert (answer.status_code, answer.headers["location"].rstrip("/")) == (302, town.settings.sender.site.rstrip("/"))


@pytest.mark.parametrize(
    ("setting", "value", "looks"),
    [
        ("together", timedelta(seconds=1), ((0, ()), (4, ()), (8, ()))),
        ("soon", timedelta(days=400), ((0, (Sign.silent,)),)),
    ],
)
def test_each_setting_changes_what_is_taken_for_a_program(
    town: App, letter: bytes, setting: str, value: timedelta, looks: tuple[tuple[int, tuple[Sign, ...]], ...]
) -> None:
    tracking = town.settings.tracking.model_copy(update={setting: value})
    changed = replace(town, settings=town.settings.model_copy(update={"tracking": tracking}))
    asked = [clicked(letter, town, at, place, *signs) for place, (at, signs) in enumerate(looks, 1)]
    people = observe(changed, asked)
    with writing(town.engine) as db:
        db.execute(text("DELETE FROM observations"))
        db.execute(text("DELETE FROM events WHERE kind = 'clicked'"))
    assert people != observe(town, asked)


def test_the_network_of_programs_is_a_hint(town: App, letter: bytes) -> None:
    tracking = town.settings.tracking.model_copy(update={"networks": ("0.0.0.0/0",)})
    changed = replace(town, settings=town.settings.model_copy(update={"tracking": tracking}))
    with browser(changed) as client:
        client._transport.client = ("192.0.2.7", 4711)  # type: ignore[attr-defined]
        client.get(clicks_of(letter)[0], headers={"user-agent": ""})
    assert {maker for _, _, maker in seen(town)} == {"machine"}


def test_the_view_in_the_browser_shows_the_picture_and_the_hidden_link_of_the_very_letter(town: App, letters: list[bytes]) -> None:
    one = next(one for one in letters if pixels_of(one))
    view = next(url for url in urls_of(one) if kind(url) == "v")
    subject = read_token(town.keys, Purpose.view, view.rpartition("/")[2])
    assert subject
    _, html = (part.get_content() for part in parts_of(one))
    page = letter_page(town, subject)
    assert page
    assert page.html == html.rstrip("\n")


def test_what_waits_is_written_together_and_nothing_is_lost_while_the_database_is_away() -> None:
    written: list[list[int]] = []
    away = True

    def write(group: list[int]) -> None:
        if away:
            raise DatabaseTrouble("locked", where="here", do="wait")
        written.append(group)

    gathering: Gathering[int] = Gathering(write, timedelta(hours=1))
    for one in range(500):
        gathering.add(one)
    gathering.flush()
    assert written == []
    away = False
    gathering.close()
    assert [one for group in written for one in group] == list(range(500))
    assert max(map(len, written)) <= 200
    gathering.add(500)
    assert written[-1] == [500], "after the end each one is written at once"


def test_what_waits_is_written_when_its_time_comes(tmp_path: Path) -> None:
    import threading

    came = threading.Event()
    gathering: Gathering[int] = Gathering(lambda group: came.set(), timedelta(milliseconds=5))
    gathering.add(1)
    assert came.wait(10)
    gathering.close()


def test_one_that_cannot_be_written_holds_up_no_other() -> None:
    written: list[int] = []

    def write(group: list[int]) -> None:
        if 1 in group:
            raise ComposerError("broken", where="here", do="nothing")
        written.extend(group)

    gathering: Gathering[int] = Gathering(write, None)
    gathering.add(1)
    gathering.add(2)
    assert written == [2]
