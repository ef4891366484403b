"""`/u/{t}`: leaving a list. GET shows one button; only POST acts, at once, and its answer is the same for every token.

The POST is RFC 8058's one-click request and the button's alike: the token says everything, so the body is not read
and may be form data of either kind, empty or broken. Its language comes from the link (`?l=`) or the browser,
never from the recipient: an answer in Finnish would tell a stranger that a guessed token is somebody's.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from composer.domain.tokens import Purpose
from composer.pipeline.preferences import load, unsubscribe
from composer.store.engine import reading, writing
from composer.web.site import site_of, subject_of

PURPOSES = (Purpose.unsubscribe_header, Purpose.unsubscribe_body)


def ask(request: Request) -> Response:
    """Show the page with the button; a scanner that follows links changes nothing here."""
    site = site_of(request)
    subject = subject_of(request, *PURPOSES)
    language = ""
    if subject is not None:
        with reading(site.app.engine) as db:
            choices = load(db, subject)
            language = choices.language if choices else ""
    return site.page(request, "unsubscribe.html", language)


def leave(request: Request) -> Response:
    """Unsubscribe and say so; the answer leaves after the commit."""
    site = site_of(request)
    subject = subject_of(request, *PURPOSES)
    if subject is not None:
        with writing(site.app.engine) as db:
            unsubscribe(db, subject, site.clock())
    return site.page(request, "unsubscribed.html")


ROUTES = [Route("/u/{t}", ask, methods=["GET"]), Route("/u/{t}", leave, methods=["POST"])]
