"""`/p/{t}`: what a recipient allows and wishes. GET shows it, POST saves it and shows it as it now stands."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from babel import Locale, UnknownLocaleError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from composer.domain.choices import DAYPARTS, FREQUENCIES, PAUSES, Choices, Wish
from composer.domain.clock import find_zone
from composer.domain.consent import CLICKS, LETTERS, OPENS, PROFILING, TOPIC
from composer.domain.content import Library
from composer.domain.language import lookup
from composer.domain.level import Level
from composer.domain.tokens import Purpose
from composer.pipeline.asking import library_now
from composer.pipeline.preferences import load, save
from composer.store.engine import reading, writing
from composer.web.forms import read_form, words_of
from composer.web.site import said_from, site_of, subject_of

WORDING = "preferences-1"
"""Change it with the meaning of the page's words: the ledger keeps which words a consent answered."""
SWITCHES = (LETTERS, PROFILING, CLICKS, OPENS)
END = "end"
"""What the form says where a pause is to end."""


def show(request: Request) -> Response:
    site = site_of(request)
    subject = subject_of(request, Purpose.preferences)
    with reading(site.app.engine) as db:
        choices = load(db, subject) if subject else None
    return _page(request, choices)


async def change(request: Request) -> Response:
    """Save the form. A body that is not the form (a scanner's, a broken one) changes nothing and is shown the form: 422."""
    return await run_in_threadpool(_change, request, await read_form(request, 200))


def _change(request: Request, form: FormData) -> Response:
    site = site_of(request)
    subject = subject_of(request, Purpose.preferences)
    wish = _wish(form, spoken(library_now(site.app)))
    if subject is None or wish is None:
        with reading(site.app.engine) as db:
            return _page(request, load(db, subject) if subject else None, status=422)
    with writing(site.app.engine) as db:
        before = load(db, subject)
        wording = f"{WORDING} {site.language(request, before.language if before else '')}"
        after = save(db, subject, wish, wording, site.clock(), said_from(request))
    return _page(request, after, saved=True)


def _page(request: Request, choices: Choices | None, *, status: int = 200, saved: bool = False) -> Response:
    """Render the form; a token that is unknown, or whose person is erased, gets the page for unknown links."""
    if choices is None:
        raise HTTPException(404)
    site = site_of(request)
    library, now = library_now(site.app), site.clock()
    clock = find_zone(choices.time_zone or site.app.settings.defaults.time_zone)
    paused = choices.paused_until.astimezone(clock).date() if choices.paused_until and choices.paused_until > now else None
    languages = spoken(library)
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
        frequencies=tuple(FREQUENCIES),
        pauses=tuple(PAUSES),
        paused=paused,
        letters_in={language: _own_name(language) for language in languages},
        letters_now=lookup(choices.language, languages) or site.app.settings.defaults.language,
        topics=sorted({*library.topics, *choices.topics}),
        topic_lists=[name for name in choices.lists if name != LETTERS],
    )


def spoken(library: Library) -> list[str]:
    """The languages that letters are written in."""
    return sorted({language for layout in library.layouts.values() for language in layout.languages})


def _own_name(language: str) -> str:
    """What a language calls itself; its tag where CLDR does not know it."""
    try:
        name = Locale.parse(language, sep="-").display_name
    except (UnknownLocaleError, ValueError):
        return language
    return name.capitalize() if name else language


def _wish(form: FormData, languages: Collection[str]) -> Wish | None:
    """Read the form; None where it is not ours or holds words we never offered."""
    level, daypart, frequency, pause, language = (_moved(form, name) for name in ("level", "daypart", "frequency", "pause", "language"))
    if (
        form.get("form") != "preferences"
        or level not in (None, *Level.__members__)
        or daypart not in (None, "", *DAYPARTS)
        or frequency not in (None, "", *FREQUENCIES)
        or pause not in (None, "", END, *PAUSES)
        or language not in (None, *languages)
    ):
        return None
    shown, offered, consents = (frozenset(words_of(form, name)) for name in ("shown", "offered", "consent"))
    lists = {name for name in words_of(form, "listed") if name.startswith(TOPIC)}
    return Wish(
        topics=offered.intersection(words_of(form, "topic")),
        offered=offered,
        consents={purpose: purpose in consents for purpose in (*SWITCHES, *sorted(lists)) if (purpose in consents) != (purpose in shown)},
        level=None if level is None else Level[level],
        daypart=daypart,
        frequency=frequency,
        language=language,
        pause=timedelta(0) if pause == END else PAUSES[pause] if pause else None,
    )


def _moved(form: FormData, name: str) -> str | None:
    """What was chosen of one field; None where it is as the page showed it (`NAME_shown`), or not there."""
    value, shown = form.get(name), form.get(f"{name}_shown")
    return value if isinstance(value, str) and value != shown else None


ROUTES = [Route("/p/{t}", show, methods=["GET"]), Route("/p/{t}", change, methods=["POST"])]
