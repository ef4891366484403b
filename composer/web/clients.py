"""Who is asking, and how often: the client's address behind trusted proxies, and a limit a minute."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from composer.errors import UsageError

Network = IPv4Network | IPv6Network
MOST_CLIENTS = 100_000
WINDOW = 60


def networks(words: Iterable[str]) -> tuple[Network, ...]:
    """Read web.trusted_proxies: addresses or networks (10.0.0.0/8). UsageError for anything else."""
    try:
        return tuple(ip_network(word.strip(), strict=False) for word in words if word.strip())
    except ValueError as error:
        raise UsageError(str(error), where="web.trusted_proxies", do="Write addresses or networks like 10.0.0.0/8.") from None


def client_of(peer: str, forwarded: str, trusted: tuple[Network, ...]) -> str:
    """Return the client's address; IPv6 clients count by their /64, which is one household.

    X-Forwarded-For is read from the right, for as long as the speaker is a trusted proxy: what stands further
    left was written by somebody we do not trust.
    """
    client = peer
    for word in reversed([word.strip() for word in forwarded.split(",") if word.strip()]):
        if not _within(client, trusted):
            break
        client = word
    try:
        address = ip_address(client)
    except ValueError:
        return peer
    return str(ip_network((address, 64), strict=False)) if address.version == 6 else str(address)


def _within(client: str, trusted: tuple[Network, ...]) -> bool:
    try:
        address = ip_address(client)
    except ValueError:
        return False
    return any(address in network for network in trusted)


class Limiter:
    """Counts requests by client in windows of one minute: at most `limit` a window, so never more than twice that in any minute."""

    def __init__(self, limit: int, clock: Callable[[], float]) -> None:
        """`clock` gives monotonic seconds."""
        self._limit = limit
        self._clock = clock
        self._window = 0
        self._seen: Counter[str] = Counter()

    def wait(self, client: str) -> int:
        """Count a request; return 0 where it may pass, else the seconds until the next window."""
        now = self._clock()
        window = int(now // WINDOW)
        if window != self._window or len(self._seen) > MOST_CLIENTS:
            self._window = window
            self._seen.clear()
        self._seen[client] += 1
        return 0 if self._seen[client] <= self._limit else int(WINDOW - now % WINDOW) + 1
