"""The section of the configuration about what people do with their letters, and what programs do."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_network
from typing import Annotated

from pydantic import BeforeValidator, field_validator

from composer.sections._section import Section
from composer.spans import Span, off


class Tracking(Section):
    soon: Span = timedelta(seconds=30)
    together: Span = timedelta(seconds=10)
    networks: tuple[str, ...] = ()
    flush: Annotated[Span | None, BeforeValidator(off)] = timedelta(seconds=1)

    @field_validator("networks")
    @classmethod
    def _read(cls, words: tuple[str, ...]) -> tuple[str, ...]:
        for word in words:
            ip_network(word.strip(), strict=False)
        return words
