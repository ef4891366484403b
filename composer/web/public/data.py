"""`/p/{t}/data`: everything held about a person, to read; `/p/{t}/data.json` is the same as one file to take along."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from composer.domain.tokens import Purpose
from composer.pipeline.rights import everything, standing
from composer.store.engine import reading
from composer.web.site import Site, site_of, subject_of

MOST_ROWS = 50
"""Rows of a kind that the page shows, the newest; the file has all."""
FILE = "my-data.json"


def show(request: Request) -> Response:
    site = site_of(request)
    own, document = _held(request)
    language = site.language(request, own)
    people = [document, *document.get("same_address", [])]
    return site.page(
        request,
        "data.html",
        own,
        people=[_profile(site, person["recipient"], language) for person in people],
        kinds=[_kind(site, name, people, language) for name in document if name not in ("recipient", "same_address")],
        mine=f"/p/{request.path_params['t']}",
    )


def download(request: Request) -> Response:
    """What `composer recipient export --json` prints (GDPR article 20: structured, commonly used, machine-readable)."""
    _, document = _held(request)
    dated = {"exported_at": site_of(request).clock(), **document}
    body = orjson.dumps(dated, default=_plain, option=orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_NON_STR_KEYS | orjson.OPT_INDENT_2)
    return Response(body, headers={"content-type": "application/json", "content-disposition": f'attachment; filename="{FILE}"'})


def _held(request: Request) -> tuple[str, dict[str, Any]]:
    """The person's language and document; unknown tokens and erased people are unknown links."""
    site = site_of(request)
    subject = subject_of(request, Purpose.preferences)
    with reading(site.app.engine) as db:
        held = standing(db, subject) if subject else None
        if held is None:
            raise HTTPException(404)
        return held.language, everything(db, held.recipient)


def _profile(site: Site, person: Mapping[str, Any], language: str) -> list[tuple[str, str]]:
    return [(site.label("fields", name, language), text) for name, text in _texts(site, person, language)]


def _kind(site: Site, name: str, people: list[dict[str, Any]], language: str) -> dict[str, Any]:
    rows = [row for person in people for row in person[name]]
    newest = rows[::-1][:MOST_ROWS]
    return {
        "title": site.label("tables", name, language),
        "count": len(rows),
        "rows": [[(site.label("fields", key, language), text) for key, text in _texts(site, row, language)] for row in newest],
        "more": len(rows) > len(newest),
    }


def _texts(site: Site, row: Mapping[str, Any], language: str) -> Iterator[tuple[str, str]]:
    """The columns that hold something, in words."""
    for name, value in row.items():
        if name == "decision" and isinstance(value, dict):
            yield "subject", str(value.get("subject", ""))
            yield "blocks", ", ".join(str(block.get("module", "")) for block in value.get("blocks", []))
        elif isinstance(value, datetime):
            yield name, site.moment(value, language)
        elif isinstance(value, float):
            yield name, site.pages.speech[language].number(value)
        elif isinstance(value, dict):
            yield name, ", ".join(str(key) for key in value)
        elif value not in (None, "", False):
            yield name, str(value)


def _plain(value: Any) -> Any:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else str(value)


ROUTES = [Route("/p/{t}/data", show, methods=["GET"]), Route("/p/{t}/data.json", download, methods=["GET"])]
