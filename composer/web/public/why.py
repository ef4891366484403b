"""`/w/{t}`: why this letter. Its blocks, the data behind each, the words, the level, what it rests on, and the hour.

GET shows it. POST notes a wish for less or more like one of its blocks, or takes one back, and shows it as it now stands: the
wish is about the letter's own block, so it can be said of letters whose modules were edited or removed since.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from composer.domain.level import Level
from composer.domain.outcome import OutboxState
from composer.domain.tokens import Purpose, make_token
from composer.pipeline.asking import ask, library_then, mandatory, undo, wishes
from composer.pipeline.foresee import foreseen_letter
from composer.pipeline.rests_on import rests_on
from composer.store.engine import reading
from composer.store.plans import ON_ITS_WAY
from composer.web.asked import UNDO, wish_of, wished
from composer.web.forms import read_form
from composer.web.reasoned import grounded, reasoned, worded
from composer.web.site import site_of, subject_of

LEFT = (OutboxState.accepted, OutboxState.unknown)


def show(request: Request) -> Response:
    return _page(request)


async def change(request: Request) -> Response:
    """Note what is asked. A body that is not the form, or names no block of this letter, changes nothing: 422."""
    form = await read_form(request)
    return await run_in_threadpool(_change, request, form)


def _change(request: Request, form: FormData) -> Response:
    site = site_of(request)
    subject = subject_of(request, Purpose.why)
    wanted, module = form.get("ask"), str(form.get("module", ""))
    wish = wish_of(wanted)
    if subject is None or not module or (wish is None and wanted != UNDO):
        return _page(request, refused=True)
    if wish is None:
        undo(site.app, subject, module)
        return _page(request, done=module)
    noted = ask(site.app, subject, module, wish, site.clock())
    return _page(request, done=module if noted else "", refused=not noted)


def _page(request: Request, *, done: str = "", refused: bool = False) -> Response:
    """Render it; `done` is the module that was just asked of. A token that is unknown, or whose person is erased, is an unknown link."""
    site = site_of(request)
    subject = subject_of(request, Purpose.why)
    if subject is None:
        raise HTTPException(404)
    with reading(site.app.engine) as db:
        letter = foreseen_letter(site.app, db, subject, site.clock())
        own = wishes(db, subject)
        if letter is None or letter.newsletter is None or own is None:
            raise HTTPException(404)
        grounds = rests_on(db, letter, site.clock())
        library, kept = library_then(site.app, db, letter), mandatory(db, letter)
    newsletter = letter.newsletter
    language = site.language(request, letter.language)
    zone = _zone(letter.time_zone, site.app.settings.defaults.zone)
    return site.page(
        request,
        "why.html",
        letter.language,
        422 if refused else 200,
        subject=newsletter.subject,
        arm=newsletter.arm.value,
        level=newsletter.level.name,
        allowed=[level.name for level in Level if level <= newsletter.level],
        forbidden=[level.name for level in Level if level > newsletter.level],
        state="sent" if letter.state in LEFT else "planned" if letter.state in ON_ITS_WAY else "unsent",
        blocks=reasoned(site, newsletter, library, language),
        mandatory=kept,
        asked={wish.module: wish.ask.value for wish in own.asked},
        wished=wished(own.asked, library, language),
        done=done,
        refused=refused,
        here=f"/w/{request.path_params['t']}?l={language}",
        grounds=grounded(site, grounds, zone, language),
        words=worded(site, newsletter, language),
        send_at=site.pages.moment(newsletter.send_at.astimezone(zone), language),
        zone=zone.key.replace("_", " "),
        hour_reasons=list(filter(None, (site.pages.say(reason, language) for reason in newsletter.hour_reasons))),
        preferences=f"/p/{make_token(site.app.keys, Purpose.preferences, subject)}",
        view=f"/v/{make_token(site.app.keys, Purpose.view, subject)}" if letter.frozen else "",
        unsubscribe=f"/u/{make_token(site.app.keys, Purpose.unsubscribe_body, subject)}",
    )


def _zone(name: str, default: ZoneInfo) -> ZoneInfo:
    try:
        return ZoneInfo(name) if name else default
    except (ZoneInfoNotFoundError, ValueError):
        return default


ROUTES = [Route("/w/{t}", show, methods=["GET"]), Route("/w/{t}", change, methods=["POST"])]
