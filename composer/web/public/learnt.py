"""`/p/{t}/learnt`: what was learnt about a person, in words. GET shows it; only POST has it forgotten."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from composer.domain.choices import Choices
from composer.domain.tokens import Purpose
from composer.errors import ComposerError
from composer.pipeline.learnt import forget_learnt, learnt_of
from composer.pipeline.preferences import load
from composer.store.engine import reading, writing
from composer.web.reasoned import readable
from composer.web.site import site_of, subject_of


def show(request: Request) -> Response:
    site = site_of(request)
    subject = subject_of(request, Purpose.preferences)
    with reading(site.app.engine) as db:
        return _page(request, load(db, subject) if subject else None)


def forget(request: Request) -> Response:
    """Have it forgotten and show what is left; the token says whose, so the body is not read."""
    site = site_of(request)
    subject = subject_of(request, Purpose.preferences)
    if subject is None:
        raise HTTPException(404)
    with writing(site.app.engine) as db:
        done = forget_learnt(db, subject, site.clock())
        choices = load(db, subject) if done else None
    return _page(request, choices, forgotten=True)


def _page(request: Request, choices: Choices | None, *, forgotten: bool = False) -> Response:
    """Render it; a token that is unknown, or whose person is erased, gets the page for unknown links."""
    site = site_of(request)
    subject = subject_of(request, Purpose.preferences)
    if choices is None or subject is None:
        raise HTTPException(404)
    try:
        with reading(site.app.engine) as db:
            learnt = learnt_of(site.app, db, subject, site.clock())
    except ComposerError:  # a library that cannot be opened: the button works all the same
        learnt = None
    language = site.language(request, choices.language)
    return site.page(
        request,
        "learnt.html",
        choices.language,
        learnt=learnt,
        tone=readable(learnt.tone) if learnt and learnt.tone else "",
        opening=readable(learnt.opening) if learnt and learnt.opening else "",
        daypart=choices.daypart,
        level=choices.effective.name,
        since=site.moment(choices.reset_at, language) if choices.reset_at else "",
        forgotten=forgotten,
        mine=f"/p/{request.path_params['t']}",
    )


ROUTES = [Route("/p/{t}/learnt", show, methods=["GET"]), Route("/p/{t}/learnt", forget, methods=["POST"])]
