"""`/p/{t}`: what a recipient allows and wishes. GET shows it, POST saves it and shows it as it now stands."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from composer.domain.choices import DAYPARTS, Choices, Wish
from composer.domain.consent import CLICKS, LETTERS, OPENS, PROFILING
from composer.domain.level import Level
from composer.domain.tokens import Purpose
from composer.errors import ComposerError
from composer.pipeline.preferences import load, save
from composer.store.engine import reading, writing
from composer.web.site import Site, site_of, subject_of

WORDING = "preferences-1"
"""Change it with the meaning of the page's words: the ledger keeps which words a consent answered."""
SWITCHES = (LETTERS, PROFILING, CLICKS, OPENS)


def show(request: Request) -> Response:
    site = site_of(request)
    subject = subject_of(request, Purpose.preferences)
    with reading(site.app.engine) as db:
        choices = load(db, subject) if subject else None
    return _page(request, choices)


async def change(request: Request) -> Response:
    """Save the form. A body that is not the form (a scanner's, a broken one) changes nothing and is shown the form: 422."""
    try:
        form = await request.form(max_files=0, max_fields=200)
    except HTTPException as error:
        if error.status_code != 400:
            raise
        form = FormData()
    return await run_in_threadpool(_change, request, form)


def _change(request: Request, form: FormData) -> Response:
    site = site_of(request)
    subject = subject_of(request, Purpose.preferences)
    wish = _wish(form)
    if subject is None or wish is None:
        with reading(site.app.engine) as db:
            return _page(request, load(db, subject) if subject else None, status=422)
    with writing(site.app.engine) as db:
        before = load(db, subject)
        wording = f"{WORDING} {site.language(request, before.language if before else '')}"
        after = save(db, subject, wish, wording, site.clock())
    return _page(request, after, saved=True)


def _page(request: Request, choices: Choices | None, *, status: int = 200, saved: bool = False) -> Response:
    """Render the form; a token that is unknown, or whose person is erased, gets the page for unknown links."""
    if choices is None:
        raise HTTPException(404)
    site = site_of(request)
    return site.page(
        request,
        "preferences.html",
        choices.language,
        status,
        choices=choices,
        granted=sorted(choices.granted),
        saved=saved,
        mine=f"/p/{request.path_params['t']}",
        refused=status == 422,
        levels=[level.name for level in Level],
        dayparts=DAYPARTS,
        topics=sorted({*_library_topics(site), *choices.topics}),
        topic_lists=[name for name in choices.lists if name != LETTERS],
    )


def _wish(form: FormData) -> Wish | None:
    """Read the form; None where it is not ours or holds words we never offered."""
    level, daypart = form.get("level"), form.get("daypart")
    if form.get("form") != "preferences" or level not in Level.__members__ or daypart not in ("", *DAYPARTS):
        return None
    shown, offered, consents = (_words(form, name) for name in ("shown", "offered", "consent"))
    lists = {name for name in _words(form, "listed") if name.startswith("topic:")}
    return Wish(
        level=Level[str(level)],
        daypart=str(daypart),
        topics=_words(form, "topic") & offered,
        offered=offered,
        consents={purpose: purpose in consents for purpose in (*SWITCHES, *sorted(lists)) if (purpose in consents) != (purpose in shown)},
    )


def _words(form: FormData, name: str) -> frozenset[str]:
    """Read a field that may stand more than once."""
    return frozenset(value for value in form.getlist(name) if isinstance(value, str) and 0 < len(value) <= 100)


def _library_topics(site: Site) -> tuple[str, ...]:
    """The library's topics; none where it cannot be opened: no fault of the library may keep people from their switches."""
    try:
        return site.app.library().library.topics
    except ComposerError:
        return ()


ROUTES = [Route("/p/{t}", show, methods=["GET"]), Route("/p/{t}", change, methods=["POST"])]
