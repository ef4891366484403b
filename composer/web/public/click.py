"""`/c/{t}`: a link of a letter. Leads on at once; that it was asked for is noted later, where the reader allows it then.

The address holds a token and nothing else: where it leads stands in the decision and in the library it was made with, so
there is no address by which this page sends anybody anywhere else.
"""

from __future__ import annotations

from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from composer.domain.observed import Ask, Look
from composer.domain.tokens import TRAP
from composer.pipeline.links import find_link
from composer.web.signs import signs_of
from composer.web.site import site_of


def follow(request: Request) -> Response:
    """Redirect with 302. The reader does not wait for the note: it is taken when the answer has left."""
    site = site_of(request)
    now = site.clock()
    link = find_link(site.app, request.path_params["t"], now)
    if link is None:
        raise HTTPException(404)
    note = None
    if link.left:
        ask, place = (Ask.trap, 0) if link.position == TRAP else (Ask.clicked, link.position)
        note = BackgroundTask(site.observations.add, Look(link.subject, ask, place, now, signs_of(request), link.module))
    return RedirectResponse(link.target, 302, background=note)


ROUTES = [Route("/c/{t}", follow)]
