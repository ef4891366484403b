"""Who is asking, and how often: the client's address behind trusted proxies, and a limit a minute."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from starlette.datastructures import Headers
from starlette.types import Scope

from composer.errors import UsageError
from composer.sections import Web

Network = IPv4Network | IPv6Network
MOST_CLIENTS = 100_000
WINDOW = 60
_ELEMENT = re.compile(r'(?:"(?:[^"\\]|\\.)*"|[^,"])+')
"""One proxy's part of a Forwarded header: a comma inside quotes divides nothing (RFC 7239, 4)."""
_FOR = re.compile(r'(?:^|;)\s*for=(?:"((?:[^"\\]|\\.)*)"|([^;\s]*))', re.IGNORECASE)
_PORT = re.compile(r"\[([^\]]*)\](?::\w+)?|([^:]*):\w+")
"""[2001:db8::1]:4711 or 192.0.2.1:4711; an IPv6 address without brackets has more colons than one."""


def networks(words: Iterable[str]) -> tuple[Network, ...]:
    """Read web.trusted_proxies: addresses or networks (10.0.0.0/8). UsageError for anything else."""
    try:
        return tuple(ip_network(word.strip(), strict=False) for word in words if word.strip())
    except ValueError as error:
        raise UsageError(str(error), where="web.trusted_proxies", do="Write addresses or networks like 10.0.0.0/8.") from None


@lru_cache(16)
def _trusted(words: tuple[str, ...]) -> tuple[Network, ...]:
    return networks(words)


def address_asking(scope: Scope, web: Web) -> str:
    """Return the address of the client of a request. Only the one header that our own proxies write is read (web.forwarded).

    Neither a scheme nor a host that was forwarded is read anywhere: every link is made from web.base_url.
    """
    headers = Headers(scope=scope)
    said = ",".join(headers.getlist(web.forwarded))
    peer = scope["client"][0] if scope.get("client") else ""
    return client_of(peer, forwarded_for(said) if web.forwarded == "forwarded" else said, _trusted(web.trusted_proxies))


def forwarded_for(header: str) -> str:
    """Return the addresses of a Forwarded header (RFC 7239) as X-Forwarded-For has them; a part without one stands as unknown."""
    found = [_FOR.search(element) for element in _ELEMENT.findall(header[:8192])]
    return ",".join([(one[1] or one[2] or "unknown").replace(",", " ") if one else "unknown" for one in found])


def client_of(peer: str, forwarded: str, trusted: tuple[Network, ...]) -> str:
    """Return the client's address; IPv6 clients count by their /64, which is one household.

    X-Forwarded-For is read from the right, for as long as the speaker is a trusted proxy: what stands further
    left was written by somebody we do not trust. A part that is no address ends the chain: the last known speaker counts.
    """
    client = peer
    for word in reversed([_bare(word.strip()) for word in forwarded.split(",") if word.strip()]):
        if not _within(client, trusted) or not _is_address(word):
            break
        client = word
    try:
        address = ip_address(client)
    except ValueError:
        return peer
    return str(ip_network((address, 64), strict=False)) if address.version == 6 else str(address)


def _bare(word: str) -> str:
    """The address without its port and brackets."""
    named = _PORT.fullmatch(word)
    return (named[1] or named[2] or "") if named else word


def _is_address(word: str) -> bool:
    try:
        ip_address(word)
    except ValueError:
        return False
    return True


def _within(client: str, trusted: tuple[Network, ...]) -> bool:
    return _is_address(client) and any(ip_address(client) in network for network in trusted)


class Limiter:
    """Counts requests by client (or by token) in windows of one minute: at most `limit` a window, so never more than twice that in
    any minute.
    """

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
