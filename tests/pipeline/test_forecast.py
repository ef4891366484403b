"""What a plan stores of a letter: small, right in every number, read back with names. Who asks for the letter has it decided again."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from composer.app import App
from composer.domain.forecast import describe_forecast
from composer.domain.newsletter import Newsletter, Skipped
from composer.domain.tokens import Purpose, Subject, make_token
from composer.pipeline.campaigns import show
from composer.pipeline.plan import plan, schedule
from composer.pipeline.told import Brief, brief_of
from composer.store.campaigns import editions_of, get_campaign
from composer.store.engine import reading, writing
from composer.store.plans import planned_axes
from composer.store.privacy import erase, export
from composer.web.app import make_web

from .conftest import NOW


def lines_of(app: App) -> list[Newsletter | Skipped]:
    lines: list[Newsletter | Skipped] = []
    plan(app, "weekly", NOW, line=lines.append)
    return lines


def test_every_forecast_says_what_the_newsletter_says(town: App) -> None:
    lines = {line.recipient_number: line for line in lines_of(town)}
    with reading(town.engine) as db:
        axes = planned_axes(db, editions_of(db, get_campaign(db, "weekly").number)[0].number)
        rows = db.execute(text("SELECT recipient, forecast, decision, send_at FROM outbox")).all()
    assert {row.recipient for row in rows} == set(lines)
    for number, forecast, decision, send_at in rows:
        line = lines[number]
        assert decision == ""
        if isinstance(line, Skipped):
            assert (forecast, send_at) == (None, None)
            continue
        assert line.log
        told = describe_forecast(forecast, axes)
        assert [(b["module"], b["source"]) for b in told["blocks"]] == [(b.module, b.source.value) for b in line.blocks]
        for name in ("score", "probability"):
            assert [b[name] for b in told["blocks"]] == pytest.approx([getattr(b, name) for b in line.blocks], abs=2e-6)
        assert (told["tone"], told["opening"]) == (line.tone.chosen, line.opening.chosen)
        chances = (line.tone.probability, line.opening.probability, line.hour_probability, line.log.epsilon)
        assert list(told.values())[-4:] == pytest.approx(chances, abs=2e-6)
        assert send_at == line.send_at.timestamp()
        assert len(forecast) < 200


def test_nobody_listening_changes_nothing_that_is_stored(town: App) -> None:
    def stored() -> list[tuple[object, ...]]:
        with reading(town.engine) as db:
            rows = db.execute(text("SELECT recipient, state, reason, arm, level, message_id, send_at, due_at, forecast FROM outbox"))
            return sorted(map(tuple, rows), key=str)

    lines_of(town)
    heard = stored()
    report = plan(town, "weekly", NOW)
    assert stored() == heard
    assert report.letters + sum(report.skipped.values()) == len(heard)


def test_few_words_say_what_the_newsletter_says(town: App) -> None:
    told: list[Brief] = []
    plan(town, "weekly", NOW, dry_run=True, brief=told.append)
    assert told == [brief_of(line) for line in lines_of(town)]


def test_an_approved_plan_tells_the_letters_it_would_send_now(town: App) -> None:
    with writing(town.engine) as db:
        db.execute(text("""UPDATE campaigns SET settings = '{"name": "weekly", "window": "now"}'"""))
    before = {line.recipient_id: line for line in lines_of(town)}
    schedule(town, "weekly", NOW)
    after = {line.recipient_id: line for line in lines_of(town)}
    assert before.keys() == after.keys()
    letters = [who for who, line in before.items() if isinstance(line, Newsletter)]
    assert letters
    for who in letters:
        line, again = before[who], after[who]
        assert isinstance(line, Newsletter)
        assert isinstance(again, Newsletter)
        assert (again.blocks, again.send_at) == (line.blocks, line.send_at)


def test_the_campaign_shows_in_how_many_letters_each_module_is_foreseen(town: App) -> None:
    blocks = [block for line in lines_of(town) if isinstance(line, Newsletter) for block in line.blocks]
    shown = show(town, "weekly")["forecast"]
    assert {row["module"]: row["letters"] for row in shown} == Counter(block.module for block in blocks)
    assert sum(row["explored"] for row in shown) == sum(block.source == "explored" for block in blocks) > 0
    assert [row["letters"] for row in shown] == sorted((row["letters"] for row in shown), reverse=True)


def test_export_names_what_was_foreseen_and_erasure_forgets_it(town: App) -> None:
    line = next(line for line in lines_of(town) if isinstance(line, Newsletter))
    with writing(town.engine) as db:
        forecast = export(db, line.recipient_number)["outbox"][0]["forecast"]
        assert [block["module"] for block in forecast["blocks"]] == [block.module for block in line.blocks]
        erase(db, line.recipient_number, town.key, NOW)
        gone = db.execute(text("SELECT forecast FROM outbox WHERE recipient = :number"), {"number": line.recipient_number})
        assert gone.scalar_one() is None


def test_the_why_page_of_a_letter_that_waits_tells_of_the_letter_it_would_be(town: App) -> None:
    schedule(town, "weekly", NOW)
    with reading(town.engine) as db:
        campaign = get_campaign(db, "weekly")
        edition = editions_of(db, campaign.number)[0]
    line = next(line for line in lines_of_approved(town) if isinstance(line, Newsletter))
    token = make_token(town.key, Purpose.why, Subject(line.recipient_number, campaign.number, edition.scheduled))
    with TestClient(make_web(town, clock=lambda: NOW), base_url="http://127.0.0.1:8025") as client:
        page = client.get(f"/w/{token}")
    assert page.status_code == 200
    library = town.library().library
    titles = [library.modules[library.index[block.module]].titles[line.language] for block in line.blocks]
    assert sum(title in unescape(page.text) for title in titles) >= len(titles) - 1  # a title may hold the reader's name


def lines_of_approved(app: App) -> list[Newsletter | Skipped]:
    lines: list[Newsletter | Skipped] = []
    with writing(app.engine) as db:
        db.execute(text("""UPDATE campaigns SET settings = '{"name": "weekly", "window": "now"}'"""))
    plan(app, "weekly", NOW + timedelta(minutes=1), line=lines.append)
    return lines
