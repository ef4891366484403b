"""Planning: one line a recipient, nothing forbidden in any letter, the same again until somebody approves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from composer.app import App
from composer.domain.newsletter import Newsletter, Skipped
from composer.domain.reasons import Arm, Skip
from composer.errors import ComposerError, Refused, UsageError
from composer.pipeline.campaigns import change_state, create_from_file, show
from composer.pipeline.plan import plan, plan_due, schedule
from composer.store.campaigns import create_campaign
from composer.store.engine import writing

from .conftest import NOW, PEOPLE, dump

Rows = Callable[[str, list[dict[str, str]]], None]


def lines_of(app: App, **options: bool) -> list[Newsletter | Skipped]:
    lines: list[Newsletter | Skipped] = []
    plan(app, "weekly", NOW, line=lines.append, **options)
    return lines


def letters_of(app: App) -> list[Newsletter]:
    letters = [line for line in lines_of(app) if isinstance(line, Newsletter)]
    assert letters
    return letters


def test_the_plan_has_one_line_for_everybody_in_the_audience(town: App) -> None:
    lines = lines_of(town)
    assert len(lines) == PEOPLE
    assert len({line.recipient_id for line in lines}) == PEOPLE


def test_every_letter_has_four_to_six_distinct_blocks_and_a_reason_for_each(town: App) -> None:
    for letter in letters_of(town):
        modules = [block.module for block in letter.blocks]
        assert 4 <= len(modules) <= 6
        assert len(set(modules)) == len(modules)
        assert all(block.reasons and all(map(str, block.reasons)) for block in letter.blocks)
        assert [block.position for block in letter.blocks] == list(range(1, len(modules) + 1))


def test_recipients_without_consent_are_skipped_and_counted(town: App, importer: Rows) -> None:
    importer("recipients", [{"recipient_id": "silent", "email": "silent@example.com"}])
    skipped = {line.recipient_id: line.reason for line in lines_of(town) if isinstance(line, Skipped)}
    assert skipped["silent"] == Skip.no_consent


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ('subject = {en = "Hi {{ nobody }}"}', "subject.en: unknown merge field 'nobody'"),
        ('subject = {fi = "{% for x in y %}"}', "subject.fi: 'for' is not allowed"),
        ('title = "For {{ first_name }}"', "title: may hold no merge fields"),
    ],
)
def test_a_line_that_cannot_be_merged_is_refused_before_it_costs_a_letter(town: App, tmp_path: Path, line: str, text: str) -> None:
    file = tmp_path / "c.toml"
    file.write_text(f'name = "spring"\n{line}\n')
    with pytest.raises(UsageError) as refusal:
        create_from_file(town, file, NOW)
    assert str(refusal.value).startswith(f"{file}: {text}")
    file.write_text('name = "spring"\nsubject = {en = "{% if first_name %}{{ first_name }}, {% endif %}spring is here"}\n')
    assert create_from_file(town, file, NOW)["state"] == "draft"


def test_two_people_at_one_address_get_one_letter(town: App, importer: Rows) -> None:
    importer(
        "recipients", [{"recipient_id": "twin-a", "email": "Twin@example.com"}, {"recipient_id": "twin-b", "email": "twin@EXAMPLE.com"}]
    )
    importer("consents", [{"recipient_id": name, "purpose": "letters", "state": "granted"} for name in ("twin-a", "twin-b")])
    lines = {line.recipient_id: line for line in lines_of(town)}
    assert isinstance(lines["twin-a"], Newsletter)
    twin = lines["twin-b"]
    assert isinstance(twin, Skipped)
    assert twin.reason == Skip.same_address


def test_a_dry_run_stores_nothing(town: App) -> None:
    before = dump(town)
    lines = lines_of(town, dry_run=True)
    assert dump(town) == before
    assert lines == lines_of(town)


def test_planning_again_gives_the_same_plan_and_no_second_edition(town: App) -> None:
    first = lines_of(town)
    before = dump(town)
    assert lines_of(town) == first
    after = dump(town)
    assert len(after["outbox"]) == len(before["outbox"]) == PEOPLE
    assert after["editions"] == before["editions"]


def test_the_hold_out_gets_letters_without_personal_reasons_and_stays_the_same_people(town: App) -> None:
    first = {letter.recipient_id for letter in letters_of(town) if letter.arm == Arm.holdout}
    schedule(town, "weekly", NOW)
    lines: list[Newsletter | Skipped] = []
    plan(town, "weekly", NOW + timedelta(days=7), line=lines.append)
    second = {line.recipient_id for line in lines if isinstance(line, Newsletter) and line.arm == Arm.holdout}
    assert first
    assert first == second


def test_after_approval_planning_changes_nothing(town: App) -> None:
    change_repeat(town)
    with_plan = lines_of(town)
    schedule(town, "weekly", NOW)
    before = dump(town)
    assert [line.recipient_id for line in lines_of(town)] == [line.recipient_id for line in with_plan]
    assert dump(town) == before


def change_repeat(app: App) -> None:
    """Make the campaign a single one."""
    with app.engine.begin() as db:
        db.execute(text("""UPDATE campaigns SET settings = '{"name": "weekly", "window": "now"}'"""))


def test_scheduling_plans_when_nobody_has(town: App) -> None:
    report = schedule(town, "weekly", NOW)
    assert report.letters > 0
    assert show(town, "weekly")["state"] == "scheduled"


def test_scheduling_for_another_time_plans_again_for_that_time(town: App) -> None:
    lines_of(town)
    later = NOW + timedelta(days=2)
    report = schedule(town, "weekly", NOW, at=later)
    assert report.edition.scheduled == later
    editions = show(town, "weekly")["editions"]
    assert [edition["edition"] for edition in editions] == [report.edition.key]


def test_a_recurring_campaign_approves_its_own_next_editions(town: App) -> None:
    first = schedule(town, "weekly", NOW).edition
    assert plan_due(town, NOW + timedelta(days=6)) == []
    assert plan_due(town, NOW + timedelta(days=7)) == [f"weekly@{first.scheduled + timedelta(days=7):%Y-%m-%dT%H:%MZ}"]
    assert plan_due(town, NOW + timedelta(days=7)) == []


def test_editions_missed_while_nothing_ran_are_not_sent_in_a_row(town: App) -> None:
    schedule(town, "weekly", NOW)
    assert plan_due(town, NOW + timedelta(days=40)) == [f"weekly@{NOW + timedelta(days=35):%Y-%m-%dT%H:%MZ}"]


def test_a_campaign_that_cannot_be_planned_keeps_no_other_one_waiting(town: App) -> None:
    schedule(town, "weekly", NOW)
    with writing(town.engine) as db:
        broken = create_campaign(db, {"name": "broken", "layout": "gone", "repeat": "7d"}, NOW)
        db.execute(text("UPDATE campaigns SET number = 0, state = 'scheduled' WHERE number = :n"), {"n": broken.number})
    later = NOW + timedelta(days=7)
    assert plan_due(town, later) == [f"weekly@{later:%Y-%m-%dT%H:%MZ}"]


def test_repeating_an_approval_does_not_approve_the_next_edition_by_accident(town: App) -> None:
    schedule(town, "weekly", NOW)
    with pytest.raises(Refused, match="its next edition approves itself at 2026-03-09"):
        schedule(town, "weekly", NOW)
    assert len(show(town, "weekly")["editions"]) == 1
    plan(town, "weekly", NOW)
    assert schedule(town, "weekly", NOW).edition.scheduled == NOW + timedelta(days=7)


def test_a_single_campaign_cannot_be_approved_twice(town: App) -> None:
    change_repeat(town)
    schedule(town, "weekly", NOW)
    with pytest.raises(Refused, match="approved already"):
        schedule(town, "weekly", NOW)


def test_cancelling_skips_what_has_not_left_and_ends_planning(town: App) -> None:
    report = schedule(town, "weekly", NOW)
    assert change_state(town, "weekly", "cancel")["letters_cancelled"] == report.letters
    with pytest.raises(Refused, match="cancelled"):
        plan(town, "weekly", NOW)


@pytest.mark.parametrize("verb", ["pause", "resume"])
def test_a_draft_can_be_neither_paused_nor_resumed(town: App, verb: str) -> None:
    with pytest.raises(Refused, match="is draft"):
        change_state(town, "weekly", verb)


def test_a_plan_overtaken_by_an_approval_adds_nothing_to_it(town: App) -> None:
    overtaken = False

    def approve(_: Newsletter | Skipped) -> None:
        nonlocal overtaken
        if not overtaken:
            overtaken = True
            schedule(town, "weekly", NOW)

    with pytest.raises(Refused, match="its letters stand"):
        plan(town, "weekly", NOW, line=approve)
    after = dump(town)
    assert len(after["outbox"]) == PEOPLE
    assert show(town, "weekly")["editions"][0]["state"] == "approved"


def test_a_campaign_has_one_edition_a_time(town: App) -> None:
    first = schedule(town, "weekly", NOW).edition
    with pytest.raises(Refused, match="approved already"):
        schedule(town, "weekly", NOW, at=first.scheduled)
    plan(town, "weekly", NOW)
    with pytest.raises(Refused, match="has an edition for that time"):
        schedule(town, "weekly", NOW, at=first.scheduled)


def test_a_cancelled_campaign_is_not_scheduled_and_gets_no_edition(town: App) -> None:
    with writing(town.engine) as db:
        create_campaign(db, {"name": "gone"}, NOW)
    change_state(town, "gone", "cancel")
    with pytest.raises(Refused, match="is cancelled"):
        schedule(town, "gone", NOW)
    assert show(town, "gone")["editions"] == []


def test_an_unknown_campaign_is_named(town: App) -> None:
    with pytest.raises(ComposerError, match="no campaign named 'none'"):
        plan(town, "none", NOW)
