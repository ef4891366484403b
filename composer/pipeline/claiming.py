"""The claim: take due letters and, in the same transaction, decide them again from the data of this second.

What was bought, withdrawn, complained about or expired since planning is honoured here; the hour decided at planning
is kept. A letter whose sending was begun before is replayed from its frozen decision instead, unless it may not leave
any more, or was decided at a level its recipient has lowered since and surely nobody has it yet.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from sqlalchemy import Connection

from composer.app import App
from composer.dispatch.states import Rules, Standing, after_lost_lease, at_rest, ended
from composer.domain.audience import Person, person
from composer.domain.campaign import Campaign
from composer.domain.level import Level
from composer.domain.newsletter import Newsletter, Skipped
from composer.domain.outcome import OutboxState
from composer.domain.reasons import Skip
from composer.pipeline.compose import Composer
from composer.pipeline.deciding import decide_numbers
from composer.store.campaigns import get_campaign_by_number, get_edition
from composer.store.decisions import dump_newsletter, load_newsletter, load_person
from composer.store.engine import writing
from composer.store.interlock import LEVEL_LOWERED
from composer.store.outbox import Claimed, claim, freeze, lost_leases
from composer.store.outcomes import Settled, stand

LATE = "its time to live is over"


@dataclass(frozen=True, slots=True)
class Letter:
    """A claimed letter, decided for good and not yet composed."""

    claimed: Claimed
    newsletter: Newsletter
    person: Person
    composer: Composer
    fresh: bool
    """Decided just now, not replayed."""

    @property
    def before(self) -> Standing:
        """Where it stood when it was claimed."""
        return _resting(self.claimed)


@dataclass
class Batch:
    """What one claim brought: letters to send, and those that ended here, by state."""

    taken: int = 0
    letters: list[Letter] = field(default_factory=list)
    ended: Counter[str] = field(default_factory=Counter)


@dataclass
class Claims:
    """Claims for one run: whose lease it is, and a composer for each edition met so far."""

    app: App
    owner: str
    composers: dict[int, Composer] = field(default_factory=dict)

    @property
    def rules(self) -> Rules:
        delivery = self.app.settings.delivery
        return Rules(delivery.retry, delivery.never_twice)

    def take(self, now: datetime, limit: int) -> Batch:
        """Claim at most `limit` due letters, in one transaction with every check."""
        batch = Batch()
        with writing(self.app.engine) as db:
            self._give_back_lost(db, now)
            rows = claim(db, now, limit, self.owner, self.app.settings.delivery.lease)
            batch.taken = len(rows)
            by_edition: defaultdict[int, list[Claimed]] = defaultdict(list)
            for row in rows:
                by_edition[row.edition].append(row)
            for edition, group in by_edition.items():
                self._decide(db, self._composer(db, edition), group, now, batch)
        batch.letters.sort(key=lambda letter: (letter.claimed.due_at, letter.claimed.number))
        return batch

    def _give_back_lost(self, db: Connection, now: datetime) -> None:
        stand(
            db,
            [
                settled(
                    row,
                    after_lost_lease(
                        Standing(OutboxState.sending, row.due_at, row.attempts, row.in_doubt), now, self.rules, row.message_id
                    ),
                )
                for row in lost_leases(db)
            ],
        )

    def _composer(self, db: Connection, number: int) -> Composer:
        if number not in self.composers:
            edition = get_edition(db, number)
            campaign = get_campaign_by_number(db, edition.campaign_number)
            assert campaign is not None
            self.composers[number] = Composer(self.app, campaign, edition, self.app.frozen_library(db, edition.library_version))
        return self.composers[number]

    def _decide(self, db: Connection, composer: Composer, rows: Sequence[Claimed], now: datetime, batch: Batch) -> None:
        alive = [row for row in rows if not _is_late(row, composer.campaign, now)]
        over: list[Settled] = [
            settled(row, ended(_resting(row), OutboxState.expired, LATE)) for row in rows if _is_late(row, composer.campaign, now)
        ]
        found, gone = self._decide_again(db, composer, alive, now)
        over += gone
        freeze(
            db,
            [
                (
                    letter.claimed.number,
                    dump_newsletter(letter.newsletter, letter.person),
                    letter.newsletter.arm.value,
                    letter.newsletter.level.name,
                )
                for letter in found
                if letter.fresh
            ],
        )
        stand(db, over)
        batch.letters += found
        batch.ended.update(one.state.value for one in over)

    def _decide_again(
        self, db: Connection, composer: Composer, rows: Sequence[Claimed], now: datetime
    ) -> tuple[list[Letter], list[Settled]]:
        if not rows:
            return [], []
        hours = np.array([int(row.send_at.timestamp()) for row in rows], dtype=np.int64)
        decided = decide_numbers(
            self.app, db, composer.opened, composer.campaign, composer.edition, [row.recipient for row in rows], now, send_at=hours
        )
        letters: list[Letter] = []
        over: list[Settled] = []
        for r, row in enumerate(rows):
            objection = _objection(bool(decided.audience.consented[r]), bool(decided.audience.suppressed[r]))
            newsletter, reader = _frozen(row)
            if newsletter is not None and newsletter.level > Level(int(decided.audience.level[r])):
                if row.in_doubt:
                    objection = objection or LEVEL_LOWERED
                newsletter = None
            if objection:
                over.append(settled(row, ended(_resting(row), OutboxState.skipped, objection)))
                continue
            fresh = newsletter is None or reader is None
            if newsletter is None or reader is None:
                outcome = decided.outcome(r)
                if isinstance(outcome, Skipped):
                    over.append(settled(row, ended(_resting(row), OutboxState.skipped, outcome.reason.value)))
                    continue
                newsletter, reader = outcome, person(decided.audience, r)
            letters.append(Letter(row, newsletter, reader, composer, fresh))
        return letters, over


def settled(row: Claimed, standing: Standing) -> Settled:
    """Where a claimed row stands now, as the store writes it."""
    return Settled(row.number, row.recipient, standing.state, standing.reason, standing.due_at, standing.attempts, standing.in_doubt)


def _resting(row: Claimed) -> Standing:
    return Standing(at_rest(row.attempts, row.in_doubt), row.due_at, row.attempts, row.in_doubt)


def _frozen(row: Claimed) -> tuple[Newsletter | None, Person | None]:
    """The decision an earlier attempt was made with; none for a fresh letter, and none where its recipient was erased since."""
    if not row.frozen or not row.decision:
        return None, None
    return load_newsletter(row.decision), load_person(row.decision)


def _is_late(row: Claimed, campaign: Campaign, now: datetime) -> bool:
    return campaign.expires is not None and row.send_at + campaign.expires <= now


def _objection(consented: bool, suppressed: bool) -> str:
    if suppressed:
        return Skip.suppressed.value
    return "" if consented else Skip.no_consent.value
