"""`/w/{t}`: why this letter. Each block with its reasons, the data behind it, the words, what the level keeps out, and the hour."""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from composer.domain.level import Level
from composer.domain.outcome import OutboxState
from composer.domain.tokens import Purpose, make_token
from composer.pipeline.foresee import foreseen_letter
from composer.store.engine import reading
from composer.web.reasoned import library_of, reasoned, worded
from composer.web.site import site_of, subject_of


def show(request: Request) -> Response:
    site = site_of(request)
    subject = subject_of(request, Purpose.why)
    if subject is None:
        raise HTTPException(404)
    with reading(site.app.engine) as db:
        letter = foreseen_letter(site.app, db, subject, site.clock())
        if letter is None or letter.newsletter is None:
            raise HTTPException(404)
    library = library_of(site, letter)
    newsletter = letter.newsletter
    language = site.language(request, letter.language)
    zone = _zone(letter.time_zone, site.app.settings.defaults.zone)
    return site.page(
        request,
        "why.html",
        letter.language,
        subject=newsletter.subject,
        arm=newsletter.arm.value,
        level=newsletter.level.name,
        allowed=[level.name for level in Level if level <= newsletter.level],
        forbidden=[level.name for level in Level if level > newsletter.level],
        sent=letter.state == OutboxState.accepted,
        blocks=reasoned(site, newsletter, library, language),
        words=worded(site, newsletter, language),
        send_at=site.pages.moment(newsletter.send_at.astimezone(zone), language),
        zone=zone.key.replace("_", " "),
        hour_reasons=list(filter(None, (site.pages.say(reason, language) for reason in newsletter.hour_reasons))),
        preferences=f"/p/{make_token(site.app.key, Purpose.preferences, subject)}",
        unsubscribe=f"/u/{make_token(site.app.key, Purpose.unsubscribe_body, subject)}",
    )


def _zone(name: str, default: ZoneInfo) -> ZoneInfo:
    try:
        return ZoneInfo(name) if name else default
    except (ZoneInfoNotFoundError, ValueError):
        return default


ROUTES = [Route("/w/{t}", show)]
