"""`/c/{t}`: a link of a letter. Leads on at once; the click is noted where the reader allows it now, and never for HEAD or a prefetch.

The address holds a token and nothing else: where it leads stands in the decision and in the library it was made with, so
there is no address by which this page sends anybody anywhere else.
"""

from __future__ import annotations

from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from composer.pipeline.links import find_link
from composer.pipeline.track import record_click
from composer.web.site import site_of


def follow(request: Request) -> Response:
    """Redirect with 302. The reader does not wait for the note: it is written when the answer has left."""
    site = site_of(request)
    link = find_link(site.app, request.path_params["t"], site.clock())
    if link is None:
        raise HTTPException(404)
    looked = request.method == "GET" and "prefetch" not in request.headers.get("sec-purpose", request.headers.get("purpose", ""))
    note = BackgroundTask(record_click, site.app, link, site.clock()) if looked else None
    return RedirectResponse(link.target, 302, background=note)


ROUTES = [Route("/c/{t}", follow)]
