"""The guard around every page: limits, security headers, and calm answers where something breaks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from composer.errors import in_short
from composer.logs import log
from composer.store.engine import DatabaseTrouble
from composer.web.limits import AGAIN_SECONDS, Limits, most_body

Problem = Callable[[Request, int], Response]
HEADERS = {
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


def headers_for(base_url: str, policy: str) -> Mapping[str, str]:
    """Return the headers of every answer. `policy` is the Content-Security-Policy of a page that says nothing else.

    Behind https browsers are told to stay with it for two years (RFC 6797); subdomains are not ours to speak for.
    """
    secure = {"strict-transport-security": "max-age=63072000"} if base_url.startswith("https://") else {}
    return {"content-security-policy": policy, **HEADERS, **secure}


class Guard:
    """ASGI middleware. `problem` makes the page for a status; `patience` are the seconds that a body has for coming."""

    def __init__(self, app: ASGIApp, *, problem: Problem, limits: Limits, headers: Mapping[str, str], patience: float) -> None:
        self._app = app
        self._problem = problem
        self._limits = limits
        self._headers = headers
        self._patience = patience

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
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                if message["status"] in (408, 413):
                    headers["connection"] = "close"  # the rest of the body is not waited for
            elif scope["method"] == "HEAD":
                message = {**message, "body": b""}
            await send(message)

        refusal = self._limits.refusal(scope)
        if refusal is not None:
            page = self._problem(Request(scope), refusal.status)
            if refusal.retry_after:
                page.headers["retry-after"] = str(refusal.retry_after)
            await page(scope, receive, answer)
            return
        self._limits.at_work += 1
        try:
            await self._app(scope, self._counted(receive, most_body(scope)), answer)
        except Exception as error:  # noqa: BLE001 - the last resort: no trace and no address may reach a page or a log
            log.error("page_failed", method=scope["method"], page=scope["path"].split("/")[1][:20], error=in_short(error))
            if not started:
                # A database that is locked or away comes back: whoever asked may ask again, and RFC 8058 senders do.
                away = isinstance(error, DatabaseTrouble)
                problem = self._problem(Request(scope), 503 if away else 500)
                if away:
                    problem.headers["retry-after"] = str(AGAIN_SECONDS)
                await problem(scope, receive, answer)
        finally:
            self._limits.at_work -= 1

    def _counted(self, receive: Receive, most: int) -> Callable[[], Awaitable[Message]]:
        """Pass the body on, up to its limits: a length that was not announced is counted, and a body that drips in is not waited for."""
        size, until, whole = 0, asyncio.get_running_loop().time() + self._patience, False

        async def counted() -> Message:
            nonlocal size, whole
            if whole:
                return await receive()  # whoever waits now waits for the end of the connection
            try:
                async with asyncio.timeout_at(until):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(408) from None
            size += len(message.get("body", b""))
            whole = not message.get("more_body", False)
            if size > most:
                raise HTTPException(413)
            return message

        return counted
