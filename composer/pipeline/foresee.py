"""Letters that are planned and not begun: decided again when somebody asks, at the hour that was planned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import Connection

from composer.app import App
from composer.domain.campaign import Campaign, Edition, EditionState
from composer.domain.forecast import NONE, read_forecasts
from composer.domain.newsletter import Newsletter, Skipped
from composer.domain.tokens import Subject
from composer.library import OpenLibrary
from composer.pipeline.deciding import decide_numbers
from composer.store.campaigns import campaign_of_edition, get_edition
from composer.store.letters import Letter, letter_of
from composer.store.plans import ON_ITS_WAY, planned_axes, planned_forecasts


def library_of(app: App, db: Connection, edition: Edition) -> OpenLibrary:
    """The library an edition was approved with; before that, the files as they stand."""
    return app.library() if edition.state == EditionState.planned else app.frozen_library(db, edition.library_version)


def decide_waiting(
    app: App, db: Connection, campaign: Campaign, edition: Edition, letters: Sequence[tuple[int, datetime]], now: datetime
) -> list[Newsletter | Skipped]:
    """What recipients (row number, planned hour) would get now. Their hours stand."""
    hours = np.array([int(send_at.timestamp()) for _, send_at in letters], dtype=np.int64)
    opened = library_of(app, db, edition)
    decided = decide_numbers(app, db, opened, campaign, edition, [number for number, _ in letters], now, send_at=hours)
    return [decided.outcome(r) for r in range(len(decided))]


def foreseen_letter(app: App, db: Connection, subject: Subject, now: datetime) -> Letter | None:
    """The letter a token speaks of; where it waits, with the newsletter it would be now."""
    letter = letter_of(db, subject)
    if letter is None or letter.newsletter is not None or letter.send_at is None or letter.state not in ON_ITS_WAY:
        return letter
    edition = get_edition(db, letter.edition)
    campaign = campaign_of_edition(db, edition)
    (outcome,) = decide_waiting(app, db, campaign, edition, [(letter.recipient, letter.send_at)], now)
    return replace(letter, newsletter=outcome) if isinstance(outcome, Newsletter) else letter


def forecast_of(db: Connection, edition: Edition) -> list[dict[str, Any]]:
    """Per module: in how many letters of an edition it was foreseen, in how many as a try-out, and its mean score; most letters first."""
    axes = planned_axes(db, edition.number)
    size = len(axes.modules)
    letters, tried, score = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64), np.zeros(size)
    explored = axes.sources.index("explored") if "explored" in axes.sources else NONE
    for page in planned_forecasts(db, edition.number):
        places = read_forecasts(page)["places"]
        found = places[places["module"] != NONE]
        letters += np.bincount(found["module"], minlength=size)
        tried += np.bincount(found["module"][found["source"] == explored], minlength=size)
        score += np.bincount(found["module"], weights=found["score"], minlength=size)
    rows = [
        {"module": axes.modules[m], "letters": int(letters[m]), "explored": int(tried[m]), "score": round(float(score[m] / letters[m]), 4)}
        for m in np.flatnonzero(letters)
    ]
    return sorted(rows, key=lambda row: (-row["letters"], row["module"]))
