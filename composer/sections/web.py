"""The sections about the web server: where pages are reached, what they turn away, and where operators' pages are."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator

from composer.sections._section import Section
from composer.spans import Span, off


class Web(Section):
    host: str = "127.0.0.1"
    port: int = Field(default=8025, ge=0, le=65535)
    base_url: str = "http://127.0.0.1:8025"
    rate_limit: Annotated[int | None, BeforeValidator(off)] = Field(default=120, ge=1)
    token_limit: Annotated[int | None, BeforeValidator(off)] = Field(default=60, ge=1)
    at_once: int = Field(default=500, ge=1)
    patience: Span = timedelta(seconds=20)
    trusted_proxies: tuple[str, ...] = ()
    forwarded: Literal["x-forwarded-for", "forwarded"] = "x-forwarded-for"

    @field_validator("base_url")
    @classmethod
    def _https(cls, url: str) -> str:
        loopback = re.match(r"http://(127\.\d+\.\d+\.\d+|localhost|\[::1\])(:\d+)?(/|$)", url)
        if not url.startswith("https://") and not loopback:
            raise ValueError("must start with https:// (http:// is allowed on loopback only)")
        if not re.fullmatch(r"https?://[\w.:\[\]-]+(/[\w./~%-]*)?", url, re.ASCII):
            raise ValueError("is no address that a path can be put behind, such as https://news.example.com")
        return url.rstrip("/")


class Desk(Section):
    serve: Literal["with_pages", "apart", "off"] = "with_pages"
    host: str = "127.0.0.1"
    port: int = Field(default=8026, ge=0, le=65535)
