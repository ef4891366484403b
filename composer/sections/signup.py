"""The section about signing up: what is offered, how often anybody is written to, who may ask."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, SecretStr, field_validator

from composer.domain.consent import LETTERS, TOPIC
from composer.sections._section import Section
from composer.spans import Span, off


class Signup(Section):
    open: bool = True
    lists: tuple[str, ...] = Field(default=(LETTERS,), min_length=1)
    link_holds: Span = timedelta(days=3)
    again: Span = timedelta(minutes=15)
    a_day: int = Field(default=3, ge=1, le=100)
    per_client: Annotated[int | None, BeforeValidator(off)] = Field(default=20, ge=1)
    come_back: Annotated[Span | None, BeforeValidator(off)] = timedelta(days=30)
    disposable: Literal["refuse", "allow"] = "refuse"
    refused_domains: tuple[str, ...] = ()
    embed: tuple[str, ...] = ()
    api_key: SecretStr = SecretStr("")

    @field_validator("lists")
    @classmethod
    def _known(cls, lists: tuple[str, ...]) -> tuple[str, ...]:
        names = tuple(name.strip() for name in lists)
        for name in names:
            if name != LETTERS and not re.fullmatch(rf"{TOPIC}[\w-]+", name):
                raise ValueError(f'holds what is no list: write "{LETTERS}" or "{TOPIC}NAME"')
        return names

    @field_validator("refused_domains")
    @classmethod
    def _domains(cls, domains: tuple[str, ...]) -> tuple[str, ...]:
        for name in domains:
            if not re.fullmatch(r"[\w-]+(\.[\w-]+)+", name.strip()):
                raise ValueError("holds what is no domain such as example.com")
        return tuple(name.strip().lower() for name in domains)

    @field_validator("embed")
    @classmethod
    def _origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        for origin in origins:
            if not re.fullmatch(r"https://[\w.-]+(:\d+)?", origin.strip(), re.ASCII):
                raise ValueError("holds what is no origin such as https://www.example.com")
        return tuple(origin.strip() for origin in origins)

    @field_validator("api_key")
    @classmethod
    def _long(cls, key: SecretStr) -> SecretStr:
        if 0 < len(key.get_secret_value()) < 20:
            raise ValueError("is shorter than 20 characters: whoever guesses it may sign anybody up without limits")
        return key
