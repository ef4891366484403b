"""A campaign's report: where everybody ended, what was clicked, and personal against hold-out."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection

from composer.app import App
from composer.domain.level import Level
from composer.domain.observed import Ask, Maker
from composer.domain.outcome import OutboxState
from composer.domain.reasons import Arm
from composer.learn.organic import LEAST_BLOCKS
from composer.learn.uplift import ArmSum, uplift
from composer.store.answers import answer_counts, texts_of
from composer.store.campaigns import editions_of, get_campaign
from composer.store.engine import reading
from composer.store.letters import left_counts
from composer.store.observations import observation_counts
from composer.store.reports import ArmCount, arm_counts, bounced_later, event_counts, module_counts, outbox_counts, word_counts

FAILED = (OutboxState.refused, OutboxState.expired)
WAITING = (OutboxState.planned, OutboxState.sending, OutboxState.try_later)


def funnel(counts: list[tuple[str, str, int]]) -> dict[str, Any]:
    """audience = accepted + skipped(reason) + failed(reason) + unknown + waiting."""
    states: Counter[str] = Counter()
    skipped: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    for state, reason, n in counts:
        states[state] += n
        if state == OutboxState.skipped:
            skipped[reason] += n
        if state in FAILED:
            failed[_in_kind(reason) or state] += n
    return {
        "audience": sum(states.values()),
        "accepted": states[OutboxState.accepted],
        "skipped": dict(skipped),
        "failed": dict(failed),
        "unknown": states[OutboxState.unknown],
        "waiting": sum(states[state] for state in WAITING),
    }


def _in_kind(reason: str) -> str:
    """A server's reply by its codes (RFC 5321, RFC 3463): its words hold queue numbers, and would be a kind of their own each."""
    codes = re.match(r"[245]\d\d(?:[ -][245]\.\d{1,3}\.\d{1,3})?(?![\d.])", reason)
    return codes[0] if codes else reason


_SUMS = ("people", "letters", "clicks", "letters_squared", "letters_clicks", "clicks_squared")


def _sum(rows: list[ArmCount], arm: Arm) -> ArmSum:
    return ArmSum(*(sum(getattr(row, name) for row in rows if row.arm == arm) for name in _SUMS))


def _compare(rows: list[ArmCount]) -> dict[str, Any]:
    """Only people whose clicks may be measured can be compared: level premium, in both arms alike.

    Letters of which every link was followed, as mail scanners do, are left out as learning leaves them out, and counted.
    """
    measured = [row for row in rows if row.level == Level.premium.name]
    arms = {arm: _sum(measured, arm) for arm in (Arm.personal, Arm.holdout)}
    found = uplift(arms[Arm.personal], arms[Arm.holdout])
    return {
        **{arm.name: {"people": one.people, "letters": one.letters, "clicks_per_letter": one.mean} for arm, one in arms.items()},
        "uplift": asdict(found) if found else None,
        "by_machine": sum(row.by_machine for row in measured),
    }


def _surveys(db: Connection, campaign: int) -> list[dict[str, Any]]:
    """Each question with its answers counted, and what people wrote to it, without who they are."""
    counts: dict[str, dict[str, int]] = {}
    for module, answer, people in answer_counts(db, campaign):
        counts.setdefault(module, {})[answer] = people
    return [
        {
            "module": module,
            "people": sum(answers.values()),
            "answers": answers,
            "texts": [asdict(text) for text in texts_of(db, campaign, module)],
        }
        for module, answers in counts.items()
    ]


def side_by_side(counts: list[tuple[Ask, Maker, str, int]]) -> dict[str, Any]:
    """Links and pictures by who asked for them, and by which signs programs were told; a sign is counted wherever it spoke.

    The hidden link counts among the signs alone: people have none to compare it with.
    """
    found: dict[str, Any] = {ask.value: {maker.value: 0 for maker in Maker} for ask in (Ask.clicked, Ask.opened)}
    signs: Counter[str] = Counter()
    for ask, maker, words, n in counts:
        if ask is not Ask.trap:
            found[ask.value][maker.value] += n
            if maker is not Maker.person:
                signs.update(dict.fromkeys(words.split(","), n))
    return {**found, "signs": dict(sorted(signs.items()))}


def report(app: App, name: str) -> dict[str, Any]:
    """Return the whole report as JSON-safe values. ComposerError where there is no such campaign."""
    with reading(app.engine) as db:
        campaign = get_campaign(db, name)
        arms = arm_counts(db, campaign.number, LEAST_BLOCKS)
        editions = [
            {"edition": edition.key, **_compare(arm_counts(db, campaign.number, LEAST_BLOCKS, edition.number))}
            for edition in editions_of(db, campaign.number)
        ]
        levels: Counter[str] = Counter()
        for row in arms:
            levels[row.level] += row.letters + row.by_machine
        return {
            "campaign": name,
            "funnel": {**funnel(outbox_counts(db, campaign.number)), "bounced_later": bounced_later(db, campaign.number)},
            "events": event_counts(db, campaign.number),
            "clicks": _compare(arms),
            "observed": side_by_side(observation_counts(db, campaign.number)),
            "editions": editions,
            "levels": {level.name: levels[level.name] for level in Level},
            "modules": [asdict(count) for count in module_counts(db, campaign.number)],
            "left": left_counts(db, campaign.number),
            "surveys": _surveys(db, campaign.number),
            "words": [asdict(count) for count in word_counts(db, campaign.number)],
        }
