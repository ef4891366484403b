"""What a request says of who asks: the signs that speak for a program.

Neither the user agent nor the address goes further than this file.
"""

from __future__ import annotations

import re
from functools import lru_cache

from starlette.requests import Request

from composer.domain.observed import Sign
from composer.errors import UsageError
from composer.web.clients import address_asking, networks
from composer.web.site import site_of

LONGEST = 500
"""Characters of a user agent that are looked at."""
_PROXY = re.compile(r"GoogleImageProxy|YahooMailProxy|YahooCacheSystem|BingPreview.*Outlook|ZohoMail|^Mozilla/5\.0$", re.IGNORECASE)
"""Image proxies of mail providers; Apple's says Mozilla/5.0 and nothing else (Mail Privacy Protection)."""
_EARLY = re.compile(r"prefetch|prerender|preview|preload", re.IGNORECASE)
_PURPOSES = ("sec-purpose", "purpose", "x-purpose", "x-moz")
"""Headers by which browsers say that nobody looks yet."""


def signs_of(request: Request) -> frozenset[Sign]:
    """Return the signs; none where a person's browser asks."""
    signs = set(_of_agent(request.headers.get("user-agent", "")[:LONGEST]))
    if request.method == "HEAD":
        signs.add(Sign.head)
    if any(_EARLY.search(request.headers.get(name, "")) for name in _PURPOSES):
        signs.add(Sign.prefetch)
    settings = site_of(request).app.settings
    if settings.tracking.networks:
        client = address_asking(request.scope, settings.web)
        signs |= {Sign.network} if _within(client, settings.tracking.networks) else set()
    return frozenset(signs)


@lru_cache(4096)
def _of_agent(agent: str) -> tuple[Sign, ...]:
    """The list has some 650 patterns: each agent is looked up once."""
    if not agent.strip():
        return (Sign.silent,)
    if _PROXY.search(agent):
        return (Sign.proxy,)
    from crawleruseragents import is_crawler  # its patterns are read when the first letter is looked at, not at every start

    return (Sign.agent,) if is_crawler(agent) else ()


@lru_cache(4096)
def _within(client: str, words: tuple[str, ...]) -> bool:
    try:
        (asking,) = networks([client])
    except UsageError:
        return False
    return any(asking.version == known.version and asking.subnet_of(known) for known in networks(words))  # type: ignore[arg-type]
