"""The claim: take due letters and, in the same transaction, decide them again from the data of this second.

What was bought, withdrawn, complained about, sold out or expired since planning, or since an earlier attempt, is honoured here;
the hour decided at planning is kept. Only a letter in doubt, or one whose sender died, is replayed: a copy of it may be out, and a
second one must be the same. A letter that was surely not taken (put off, refused for now, given back) is nobody's yet: it is decided
anew, and where no input moved it comes out the same, byte for byte. A letter that is late, whatever made it so, leaves at the
first moment its campaign's window and the quiet hours allow on its recipient's clock, or expires.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from time import monotonic

import numpy as np
from sqlalchemy import Connection

from composer.app import App
from composer.decide import Decided
from composer.decide.candidates import SKIPS
from composer.decide.late import first_allowed
from composer.dispatch.states import ALONE, GROUP, REHEARSED, SET_ASIDE, Rules, Standing, after_lost_lease, at_rest, ended
from composer.domain.audience import Person, person
from composer.domain.campaign import Campaign
from composer.domain.level import Level
from composer.domain.newsletter import Newsletter, Skipped
from composer.domain.outcome import OutboxState
from composer.domain.reasons import Skip
from composer.logs import log
from composer.pipeline.compose import Composer, open_composer
from composer.pipeline.deciding import decide_numbers
from composer.pipeline.letterhead import Letterhead
from composer.pipeline.pacing import Pacing, PutBack
from composer.pipeline.rehearsal import Rehearsal
from composer.store.decisions import dump_newsletter, load_newsletter, load_person
from composer.store.engine import writing
from composer.store.interlock import LEVEL_LOWERED, OPENS_WITHDRAWN, anybody_spaced
from composer.store.letterheads import keep_letterhead
from composer.store.outbox import UNWRITTEN, Claimed, claim, freeze, holds, lock_caps, lost_leases, mark_unwritten
from composer.store.outcomes import Settled, stand

LATE = "its time to live is over"
WINDOW = "waits for its campaign's window"
FORBIDS = (Skip.no_consent, Skip.suppressed, Skip.erased, Skip.restricted, Skip.paused, Skip.fewer)
"""These come first among the reasons, so none of them hides behind another one."""
NO_HOUR = "its time to live ends before it may leave again"


@dataclass(frozen=True, slots=True)
class Letter:
    """A claimed letter, decided for good and not yet composed."""

    claimed: Claimed
    newsletter: Newsletter
    person: Person
    composer: Composer
    fresh: bool
    """Decided just now, not replayed."""
    time_zone: str
    """The clock its recipient lives by (IANA)."""

    @property
    def before(self) -> Standing:
        """Where it stood when it was claimed."""
        return _resting(self.claimed)


@dataclass
class Batch:
    """What one claim brought: letters to send, and those that ended here, by state."""

    taken: int = 0
    waits: bool = False
    """There may be letters to claim once those under way have ended."""
    put_back: int = 0
    """Letters that wait for their turn at their provider."""
    held: float = 0.0
    """Seconds for which nobody else could write."""
    letters: list[Letter] = field(default_factory=list)
    ended: Counter[str] = field(default_factory=Counter)


@dataclass
class Claims:
    """Claims for one run: whose lease it is, and a composer for each edition met so far."""

    app: App
    owner: str
    composers: dict[int, Composer] = field(default_factory=dict)
    alone: bool = False
    """The last letter claimed must be the only one under way."""

    @cached_property
    def pacing(self) -> Pacing:
        return Pacing(self.app)

    @cached_property
    def letterhead(self) -> Letterhead:
        return Letterhead(self.app.settings)

    @cached_property
    def rehearsal(self) -> Rehearsal:
        return Rehearsal(self.app)

    @property
    def rules(self) -> Rules:
        delivery = self.app.settings.delivery
        return Rules(delivery.retry, delivery.never_twice, delivery.give_up)

    def take(self, now: datetime, limit: int) -> Batch:
        """Claim at most `limit` due letters, in one transaction with every check."""
        batch = Batch()
        with writing(self.app.engine, spares=True) as db:
            begun = monotonic()
            self._give_back_lost(db, now)
            rows = self._claim(db, now, self.pacing.most(limit), batch)
            batch.taken = len(rows)
            if rows:  # before any other row that workers share: one that waits for it here holds none that another waits for
                keep_letterhead(db, self.letterhead.name, self.letterhead.text)
            rows, put_back = self.pacing.place(db, rows, now)
            batch.put_back = len(put_back)
            stand(db, [settled(put.row, _put_back(put)) for put in put_back if not put.over])
            self._stand(db, [settled(put.row, _put_back(put)) for put in put_back if put.over], batch)
            by_edition: defaultdict[int, list[Claimed]] = defaultdict(list)
            for row in rows:
                by_edition[row.edition].append(row)
            for edition, group in by_edition.items():
                self._decide(db, self._composer(db, edition), group, now, batch)
            batch.held = monotonic() - begun
        self._rehearse(batch)
        batch.letters.sort(key=lambda letter: (letter.claimed.due_at, letter.claimed.number))
        return batch

    def close(self) -> None:
        self.rehearsal.close()

    def _claim(self, db: Connection, now: datetime, limit: int, batch: Batch) -> list[Claimed]:
        """Letters nobody suspects first; then suspects in groups; at last, one by one, those whose groups died again and again."""
        lease = self.app.settings.delivery.lease
        if self.alone and holds(db, self.owner):
            batch.waits = True
            return []
        self.alone = False
        rows = claim(db, now, limit, self.owner, lease, (0, 0)) or claim(db, now, min(limit, GROUP), self.owner, lease, (1, ALONE - 1))
        if not rows and holds(db, self.owner):
            batch.waits = True
        elif not rows:
            rows = claim(db, now, 1, self.owner, lease, (ALONE, None))
            self.alone = bool(rows)
        return rows

    def _rehearse(self, batch: Batch) -> None:
        """Set aside what ends the process of whoever composes it."""
        poison = [
            letter
            for letter in batch.letters
            if letter.claimed.lost >= REHEARSED
            and not letter.claimed.in_doubt
            and not self.rehearsal.survives(letter.claimed.edition, dump_newsletter(letter.newsletter, letter.person))
        ]
        if poison:
            with writing(self.app.engine, spares=True) as db:
                stand(db, [settled(letter.claimed, ended(letter.before, OutboxState.refused, SET_ASIDE)) for letter in poison])
            gone = {letter.claimed.number for letter in poison}
            batch.letters = [letter for letter in batch.letters if letter.claimed.number not in gone]
            batch.ended[OutboxState.refused.value] += len(poison)
            log.error("letters_set_aside", message_ids=[letter.claimed.message_id for letter in poison])

    def _give_back_lost(self, db: Connection, now: datetime) -> None:
        lost: list[Settled] = []
        for row in lost_leases(db, self.owner):
            before = Standing(OutboxState.sending, row.due_at, row.attempts, row.in_doubt, lost=row.lost)
            lost.append(settled(row, after_lost_lease(before, now, self.rules, row.message_id)))
        stand(db, lost)
        if lost and not self.rules.never_twice:  # else a body that began is on disk before it left
            mark_unwritten(db, [letter.number for letter in lost if not letter.in_doubt])

    def _composer(self, db: Connection, number: int) -> Composer:
        if number not in self.composers:
            self.composers[number] = open_composer(self.app, db, number)
        return self.composers[number]

    def _decide(self, db: Connection, composer: Composer, rows: Sequence[Claimed], now: datetime, batch: Batch) -> None:
        found, over = self._decide_again(db, composer, rows, now)
        freeze(
            db,
            [
                (
                    letter.claimed.number,
                    dump_newsletter(letter.newsletter, letter.person, self.letterhead.name),
                    letter.newsletter.arm.value,
                    letter.newsletter.level.name,
                )
                for letter in found
                if letter.fresh
            ],
        )
        self.pacing.not_offered(db, [one.number for one in over], now)
        self._stand(db, over, batch)
        batch.letters += found

    def _stand(self, db: Connection, over: Sequence[Settled], batch: Batch) -> None:
        stand(db, over)
        batch.ended.update(one.state.value for one in over)

    def _decide_again(
        self, db: Connection, composer: Composer, rows: Sequence[Claimed], now: datetime
    ) -> tuple[list[Letter], list[Settled]]:
        if composer.campaign.cap is not None or anybody_spaced(db, [row.recipient for row in rows]):
            lock_caps(db)
        hours = np.array([int(row.send_at.timestamp()) for row in rows], dtype=np.int64)
        decided = decide_numbers(
            self.app, db, composer.opened, composer.campaign, composer.edition, [row.recipient for row in rows], now, send_at=hours
        )
        letters: list[Letter] = []
        over: list[Settled] = []
        for r, row in enumerate(rows):
            zone = decided.audience.time_zone.word(r)
            stays = self._late(row, composer.campaign, zone, now)
            if stays is not None:
                over.append(settled(row, stays))
                continue
            newsletter, reader = _in_doubt(row)
            objection = _objection(decided, r)
            if newsletter is not None and newsletter.level > Level(int(decided.audience.level[r])):
                objection = objection or (LEVEL_LOWERED if row.in_doubt else "")
                newsletter = None
            if reader is not None and newsletter is not None and reader.opens and not decided.audience.opens[r]:
                objection = objection or (OPENS_WITHDRAWN if row.in_doubt else "")
                newsletter = None
            if newsletter is not None and not row.in_doubt and not _may_be_shown(decided, r, newsletter):
                newsletter = None
            outcome: Newsletter | Skipped | None = None
            if not objection and newsletter is None:
                outcome = decided.outcome(r)
                objection = outcome.reason.value if isinstance(outcome, Skipped) else ""
            if objection:
                over.append(settled(row, ended(_resting(row), OutboxState.skipped, objection)))
            elif isinstance(outcome, Newsletter):
                letters.append(Letter(row, outcome, person(decided.audience, r), composer, True, zone))
            elif newsletter is not None and reader is not None:
                letters.append(Letter(row, newsletter, reader, composer, False, zone))
        return letters, over

    def _late(self, row: Claimed, campaign: Campaign, time_zone: str, now: datetime) -> Standing | None:
        """Where a letter stands that may not leave at this moment; None for one that may."""
        until = None if campaign.expires is None else row.send_at + campaign.expires
        if until is not None and until <= now:
            return ended(_resting(row), OutboxState.expired, LATE)
        defaults = self.app.settings.defaults
        allowed = first_allowed(campaign.window, time_zone, now, (defaults.quiet_from, defaults.quiet_until), until)
        if allowed is None:
            return ended(_resting(row), OutboxState.expired, NO_HOUR)
        return None if allowed == now else replace(_resting(row), due_at=allowed, reason=WINDOW)


def settled(row: Claimed, standing: Standing) -> Settled:
    """Where a claimed row stands now, as the store writes it."""
    s = standing
    return Settled(row.number, row.recipient, s.state, s.reason, s.due_at, s.attempts, s.in_doubt, s.lost)


def _resting(row: Claimed) -> Standing:
    return Standing(at_rest(row.attempts, row.in_doubt), row.due_at, row.attempts, row.in_doubt, lost=row.lost)


def _put_back(put: PutBack) -> Standing:
    before = _resting(put.row)
    return ended(before, OutboxState.refused, put.reason) if put.over else replace(before, due_at=put.due_at, reason=put.reason)


def _in_doubt(row: Claimed) -> tuple[Newsletter | None, Person | None]:
    """The decision of a letter of which a copy may be out; none for any other, and none where its recipient was erased since.

    Also of one whose sender died with it: its body may have begun a few milliseconds before that could be written.
    """
    if not (row.in_doubt or row.digest == UNWRITTEN) or not row.frozen or not row.decision:
        return None, None
    newsletter, reader = load_newsletter(row.decision), load_person(row.decision)
    return (newsletter, reader) if reader is not None else (None, None)


def _may_be_shown(decided: Decided, r: int, newsletter: Newsletter) -> bool:
    """Whether recipient `r` could still be shown every block: what sold out meanwhile matters more than a copy that hardly exists."""
    index = decided.library.index
    return all(block.module in index and decided.candidates.removed_by[r, index[block.module]] < 0 for block in newsletter.blocks)


def _objection(decided: Decided, r: int) -> str:
    """What forbids any letter to recipient `r`, a copy of one included that may be out already; whatever else may be missing."""
    reason = SKIPS[decided.candidates.skip[r]] if decided.candidates.skip[r] >= 0 else None
    return reason.value if reason in FORBIDS else ""
