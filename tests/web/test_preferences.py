"""The preferences page: what is saved is what was asked for, by the person, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update
from starlette.testclient import TestClient

from composer.app import App
from composer.domain.consent import ConsentRow, State
from composer.domain.tokens import Purpose
from composer.errors import UsageError
from composer.store.consents import append, suppression_version
from composer.store.engine import reading, writing
from composer.store.recipients import save_recipients
from composer.store.tables import ConsentLedgerRow, RecipientRow
from tests.web.world import BEFORE, NASTY, NOW, World

SHOWN = ["letters", "profiling", "topic:energy-saving"]


def form(**changes: object) -> dict[str, object]:
    """The form as Bob's page shows it, with changes."""
    return {
        "form": "preferences",
        "level": "premium",
        "daypart": "",
        "shown": SHOWN,
        "consent": SHOWN,
        "offered": ["energy-saving", NASTY],
        "topic": ["energy-saving", NASTY],
        "listed": ["topic:energy-saving"],
        **changes,
    }


@pytest.fixture
def page(world: World) -> str:
    return f"/p/{world.token(Purpose.preferences)}"


def ledger(world: World) -> list[tuple[str, str, str]]:
    """What the person said: (purpose, state, wording) in order."""
    with reading(world.app.engine) as db:
        rows = db.execute(
            select(ConsentLedgerRow.__table__)
            .where(ConsentLedgerRow.source == "preferences")  # type: ignore[attr-defined,arg-type]
            .order_by(ConsentLedgerRow.number)
        )  # type: ignore[arg-type]
        return [(row.purpose, row.state, row.wording) for row in rows]


def checked(html: str) -> set[str]:
    return {match[1] for match in re.finditer(r'name="(?:consent|level|daypart|topic)" value="([^"]*)" checked', html)}


def test_the_page_shows_what_holds_now(client: TestClient, page: str) -> None:
    shown = checked(client.get(page).text)
    assert {"letters", "profiling", "topic:energy-saving", "premium", "energy-saving", ""} <= shown
    assert not {"clicks", "opens", "basic"} & shown


def test_every_choice_is_saved_and_shown(world: World, client: TestClient, page: str) -> None:
    answer = client.post(page, data=form(level="basic", daypart="evening", topic=["energy-saving"], consent=["letters", "clicks", "opens"]))
    assert answer.status_code == 200
    assert "Saved. This is how it stands now." in answer.text
    row = world.recipient()
    assert (row.level, row.daypart, row.topics) == ("basic", "evening", "energy-saving")
    assert world.granted() == {"letters", "clicks", "opens"}
    assert {"letters", "clicks", "opens", "basic", "evening", "energy-saving"} <= checked(answer.text)
    assert checked(answer.text) == checked(client.get(page).text)


def test_each_switch_that_moved_is_a_line_of_the_ledger_with_its_wording(world: World, client: TestClient, page: str) -> None:
    client.post(page, data=form(consent=["letters", "topic:energy-saving", "opens"]))
    assert ledger(world) == [("profiling", "withdrawn", "preferences-1 en"), ("opens", "granted", "preferences-1 en")]


def test_saving_twice_appends_once(world: World, client: TestClient, page: str) -> None:
    for _ in range(2):
        client.post(page, data=form(consent=["letters", "topic:energy-saving"]))
    assert ledger(world) == [("profiling", "withdrawn", "preferences-1 en")]


def test_a_mind_changed_within_one_second_holds_in_its_last_state(world: World, client: TestClient, page: str) -> None:
    off, on = form(consent=["letters", "profiling"]), form(shown=["letters", "profiling"])
    for body in (off, on, off, on, off):
        client.post(page, data=body)
    assert "topic:energy-saving" not in world.granted()
    client.post(page, data=on)
    assert "topic:energy-saving" in world.granted()


def test_a_clock_that_stepped_back_cannot_revive_an_older_word(world: World, page: str) -> None:
    with world.client(NOW + timedelta(days=1)) as ahead:
        ahead.post(page, data=form(consent=["letters", "profiling"]))
        ahead.post(page, data=form(shown=["letters", "profiling"]))
    with world.client(NOW) as back:
        back.post(page, data=form(consent=["letters", "profiling"]))
    assert "topic:energy-saving" not in world.granted()


def test_a_form_left_open_does_not_undo_an_opt_out(world: World, client: TestClient, page: str) -> None:
    client.post(f"/u/{world.token(Purpose.unsubscribe_header)}")
    client.post(page, data=form(daypart="morning"))
    assert world.recipient().daypart == "morning"
    assert "letters" not in world.granted()


