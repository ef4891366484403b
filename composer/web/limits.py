"""What is turned away before a page is asked: too many requests, too much body, forms that are none, and more than we can do at once.

**What is never limited: POST /u/.** Mailbox providers send the one-click posts of many people from few addresses
(RFC 8058), and an opt-out turned away is a promise broken. It is also the cheapest thing to ask for: an unknown token
costs a look, a known one is written at most once. Static files and pictures are not counted either (mail providers'
proxies fetch the pictures of many people from few addresses), nor is /health: a busy server is not a dead one. Nor are
the reports of mail providers: who does not know the URL's secret costs one HMAC.

A token is counted beside the client, so that nobody spreads over many addresses to have one person's data put together
again and again. Not so the links of letters (/c/, /o/, /v/) and the page to leave by: a letter that was passed on is read by many.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.types import Scope

from composer.sections import Web
from composer.web.clients import Limiter, address_asking

MOST_BODY = 64 * 1024
MOST_REPORT = 4 * 1024 * 1024
"""Mail providers report up to a thousand events in one call."""
AGAIN_SECONDS = 30
FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
_OF_ONE_PERSON = frozenset({"p", "w", "s", "confirm"})


@dataclass(frozen=True, slots=True)
class Refusal:
    """A status, and after how many seconds it is worth asking again."""

    status: int
    retry_after: int = 0


class Limits:
    """The limits of one application, with what was counted so far."""

    def __init__(self, web: Web, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` gives monotonic seconds."""
        self._web = web
        self._clients = None if web.rate_limit is None else Limiter(web.rate_limit, clock)
        self._tokens = None if web.token_limit is None else Limiter(web.token_limit, clock)
        self._most = web.at_once
        self.at_work = 0
        """Requests that are being answered."""

    def refusal(self, scope: Scope) -> Refusal | None:
        """Return why a request goes no further; None where it does."""
        headers, kind, opting_out = Headers(scope=scope), _kind(scope), _opting_out(scope)
        length = headers.get("content-length", "")
        if length.isdecimal() and int(length[:20]) > most_body(scope):
            return Refusal(413)
        if scope["method"] == "POST" and kind not in ("u", "hooks", "api") and _has_body(headers) and _type(headers) not in FORMS:
            return Refusal(415)
        if not opting_out and kind != "health" and self.at_work >= self._most:
            return Refusal(503, AGAIN_SECONDS)
        if opting_out or kind in ("health", "static", "pictures", "o") or (kind == "hooks" and scope["method"] == "POST"):
            return None
        wait = self._clients.wait(address_asking(scope, self._web)) if self._clients else 0
        if not wait and self._tokens and kind in _OF_ONE_PERSON:
            wait = self._tokens.wait(scope["path"].split("/")[2])
        return Refusal(429, wait) if wait else None


def most_body(scope: Scope) -> int:
    """Octets of a body that are taken in."""
    return MOST_REPORT if _kind(scope) == "hooks" else MOST_BODY


def _kind(scope: Scope) -> str:
    """The first step of a path that goes on: /p/TOKEN is "p", /health is "health"."""
    path: str = scope["path"]
    first, slash, _ = path.removeprefix("/").partition("/")
    return first if slash or first == "health" else ""


def _opting_out(scope: Scope) -> bool:
    return scope["method"] == "POST" and _kind(scope) == "u"


def _has_body(headers: Headers) -> bool:
    return headers.get("content-length", "0") != "0" or "transfer-encoding" in headers


def _type(headers: Headers) -> str:
    return headers.get("content-type", "").partition(";")[0].strip().lower()
