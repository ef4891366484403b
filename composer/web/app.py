"""The web applications: the recipients' and the operators', each with its own guard, and both behind one door.

They share no route but /health, and count their clients apart. `make_public` is what strangers may reach: the recipients' pages, the
API and the reports of mail providers. `make_desk` is for operators alone: the desk, the figures for monitoring and, in the demo, the
inbox. Where `desk.serve` says "apart" it listens on an address of its own, which a firewall can keep to operators.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from anyio import to_thread
from starlette.applications import Starlette
from starlette.datastructures import State
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from composer.app import App
from composer.discover import discover
from composer.pipeline.gathering import Gathering
from composer.pipeline.observing import observe
from composer.web import api, desk, public
from composer.web.guard import Guard, headers_for
from composer.web.inbox import ROUTES as INBOX_ROUTES
from composer.web.limits import Limits
from composer.web.pages import SHIPPED, Pages
from composer.web.public import health
from composer.web.site import Site, page_policy


class Web:
    """The public application and, where `desk` is given, the desk behind the same door: one of them answers, by the path's first step."""

    def __init__(self, public: Starlette, desk: Starlette | None) -> None:
        self._public, self._desk = public, desk
        self._of_desk = {_first(path) for route in (desk.routes if desk else []) if (path := getattr(route, "path", "/"))}
        self._of_desk -= {_first(getattr(route, "path", "/")) for route in public.routes}

    @property
    def state(self) -> State:
        return self._public.state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        theirs = self._desk if scope["type"] == "http" and _first(scope["path"]) in self._of_desk else None
        await (theirs or self._public)(scope, receive, send)


def _first(path: str) -> str:
    return path.removeprefix("/").partition("/")[0]


def make_web(app: App, inbox: Path | None = None, clock: Callable[[], datetime] | None = None) -> Web:
    """Build the ASGI application of one door. `inbox` (the demo's .eml files) adds the inbox; `clock` gives aware UTC times."""
    site = make_site(app, inbox, clock)
    with_desk = app.settings.desk.serve == "with_pages"
    return Web(make_public(site), make_desk(site) if with_desk else None)


def make_site(app: App, inbox: Path | None = None, clock: Callable[[], datetime] | None = None) -> Site:
    """What the pages of both applications are given."""
    static = _static(app)
    style = sha256((static / "app.css").read_bytes()).hexdigest()[:8]
    common = {"sender": app.settings.sender, "style": f"/static/app.css?v={style}", "has_inbox": inbox is not None}
    pages = Pages(app.settings.path(app.settings.library.templates), common)
    observations = Gathering(partial(observe, app), app.settings.tracking.flush)
    return Site(app, pages, inbox, clock or (lambda: datetime.now(UTC)), observations)


def make_public(site: Site) -> Starlette:
    """What strangers may reach: recipients' pages, the API, providers' reports."""
    return _application(site, found(public, api))


def make_desk(site: Site) -> Starlette:
    """What operators alone should reach, and /health of its own for whoever watches over it."""
    return _application(site, [*found(desk), *(INBOX_ROUTES if site.inbox is not None else []), *health.ROUTES])


def _application(site: Site, pages: list[BaseRoute]) -> Starlette:
    section = site.app.settings.web

    def problem(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        answer = site.problem(request, error.status_code)
        answer.headers.update(error.headers or {})
        return answer

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        """What waits to be written is written when the server has stopped."""
        yield
        await to_thread.run_sync(site.observations.close)

    made = Starlette(
        lifespan=lifespan,
        routes=[*pages, Mount("/static", _Kept(directory=_static(site.app)), name="static")],
        exception_handlers={HTTPException: problem},
        middleware=[
            Middleware(
                Guard,
                problem=site.problem,
                limits=Limits(section),
                headers=headers_for(section.base_url, page_policy()),
                patience=section.patience.total_seconds(),
            )
        ],
    )
    made.router.redirect_slashes = False  # a link answers or is unknown: RFC 8058 3.1 forbids redirects
    made.state.site = site
    return made


def _static(app: App) -> Path:
    templates = app.settings.path(app.settings.library.templates)
    return next((folder / "static" for folder in (templates, SHIPPED) if (folder / "static").is_dir()), SHIPPED / "static")


class _Kept(StaticFiles):
    """Files that browsers may keep for a day: pages name the style sheet with a hash of its text."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        answer = super().file_response(*args, **kwargs)
        answer.headers["cache-control"] = "public, max-age=86400"
        return answer


def found(*packages: Any) -> list[BaseRoute]:
    """The routes of every page in the packages, in name order."""
    return [route for package in packages for file in discover(package).values() for route in file.ROUTES]


def routes(*, with_inbox: bool) -> list[BaseRoute]:
    """Every page's routes: public, API, desk, and the inbox where there is one."""
    return [*found(public, api, desk), *(INBOX_ROUTES if with_inbox else [])]
