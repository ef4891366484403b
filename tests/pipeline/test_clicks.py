"""Click addresses and the view page of letters that were sent: where they lead, what they note, and whom they know."""

from __future__ import annotations

import dataclasses
import email
import email.policy
import re
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import text

from composer.app import App
from composer.domain.consent import CLICKS, PROFILING, ConsentRow, State
from composer.domain.level import Level
from composer.domain.tokens import Purpose, Subject, click_token, make_token, read_click_token, read_token
from composer.pipeline.links import find_link
from composer.pipeline.plan import schedule
from composer.store.choices import save_choices
from composer.store.consents import append
from composer.store.engine import reading, writing
from composer.store.letters import letter_of
from composer.store.privacy import erase

from .conftest import NOW, dump
from .test_links import browser, kind, letters, urls_of

__all__ = ["letters"]  # the fixture
LATER = NOW + timedelta(days=2)


def parts_of(letter: bytes) -> list[EmailMessage]:
    message = email.message_from_bytes(letter, policy=email.policy.default)
    return [part for part in message.walk() if not part.is_multipart()]


def clicks_of(letter: bytes) -> list[str]:
    """Where its blocks lead: the text part holds no other click address."""
    (words,) = [part.get_content() for part in parts_of(letter) if part.get_content_type() == "text/plain"]
    return sorted(url for url in urls_of(letter) if kind(url) == "c" and url in words)


def subject_of(app: App, url: str) -> Subject:
    named = read_click_token(app.key, url.rpartition("/")[2])
    assert named
    return named[0]


@pytest.fixture
def letter(letters: list[bytes]) -> bytes:
    """A letter to somebody whose clicks may be measured."""
    return next(letter for letter in letters if clicks_of(letter))


def noted(app: App) -> list[tuple[str, int]]:
    """(module, letter) of every click noted, and as many impressions are marked."""
    with reading(app.engine) as db:
        events = [tuple(row) for row in db.execute(text("SELECT module, outbox FROM events WHERE kind = 'clicked' ORDER BY number"))]
        marked = db.execute(text("SELECT count(*) FROM impressions WHERE clicked_at IS NOT NULL")).scalar()
    assert marked == len(events)
    return events


def test_every_link_leads_to_its_blocks_own_target_with_campaign_marks(town: App, letter: bytes) -> None:
    with reading(town.engine) as db:
        stored = letter_of(db, subject_of(town, clicks_of(letter)[0]))
    assert stored
    assert stored.newsletter
    library = town.library().library
    met = set()
    with browser(town) as client:
        for url in clicks_of(letter):
            position = read_click_token(town.key, url.rpartition("/")[2])[1]  # type: ignore[index]
            block = stored.newsletter.blocks[position - 1]
            answer = client.get(url)
            target, wanted = urlsplit(answer.headers["location"]), library.modules[library.index[block.module]].target(block.call)
            assert answer.status_code == 302
            assert answer.headers["cache-control"] == "no-store"
            assert "set-cookie" not in answer.headers
            assert answer.headers["location"].startswith(wanted.partition("#")[0] if wanted else town.settings.sender.site)
            marks = {key: values[0] for key, values in parse_qs(target.query).items()}
            assert marks["utm_content"] == f"{block.module.replace('/', '.')}.{position}"
            assert (marks["utm_source"], marks["utm_medium"], marks["utm_campaign"]) == ("newsletter", "email", "weekly")
            met.add(block.module)
    assert len(noted(town)) == len(met) == len(clicks_of(letter)) > 1


def test_no_letter_below_premium_carries_a_click_address(town: App, letters: list[bytes]) -> None:
    for letter in letters:
        view = next(url for url in urls_of(letter) if kind(url) == "v")
        subject = read_token(town.key, Purpose.view, view.rpartition("/")[2])
        assert subject
        with reading(town.engine) as db:
            stored = letter_of(db, subject)
        assert stored
        assert stored.newsletter
        assert bool(clicks_of(letter)) == (stored.newsletter.level == Level.premium)


def test_a_click_is_noted_once_whoever_repeats_it_and_never_for_a_look(town: App, letter: bytes) -> None:
    url = clicks_of(letter)[0]
    with browser(town) as client:
        assert client.head(url).status_code == 302
        assert client.options(url).status_code == 405
        assert client.get(url, headers={"sec-purpose": "prefetch;prerender"}).status_code == 302
        assert client.post(url).status_code == 405
        assert noted(town) == []
        assert {client.get(url).status_code for _ in range(3)} == {302}
        assert len(noted(town)) == 1


@pytest.mark.parametrize("withdrawn", [CLICKS, PROFILING, "level"])
def test_who_withdraws_is_led_on_and_watched_no_more_in_letters_sent_before(town: App, letter: bytes, withdrawn: str) -> None:
    first, second = clicks_of(letter)[:2]
    who = subject_of(town, first).recipient
    with browser(town) as client:
        client.get(first)
        assert len(noted(town)) == 1
        with writing(town.engine) as db:
            if withdrawn == "level":
                save_choices(db, who, Level.standard, "", (), LATER)
            else:
                append(db, [(who, ConsentRow(withdrawn, State.withdrawn, "preferences", LATER))], LATER)
        before = dump(town)
        assert client.get(second).status_code == 302
        assert dump(town) == before


