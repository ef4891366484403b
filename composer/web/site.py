"""What every page is given: the installation, the page renderer, the inbox folder, and the clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from composer.app import App
from composer.domain.consent import kept_client
from composer.domain.observed import Look
from composer.domain.tokens import Purpose, Subject, read_token
from composer.errors import ComposerError
from composer.pipeline.gathering import Gathering
from composer.web.clients import address_asking
from composer.web.even import Even
from composer.web.pages import Pages, accepted


@dataclass(frozen=True)
class Site:
    """Hangs on `request.app.state.site`."""

    app: App
    pages: Pages
    inbox: Path | None
    clock: Callable[[], datetime]
    observations: Gathering[Look]
    """Requests for links and pictures of letters, until they are written."""
    even: Even = field(default_factory=Even)

    def language(self, request: Request, own: str = "") -> str:
        """The page's language: the one asked for in the link, the recipient's own, the browser's, the installation's."""
        return self.pages.language(
            [
                request.query_params.get("l", ""),
                own,
                *accepted(request.headers.get("accept-language", "")),
                self.app.settings.defaults.language,
            ]
        )

    def page(self, request: Request, name: str, own: str = "", status: int = 200, **values: Any) -> HTMLResponse:
        """Render a page. `own` is the recipient's language where the page may show that it knows them."""
        language = self.language(request, own)
        text = self.pages.render(name, language, **values)
        return HTMLResponse(text, status, {"content-security-policy": page_policy(text)})

    def label(self, words: str, name: str, language: str) -> str:
        """What people call a table or a column (`words` of [data] in the texts); its own name where nobody has said."""
        return str(self.pages.texts[language]["data"][words].get(name) or name.replace("_", " "))

    def moment(self, at: datetime, language: str, form: str = "moment") -> str:
        """Write a time in the installation's zone."""
        return self.pages.moment(at.astimezone(self.app.settings.defaults.zone), language, form)

    def problem(self, request: Request, status: int) -> Response:
        """Say that something went wrong, and nothing about what is behind it: a page, or JSON where a program asked."""
        known = self.pages.texts["en"]["problem"]
        problem = str(status) if str(status) in known else "404" if status < 500 else "500"
        if request.url.path.startswith("/api/"):
            said = known[problem]
            return JSONResponse({"error": {"what": said["title"], "where": "request", "do": said["text"]}}, status)
        return self.page(request, "problem.html", status=status, problem=problem)


def page_policy(text: str = "") -> str:
    """The Content-Security-Policy of a page: its style sheet and our pictures, forms and frames of ours if it has any, and nothing else."""
    forms, frames = ("'self'" if f"<{element}" in text else "'none'" for element in ("form", "iframe"))
    return (
        f"default-src 'none'; script-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; form-action {forms}; "
        f"frame-src {frames}; base-uri 'none'; frame-ancestors 'none'"
    )


def site_of(request: Request) -> Site:
    return cast("Site", request.app.state.site)


def client_asking(request: Request) -> str:
    """The asking machine's address, behind trusted proxies (web.clients)."""
    return address_asking(request.scope, site_of(request).app.settings.web)


def said_from(request: Request) -> str:
    """What of the asking machine's address the ledger keeps beside a person's word (consent.keep_client)."""
    return kept_client(site_of(request).app.settings.consent.keep_client, client_asking(request))


def library_topics(site: Site) -> tuple[str, ...]:
    """The library's topics; none where it cannot be opened: no fault of the library may keep people from a form."""
    try:
        return site.app.library().library.topics
    except ComposerError:
        return ()


def subject_of(request: Request, *purposes: Purpose) -> Subject | None:
    """Return whom the token `t` in the path speaks of, for any of `purposes`."""
    keys = site_of(request).app.keys
    found = [read_token(keys, purpose, request.path_params["t"]) for purpose in purposes]
    return next((subject for subject in found if subject is not None), None)
