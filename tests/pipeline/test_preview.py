"""Preview: the same bytes every time, the bytes that are sent, and nothing written."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from composer.app import App
from composer.domain.level import Level
from composer.domain.newsletter import Newsletter
from composer.errors import ComposerError
from composer.pipeline.deciding import decide_numbers
from composer.pipeline.deliver import deliver
from composer.pipeline.plan import plan, schedule
from composer.pipeline.preview import preview
from composer.store.campaigns import get_campaign, get_edition
from composer.store.engine import reading
from composer.transports.folder import open_transport

from .conftest import NOW, dump


def someone(app: App, level: Level = Level.premium) -> str:
    """The first recipient who gets a personal letter at the level."""
    found: list[Newsletter] = []
    plan(app, "weekly", NOW, dry_run=True, line=lambda line: found.append(line) if isinstance(line, Newsletter) else None)
    return next(letter.recipient_id for letter in found if letter.level == level)


def test_preview_gives_the_same_bytes_twice_and_writes_nothing(town: App) -> None:
    who = someone(town)
    before = dump(town)
    first, second = (preview(town, who, "weekly", NOW).message for _ in range(2))
    assert first is not None
    assert first == second
    assert dump(town) == before


def test_preview_before_the_plan_equals_preview_after_it_and_after_approval(town: App) -> None:
    who = someone(town)
    before = preview(town, who, "weekly", NOW).message
    plan(town, "weekly", NOW)
    planned = preview(town, who, "weekly", NOW).message
    schedule(town, "weekly", NOW)
    assert before == planned
    with reading(town.engine) as db:
        stored = db.execute(
            text("SELECT message_id FROM outbox o JOIN recipients r ON r.number = o.recipient WHERE recipient_id = :who"), {"who": who}
        ).scalar()
    assert planned is not None
    assert planned.message_id == stored


def test_what_is_sent_is_what_was_previewed_byte_for_byte(town: App, tmp_path: Path) -> None:
    with town.engine.begin() as db:
        db.execute(text("""UPDATE campaigns SET settings = '{"name": "weekly", "window": "now"}'"""))
    schedule(town, "weekly", NOW)
    later = NOW + timedelta(hours=1)
    previews = {}
    with reading(town.engine) as db:
        waiting = [
            row[0]
            for row in db.execute(
                text("SELECT recipient_id FROM outbox o JOIN recipients r ON r.number = o.recipient WHERE o.state = 'planned'")
            )
        ]
    for who in waiting:
        message = preview(town, who, "weekly", later).message
        assert message is not None
        previews[message.message_id] = message.data
    changed = town.settings.model_copy(update={"delivery": town.settings.delivery.model_copy(update={"folder": tmp_path / "out"})})
    asyncio.run(deliver(town, lambda: later, transport=open_transport(changed)))
    sent = [file.read_bytes() for file in (tmp_path / "out").glob("*.eml")]
    assert sorted(sent) == sorted(previews.values())
    for who in waiting[:5]:
        replayed = preview(town, who, "weekly", later + timedelta(days=3)).message
        assert replayed is not None
        assert replayed.data in sent


def test_a_recurring_campaign_shows_the_letter_on_its_way_then_the_one_of_this_period_then_the_next(
    town: App, tmp_path: Path, importer: Callable[[str, list[dict[str, str]]], None]
) -> None:
    who = someone(town)
    before = preview(town, who, "weekly", NOW)
    schedule(town, "weekly", NOW)
    assert preview(town, who, "weekly", NOW) == before
    changed = town.settings.model_copy(update={"delivery": town.settings.delivery.model_copy(update={"folder": tmp_path / "out"})})
    asyncio.run(deliver(town, lambda: NOW, transport=open_transport(changed)))
    assert before.message is not None
    assert before.message.data in [file.read_bytes() for file in (tmp_path / "out").glob("*.eml")]
    assert preview(town, who, "weekly", NOW + timedelta(days=1)).message == before.message
    with town.engine.begin() as db:  # in doubt for good: it is a person's to resolve, and no longer on its way
        db.execute(text("UPDATE outbox SET state = 'unknown', due_at = NULL"))
        db.execute(text("DELETE FROM impressions"))
    importer("recipients", [{"recipient_id": "late", "email": "late@example.com"}])
    importer("consents", [{"recipient_id": "late", "purpose": "letters", "state": "granted"}])
    following = f"weekly@{NOW + timedelta(days=7):%Y-%m-%dT%H:%MZ}"
    assert preview(town, "late", "weekly", NOW + timedelta(days=1)).edition == following
    plan(town, "weekly", NOW)
    assert preview(town, who, "weekly", NOW).edition == following


def test_the_explanation_names_the_rule_that_removed_each_module(town: App) -> None:
    seen = preview(town, someone(town), "weekly", NOW)
    assert isinstance(seen.explanation.outcome, Newsletter)
    shown = {block.module for block in seen.explanation.outcome.blocks}
    losers = {loser.module for loser in seen.explanation.losers}
    assert shown | losers == set(town.library().library.names)
    assert not shown & losers
    assert any(loser.rule for loser in seen.explanation.losers)
    assert any(not loser.rule and loser.score > 0 for loser in seen.explanation.losers)


def test_a_lower_level_uses_less_and_says_so(town: App) -> None:
    who = someone(town)
    seen = preview(town, who, "weekly", NOW, Level.none)
    assert isinstance(seen.explanation.outcome, Newsletter)
    assert seen.explanation.outcome.level == Level.none
    assert {"bought", "clicked", "role", "first_name"} <= set(seen.explanation.redacted)


@pytest.mark.parametrize("size", [1, 10, 60])
def test_one_recipient_gets_the_same_letter_in_any_company(town: App, size: int) -> None:
    plan(town, "weekly", NOW)
    with reading(town.engine) as db:
        campaign, edition, opened = get_campaign(db, "weekly"), get_edition(db, 1), town.library()
        everybody = [row[0] for row in db.execute(text("SELECT number FROM recipients ORDER BY number"))]
        alone = decide_numbers(town, db, opened, campaign, edition, everybody[7:8], NOW).outcome(0)
        company = [everybody[7], *[number for number in everybody if number != everybody[7]][: size - 1]]
        order = company[::-1]
        together = decide_numbers(town, db, opened, campaign, edition, order, NOW)
    assert together.outcome(order.index(everybody[7])) == alone


FORBIDDEN = {
    Level.none: ["first_name", "last_name", "company", "role", "region", "stage"],
    Level.basic: [],
    Level.standard: [],
}


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(level=st.sampled_from([Level.none, Level.basic, Level.standard]), word=st.text("abcdefgh <&{}'\"", min_size=1, max_size=12))
def test_changing_what_the_level_forbids_changes_no_byte(town: App, level: Level, word: str) -> None:
    who = someone(town)
    first = preview(town, who, "weekly", NOW, level).message
    with town.engine.begin() as db:
        for column in FORBIDDEN[level]:
            db.execute(text(f"UPDATE recipients SET {column} = :word WHERE recipient_id = :who"), {"word": word, "who": who})
        mine = "(SELECT number FROM recipients WHERE recipient_id = :who)"
        if level < Level.standard:
            db.execute(
                text(f"UPDATE orders SET product = 1 + (product + :shift) % 30 WHERE recipient = {mine}"), {"who": who, "shift": len(word)}
            )
        db.execute(
            text(
                "INSERT INTO events (event_id, recipient, kind, occurred_at, module, value) "
                f"SELECT 'e' || count(*), {mine}, 'clicked', 1, :module, '' FROM events"
            ),
            {"who": who, "module": town.library().library.names[len(word) % 5]},
        )
    second = preview(town, who, "weekly", NOW, level).message
    assert first is not None
    assert first == second


def test_an_unknown_recipient_is_refused_without_repeating_the_address(town: App) -> None:
    with pytest.raises(ComposerError) as refusal:
        preview(town, "nobody@example.com", "weekly", NOW)
    assert "nobody" not in str(refusal.value)
