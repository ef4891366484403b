"""Ways out: one transport a file, found by file name; `delivery.transport` names the one in use.

Adding a transport: a file here with `open_transport(settings) -> Transport`. A transport hands over the bytes it is
given, never raises for a letter's sake, and says `unknown` wherever the other side may have taken a letter.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

import composer.transports as transports
from composer.config import Settings
from composer.discover import discover
from composer.domain.message import Message
from composer.domain.outcome import Outcome
from composer.errors import UsageError


async def no_matter() -> None:
    """The `begun` of those who need not know."""


class Transport(Protocol):
    """A held way out; everything runs in one event loop.

    Of `connections` letters the body may be under way at once. `depth` sends at once are of use: beyond the connections
    they wait inside, so that a connection has its next letter at hand when one ends.
    """

    @property
    def connections(self) -> int: ...

    @property
    def depth(self) -> int: ...

    async def send(self, message: Message, still_wanted: Callable[[], bool], begun: Callable[[], Awaitable[None]] = no_matter) -> Outcome:
        """Hand over one message.

        `still_wanted` is asked once, right before the letter's data are offered; False ends it as withdrawn.
        `begun` is awaited after the other side agreed to take the body and before its first byte leaves.
        """
        ...

    async def close(self) -> None: ...


def open_transport(settings: Settings) -> Transport:
    """Open the transport that `delivery.transport` names; nothing is connected yet. UsageError where there is none."""
    known = discover(transports)
    name = settings.delivery.transport
    if name not in known:
        raise UsageError(f"there is no transport '{name}'", where="delivery.transport", do=f"Known: {', '.join(known)}.")
    transport: Transport = known[name].open_transport(settings)
    return transport
