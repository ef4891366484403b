"""The guard around every page: limits, security headers, and calm answers where something breaks.

**What is never limited: POST /u/.** Mailbox providers send the one-click posts of many people from few addresses
(RFC 8058), and an opt-out turned away is a promise broken. It is also the cheapest thing to ask for: an unknown token
costs a look, a known one is written at most once, and its body is not read. Static files and pictures are not counted
either (mail providers' proxies fetch the pictures of many people from few addresses), nor is /health: a busy server is
not a dead one. Nor are the reports of mail providers: who does not know the URL's secret costs one HMAC.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from composer.errors import in_short
from composer.logs import log
from composer.store.engine import DatabaseTrouble
from composer.web.clients import Limiter, Network, client_of

MOST_BODY = 64 * 1024
AGAIN_SECONDS = 30
MOST_REPORT = 4 * 1024 * 1024
"""Mail providers report up to a thousand events in one call."""
HEADERS = {
    "content-security-policy": "default-src 'self'; script-src 'none'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "x-robots-tag": "noindex",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-store",
}
"""What every answer carries unless its page sets the same header itself."""

Problem = Callable[[Request, int], Response]


class Guard:
    """ASGI middleware. `problem` makes the page for a status; `limiter` None lets everybody pass."""

    def __init__(self, app: ASGIApp, *, problem: Problem, limiter: Limiter | None, trusted: tuple[Network, ...]) -> None:
        self._app = app
        self._problem = problem
        self._limiter = limiter
        self._trusted = trusted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def answer(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            elif scope["method"] == "HEAD":
                message = {**message, "body": b""}
            await send(message)

        refusal = self._refuse(scope)
        if refusal is not None:
            await refusal(scope, receive, answer)
            return
        try:
            await self._app(scope, _counted(receive, _most(scope)), answer)
        except Exception as error:  # noqa: BLE001 - the last resort: no trace and no address may reach a page or a log
            log.error("page_failed", method=scope["method"], page=scope["path"].split("/")[1], error=in_short(error))
            if not started:
                # A database that is locked or away comes back: whoever asked may ask again, and RFC 8058 senders do.
                away = isinstance(error, DatabaseTrouble)
                problem = self._problem(Request(scope), 503 if away else 500)
                if away:
                    problem.headers["retry-after"] = str(AGAIN_SECONDS)
                await problem(scope, receive, answer)

    def _refuse(self, scope: Scope) -> Response | None:
        """Answer 413 or 429 where the request goes no further."""
        headers = Headers(scope=scope)
        length = headers.get("content-length", "")
        if length.isdecimal() and int(length) > _most(scope):
            return self._problem(Request(scope), 413)
        if self._limiter is None or _unlimited(scope):
            return None
        peer = scope["client"][0] if scope.get("client") else ""
        wait = self._limiter.wait(client_of(peer, ",".join(headers.getlist("x-forwarded-for")), self._trusted))
        if not wait:
            return None
        answer = self._problem(Request(scope), 429)
        answer.headers["retry-after"] = str(wait)
        return answer


def _unlimited(scope: Scope) -> bool:
    path: str = scope["path"]
    return (
        path == "/health"
        or path.startswith(("/static/", "/pictures/"))
        or (scope["method"] == "POST" and path.startswith(("/u/", "/hooks/")))
    )


def _most(scope: Scope) -> int:
    return MOST_REPORT if scope["path"].startswith("/hooks/") else MOST_BODY


def _counted(receive: Receive, most: int) -> Callable[[], Awaitable[Message]]:
    """Pass the body on, up to its limit: a length that was not announced is counted."""
    size = 0

    async def counted() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > most:
            raise HTTPException(413)
        return message

    return counted
