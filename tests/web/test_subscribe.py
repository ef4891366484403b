"""Signing up: the form, the letter, the button. Nobody is signed up by anybody else, and no answer tells who is known."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient
from typer.testing import CliRunner

from composer.cli import build
from composer.domain.consent import ConsentRow, State
from composer.domain.level import Level
from composer.domain.signup import SignUp
from composer.errors import UsageError
from composer.pipeline.mail_bombs import Judgement
from composer.pipeline.service_letters import confirm_token
from composer.pipeline.signing_up import ask
from composer.pipeline.tidy import tidy
from composer.sections import Signup
from composer.store.consents import append, is_suppressed, suppress
from composer.store.engine import reading, writing
from composer.store.privacy import erase, export
from composer.store.recipients import address_key, find_recipients
from composer.store.service_letters import find
from composer.web.app import make_web
from composer.web.public.subscribe import embeddable
from tests.web.world import NOW, World

NEW = "dora@example.com"


def signed_up(world: World, email: str = NEW, now: datetime = NOW, **form: Any) -> Any:
    with world.client(now) as client:
        return client.post("/subscribe?l=en", data={"email": email, "level": "basic", **form})


def letters(world: World) -> list[dict[str, Any]]:
    """Confirmations that were queued, without the one that waits in the world."""
    with reading(world.app.engine) as db:
        return [dict(row) for row in db.execute(text("SELECT * FROM service_letters WHERE number > 1 ORDER BY number")).mappings()]


def token(world: World, number: int = 2) -> str:
    with reading(world.app.engine) as db:
        letter = find(db, number)
    assert letter is not None
    return confirm_token(world.app, letter)


def pressed(world: World, number: int = 2, now: datetime = NOW, language: str = "en") -> Any:
    link = token(world, number)
    with world.client(now) as client:
        return client.post(f"/confirm/{link}?l={language}")


def ledger(world: World, number: int) -> list[dict[str, Any]]:
    with reading(world.app.engine) as db:
        query = text("SELECT * FROM consents WHERE recipient = :who ORDER BY number")
        return [dict(row) for row in db.execute(query, {"who": number}).mappings()]


def with_settings(world: World, **signup: Any) -> World:
    settings = world.app.settings.model_copy(update={"signup": Signup(**signup)})
    return dataclasses.replace(world, app=dataclasses.replace(world.app, settings=settings))


def who(world: World, address: str = NEW) -> list[int]:
    with reading(world.app.engine) as db:
        return find_recipients(db, address)


def test_nobody_is_a_recipient_before_they_have_confirmed(world: World) -> None:
    before = world.dump()
    assert signed_up(world).status_code == 200
    after = world.dump()
    assert {name for name in after if after[name] != before[name]} == {"service_letters", "marks"}
    assert who(world) == []
    assert [row["address"] for row in letters(world)] == [NEW]


def test_a_confirmed_sign_up_is_a_recipient_with_what_was_chosen_and_the_proof(world: World) -> None:
    topic = min(world.app.library().library.topics)
    signed_up(world, level="premium", topic=[topic, "unheard-of"], language="fi", wording="signup-1 fi")
    answer = pressed(world, language="fi")
    assert (answer.status_code, "Tervetuloa" in answer.text) == (200, True)
    (number,) = who(world)
    person = world.recipient(number)
    assert (person.address, person.language, person.level, person.topics) == (NEW, "fi", "premium", topic)
    assert person.recipient_id.startswith("composer:signup-")
    assert world.granted(number) == {"letters", "profiling", "clicks"}
    for line in ledger(world, number):
        assert (line["source"], line["basis"], line["wording"]) == ("confirm", "consent", "signup-1 fi")
        assert "Haluan, että Example Company lähettää minulle kirjeitä" in line["proof"]
        assert "under signup-1 fi, confirmed by the link in <" in line["proof"]
        assert line["address_key"] == address_key(world.app.key, NEW)


@pytest.mark.parametrize(
    ("level", "purposes"),
    [
        ("none", {"letters"}),
        ("basic", {"letters"}),
        ("standard", {"letters", "profiling"}),
        ("premium", {"letters", "profiling", "clicks"}),
    ],
)
def test_a_level_consents_to_what_it_needs_and_no_more(world: World, level: str, purposes: set[str]) -> None:
    signed_up(world, level=level)
    pressed(world)
    assert world.granted(who(world)[0]) == purposes


def test_looking_at_the_link_confirms_nothing_and_pressing_twice_is_pressing_once(world: World) -> None:
    signed_up(world)
    link = f"/confirm/{token(world)}"
    before = world.dump()
    with world.client() as client:
        for method in ("GET", "HEAD", "OPTIONS"):
            client.request(method, link)
        page = client.get(f"{link}?l=en").text
    assert world.dump() == before
    assert page.count("<button") == 1
    assert NEW not in page, "whoever opens the link learns no address"
    pressed(world)
    once = world.dump()
    assert "Welcome" in pressed(world, now=NOW + timedelta(hours=1)).text
    assert world.dump() == once


def test_a_link_whose_time_is_over_is_an_unknown_link(world: World, client: TestClient) -> None:
    signed_up(world)
    link = token(world)
    unknown = client.post(f"/confirm/{'A' * 36}?l=en")
    with world.client(NOW + timedelta(days=3)) as late:
        answers = [late.post(f"/confirm/{link}?l=en"), late.get(f"/confirm/{link}?l=en")]
    assert [(answer.status_code, answer.text) for answer in answers] == [(404, unknown.text)] * 2
    assert "Sign up again" in unknown.text
    assert who(world) == []


def test_the_answer_is_the_same_for_every_address(world: World) -> None:
    """Known, unknown, silenced, erased, asked a moment ago, and a program that fell into the trap."""
    with writing(world.app.engine) as db:
        suppress(db, address_key(world.app.key, "silent@example.com"), "complaint", NOW)
        erase(db, 1, world.app.key, NOW)
    answers = [signed_up(world, email) for email in (NEW, NEW, "bob@example.com", "silent@example.com", "aino@example.com")]
    answers.append(signed_up(world, "eve@example.com", website="https://spam.example"))
    assert {(answer.status_code, answer.text, tuple(sorted(answer.headers.items()))) for answer in answers} == {
        (200, answers[0].text, tuple(sorted(answers[0].headers.items())))
    }
    assert "eve@example.com" not in {row["address"] for row in letters(world)}


def test_every_outcome_is_one_transaction_of_the_same_kind(world: World) -> None:
    """What a clock could tell apart is a flush to disk: there is one, whatever is decided."""
    begun: list[str] = []
    from sqlalchemy import event

    @event.listens_for(world.app.engine, "commit")
    def committed(_db: object) -> None:
        begun.append("commit")

    counts = []
    for email in (NEW, NEW, "bob@example.com"):
        begun.clear()
        signed_up(world, email)
        counts.append(len(begun))
    assert counts == [1, 1, 1]


def test_fifty_sign_ups_of_one_address_are_one_mail_and_its_spellings_are_it(world: World) -> None:
    spellings = ["victim@gmail.com", "v.i.c.tim@gmail.com", "victim+1@googlemail.com", "VICTIM@gmail.com"] * 13
    asked = [ask(world.app, SignUp(spelling, "en", lists=("letters",)), f"192.0.2.{n}", NOW) for n, spelling in enumerate(spellings)]
    assert asked == [Judgement.queued, *[Judgement.again_too_soon] * 51]
    assert len(letters(world)) == 1


def test_a_mailbox_is_asked_again_after_its_rest_and_no_oftener_than_a_day_allows(world: World) -> None:
    minutes = [0, 14, 15, 29, 30, 45, 60, 23 * 60 + 59, 24 * 60]
    sent = []
    for minute in minutes:
        signed_up(world, now=NOW + timedelta(minutes=minute))
        sent.append(len(letters(world)))
    assert sent == [1, 1, 2, 2, 3, 3, 3, 3, 4]


def test_a_hundred_addresses_by_one_client_are_capped_and_another_client_is_not(world: World) -> None:
    asked = [ask(world.app, SignUp(f"a{n}@example.com", "en", lists=("letters",)), "192.0.2.7", NOW) for n in range(100)]
    assert (asked.count(Judgement.queued), asked.count(Judgement.too_many_by_client)) == (20, 80)
    assert ask(world.app, SignUp("z@example.com", "en", lists=("letters",)), "192.0.2.8", NOW) is Judgement.queued
    assert ask(world.app, SignUp("y@example.com", "en", lists=("letters",)), "192.0.2.7", NOW + timedelta(hours=1)) is Judgement.queued


@pytest.mark.parametrize(
    ("section", "gap", "expected"),
    [
        ({"again": "1m"}, timedelta(minutes=2), 2),
        ({"again": "1h"}, timedelta(minutes=59), 1),
        ({"a_day": 1}, timedelta(hours=2), 1),
        ({"per_client": 1, "again": "1s"}, timedelta(seconds=2), 1),
        ({"per_client": "off", "again": "1s"}, timedelta(seconds=2), 2),
    ],
)
def test_each_limit_is_a_setting(world: World, section: dict[str, Any], gap: timedelta, expected: int) -> None:
    changed = with_settings(world, **section)
    for moment in (NOW, NOW + gap):
        signed_up(changed, now=moment)
    assert len(letters(world)) == expected


def test_fifty_at_once_are_one_mail_on_either_database(engine: Any, settings: Any) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from composer.app import App

    app = App(settings, engine, b"k" * 32)
    wanted = SignUp(NEW, "en", lists=("letters",))
    with ThreadPoolExecutor(8) as threads:
        outcomes = list(threads.map(lambda n: ask(app, wanted, f"192.0.2.{n}", NOW + timedelta(seconds=n % 3)), range(50)))
    assert outcomes.count(Judgement.queued) == 1
    with reading(engine) as db:
        assert db.execute(text("SELECT count(*) FROM service_letters")).scalar_one() == 1


@pytest.mark.parametrize("reason", ["bounce", "complaint", "erasure"])
def test_who_is_never_written_to_is_asked_once_and_comes_back_by_their_own_press(world: World, reason: str) -> None:
    key = address_key(world.app.key, NEW)
    with writing(world.app.engine) as db:
        suppress(db, key, reason, NOW - timedelta(days=9))
    for day in (0, 1, 29, 31):
        signed_up(world, now=NOW + timedelta(days=day))
    assert [row["asked_at"] for row in letters(world)] == [int((NOW + timedelta(days=day)).timestamp()) for day in (0, 31)]
    with reading(world.app.engine) as db:
        assert is_suppressed(db, [key]) == {key}, "asking alone changes nothing"
    pressed(world, 3, NOW + timedelta(days=32))
    with reading(world.app.engine) as db:
        assert is_suppressed(db, [key]) == set()
    with writing(world.app.engine) as db:
        suppress(db, key, reason, NOW + timedelta(days=40))
        assert is_suppressed(db, [key]) == {key}, "and may be silenced again"


def test_come_back_off_never_writes_to_a_suppressed_address(world: World) -> None:
    with writing(world.app.engine) as db:
        suppress(db, address_key(world.app.key, NEW), "complaint", NOW)
    signed_up(with_settings(world, come_back="off"))
    assert letters(world) == []


def test_a_confirmation_undoes_ones_own_unsubscription_and_an_import_does_not(world: World) -> None:
    with writing(world.app.engine) as db:
        append(db, [(2, ConsentRow("letters", State.withdrawn, "unsubscribe", NOW - timedelta(days=1)))], NOW)
        append(db, [(2, ConsentRow("letters", State.granted, "import", NOW))], NOW)
    assert "letters" not in world.granted(2)
    signed_up(world, "bob@example.com")
    pressed(world)
    assert "letters" in world.granted(2)
    assert who(world, "bob@example.com") == [2], "nobody is there twice"
    assert world.recipient(2).level == Level.basic.name


def test_erasure_takes_a_sign_up_along_that_nobody_has_confirmed(world: World) -> None:
    signed_up(world, "bob@example.com")
    link = token(world)
    with writing(world.app.engine) as db:
        erase(db, 2, world.app.key, NOW)
    assert letters(world) == []
    with world.client() as client:
        assert client.post(f"/confirm/{link}").status_code == 404


def test_what_was_asked_is_in_the_export(world: World) -> None:
    signed_up(world)
    pressed(world)
    with reading(world.app.engine) as db:
        held = export(db, who(world)[0])
    assert held["service_letters"][0]["address"] == NEW
    assert held["consents"][0]["wording"] == "signup-1 en"


NO_ADDRESSES = (
    "",
    "nobody",
    "a@",
    "@b",
    "a@b@c",
    "a b@example.com",
    "a@example.com\r\nBcc: x@example.com",
    "ä@example.com",
    "a" * 400 + "@b.cc",
)


def test_what_is_no_address_is_told_at_once_beside_its_field(client: TestClient, unchanged: Callable[[], None]) -> None:
    for email in NO_ADDRESSES:
        answer = client.post("/subscribe?l=en", data={"email": email, "level": "basic"})
        assert answer.status_code == 422, email
        assert re.search(r'<input id="email"[^>]*aria-invalid="true"[^>]*aria-describedby="problem"', answer.text)
        assert "This is not a mail address" in answer.text


def test_throw_away_addresses_are_a_setting_and_so_are_domains_of_ones_own(world: World) -> None:
    from disposable_email_domains import blocklist

    throw_away = f"x@{sorted(blocklist)[100]}"
    assert (signed_up(world, throw_away).status_code, letters(world)) == (422, [])
    assert signed_up(with_settings(world, disposable="allow"), throw_away).status_code == 200
    own = with_settings(world, refused_domains=("Rival.example",))
    domains = ("rival.example", "mail.rival.example", "notrival.example")
    assert [signed_up(own, f"x@{domain}").status_code for domain in domains] == [422, 422, 200]


def test_lists_that_may_be_signed_up_for_are_a_setting(world: World) -> None:
    both = with_settings(world, lists=("letters", "topic:energy-saving"))
    with both.client() as client:
        page = client.get("/subscribe?l=en&list=topic:energy-saving").text
    assert re.search(r'value="topic:energy-saving" checked', page)
    assert signed_up(both).status_code == 422, "one has to be chosen"
    signed_up(both, list=["topic:energy-saving", "topic:other"])
    pressed(both)
    assert world.granted(who(world)[0]) == {"topic:energy-saving"}


def test_a_closed_sign_up_is_not_there_and_links_sent_before_still_confirm(world: World) -> None:
    signed_up(world)
    closed = with_settings(world, open=False)
    with closed.client() as client:
        assert [client.get("/subscribe").status_code, client.post("/subscribe", data={"email": "x@example.com"}).status_code] == [404, 404]
    pressed(closed)
    assert len(who(world)) == 1


def test_only_named_sites_may_frame_the_form(world: World, client: TestClient) -> None:
    assert "frame-ancestors 'none'" in client.get("/subscribe").headers["content-security-policy"]
    with with_settings(world, embed=("https://www.example.com",)).client() as framed:
        for answer in (framed.get("/subscribe"), framed.post("/subscribe", data={"email": "x@example.com"})):
            assert "frame-ancestors https://www.example.com;" in answer.headers["content-security-policy"] + ";"
        assert "frame-ancestors 'none'" in framed.get("/").headers["content-security-policy"]


@pytest.mark.parametrize("language", ["en", "fi", "sv", "de"])
def test_the_form_and_its_answers_are_in_the_readers_language(world: World, language: str) -> None:
    texts = make_web(world.app).state.site.pages.texts[language]["subscribe"]
    with world.client() as client:
        page = client.get("/subscribe", headers={"accept-language": language}).text
        asked = client.post("/subscribe", data={"email": NEW}, headers={"accept-language": language}).text
    assert f'<html lang="{language}"' in page
    assert texts["button"] in page
    assert f'name="wording" value="signup-1 {language}"' in page
    assert texts["asked"]["title"] in asked
    assert letters(world)[0]["language"] == language


BODIES = (b"", b"\xff\xfe", b"email=a%40example.com&email=b%40example.com&level=god", b"--x\r\nbroken")
KINDS = ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", "application/json")


def test_bodies_that_are_no_form_change_nothing(unchanged: Callable[[], None], client: TestClient) -> None:
    for body, kind in product(BODIES, KINDS):
        expected = 422 if not body or "form" in kind else 415
        assert client.post("/subscribe", content=body, headers={"content-type": kind}).status_code == expected, (body, kind)


def test_who_asked_is_forgotten_after_a_day(world: World) -> None:
    signed_up(world)
    for hours, known in ((24, True), (25, False)):
        tidy(world.app, NOW + timedelta(hours=hours))
        assert bool(letters(world)[0]["client_key"]) == known


def test_the_form_for_other_sites_holds_what_ours_does(world: World) -> None:
    both = with_settings(world, lists=("letters", "topic:energy-saving")).app.settings
    html = embeddable(both, "de-AT", both.signup.lists)
    assert re.search(r'<form action="http://127.0.0.1:8025/subscribe\?l=de" method="post" lang="de"', html)
    assert re.findall(r'name="(\w+)"', html) == ["email", "list", "list", "language", "wording", "website"]
    assert 'value="signup-1 de"' in html
    assert "<script" not in html


def test_the_command_prints_the_form_and_counts_what_came_of_asking(world: World, tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[database]\nurl = "sqlite:///composer.db"\n[defaults]\nlanguage = "sv"\n')

    def composer(*words: str) -> Any:
        return CliRunner().invoke(build(), ["--config", str(file), "signup", *words])

    assert "Din e-postadress" in composer("form").stdout
    assert "Sähköpostiosoitteesi" in composer("form", "--language", "fi").stdout
    assert isinstance(composer("form", "--list", "topic:other").exception, UsageError)
    signed_up(world)
    signed_up(world)
    pressed(world)
    told = json.loads(composer("report", "--json").stdout)
    assert told == {**dict.fromkeys(map(str, Judgement), 0), "queued": 1, "again_too_soon": 1, "confirmed": 1}
    assert "       1  confirmed" in composer("report").stdout
