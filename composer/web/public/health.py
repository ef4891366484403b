"""`/health`: whether the database answers and every part of the system did its round lately."""

from __future__ import annotations

from datetime import timedelta

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from composer.errors import in_short
from composer.logs import log
from composer.store.counts import heartbeats
from composer.store.engine import reading
from composer.web.site import site_of

LATE = 3
"""A part is late after this many of its own rounds; at least two minutes."""


def show(request: Request) -> Response:
    """Answer 503 only without the database: a sender that stands still must not take the opt-out pages from the net."""
    site = site_of(request)
    now = site.clock()
    try:
        with reading(site.app.engine) as db:
            ages = {name: (now - at).total_seconds() for name, at in heartbeats(db).items()}
        if not site.app.settings.imap.host:
            ages.pop("imap", None)  # it was read once and is no longer
        if site.app.settings.manners.group != "mx":
            ages.pop("mx", None)
    except Exception as error:  # noqa: BLE001 - whatever is wrong with it, the database is not reachable
        log.error("health_failed", error=in_short(error))
        return JSONResponse({"status": "degraded", "database": False, "heartbeats": {}, "late": []}, 503)
    rounds = site.app.settings.clock.model_dump()
    rounds["mx"] = rounds["plan"]
    rounds["service"] = rounds["send"]
    late = [name for name, age in ages.items() if age > max(LATE * rounds.get(name, timedelta()).total_seconds(), 120.0)]
    return JSONResponse(
        {
            "status": "degraded" if late else "ok",
            "database": True,
            "heartbeats": {name: round(age, 1) for name, age in ages.items()},
            "late": late,
        }
    )


ROUTES = [Route("/health", show)]
