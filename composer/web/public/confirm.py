"""`/confirm/{t}`: the button of a service letter. GET shows what it would do and one button; only POST does it.

Scanners open every link of a mail: a link that confirmed by itself would sign up whoever has one. An unknown link, one whose
time is over and one of somebody erased get the same page.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from composer.domain.level import Level
from composer.domain.service_letter import Kind, ServiceLetter
from composer.domain.signup import WORDING, Proof, SignUp
from composer.domain.tokens import Purpose
from composer.pipeline.confirming import STEPS
from composer.pipeline.service_letters import asked_by
from composer.pipeline.signing_up import signed_up_for
from composer.store.engine import reading, writing
from composer.store.recipients import address_key
from composer.web.site import said_from, site_of, subject_of


def ask(request: Request) -> Response:
    """Show what was asked for. Nothing changes, whoever looks."""
    site = site_of(request)
    subject = subject_of(request, Purpose.confirm)
    letter = None
    if subject is not None:
        with reading(site.app.engine) as db:
            letter = asked_by(db, subject, site.clock())
    if letter is None or letter.kind not in STEPS:
        return _over(request)
    return site.page(request, f"confirm_{letter.kind}.html", letter.language, done=letter.done_at is not None, **_shown(letter))


def act(request: Request) -> Response:
    """Do it and say so; the answer leaves after the commit. The body is not read: the token says everything."""
    site = site_of(request)
    subject = subject_of(request, Purpose.confirm)
    if subject is None:
        return _over(request)
    with writing(site.app.engine) as db:
        letter = asked_by(db, subject, site.clock())
        if letter is None or letter.kind not in STEPS:
            return _over(request)
        STEPS[letter.kind](db, site.app, letter, _proof(request, letter), site.clock())
    return site.page(request, f"confirm_{letter.kind}.html", letter.language, done=True, **_shown(letter))


def _over(request: Request) -> Response:
    site = site_of(request)
    return site.page(request, "confirm_over.html", status=404, open=site.app.settings.signup.open)


def _shown(letter: ServiceLetter) -> dict[str, Any]:
    if letter.kind is not Kind.confirm:
        return {"letter": letter}
    wanted = signed_up_for(letter)
    return {"ask": wanted, "uses": _uses(wanted), "wording": WORDING}


def _uses(wanted: SignUp) -> list[str]:
    """The levels whose data the chosen one uses: its own and all below it."""
    return [level.name for level in Level if level <= wanted.level]


def _proof(request: Request, letter: ServiceLetter) -> Proof:
    """What the ledger keeps beside the consent: the words agreed to, as they stood on this page, and where they came from."""
    site = site_of(request)
    language = site.language(request, letter.language)
    speech = site.pages.speech[language]
    said = speech.fill(site.pages.texts[language]["subscribe"]["consent"], sender=site.app.settings.sender.name)
    if letter.kind is Kind.confirm:
        wanted = signed_up_for(letter)
        levels = site.pages.texts[language]["preferences"]["levels"]
        used = "; ".join(levels[name]["uses"] for name in _uses(wanted))
        said += f" {levels[wanted.level.name]['name']}: {used}. Asked {letter.asked_at:%Y-%m-%dT%H:%M:%SZ}"
        said += f" under {wanted.wording or WORDING}"
        said += f", confirmed by the link in {letter.message_id}."
    return Proof(f"{WORDING} {language}", said, said_from(request), address_key(site.app.key, letter.address))


ROUTES = [Route("/confirm/{t}", ask, methods=["GET"]), Route("/confirm/{t}", act, methods=["POST"])]
