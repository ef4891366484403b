"""`/u/{t}`: leaving a list. GET shows one button; only POST acts, at once, and its answer is the same for every token.

The POST is RFC 8058's one-click request and the button's alike: the token says everything, so the body is not read
and may be form data of either kind, empty or broken. Its language comes from the link (`?l=`) or the browser,
never from the recipient: an answer in Finnish would tell a stranger that a guessed token is somebody's. It takes as
long for strangers and for who has left before as for who leaves now (composer.web.even).

What may be wished instead of leaving, or said after it, has a word of its own in the link (`?wish=fewer`, `pause`, `reason`) and is
read from a form. Any other word is none, and a POST with it leaves: nothing that is offered stands in the way of that. The pages name
no token, and the links are relative: so are they the same to the byte for everybody.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from composer.domain.choices import FREQUENCIES, REASONS
from composer.domain.clock import find_zone
from composer.domain.tokens import EPOCH, Purpose, Subject
from composer.pipeline.preferences import ask_for_fewer, load, pause, tell_why, unsubscribe
from composer.store.choices import language_of
from composer.store.consents import as_much
from composer.store.engine import reading, writing
from composer.web.forms import read_form
from composer.web.site import said_from, site_of, subject_of

PURPOSES = (Purpose.unsubscribe_header, Purpose.unsubscribe_body)
WORDING = "unsubscribe-2"
"""Change it with the meaning of the page's words: the ledger keeps which words a withdrawal answered."""
WISHES = ("fewer", "pause", "reason")
MONTHS = {"1": 30, "2": 60, "3": 90}
"""Pauses that one press asks for, in days."""
LONGEST = 366
STRANGER = Subject(0, 0, EPOCH)
"""Nobody: is looked for where a token is unknown, so that the database is asked either way."""


def ask(request: Request) -> Response:
    """Show the page with the button, or one with what may be wished instead; a scanner that follows links changes nothing here."""
    site = site_of(request)
    with reading(site.app.engine) as db:
        language = language_of(db, (subject_of(request, *PURPOSES) or STRANGER).recipient)
    wish = _wish(request)
    if wish in ("fewer", "pause"):
        return _page(request, f"{wish}.html", language)
    return site.page(request, "unsubscribe.html", language)


async def leave(request: Request) -> Response:
    """Unsubscribe, or grant what is wished instead, and say so; the answer leaves after the commit."""
    wish = _wish(request)
    if wish:
        return await _grant(request, wish)
    site, client = site_of(request), said_from(request)
    wording = f"{WORDING} {site.language(request)}"
    await _do(request, lambda db, subject: unsubscribe(db, subject, site.clock(), wording, client))
    return site.page(request, "unsubscribed.html", reasons=REASONS, thanked=False)


async def _grant(request: Request, wish: str) -> Response:
    site, form = site_of(request), await read_form(request, 20)
    if wish == "reason":
        reason = str(form.get("reason", ""))
        await _do(request, lambda db, subject: tell_why(db, subject, reason))
        return site.page(request, "unsubscribed.html", reasons=() if reason in REASONS else REASONS, thanked=reason in REASONS)
    if wish == "fewer":
        frequency = str(form.get("frequency", "none"))
        if frequency not in ("", *FREQUENCIES):
            return _page(request, "fewer.html", status=422)
        await _do(request, lambda db, subject: ask_for_fewer(db, subject, frequency))
        return _page(request, "fewer.html", done=True, frequency=frequency)
    zone = site.app.settings.defaults.time_zone
    try:
        until = _until(form, _today(request))
    except ValueError:
        return _page(request, "pause.html", status=422)
    await _do(request, lambda db, subject: pause(db, subject, until, zone))
    return _page(request, "pause.html", done=True, until=until)


async def _do(request: Request, deed: Callable[[Any, Subject], bool]) -> None:
    """Do it for the person whose token it is, in one transaction; for a stranger look, and take as long."""
    site, subject = site_of(request), subject_of(request, *PURPOSES)

    def work() -> bool:
        if subject is None:
            with reading(site.app.engine) as db:
                load(db, STRANGER)
            return False
        with writing(site.app.engine) as db:
            return deed(db, subject)

    def measure() -> None:
        with writing(site.app.engine) as db:
            as_much(db)

    await site.even.do(work, measure)


def _page(request: Request, name: str, own: str = "", status: int = 200, **values: object) -> Response:
    """A page of wishes. It shows nothing of how things stand: that would tell a stranger whose token is whose."""
    today = _today(request)
    shown = {"done": False, "frequency": "", "until": None, "refused": status == 422, **values}
    days = {"first": today + timedelta(days=1), "last": today + timedelta(days=LONGEST)}
    return site_of(request).page(request, name, own, status, frequencies=tuple(FREQUENCIES), months=tuple(MONTHS), **days, **shown)


def _wish(request: Request) -> str:
    said = request.query_params.get("wish", "")
    return said if said in WISHES else ""


def _today(request: Request) -> date:
    site = site_of(request)
    return site.clock().astimezone(find_zone(site.app.settings.defaults.time_zone)).date()


def _until(form: FormData, today: date) -> date | None:
    """The first day after the pause; None: no pause (any more). ValueError where the form says nothing that we offered."""
    months, day = str(form.get("for", "")), str(form.get("until", ""))
    if months == "0":
        return None
    if months in MONTHS:
        return today + timedelta(days=MONTHS[months])
    until = datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC).date()
    if not today < until <= today + timedelta(days=LONGEST):
        raise ValueError(day)
    return until


ROUTES = [Route("/u/{t}", ask, methods=["GET"]), Route("/u/{t}", leave, methods=["POST"])]
