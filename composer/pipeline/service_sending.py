"""Service letters leave: in a round of their own, so that a campaign of a hundred thousand does not stand before a confirmation.

The rules are those of every letter (dispatch.states): retries by `delivery.retry`, a body in doubt leaves once more with the
same bytes, and each body that begins is on disk before it does.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from composer.app import App
from composer.dispatch.states import OTHER_BYTES, Rules, Standing, after, after_lost_lease, at_rest, ended
from composer.domain.message import Message
from composer.domain.outcome import OutboxState, Outcome, Verdict
from composer.domain.reasons import Skip
from composer.domain.service_letter import ASKING, ServiceLetter, ServiceWords
from composer.errors import ComposerError, in_short
from composer.logs import log
from composer.pipeline.recording import digest_of
from composer.pipeline.service_letters import confirm_token
from composer.store.engine import reading, writing
from composer.store.service_sending import Waiting, begin, claim, is_wanted, lost_leases, settle
from composer.transports import Transport

BATCH = 100
LATE = "its link ran out before it could be sent"
TAKEN_BACK = "taken back before it left"
STANDSTILL = frozenset({Verdict.paused, Verdict.unreachable})
"""Nothing more leaves in this round: the next one looks again."""


async def send_service_letters(
    app: App, clock: Callable[[], datetime], transport: Transport, stop: asyncio.Event | None = None
) -> Counter[str]:
    """Send what is due by `clock` until nothing is; return how many letters came to stand where (OutboxState)."""
    run = _Run(app, clock, transport)
    while not (run.halted or (stop is not None and stop.is_set())):
        batch = await asyncio.to_thread(run.take)
        if not batch:
            break
        senders = asyncio.Semaphore(transport.depth)
        await asyncio.gather(*(run.send(waiting, senders) for waiting in batch))
    if run.counts:
        log.info("service_letters_sent", **run.counts)
    return run.counts


def compose(app: App, words: ServiceWords, letter: ServiceLetter) -> Message:
    """Return the letter's message, signed where a key is set; the same letter gives the same bytes."""
    from composer.render.service_letter import ServiceEnvelope, service_message  # Babel: only where there is something to say

    sender, defaults = app.settings.sender, app.settings.defaults
    envelope = ServiceEnvelope(
        sender.address,
        sender.name,
        sender.postal_address,
        sender.privacy_url,
        sender.reply_to,
        app.settings.inbound.address,
        defaults.language,
        defaults.zone,
        f"{app.settings.web.base_url}/confirm/{confirm_token(app, letter)}" if letter.kind in ASKING else "",
    )
    message = service_message(letter, words, envelope)
    if app.signers:
        from composer.render.dkim import sign  # only where letters are signed

        message = replace(message, data=sign(message.data, app.signers, letter.asked_at))
    return message


@dataclass
class _Run:
    """One round."""

    app: App
    clock: Callable[[], datetime]
    transport: Transport
    owner: str = field(default_factory=lambda: secrets.token_hex(8))
    counts: Counter[str] = field(default_factory=Counter)
    halted: bool = False
    words: ServiceWords | None = None

    @property
    def rules(self) -> Rules:
        delivery = self.app.settings.delivery
        return Rules(delivery.retry, delivery.never_twice, delivery.give_up)

    def take(self) -> list[Waiting]:
        """Claim what is due; what came too late ends here."""
        now = self.clock()
        with writing(self.app.engine, spares=True) as db:
            for lost in lost_leases(db):
                standing = after_lost_lease(lost.standing, now, self.rules, lost.letter.message_id)
                settle(db, lost.letter.number, lost.owner, standing, now)
            taken = claim(db, now, BATCH, self.owner, self.app.settings.delivery.lease)
            late = [one for one in taken if one.letter.expires_at is not None and one.letter.expires_at <= now]
            for one in late:
                settle(db, one.letter.number, self.owner, ended(_resting(one), OutboxState.expired, LATE), now)
        self.counts.update(OutboxState.expired.value for _ in late)
        return [one for one in taken if one not in late] or (self.take() if late else [])

    async def send(self, waiting: Waiting, senders: asyncio.Semaphore) -> None:
        """Compose and hand over one letter; whatever happens to it is recorded."""
        async with senders:
            before, number = _resting(waiting), waiting.letter.number
            if self.halted:
                await self._settle(number, before)
                return
            message = await asyncio.to_thread(self._message, waiting)
            if isinstance(message, Standing):
                await self._settle(number, message)
                return
            begun = False

            async def beginning() -> None:
                nonlocal begun
                await asyncio.to_thread(self._begin, number, message.data)
                begun = True

            try:
                outcome = await self.transport.send(message, lambda: self._wanted(number), beginning)
            except asyncio.CancelledError:
                broken = Outcome(Verdict.unknown, 0, "broken off after the body was begun")
                await asyncio.shield(self._settle(number, self._after(waiting, broken) if begun else before))
                raise
            except Exception as error:  # noqa: BLE001 - a transport's bug must not cost the others their letters
                log.error("transport_failed", message_id=waiting.letter.message_id, error=in_short(error))
                verdict = Verdict.unknown if begun else Verdict.try_later
                outcome = Outcome(verdict, 0, f"the transport failed ({type(error).__name__})")
            self.halted |= outcome.verdict in STANDSTILL
            await self._settle(number, self._after(waiting, outcome), dead_address=outcome.dead_address)

    def _after(self, waiting: Waiting, outcome: Outcome) -> Standing:
        if outcome.verdict is Verdict.withdrawn:
            outcome = Outcome(Verdict.withdrawn, 0, TAKEN_BACK)
        letter = waiting.letter
        return after(_resting(waiting), outcome, self.clock(), self.rules, letter.message_id, letter.asked_at)

    def _message(self, waiting: Waiting) -> Message | Standing:
        """The message, or where the letter stands that cannot be made into one."""
        from composer.library.service_words import read_service_words  # as compose: a round without letters needs neither

        letter = waiting.letter
        try:
            self.words = self.words or read_service_words(self.app.settings.path(self.app.settings.library.templates))
            message = compose(self.app, self.words, letter)
        except Exception as error:  # noqa: BLE001 - one letter that cannot be rendered stops no other
            log.error("letter_not_rendered", message_id=letter.message_id, error=in_short(error))
            cause = error.what if isinstance(error, ComposerError) else type(error).__name__
            return ended(_resting(waiting), OutboxState.refused, f"{Skip.render_failed.value} ({cause})")
        if waiting.digest and waiting.standing.in_doubt and digest_of(message.data) != waiting.digest:
            return ended(_resting(waiting), OutboxState.unknown, OTHER_BYTES)
        return message

    def _begin(self, number: int, data: bytes) -> None:
        with writing(self.app.engine, spares=True) as db:
            if not begin(db, number, self.owner, digest_of(data)):
                raise ComposerError("somebody else holds this letter by now", where="service letters", do="It is sent by them.")

    def _wanted(self, number: int) -> bool:
        with reading(self.app.engine, spares=True) as db:
            return is_wanted(db, number)

    async def _settle(self, number: int, standing: Standing, *, dead_address: bool = False) -> None:
        def write() -> None:
            now = self.clock()
            with writing(self.app.engine, spares=True) as db:
                settle(db, number, self.owner, standing, now, dead_address=dead_address)

        await asyncio.to_thread(write)
        self.counts[standing.state.value] += 1


def _resting(waiting: Waiting) -> Standing:
    s = waiting.standing
    return Standing(at_rest(s.attempts, s.in_doubt), s.due_at, s.attempts, s.in_doubt, lost=s.lost)
