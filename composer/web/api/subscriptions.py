"""`POST /api/v1/subscriptions`: what the form at /subscribe does, for programs. Like the form it answers the same for every address.

Without a key it has the form's limits. A program of the installation's own names itself by `signup.api_key` and says whose
address asked (`client`): then the limit by client counts that person, and not the program.
"""

from __future__ import annotations

from hmac import compare_digest
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from composer.pipeline.signing_up import ask
from composer.web.public.subscribe import read_signup
from composer.web.site import client_asking, site_of

PROBLEMS = {
    "address": ("email", "is no mail address", "Write it like name@example.com."),
    "refused": ("email", "is at a domain that cannot sign up here", "Ask for another address."),
    "choice": ("lists", "names no list that may be signed up for", "Leave it out, or name one that the form offers."),
}
Word = Annotated[str, Field(max_length=100)]


class Subscription(BaseModel):
    """Somebody who would like letters. They are written to once, and nothing more comes before they have confirmed it there."""

    model_config = ConfigDict(extra="forbid", strict=True, title="Subscription")

    email: Annotated[str, Field(max_length=320, description="The mail address.", examples=["name@example.com"])]
    language: Annotated[str, Field("", max_length=35, description="BCP 47; empty: the installation's.", examples=["fi"])]
    level: Annotated[
        Literal["none", "basic", "standard", "premium"], Field("basic", description="How personal: standard and premium consent to more.")
    ]
    topics: Annotated[list[Word], Field(default_factory=list, max_length=50, description="Topics they like; unknown ones are left out.")]
    lists: Annotated[
        list[Word], Field(default_factory=list, max_length=50, description='"letters", "topic:NAME"; empty where there is one list.')
    ]
    wording: Annotated[str, Field("", max_length=60, description="Name and version of the words that they were shown.")]
    client: Annotated[str, Field("", max_length=45, description="The asking person's network address. Only with a key.")]


async def subscribe(request: Request) -> Response:
    site = site_of(request)
    section = site.app.settings.signup
    if not section.open:
        return _error(404, "path", "is not open for sign-ups", "Set signup.open to true.")
    trusted, given = _has_key(request), request.headers.get("authorization")
    if given is not None and not trusted:
        return _error(401, "authorization", "is not the key of this installation", "Send 'Bearer ' and signup.api_key, or nothing at all.")
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return _error(415, "content-type", "is not application/json", "Send the body as JSON.")
    try:
        wanted = Subscription.model_validate_json(await request.body())
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        status = 400 if first["type"] == "json_invalid" else 422
        return _error(status, ".".join(str(part) for part in first["loc"]) or "body", first["msg"], "See /api/v1/openapi.json.")
    if wanted.client and not trusted:
        return _error(422, "client", "is told by programs that have a key", "Leave it out.")
    read, problem = await run_in_threadpool(
        read_signup, site, wanted.email.strip(), wanted.language, wanted.level, wanted.topics, wanted.lists, wanted.wording
    )
    if read is None:
        return _error(422, *PROBLEMS[problem])
    client = wanted.client if trusted else client_asking(request)
    await run_in_threadpool(ask, site.app, read, client, site.clock())
    return JSONResponse({"status": "asked"}, 202)


def _has_key(request: Request) -> bool:
    key = site_of(request).app.settings.signup.api_key.get_secret_value()
    return bool(key) and compare_digest(request.headers.get("authorization", "").encode(), f"Bearer {key}".encode())


def _error(status: int, where: str, what: str, do: str) -> Response:
    headers = {"www-authenticate": "Bearer"} if status == 401 else None
    return JSONResponse({"error": {"what": what, "where": where, "do": do}}, status, headers)


def schema() -> dict[str, Any]:
    """The body's JSON Schema."""
    return Subscription.model_json_schema(ref_template="#/components/schemas/{model}")


ROUTES = [Route("/api/v1/subscriptions", subscribe, methods=["POST"])]
