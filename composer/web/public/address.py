"""`/p/{t}/address`: letters to another address. GET shows the form; POST writes to both addresses, and the new one's button does it."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from composer.domain.address import fit_address
from composer.domain.choices import Choices
from composer.domain.tokens import Purpose
from composer.pipeline.mail_bombs import is_refused
from composer.pipeline.moving import ask_to_move
from composer.pipeline.preferences import load
from composer.store.engine import reading, writing
from composer.web.forms import read_form
from composer.web.site import client_asking, site_of, subject_of


def show(request: Request) -> Response:
    site = site_of(request)
    subject = subject_of(request, Purpose.preferences)
    with reading(site.app.engine) as db:
        return _page(request, load(db, subject) if subject else None)


async def ask(request: Request) -> Response:
    """Take the form. What cannot be an address is told at once (422)."""
    form = await read_form(request)
    return await run_in_threadpool(_ask, request, str(form.get("email") or "").strip())


def _ask(request: Request, email: str) -> Response:
    site = site_of(request)
    subject = subject_of(request, Purpose.preferences)
    try:
        address = fit_address(email)
        problem = "refused" if is_refused(site.app, address) else ""
    except ValueError:
        address, problem = "", "address"
    with writing(site.app.engine) as db:
        choices = load(db, subject) if subject else None
        if subject is None or choices is None or problem:
            return _page(request, choices, email=email[:320], problem=problem)
        asked = ask_to_move(db, site.app, subject, address, client_asking(request), site.clock())
    return _page(request, choices, done=asked.value if asked else "")


def _page(request: Request, choices: Choices | None, *, email: str = "", problem: str = "", done: str = "") -> Response:
    """Render it; a token that is unknown, or whose person is erased, gets the page for unknown links."""
    if choices is None:
        raise HTTPException(404)
    mine = f"/p/{request.path_params['t']}"
    status = 422 if problem else 200
    return site_of(request).page(request, "address.html", choices.language, status, email=email, problem=problem, done=done, mine=mine)


ROUTES = [Route("/p/{t}/address", show, methods=["GET"]), Route("/p/{t}/address", ask, methods=["POST"])]
