"""`/hooks/{provider}/{secret}`: what mail providers report. An unknown provider, a wrong secret and a wrong signature are one 404.

The secret is compared before the body is read, in constant time; it stands in no log. 200 is said when what the call says
is committed; 503 where the database is away, so that the provider calls again.
"""

from __future__ import annotations

from hmac import compare_digest

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from composer.errors import in_short
from composer.logs import log
from composer.pipeline.hooks import providers, secret_of, take_call
from composer.sources.webhooks import Call, Malformed, Unsigned
from composer.store.engine import DatabaseTrouble
from composer.web.site import site_of


async def call(request: Request) -> Response:
    site = site_of(request)
    name, secret = request.path_params["provider"], request.path_params["secret"]
    file = providers().get(name)
    expected = secret_of(site.app, name.encode("utf-8", "replace").decode())
    known = compare_digest(secret.encode("utf-8", "replace"), expected.encode())
    if not known or file is None or not file.ready(site.app.settings.hooks):
        raise HTTPException(404)
    found = Call(dict(request.headers), await request.body(), site.clock())
    try:
        concerned = await run_in_threadpool(take_call, site.app, name, found)
    except Unsigned as refusal:
        log.warning("webhook_refused", provider=name, why=str(refusal))
        raise HTTPException(404) from None
    except Malformed as trouble:
        log.warning("webhook_malformed", provider=name, why=str(trouble))
        return JSONResponse({"error": str(trouble)}, 400)
    except DatabaseTrouble as trouble:
        log.error("webhook_not_taken", provider=name, error=in_short(trouble))
        return JSONResponse({"error": "cannot be taken now"}, 503, {"retry-after": "60"})
    return JSONResponse({"concerned": concerned})


ROUTES = [Route("/hooks/{provider}/{secret}", call, methods=["POST"])]
