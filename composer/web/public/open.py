"""`/o/{t}.gif`: the picture that counts opens, in letters to those who consented to that.

Every address under it gets the same picture, whether its token is known or not: nothing can be found out here.
"""

from __future__ import annotations

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from composer.domain.observed import Ask, Look
from composer.domain.tokens import Purpose
from composer.web.signs import signs_of
from composer.web.site import site_of, subject_of

PICTURE = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\x00\x00\x00!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00"
    b"\x00\x02\x02D\x01\x00;"
)
"""One transparent dot."""
HEADERS = {"cross-origin-resource-policy": "cross-origin"}  # web mail shows it on its own pages


def show(request: Request) -> Response:
    """The dot; that it was asked for is noted later, where the reader allows it then."""
    subject = subject_of(request, Purpose.open)
    note = None
    if subject is not None:
        site = site_of(request)
        note = BackgroundTask(site.observations.add, Look(subject, Ask.opened, 0, site.clock(), signs_of(request)))
    return Response(PICTURE, media_type="image/gif", headers=HEADERS, background=note)


ROUTES = [Route("/o/{t}.gif", show)]
