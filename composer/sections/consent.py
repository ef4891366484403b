"""The section of the configuration about grounds to write on, and what proves them."""

from __future__ import annotations

from typing import Literal

from pydantic import field_validator

from composer.sections._section import Section


class Consent(Section):
    keep_client: Literal["off", "network", "whole"] = "network"
    interest_letters: str = ""
    interest_profiling: str = ""

    @field_validator("interest_letters", "interest_profiling")
    @classmethod
    def _weighed(cls, note: str) -> str:
        if note and len(note.split()) < 3:
            raise ValueError("is no note: say in a sentence how the interest was weighed against the person's")
        return note.strip()
