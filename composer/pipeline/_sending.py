"""One letter of a run: compose it, hand it to the transport, say where it stands then."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from composer.app import App
from composer.dispatch.states import OTHER_BYTES, Rules, Standing, after, ended
from composer.domain.message import Message
from composer.domain.outcome import OutboxState, Outcome, Verdict
from composer.domain.reasons import Skip
from composer.errors import ComposerError, in_short
from composer.logs import log
from composer.pipeline.claiming import Letter, settled
from composer.pipeline.delivered import DeliveryReport
from composer.pipeline.guarding import Guarding
from composer.pipeline.interlock import Interlock
from composer.pipeline.manners import Manners
from composer.pipeline.recording import CannotRecord, Recorder, digest_of
from composer.pipeline.sampling import Sampling
from composer.store.interlock import HALTED, LEVEL_LOWERED, OPENS_WITHDRAWN
from composer.store.outbox import UNWRITTEN
from composer.transports import Transport


@dataclass
class Sending:
    """What sending a letter needs of the run it belongs to."""

    app: App
    clock: Callable[[], datetime]
    transport: Transport
    rules: Rules
    recorder: Recorder
    interlock: Interlock
    sampling: Sampling
    manners: Manners
    guarding: Guarding
    report: DeliveryReport
    came_back: bool = False
    """Whether a letter was given back that this run can still deliver."""

    async def send(self, letter: Letter) -> None:
        """Compose and hand over one letter; whatever happens to it is recorded."""
        message = self._compose(letter)
        if message is None:
            return
        body_begun = False

        async def begun() -> None:
            nonlocal body_begun
            await self.recorder.begun(letter.claimed.number, message.data, durable=self.app.settings.delivery.never_twice)
            body_begun = True

        try:
            outcome = await self.transport.send(message, lambda: self.interlock.allows(letter), begun)
        except asyncio.CancelledError:
            if body_begun:
                self._settle(letter, Outcome(Verdict.unknown, 0, "broken off after the body was begun"))
            else:
                self.give_back(letter)
            raise
        except CannotRecord:
            return  # nothing was sent; the lease's end gives the letter back
        except Exception as error:  # noqa: BLE001 - a transport's bug must not cost the others their letters
            verdict = Verdict.unknown if body_begun else Verdict.try_later
            log.error("transport_failed", message_id=letter.claimed.message_id, error=in_short(error))
            outcome = Outcome(verdict, 0, f"the transport failed ({type(error).__name__})")
        self._settle(letter, outcome)

    def give_back(self, letter: Letter) -> None:
        """Leave a letter as it was before the claim; it stays due."""
        self.recorder.settle(settled(letter.claimed, letter.before))
        self.manners.returned(self.manners.names.of(letter.person.address))

    def _compose(self, letter: Letter) -> Message | None:
        try:
            whole = self.sampling.takes(letter.claimed.edition, letter.claimed.message_id)
            message, findings = letter.composer.compose(letter.newsletter, letter.person, whole)
        except Exception as error:  # noqa: BLE001 - one letter that cannot be rendered stops no other
            log.error("letter_not_rendered", message_id=letter.claimed.message_id, error=in_short(error))
            cause = error.what if isinstance(error, ComposerError) else type(error).__name__
            self._end(letter, ended(letter.before, OutboxState.refused, f"{Skip.render_failed.value} ({cause})"))
            return None
        blocked = sorted({finding.check for finding in findings if finding.blocks})
        if blocked:
            self._end(letter, ended(letter.before, OutboxState.refused, f"{Skip.check_failed.value}: {', '.join(blocked)}"))
            return None
        before = letter.claimed.digest
        if before not in ("", UNWRITTEN) and letter.claimed.in_doubt and digest_of(message.data) != before:
            self._end(letter, ended(letter.before, OutboxState.unknown, OTHER_BYTES))
            return None
        return message

    def _settle(self, letter: Letter, outcome: Outcome) -> None:
        if outcome.verdict is Verdict.withdrawn:
            reason = self.interlock.objection(letter)
            if reason == HALTED:
                self.give_back(letter)
                return
            if reason in (LEVEL_LOWERED, OPENS_WITHDRAWN) and not letter.claimed.in_doubt:
                self.give_back(letter)
                self.came_back = True  # the next claim decides it again, by what holds by then
                return
            outcome = Outcome(Verdict.withdrawn, 0, reason)
        standing = after(letter.before, outcome, self.clock(), self.rules, letter.claimed.message_id, letter.claimed.send_at)
        tried = outcome.verdict in (Verdict.accepted, Verdict.try_later, Verdict.refused)
        self.recorder.settle(
            settled(letter.claimed, standing)._replace(
                newsletter=letter.newsletter if standing.state is OutboxState.accepted else None,
                dead_address=outcome.dead_address,
                tried=tried,
            )
        )
        self.report.counts[standing.state.value] += 1
        if outcome.verdict in (Verdict.accepted, Verdict.refused):
            self.guarding.saw(letter.composer.campaign.number, dead=outcome.dead_address)
        self.manners.saw(self.manners.names.of(letter.person.address), outcome)

    def _end(self, letter: Letter, standing: Standing) -> None:
        self.recorder.settle(settled(letter.claimed, standing))
        self.report.counts[standing.state.value] += 1
        self.manners.returned(self.manners.names.of(letter.person.address))
