"""`/p/{t}/asked`: everything a person has asked for on why pages. GET shows it, POST takes a wish back."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from composer.domain.tokens import Purpose
from composer.pipeline.asking import library_now, undo, wishes
from composer.store.engine import reading
from composer.web.asked import UNDO, wished
from composer.web.forms import read_form
from composer.web.site import site_of, subject_of


def show(request: Request) -> Response:
    return _page(request)


async def change(request: Request) -> Response:
    """Take a wish back. A body that is not the form changes nothing: 422."""
    form = await read_form(request)
    module = str(form.get("module", "")) if form.get("ask") == UNDO else ""
    return await run_in_threadpool(_change, request, module)


def _change(request: Request, module: str) -> Response:
    subject = subject_of(request, Purpose.preferences)
    if not module:
        return _page(request, 422)
    if subject is not None:
        undo(site_of(request).app, subject, module)
    return _page(request, done=True)


def _page(request: Request, status: int = 200, *, done: bool = False) -> Response:
    site = site_of(request)
    subject = subject_of(request, Purpose.preferences)
    with reading(site.app.engine) as db:
        found = wishes(db, subject) if subject else None
    if found is None:
        raise HTTPException(404)
    library = library_now(site.app)
    return site.page(
        request,
        "asked.html",
        found.language,
        status,
        wished=wished(found.asked, library, site.language(request, found.language)),
        done=done,
        refused=status == 422,
        mine=f"/p/{request.path_params['t']}",
    )


ROUTES = [Route("/p/{t}/asked", show, methods=["GET"]), Route("/p/{t}/asked", change, methods=["POST"])]
