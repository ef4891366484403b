"""Preview: exactly what would be sent to one person, by the code that sends. Writes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import ModuleType

import numpy as np
from sqlalchemy import Connection

from composer.app import App
from composer.decide.candidates import EXCLUDED, LAYOUT, POOL
from composer.decide.why_block import hushed
from composer.domain.audience import Person, person
from composer.domain.campaign import Campaign, Edition, EditionState
from composer.domain.content import Library
from composer.domain.level import Level
from composer.domain.message import Finding, Message
from composer.domain.newsletter import Explanation, Newsletter
from composer.domain.reasons import Skip
from composer.errors import ComposerError
from composer.pipeline.compose import Composer
from composer.pipeline.deciding import decide_numbers
from composer.pipeline.plan import next_edition, require_content
from composer.pipeline.replay import of_that_day
from composer.store.campaigns import campaign_of_edition, editions_of, get_campaign
from composer.store.decisions import load_newsletter, load_person
from composer.store.engine import reading
from composer.store.plans import ON_ITS_WAY, WAITING, planned_letter
from composer.store.recipients import find_recipient


@dataclass(frozen=True)
class Preview:
    """The decision with its losers, and the message with what its checks found; no message where nothing would be sent."""

    explanation: Explanation
    message: Message | None
    findings: tuple[Finding, ...]
    edition: str
    glossary: Glossary


@dataclass(frozen=True)
class Glossary:
    """What names in an explanation stand for: modules' titles in the letter's language, and each rule and signal in a sentence."""

    titles: Mapping[str, str]
    rules: Mapping[str, str]
    signals: Mapping[str, str]
    skips: Mapping[str, str]
    """By the reason why somebody gets no letter."""


def preview(
    app: App,
    recipient: str,
    campaign_name: str,
    now: datetime,
    level: Level = Level.premium,
    *,
    mark: str = "",
    dead_links: bool = False,
    to: str = "",
) -> Preview:
    """Decide and compose the letter of a campaign that this recipient gets next.

    `recipient` is an id or an address. `level` lowers the recipient's level; it never raises it. `mark`, `dead_links` and
    `to` (who gets it instead) make a test letter. A letter that left, or may have left, is replayed from the stored
    decision, with the losers of that day; one that was put off is decided anew, as its next
    attempt will. ComposerError where the recipient or campaign is unknown.
    """
    with reading(app.engine) as db:
        number = find_recipient(db, recipient)
        if number is None:
            raise ComposerError("no such recipient", where="preview", do="Name a recipient_id or an address that was imported.")
        campaign = get_campaign(db, campaign_name)
        edition = _edition(db, campaign, number, now)
        frozen = edition.state != EditionState.planned
        campaign = campaign_of_edition(db, edition) if frozen else campaign
        opened = app.frozen_library(db, edition.library_version) if frozen else app.library()
        require_content(campaign, opened)
        stored = planned_letter(db, edition.number, number) if edition.number else None
        newsletter = load_newsletter(stored.decision) if stored and stored.decision else None
        hours = np.array([int(stored.send_at.timestamp())], dtype=np.int64) if stored and stored.send_at else None
        decided = decide_numbers(app, db, opened, campaign, edition, [number], now, send_at=hours, at_most=level)
    explanation = decided.explain(0)
    reader: Person = person(decided.audience, 0)
    if stored and stored.frozen and stored.state not in WAITING and newsletter and level == Level.premium:
        newsletter = replace(newsletter, blocks=tuple(hushed(block, opened.library) for block in newsletter.blocks))
        explanation = replace(explanation, outcome=newsletter, losers=of_that_day(newsletter, explanation.losers))
        reader = load_person(stored.decision) or reader
    language = getattr(explanation.outcome, "language", app.settings.defaults.language)
    glossary = _glossary(app, opened.library, language)
    if not isinstance(explanation.outcome, Newsletter):
        return Preview(explanation, None, (), edition.key, glossary)
    composer = Composer(app, campaign, edition, opened, mark, dead_links, now if dead_links else None, to)
    message, findings = composer.compose(explanation.outcome, reader)
    return Preview(explanation, message, findings, edition.key, glossary)


def _glossary(app: App, library: Library, language: str) -> Glossary:
    def first_line(file: ModuleType) -> str:
        return (file.__doc__ or "").strip().partition("\n")[0]

    titles = {one.name: one.title(language) for one in library.modules}
    rules = {POOL: "The campaign leaves it out (`modules`).", LAYOUT: "No place of the layout takes modules of its kind."}
    rules[EXCLUDED] = "Two modules that exclude each other (`excludes`) are never in one letter."
    rules |= {name: first_line(rule) for name, rule in app.rules.items()}
    skips = {
        Skip.too_few_blocks.value: "Fewer blocks than the layout's least could be shown; what removed the others stands below.",
        Skip.no_mandatory.value: "A letter without a block that the campaign makes mandatory does not leave.",
    }
    skips |= {rule.SKIPS.value: first_line(rule) for rule in app.rules.values() if hasattr(rule, "SKIPS")}
    return Glossary(titles, rules, {name: first_line(signal) for name, signal in app.signals.items()}, skips)


def _edition(db: Connection, campaign: Campaign, recipient: int, now: datetime) -> Edition:
    """Return the edition with a letter on its way to this person, else the one that waits for approval, else the one of this period."""
    upcoming = next_edition(db, campaign, now)
    approved = [edition for edition in editions_of(db, campaign.number) if edition.state in (EditionState.approved, EditionState.finished)]
    letters = [planned_letter(db, edition.number, recipient) for edition in approved]
    for edition, letter in zip(reversed(approved), reversed(letters), strict=True):
        if letter is not None and letter.state in ON_ITS_WAY:
            return edition
    newest = letters[-1] if letters else None
    this_period = not upcoming.number and now < upcoming.scheduled
    return approved[-1] if this_period and newest is not None and newest.send_at else upcoming
