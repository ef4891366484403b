"""A transport that does something at the moment a letter is handed over."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from composer.domain.message import Message
from composer.domain.outcome import Outcome, Verdict
from composer.transports import no_matter


class ByHand:
    """A transport that does something right before it asks whether the letter is still wanted, then accepts it."""

    connections = depth = 1

    def __init__(self, before: Callable[[Message], None]) -> None:
        self.before = before
        self.taken: list[Message] = []

    async def send(self, message: Message, still_wanted: Callable[[], bool], begun: Callable[[], Awaitable[None]] = no_matter) -> Outcome:
        self.before(message)
        if not still_wanted():
            return Outcome(Verdict.withdrawn)
        await begun()
        self.taken.append(message)
        return Outcome(Verdict.accepted, 250)

    async def close(self) -> None:
        """Nothing is held."""
