"""`/p/{t}/rights`: see, take along, object, restrict, be forgotten. GET shows what may be demanded; only POST does it.

Objecting to letters and objecting to profiling are two buttons, for they are two rights (GDPR article 21(2) and (3)).
"""

from __future__ import annotations

from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from composer.domain.tokens import Purpose
from composer.pipeline.rights import Standing, object_to_letters, object_to_profiling, set_restriction, standing
from composer.store.engine import reading, writing
from composer.web.forms import read_form
from composer.web.site import said_from, site_of, subject_of

WORDING = "rights-1"
"""Change it with the meaning of the page's words: the ledger keeps which words an objection answered."""
DEMANDS = ("letters", "profiling", "restrict", "release")


def show(request: Request) -> Response:
    site = site_of(request)
    subject = subject_of(request, Purpose.preferences)
    with reading(site.app.engine) as db:
        return page(request, standing(db, subject) if subject else None)


async def demand(request: Request) -> Response:
    """Do what was demanded and say so. A body that demands nothing we offer changes nothing: 422."""
    form = await read_form(request)
    return await run_in_threadpool(_demand, request, str(form.get("demand", "")))


def _demand(request: Request, wanted: str) -> Response:
    site, client = site_of(request), said_from(request)
    subject = subject_of(request, Purpose.preferences)
    with writing(site.app.engine) as db:
        before = standing(db, subject) if subject else None
        if subject is None or before is None or wanted not in DEMANDS:
            return page(request, before, refused=True)
        now, number = site.clock(), before.recipient
        wording = f"{WORDING} {site.language(request, before.language)}"
        does: dict[str, Callable[[], None]] = {
            "letters": lambda: object_to_letters(db, number, wording, client, now),
            "profiling": lambda: object_to_profiling(db, number, wording, client, now),
            "restrict": lambda: set_restriction(db, number, True, now),
            "release": lambda: set_restriction(db, number, False, now),
        }
        does[wanted]()
        after = standing(db, subject)
    return page(request, after, done=wanted)


def page(request: Request, held: Standing | None, *, done: str = "", refused: bool = False) -> Response:
    """Render it; a token that is unknown, or whose person is erased, gets the page for unknown links."""
    if held is None:
        raise HTTPException(404)
    site = site_of(request)
    since = held.restricted_at
    return site.page(
        request,
        "rights.html",
        held.language,
        422 if refused else 200,
        held=held,
        since=site.moment(since, site.language(request, held.language)) if since else "",
        done=done,
        refused=refused,
        mine=f"/p/{request.path_params['t']}",
    )


ROUTES = [Route("/p/{t}/rights", show, methods=["GET"]), Route("/p/{t}/rights", demand, methods=["POST"])]
