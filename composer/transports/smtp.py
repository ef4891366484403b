"""SMTP: a pool of connections; each letter is one MAIL, one RCPT, a last look at the opt-outs, and DATA."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from ipaddress import ip_address

from composer.config import Settings, Smtp
from composer.domain.message import Message
from composer.domain.outcome import Outcome, Verdict
from composer.errors import UsageError
from composer.transports import no_matter
from composer.transports._envelope import Envelope
from composer.transports._lane import Letter
from composer.transports._pool import Pool


def open_transport(settings: Settings) -> SmtpTransport:
    """Return the transport; it connects with its first letter. UsageError where a password would go in clear."""
    section = settings.smtp
    if section.username and section.start_tls == "off" and not _loopback(section.host):
        raise UsageError(
            "the password would go over the wire in clear",
            where="smtp.start_tls",
            do='Set smtp.start_tls to "required" or "implicit", or leave smtp.username empty.',
        )
    return SmtpTransport(section)


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


class SmtpTransport:
    """A pool of at most `smtp.connections` connections. One that answered oddly is closed, never used again."""

    def __init__(self, section: Smtp) -> None:
        self._pool = Pool(section)

    @property
    def connections(self) -> int:
        return self._pool.section.connections

    @property
    def depth(self) -> int:
        """Each connection has a letter under way, one behind it, and one at hand for when these move up."""
        return 3 * self._pool.section.connections

    async def send(self, message: Message, still_wanted: Callable[[], bool], begun: Callable[[], Awaitable[None]] = no_matter) -> Outcome:
        try:
            envelope = Envelope(message)
        except ValueError as error:
            return Outcome(Verdict.refused, 0, str(error))
        return await self._pool.send(Letter(envelope, message.data, still_wanted), begun)

    async def close(self) -> None:
        await self._pool.close()