def test_letters_may_be_switched_on_again(world: World, client: TestClient, page: str) -> None:
    client.post(f"/u/{world.token(Purpose.unsubscribe_header)}")
    client.post(page, data=form(shown=["profiling", "topic:energy-saving"]))
    assert "letters" in world.granted()


def test_withdrawing_tells_every_sender(world: World, client: TestClient, page: str) -> None:
    with reading(world.app.engine) as db:
        before = suppression_version(db)
    client.post(page, data=form(consent=["profiling", "topic:energy-saving"]))
    with reading(world.app.engine) as db:
        assert suppression_version(db) > before


def test_the_page_says_when_permissions_hold_the_level_down(world: World, client: TestClient, page: str) -> None:
    assert "You chose Premium. Without the permissions below, your letters are made at the level Standard." in client.get(page).text
    with writing(world.app.engine) as db:
        append(db, [(2, ConsentRow("clicks", State.granted, "import", BEFORE))], BEFORE)
    assert "Without the permissions" not in client.get(page).text


def test_topics_that_the_page_did_not_offer_stay(world: World, client: TestClient, page: str) -> None:
    client.post(page, data=form(offered=["energy-saving"], topic=[]))
    assert world.recipient().topics == NASTY


def test_a_topic_nobody_offered_is_not_taken(world: World, client: TestClient, page: str) -> None:
    client.post(page, data=form(topic=["energy-saving", "planted", NASTY]))
    assert set(world.recipient().topics.split(",")) == {"energy-saving", NASTY}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"form": "other"},
        form(level="all"),
        form(level=""),
        form(daypart="midnight"),
        {"List-Unsubscribe": "One-Click"},
    ],
    ids=["empty", "another form", "unknown level", "no level", "unknown daypart", "one-click"],
)
def test_what_is_not_the_form_changes_nothing(
    client: TestClient, page: str, unchanged: Callable[[], None], body: dict[str, object]
) -> None:
    answer = client.post(page, data=body)
    assert answer.status_code == 422
    assert "Nothing was changed" in answer.text
    assert "letters" in checked(answer.text), "the form is there again"


def test_a_broken_body_changes_nothing(client: TestClient, page: str, unchanged: Callable[[], None]) -> None:
    for body, kind in (
        (b"--x\r\nbroken", "multipart/form-data; boundary=x"),
        (b"\xff\xfe", "multipart/form-data"),
        (b"{}", "application/json"),
        (b"form=preferences&level=%ff", "application/x-www-form-urlencoded"),
    ):
        assert client.post(page, content=body, headers={"content-type": kind}).status_code == (415 if "json" in kind else 422)


def test_multipart_forms_are_taken_too(world: World, client: TestClient, page: str) -> None:
    parts = "".join(
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in (("form", "preferences"), ("level", "none"), ("daypart", "midday"))
    )
    answer = client.post(page, content=f"{parts}--x--\r\n", headers={"content-type": "multipart/form-data; boundary=x"})
    assert answer.status_code == 200
    assert (world.recipient().level, world.recipient().daypart) == ("none", "midday")


def test_unknown_links_save_nothing(client: TestClient, world: World, unchanged: Callable[[], None]) -> None:
    for token in ("A" * 36, world.token(Purpose.why), world.token(Purpose.preferences, 99)):
        assert client.post(f"/p/{token}", data=form(level="none")).status_code == 404


def test_a_withdrawal_holds_for_all_behind_one_address_and_a_consent_for_one(world: World, client: TestClient, page: str) -> None:
    twin = world.recipient(2).model_dump() | {"number": 3, "recipient_id": "r3"}
    with writing(world.app.engine) as db:
        db.execute(insert(RecipientRow).values(**twin))
        append(db, [(3, ConsentRow("profiling", State.granted, "import", BEFORE))], BEFORE)
    client.post(page, data=form(consent=["letters", "opens", "topic:energy-saving"]))
    assert world.granted(3) == frozenset()
    assert "opens" in world.granted(2)


def test_the_page_speaks_finnish_to_finnish_readers(world: World, client: TestClient) -> None:
    page = f"/p/{world.token(Purpose.preferences, 1)}"
    assert "Kuinka henkilökohtaisia" in client.get(page).text
    assert "How personal" in client.get(f"{page}?l=en").text


def test_switches_work_while_the_library_is_broken(world: World, client: TestClient, page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: App, sources: object = None) -> None:
        raise UsageError("no usable layout")

    monkeypatch.setattr(App, "library", broken)
    assert client.get(page).status_code == 200
    assert client.post(page, data=form(level="none")).status_code == 200
    assert world.recipient().level == "none"


