"""`/p/{t}/erase`: being forgotten for good. GET explains what goes and what stays; only the POST of its own form does it.

Unlike leaving a list this cannot be undone: a body that is not the form (a scanner's, a prefetcher's) erases nobody. The answer
leaves when everything is gone, and from then on the person's tokens are unknown ones, also to this page.
"""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from composer.domain.tokens import Purpose
from composer.pipeline.forgetting import forget_person
from composer.pipeline.rights import Standing, standing
from composer.store.engine import reading
from composer.web import mailbox
from composer.web.forms import read_form
from composer.web.site import site_of, subject_of

SURE = "forever"
"""What the form's own field says."""


def ask(request: Request) -> Response:
    return _ask(request)


def _ask(request: Request, status: int = 200) -> Response:
    site, held = site_of(request), _held(request)
    return site.page(request, "erase.html", held.language, status, sure=SURE, refused=status == 422, mine=f"/p/{request.path_params['t']}")


def _held(request: Request) -> Standing:
    """Whose token it is; one that is unknown, or whose person is erased, is an unknown link."""
    subject = subject_of(request, Purpose.preferences)
    with reading(site_of(request).app.engine) as db:
        held = standing(db, subject) if subject else None
    if held is None:
        raise HTTPException(404)
    return held


async def erase(request: Request) -> Response:
    form = await read_form(request)
    return await run_in_threadpool(_erase, request, form.get("erase") == SURE)


def _erase(request: Request, sure: bool) -> Response:
    site, held = site_of(request), _held(request)
    if not sure:
        return _ask(request, 422)
    forget_person(site.app, held.recipient, site.clock(), [site.inbox] if site.inbox else [])
    mailbox.forget()
    return site.page(request, "erased.html", held.language)


ROUTES = [Route("/p/{t}/erase", ask, methods=["GET"]), Route("/p/{t}/erase", erase, methods=["POST"])]
