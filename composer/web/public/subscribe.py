"""`/subscribe`: the sign-up form. It works without JavaScript, inside other sites' pages, and in a frame where `signup.embed` allows it.

The answer is the same for every address that is one: known or unknown, silenced, asked a minute ago or for the first time.
Nothing is written about the address but the letter that asks its owner.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from composer.config import Settings
from composer.domain.address import fit_address
from composer.domain.level import Level
from composer.domain.signup import MOST_TOPICS, WORDING, SignUp
from composer.pipeline.mail_bombs import is_refused
from composer.pipeline.signing_up import ask
from composer.web.forms import read_form, words_of
from composer.web.pages import Pages
from composer.web.site import Site, client_asking, library_topics, site_of

TRAP = "website"
"""A field that people do not see: programs that fill in every form fill in this one, and are answered as if it had worked."""


def show(request: Request) -> Response:
    """Show the form; ?list=, ?topic= and ?level= choose beforehand, so that a link from a page about something can."""
    site = site_of(request)
    _open(site)
    query = request.query_params
    chosen = {"lists": query.getlist("list"), "topics": query.getlist("topic"), "level": query.get("level", "")}
    return _page(request, "subscribe.html", **_fields(site, **chosen))


async def sign_up(request: Request) -> Response:
    """Take the form. What cannot be an address is told at once (422); everything else is one answer."""
    _open(site_of(request))
    return await run_in_threadpool(_take, request, await read_form(request, 200))


def _take(request: Request, form: FormData) -> Response:
    site = site_of(request)
    if form.get(TRAP):
        return _page(request, "subscribe_asked.html")
    lists, topics = words_of(form, "list"), words_of(form, "topic")
    level, email = str(form.get("level") or Level.basic.name), str(form.get("email") or "").strip()
    wanted, problem = read_signup(
        site, email, str(form.get("language") or site.language(request)), level, topics, lists, str(form.get("wording") or "")
    )
    if wanted is None:
        fields = _fields(site, lists=lists, topics=topics, level=level, email=email[:320], problem=problem)
        return _page(request, "subscribe.html", 422, **fields)
    ask(site.app, wanted, client_asking(request), site.clock())
    return _page(request, "subscribe_asked.html")


def read_signup(
    site: Site, email: str, language: str, level: str, topics: Sequence[str], lists: Sequence[str], wording: str
) -> tuple[SignUp | None, str]:
    """Return what was asked for; None and the problem's name (a key of the texts' subscribe.problems) where it cannot be."""
    offered = site.app.settings.signup.lists
    lists = [name for name in offered if name in lists] if len(offered) > 1 or lists else list(offered)
    try:
        address = fit_address(email)
    except ValueError:
        return None, "address"
    if is_refused(site.app, address):
        return None, "refused"
    if not lists or level not in Level.__members__:
        return None, "choice"
    known = set(library_topics(site))
    return SignUp(
        address,
        site.pages.language([language]),
        Level[level],
        tuple(sorted({topic for topic in topics if topic in known})[:MOST_TOPICS]),
        tuple(lists),
        wording if re.fullmatch(r"[\w.-]{1,40}( [\w-]{1,20})?", wording, re.ASCII) else WORDING,
    ), ""


def _fields(site: Site, **chosen: Any) -> dict[str, Any]:
    """What the form shows; `chosen` overrides."""
    offered = site.app.settings.signup.lists
    fields = {"email": "", "problem": "", "lists": [], "topics": [], "level": "", **chosen}
    return {
        **fields,
        "lists": [name for name in offered if name in fields["lists"]] or list(offered[:1]),
        "level": fields["level"] if fields["level"] in Level.__members__ else Level.basic.name,
        "offered_lists": offered,
        "offered_topics": library_topics(site),
        "levels": [level.name for level in Level],
        "wording": WORDING,
        "trap": TRAP,
    }


def _page(request: Request, name: str, status: int = 200, **values: Any) -> Response:
    site = site_of(request)
    answer = site.page(request, name, status=status, **values)
    if origins := site.app.settings.signup.embed:
        policy = answer.headers["content-security-policy"]
        answer.headers["content-security-policy"] = policy.replace("frame-ancestors 'none'", f"frame-ancestors {' '.join(origins)}")
    return answer


def embeddable(settings: Settings, language: str, lists: Sequence[str]) -> str:
    """Return a form for a page of another site, which posts to ours."""
    pages = Pages(settings.path(settings.library.templates), {"sender": settings.sender})
    values = {"base_url": settings.web.base_url, "lists": lists, "wording": WORDING, "trap": TRAP}
    return pages.render("signup_embed.html", pages.language([language]), **values)


def _open(site: Site) -> None:
    if not site.app.settings.signup.open:
        raise HTTPException(404)


ROUTES = [Route("/subscribe", show, methods=["GET"]), Route("/subscribe", sign_up, methods=["POST"])]
