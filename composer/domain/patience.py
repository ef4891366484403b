"""How long soft bounces are borne before an address is given up: so many, spread over so much time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from composer.spans import duration


@dataclass(frozen=True, slots=True)
class Patience:
    """`failures` letters in a row that did not arrive, the first and the last at least `span` apart."""

    failures: int
    span: timedelta


def patience(text: object) -> object:
    """Read "5 over 14d". Raises ValueError for another text; what is no text is left to the next validator."""
    if not isinstance(text, str):
        return text
    found = re.fullmatch(r"\s*([1-9]\d{0,3})\s+over\s+(\S+)\s*", text)
    if not found:
        raise ValueError('write it like "5 over 14d": five letters in a row, over at least fourteen days')
    return Patience(int(found[1]), duration(found[2]))
