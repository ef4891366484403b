"""The web application: discovered pages behind one guard."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

from composer.app import App
from composer.discover import discover
from composer.web import api, desk, public
from composer.web.clients import Limiter, networks
from composer.web.guard import Guard
from composer.web.inbox import ROUTES as INBOX_ROUTES
from composer.web.pages import SHIPPED, Pages
from composer.web.site import Site


def make_web(app: App, inbox: Path | None = None, clock: Callable[[], datetime] | None = None) -> Starlette:
    """Build the ASGI application. `inbox` (the demo's .eml files) adds the inbox; `clock` gives aware UTC times."""
    settings = app.settings
    templates = settings.path(settings.library.templates)
    static = next((folder / "static" for folder in (templates, SHIPPED) if (folder / "static").is_dir()), SHIPPED / "static")
    style = sha256((static / "app.css").read_bytes()).hexdigest()[:8]
    pages = Pages(templates, {"sender": settings.sender, "style": f"/static/app.css?v={style}", "has_inbox": inbox is not None})
    site = Site(app, pages, inbox, clock or (lambda: datetime.now(UTC)))
    limit = settings.web.rate_limit

    def problem(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        answer = site.problem(request, error.status_code)
        answer.headers.update(error.headers or {})
        return answer

    web = Starlette(
        routes=[*routes(with_inbox=inbox is not None), Mount("/static", _Kept(directory=static), name="static")],
        exception_handlers={HTTPException: problem},
        middleware=[
            Middleware(
                Guard,
                problem=site.problem,
                limiter=None if limit is None else Limiter(limit, time.monotonic),
                trusted=networks(settings.web.trusted_proxies),
            )
        ],
    )
    web.router.redirect_slashes = False  # a link answers or is unknown: RFC 8058 3.1 forbids redirects
    web.state.site = site
    return web


class _Kept(StaticFiles):
    """Files that browsers may keep for a day: pages name the style sheet with a hash of its text."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        answer = super().file_response(*args, **kwargs)
        answer.headers["cache-control"] = "public, max-age=86400"
        return answer


def routes(*, with_inbox: bool) -> list[BaseRoute]:
    """Every page's routes, in name order: public, desk, API, and the inbox where there is one."""
    found = [route for package in (public, desk, api) for file in discover(package).values() for route in file.ROUTES]
    return found + INBOX_ROUTES if with_inbox else found
