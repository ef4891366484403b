"""SMTP by way of one relay or several: each has its pool, the next stands in where one does not answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from ipaddress import ip_address

from composer.config import Settings, Smtp
from composer.domain.message import Message
from composer.domain.outcome import Outcome, Verdict
from composer.errors import UsageError
from composer.logs import log
from composer.transports import no_matter
from composer.transports._envelope import Envelope
from composer.transports._lane import Letter
from composer.transports._pool import Pool


def open_transport(settings: Settings) -> SmtpTransport:
    """Return the transport; it connects with its first letter. UsageError where a password would go in clear."""
    relays = {"smtp": settings.smtp, **settings.relays}
    for name, section in relays.items():
        if section.username and section.start_tls == "off" and not _loopback(section.host):
            place = name if name == "smtp" else f"relays.{name}"
            raise UsageError(
                "the password would go over the wire in clear",
                where=f"{place}.start_tls",
                do=f'Set {place}.start_tls to "required" or "implicit", or leave {place}.username empty.',
            )
    order = settings.delivery.relays
    for name in order:
        settings.relay(name, "delivery.relays")
    if "smtp" not in order and settings.smtp == Smtp():  # nobody configured it
        del relays["smtp"]
    return SmtpTransport(relays, order, settings.delivery.failback.total_seconds())


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


class SmtpTransport:
    """Pools by relay. A letter goes to the relay its campaign names, or to the first of `order` that answers."""

    def __init__(self, relays: Mapping[str, Smtp], order: Sequence[str], failback: float) -> None:
        self._pools = {name: Pool(section) for name, section in relays.items()}
        self._order, self._failback = tuple(order), failback
        self._left_out: dict[str, float] = {}
        """Relay -> until when it is left out, because nobody answered there."""

    @property
    def connections(self) -> int:
        return sum(pool.section.connections for pool in self._pools.values())

    @property
    def depth(self) -> int:
        """Each connection has a letter under way, one behind it, and one at hand for when these move up."""
        return 3 * self.connections

    async def send(self, message: Message, still_wanted: Callable[[], bool], begun: Callable[[], Awaitable[None]] = no_matter) -> Outcome:
        try:
            envelope = Envelope(message)
        except ValueError as error:
            return Outcome(Verdict.refused, 0, str(error))
        if not message.relay:
            return await self._by_order(Letter(envelope, message.data, still_wanted), begun)
        pool = self._pools.get(message.relay)
        if pool is None:
            return Outcome(Verdict.paused, 0, f"the campaign's relay '{message.relay}' is not configured; known: {', '.join(self._pools)}")
        return await pool.send(Letter(envelope, message.data, still_wanted), begun)

    async def _by_order(self, letter: Letter, begun: Callable[[], Awaitable[None]]) -> Outcome:
        """Only "nobody answers" leads on to the next relay: an answer, and trouble with TLS or sign-in, is for a person."""
        if not self._left_out:
            outcome = await self._pools[self._order[0]].send(letter, begun)
            if outcome.verdict is not Verdict.unreachable or len(self._order) == 1:
                return outcome
            self._leave_out(self._order[0], outcome)
        loop = asyncio.get_running_loop()
        now = loop.time()
        self._left_out = {name: until for name, until in self._left_out.items() if until > now}
        names = [name for name in self._order if name not in self._left_out] or self._order
        outcome = Outcome(Verdict.unreachable)
        for name in names:
            outcome = await self._pools[name].send(letter, begun)
            if outcome.verdict is not Verdict.unreachable:
                return outcome
            self._leave_out(name, outcome)
        return outcome

    def _leave_out(self, name: str, outcome: Outcome) -> None:
        now = asyncio.get_running_loop().time()
        if self._left_out.get(name, now) <= now:
            log.warning("relay_left_out", relay=name, reason=f"{outcome.code or ''} {outcome.text}".strip())
        self._left_out[name] = now + self._failback

    async def close(self) -> None:
        await asyncio.gather(*(pool.close() for pool in self._pools.values()))
