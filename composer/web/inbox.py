"""`/inbox`: letters as their readers see them, from a folder of .eml files. Only where `make_web` was given the folder."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from zlib import crc32

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from composer.domain.newsletter import Newsletter
from composer.pipeline.asking import library_then
from composer.store.engine import reading
from composer.store.letters import letter_by_message_id, names_of, preheaders_of
from composer.web.mailbox import Mail, Opened, mails, open_mail
from composer.web.reasoned import Reasoned, reasoned
from composer.web.site import Site, site_of

PER_PAGE = 50
VIEWS = ("desktop", "phone", "text", "source")
PREVIEW_POLICY = (
    "default-src 'none'; img-src 'self' https: data:; style-src 'unsafe-inline'; font-src https:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
)
"""A letter's own styles are inline by nature; nothing in it may run, submit, or reach the page around it."""


def show(request: Request) -> Response:
    """List the letters, the newest first, fifty a page."""
    site = site_of(request)
    query = request.query_params.get("q", "")[:100]
    found = [mail for mail in _mails(site) if mail.holds(query)]
    wanted = request.query_params.get("page", "1")
    last = max(1, -(-len(found) // PER_PAGE))
    page = min(max(int(wanted) if wanted.isdecimal() and len(wanted) < 9 else 1, 1), last)
    shown = _with_preheaders(site, found[(page - 1) * PER_PAGE : page * PER_PAGE])
    rows = [(mail, _tint(mail), _time(site, request, mail, "short")) for mail in shown]
    people = len({mail.to_address for mail in found})
    return site.page(request, "inbox.html", rows=rows, query=query, page=page, last=last, count=len(found), people=people)


def read(request: Request) -> Response:
    """Show one letter in its frame, with the reasons for its blocks beside it."""
    site = site_of(request)
    opened = _opened(request)
    found = _mails(site)
    place = next((i for i, mail in enumerate(found) if mail.name == opened.mail.name), 0)
    mail = found[place]
    newer, older = found[place - 1 : place] if place else [], found[place + 1 : place + 2]
    others = [mail for mail in found if mail.to_address == opened.mail.to_address and mail.name != opened.mail.name]
    view = request.query_params.get("view", "")
    newsletter, blocks = _decided(site, opened, site.language(request))
    return site.page(
        request,
        "inbox_letter.html",
        opened=opened,
        mail=mail,
        tint=_tint(opened.mail),
        time=_time(site, request, opened.mail),
        view=view if view in VIEWS else "desktop",
        views=VIEWS,
        links=dict(opened.links),
        newsletter=newsletter,
        blocks=blocks,
        newer=newer[0] if newer else None,
        older=older[0] if older else None,
        others=[(mail, _time(site, request, mail)) for mail in others[:5]],
    )


def frame(request: Request) -> Response:
    """The letter's HTML on its own. Links open beside the inbox, for pages refuse to be framed."""
    html = re.sub(r"(<head[^>]*>)", r'\1<base target="_blank">', _opened(request).html, count=1)
    return HTMLResponse(html, headers={"content-security-policy": PREVIEW_POLICY, "x-frame-options": "SAMEORIGIN"})


def _folder(site: Site) -> Path:
    if site.inbox is None:
        raise HTTPException(404)
    return site.inbox


def _opened(request: Request) -> Opened:
    opened = open_mail(_folder(site_of(request)), request.path_params["name"])
    if opened is None:
        raise HTTPException(404)
    return opened


def _mails(site: Site) -> list[Mail]:
    """All letters, the newest first, with the names of their readers: the inbox is looked at by its operators."""
    found = mails(_folder(site))
    with reading(site.app.engine) as db:
        names = names_of(db, [mail.message_id for mail in found])
    return [replace(mail, to_name=names.get(mail.message_id) or mail.to_name) for mail in found]


def _with_preheaders(site: Site, found: list[Mail]) -> list[Mail]:
    with reading(site.app.engine) as db:
        preheaders = preheaders_of(db, [mail.message_id for mail in found])
    return [replace(mail, opening=preheaders.get(mail.message_id) or mail.opening) for mail in found]


def _decided(site: Site, opened: Opened, language: str) -> tuple[Newsletter | None, list[Reasoned]]:
    """Find the decision behind a letter by its Message-ID; nothing where it is not one of this installation's."""
    with reading(site.app.engine) as db:
        letter = letter_by_message_id(db, opened.mail.message_id)
        if letter is None or letter.newsletter is None:
            return None, []
        library = library_then(site.app, db, letter)
    return letter.newsletter, reasoned(site, letter.newsletter, library, language)


def _tint(mail: Mail) -> int:
    """One of eight colours for a person."""
    return crc32(mail.to_address.encode()) % 8


def _time(site: Site, request: Request, mail: Mail, form: str = "moment") -> str:
    """Write when a letter was dated, in the installation's zone: the folder does not know its reader's."""
    return site.moment(mail.at, site.language(request), form)


ROUTES = [Route("/inbox", show), Route("/inbox/{name}", read), Route("/inbox/{name}/letter", frame)]