def test_no_address_makes_this_a_way_to_anywhere_else(town: App, letter: bytes) -> None:
    """The target is what was decided, whatever stands behind the token, in the query, in the headers."""
    url = clicks_of(letter)[0]
    evil = "https://evil.example/"
    with browser(town) as client:
        target = client.get(url).headers["location"]
        for query in (f"?url={evil}", f"?to={evil}&utm_source={evil}", f"?{evil}", "?next=//evil.example", "#https://evil.example"):
            assert client.get(url + query).headers["location"] == target
        for name in ("host", "x-forwarded-host", "referer", "origin"):
            assert client.get(url, headers={name: "evil.example"}).headers["location"] == target
        for path in (
            f"{url}/{evil}",
            f"{url}//evil.example",
            f"/c/{evil}",
            "/c//evil.example",
            f"{url}%2f..%2fevil",
            url + "%0d%0aLocation:x",
        ):
            answer = client.get(path)
            assert answer.status_code == 404
            assert "location" not in answer.headers


def test_a_token_that_is_not_one_of_ours_is_a_calm_404_and_leads_nowhere(town: App, letter: bytes) -> None:
    url = clicks_of(letter)[0]
    token, subject = url.rpartition("/")[2], subject_of(town, url)
    with browser(town) as client:
        before = dump(town)
        unknown = client.get("/c/nonsense")
        assert unknown.status_code == 404
        assert "This link leads nowhere" in unknown.text
        others = [make_token(town.key, purpose, subject) for purpose in Purpose]
        others += [token[:place] + ("B" if token[place] != "B" else "C") + token[place + 1 :] for place in range(len(token))]
        others += [click_token(b"another key" * 3, subject, 1), click_token(town.key, subject, 99), click_token(town.key, subject, 0)]
        others += [click_token(town.key, dataclasses.replace(subject, recipient=4_000_000), 1)]
        others += [click_token(town.key, dataclasses.replace(subject, campaign=77), 1)]
        for other in others:
            for answer in (client.get(f"/c/{other}"), client.get(f"/v/{other}") if other not in others[: len(Purpose)] else unknown):
                assert (answer.status_code, answer.text) == (unknown.status_code, unknown.text)
                assert "location" not in answer.headers
        assert dump(town) == before


def test_the_token_of_somebody_erased_is_unknown(town: App, letter: bytes) -> None:
    url, view = clicks_of(letter)[0], next(url for url in urls_of(letter) if kind(url) == "v")
    with browser(town) as client:
        assert client.get(url).status_code == 302
        assert client.get(view).status_code == 200
        with writing(town.engine) as db:
            erase(db, subject_of(town, url).recipient, town.key, LATER)
        before = dump(town)
        for path in (url, view):
            answer = client.get(path)
            assert (answer.status_code, answer.text) == (404, client.get("/c/nonsense").text)
        assert dump(town) == before


def test_the_view_page_is_the_letter_that_was_sent(town: App, letters: list[bytes]) -> None:
    with browser(town) as client:
        for letter in letters[:4]:
            message = email.message_from_bytes(letter, policy=email.policy.default)
            html = message.get_body(("html",)).get_content()  # type: ignore[union-attr]
            answer = client.get(next(url for url in urls_of(letter) if kind(url) == "v"))
            assert answer.text.splitlines() == html.splitlines()


def test_the_view_page_lets_styles_and_our_pictures_in_and_nothing_else(town: App, letter: bytes) -> None:
    with browser(town) as client:
        answer = client.get(next(url for url in urls_of(letter) if kind(url) == "v"))
    policy = dict(part.strip().partition(" ")[::2] for part in answer.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["style-src"] == "'unsafe-inline'"
    assert set(policy["img-src"].split()) == {"'self'", "http://127.0.0.1:8025"}
    assert (policy["form-action"], policy["frame-ancestors"], policy["base-uri"]) == ("'none'", "'none'", "'none'")
    assert "script-src" not in policy
    assert "set-cookie" not in answer.headers
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-robots-tag"] == "noindex"
    assert answer.headers["cache-control"] == "no-store"
    pictures = [src for src in re.findall(r'src="([^"]+)"', answer.text) if not src.startswith("http://127.0.0.1:8025/o/")]
    assert all(src.startswith("http://127.0.0.1:8025/pictures/") for src in pictures), pictures


def test_letters_outlive_the_library_they_were_made_from(town: App, letter: bytes, tmp_path: Path) -> None:
    """Modules edited or removed since change neither where a link leads nor the letter that is shown."""
    url, view = clicks_of(letter)[0], next(url for url in urls_of(letter) if kind(url) == "v")
    with browser(town) as client:
        target, shown = client.get(url).headers["location"], client.get(view).text
    (tmp_path / "none").mkdir()
    section = town.settings.library.model_copy(update={"modules": tmp_path / "none"})
    bare = dataclasses.replace(town, settings=town.settings.model_copy(update={"library": section}), _versions={})
    assert not bare.library().library.modules
    with browser(bare) as client:
        assert client.get(url).headers["location"] == target
        assert client.get(view).text == shown


def test_a_letter_that_has_not_left_notes_nothing_and_cannot_be_viewed(town: App, letters: list[bytes]) -> None:
    """Operators look at previews: their clicks lead on and count for nobody."""
    url = next(url for letter in letters for url in clicks_of(letter))
    schedule(town, "weekly", NOW + timedelta(days=7))
    subject = dataclasses.replace(subject_of(town, url), scheduled=NOW + timedelta(days=7))
    link = find_link(town, click_token(town.key, subject, 1), LATER)
    assert link
    assert not link.left
    with browser(town) as client:
        before = dump(town)
        assert client.get(f"/c/{click_token(town.key, subject, 1)}").headers["location"] == link.target
        assert client.get(f"/v/{make_token(town.key, Purpose.view, subject)}").status_code == 404
        assert dump(town) == before


def test_trouble_with_noting_a_click_keeps_nobody_from_where_they_go(town: App, letter: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError("the disk is full")

    monkeypatch.setattr("composer.web.app.observe", full)
    with browser(town) as client:
        assert client.get(clicks_of(letter)[0]).status_code == 302
