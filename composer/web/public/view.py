"""`/v/{t}`: this very letter as a page, composed again from the decision and the letterhead that were frozen when it was sent."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from composer.domain.tokens import Purpose
from composer.pipeline.links import letter_page
from composer.web.site import site_of, subject_of


def show(request: Request) -> Response:
    """The HTML part that was sent, byte for byte, its personal links too. Where nothing is frozen (any more) the token is unknown."""
    site = site_of(request)
    subject = subject_of(request, Purpose.view)
    letter = letter_page(site.app, subject) if subject else None
    if letter is None:
        raise HTTPException(404)
    return HTMLResponse(letter.html, headers={"content-security-policy": policy(site.app.settings.web.base_url, letter.base_url)})


def policy(*base_urls: str) -> str:
    """Allow a letter's inline styles and our own pictures, and nothing else: nothing runs, nothing is fetched from elsewhere.

    Pictures of an older letter stand where our pages were when it left.
    """
    ours = " ".join(dict.fromkeys(f"{url.scheme}://{url.netloc}" for url in map(urlsplit, base_urls)))
    return (
        f"default-src 'none'; style-src 'unsafe-inline'; img-src 'self' {ours}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


ROUTES = [Route("/v/{t}", show)]
