"""`/`: what this is; in the demo, the way to the inbox."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from composer.web.site import site_of


def show(request: Request) -> Response:
    return site_of(request).page(request, "home.html")


ROUTES = [Route("/", show)]
