"""What a decided batch leaves: counts, few words, and the rows of the outbox; all of it without making a newsletter."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np

from composer.app import App
from composer.decide import Decided
from composer.decide.candidates import SKIPS
from composer.decide.forecast import forecasts
from composer.domain.campaign import Edition
from composer.domain.level import Level
from composer.domain.outcome import OutboxState
from composer.domain.reasons import Arm
from composer.pipeline.compose import message_ids
from composer.pipeline.told import Brief, PlanReport
from composer.store.plans import PlannedRow

_LEVELS = tuple(level.name for level in Level)


def count(decided: Decided, report: PlanReport) -> None:
    """Add a batch to the report."""
    skipped = decided.skip[decided.skip >= 0]
    report.letters += len(decided) - len(skipped)
    report.skipped.update({SKIPS[code].value: n for code, n in enumerate(np.bincount(skipped).tolist()) if n})


def briefs(decided: Decided) -> Iterator[Brief]:
    """A batch in a few words each."""
    names, times = decided.library.names, decided.times.send_at.tolist()
    hours = {second: datetime.fromtimestamp(second, UTC) for second in set(times)}
    rows = zip(decided.audience.recipient_id, decided.skip.tolist(), _arms(decided), decided.slate.chosen.tolist(), times, strict=True)
    for recipient_id, skip, arm, chosen, second in rows:
        if skip >= 0:
            yield Brief(recipient_id, arm, (), None, SKIPS[skip].value)
        else:
            yield Brief(recipient_id, arm, tuple([names[m] for m in chosen if m >= 0]), hours[second], "")


def planned_rows(app: App, edition: Edition, decided: Decided) -> list[PlannedRow]:
    """What is stored of a batch: a forecast for each letter; the reason where there is none."""
    skip, audience, times = decided.skip.tolist(), decided.audience, decided.times.send_at.tolist()
    hours = [None if code >= 0 else second for code, second in zip(skip, times, strict=True)]
    return list(
        map(
            PlannedRow,
            audience.number.tolist(),
            [OutboxState.planned.value if code < 0 else OutboxState.skipped.value for code in skip],
            ["" if code < 0 else SKIPS[code].value for code in skip],
            _arms(decided),
            [_LEVELS[level] if code < 0 else "" for code, level in zip(skip, audience.level.tolist(), strict=True)],
            message_ids(app, edition, audience.recipient_id.tolist()),
            hours,
            hours,
            [forecast if code < 0 else None for code, forecast in zip(skip, forecasts(decided), strict=True)],
        )
    )


def _arms(decided: Decided) -> list[str]:
    return [Arm.holdout.value if held else Arm.personal.value for held in decided.holdout.tolist()]
