"""`/pictures/NAME.HASH.png`: a picture of a letter, from disk or, once the file has changed, from what editions were approved with.

The name holds a hash of the content, so whoever has the picture keeps it for ever, and a letter of last year still shows its own.
Not to be mistaken for tracking: the address is the same in every letter, and nothing is noted.
"""

from __future__ import annotations

import re

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from composer.domain.sources import picture_file
from composer.library.pictures import read_picture
from composer.store.engine import reading
from composer.store.library_versions import load_picture
from composer.web.site import site_of

_FILE = re.compile(r"([a-z0-9][a-z0-9-]*)\.[0-9a-f]{8}\.(png|jpg)")
HEADERS = {
    "cache-control": "public, max-age=31536000, immutable",
    "cross-origin-resource-policy": "cross-origin",  # web mail shows it on its own pages
}


def show(request: Request) -> Response:
    app = site_of(request).app
    file = request.path_params["picture"]
    named = _FILE.fullmatch(file)
    if named is None:
        raise HTTPException(404)
    name = f"{named[1]}.{named[2]}"
    data = read_picture(app.settings.path(app.settings.library.templates) / "pictures", name)
    if data is None or picture_file(name, data) != file:
        with reading(app.engine) as db:
            data = load_picture(db, file)
    if data is None:
        raise HTTPException(404)
    return Response(data, media_type="image/png" if named[2] == "png" else "image/jpeg", headers=HEADERS)


ROUTES = [Route("/pictures/{picture}", show)]