def test_rhythm_and_language_are_saved_and_shown(world: World, client: TestClient, page: str) -> None:
    answer = client.post(page, data=form(frequency="fortnightly", pause="month", language="fi", language_shown="en"))
    row = world.recipient()
    assert (row.frequency, row.language, row.kept) == ("fortnightly", "fi", "language")
    assert row.paused_until == NOW + timedelta(days=30)
    assert re.search(r'name="frequency" value="fortnightly" checked', answer.text)
    assert re.search(r'name="language" value="fi" checked', answer.text)
    assert "2. huhtikuuta 2026 saakka" in answer.text


def test_a_page_left_open_undoes_no_choice_made_elsewhere(world: World, client: TestClient, page: str) -> None:
    shown = {
        "level_shown": "premium",
        "daypart_shown": "",
        "frequency": "",
        "frequency_shown": "",
        "language": "en",
        "language_shown": "en",
    }
    client.post(page, data=form(level="basic", daypart="evening", frequency="monthly", pause="month", language="fi"))
    client.post(page, data=form(pause="", **shown))
    row = world.recipient()
    assert (row.level, row.daypart, row.frequency, row.language) == ("basic", "evening", "monthly", "fi")
    assert row.paused_until is not None


def test_a_language_the_reader_keeps_is_not_written_down_as_another(world: World, client: TestClient, page: str) -> None:
    """Who reads en-GB is shown English; saving the page leaves en-GB as it is."""
    with writing(world.app.engine) as db:
        db.execute(update(RecipientRow).where(RecipientRow.number == 2).values(language="en-GB"))  # type: ignore[arg-type]
    shown = re.search(r'name="language_shown" value="(\w+)"', client.get(page).text)
    assert shown
    assert shown[1] == "en"
    client.post(page, data=form(language="en", language_shown="en"))
    assert (world.recipient().language, world.recipient().kept) == ("en-GB", "")


def test_an_import_does_not_change_a_chosen_language_back(world: World, client: TestClient, page: str) -> None:
    row = {"recipient_id": "r2", "address": "bob@example.com", "language": "sv", "first_name": "Bo"}
    client.post(page, data=form(language="fi"))
    with writing(world.app.engine) as db:
        save_recipients(db, world.app.key, [row], list(row))
    assert (world.recipient().language, world.recipient().first_name) == ("fi", "Bo")


@pytest.mark.parametrize("moved", [{"frequency": "hourly"}, {"pause": "forever"}, {"language": "xx"}, {"language": "../fi"}])
def test_words_that_were_never_offered_change_nothing(
    client: TestClient, page: str, unchanged: Callable[[], None], moved: dict[str, str]
) -> None:
    assert client.post(page, data=form(**moved)).status_code == 422


def test_a_lower_level_holds_for_all_behind_one_address_and_a_higher_one_for_one(world: World, client: TestClient, page: str) -> None:
    twin = world.recipient(2).model_dump() | {"number": 3, "recipient_id": "r3"}
    with writing(world.app.engine) as db:
        db.execute(insert(RecipientRow).values(**twin))
    client.post(page, data=form(level="basic"))
    assert (world.recipient(2).level, world.recipient(3).level) == ("basic", "basic")
    client.post(page, data=form(level="premium"))
    assert (world.recipient(2).level, world.recipient(3).level) == ("premium", "basic")


def test_a_line_of_the_ledger_keeps_where_it_was_said_from(world: World, client: TestClient, page: str) -> None:
    client.post(page, data=form(consent=["letters"]))
    with reading(world.app.engine) as db:
        rows = db.execute(select(ConsentLedgerRow.__table__).where(ConsentLedgerRow.source == "preferences")).all()  # type: ignore[attr-defined,arg-type]
    assert {row.address_key for row in rows} == {world.recipient().address_key}


def test_the_page_is_calm_what_is_seldom_needed_is_folded_away_with_what_holds_now(world: World, client: TestClient, page: str) -> None:
    folded = re.findall(r"<details class=\"card\">\s*<summary><h2>([^<]*)</h2><span class=\"now\">([^<]*)</span>", client.get(page).text)
    assert folded == [("When and how often", "as they come"), ("Language of the letters", "English")]
    client.post(page, data=form(daypart="evening", frequency="monthly", pause="fortnight"))
    assert "Evening · One a month at most · Pause until 17 March 2026" in client.get(page).text


def test_the_page_is_there_also_where_no_letter_speaks_the_default_language(world: World) -> None:
    defaults = world.app.settings.defaults.model_copy(update={"language": "de-AT"})
    abroad = replace(world, app=replace(world.app, settings=world.app.settings.model_copy(update={"defaults": defaults})))
    with writing(world.app.engine) as db:
        db.execute(update(RecipientRow).values(language="ja"))
    with abroad.client() as client:
        answer = client.get(f"/p/{world.token(Purpose.preferences)}")
    assert answer.status_code == 200
    assert '<span class="now">de-AT</span>' in answer.text
