"""Lengths of time as people write them: "5s", "10m", "2h", "2d"."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

LONGEST = timedelta(days=3650)
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def duration(text: object) -> timedelta:
    """Read "5s", "10m", "2h" or "2d". Raises ValueError for anything else, and beyond LONGEST."""
    if isinstance(text, timedelta):
        return text
    match = re.fullmatch(r"(\d{1,12}(?:\.\d{1,6})?)([smhd])", str(text).strip())
    if not match:
        raise ValueError('write a duration like "5s", "10m", "2h" or "2d"')
    seconds = float(match[1]) * _UNITS[match[2]]
    if seconds > LONGEST.total_seconds():
        raise ValueError(f'is longer than "{LONGEST.days}d"')
    return timedelta(seconds=seconds)


def _durations(text: object) -> tuple[timedelta, ...]:
    if isinstance(text, list | tuple):
        return tuple(duration(part) for part in text)
    return tuple(duration(part) for part in str(text).split(",") if part.strip())


def _some(span: timedelta) -> timedelta:
    if not span:
        raise ValueError('is nothing: write at least "1s"')
    return span


def off(text: object) -> object:
    """Read "off" as None, and leave everything else to the next validator."""
    return None if isinstance(text, str) and text.strip().lower() == "off" else text


def rate(text: object) -> float | None:
    """Read "20/s", "600/m" or "5000/h" as letters a second, a bare number too; "off" is None. Raises ValueError for anything else."""
    if text is None or off(text) is None:
        return None
    match = re.fullmatch(r"(\d{1,9}(?:\.\d{1,6})?)(?:/([smhd]))?", str(text).strip())
    if not match or not float(match[1]):
        raise ValueError('write a rate like "20/s", "600/m" or "5000/h"')
    return float(match[1]) / _UNITS[match[2] or "s"]


Duration = Annotated[timedelta, BeforeValidator(duration)]
Span = Annotated[timedelta, BeforeValidator(duration), AfterValidator(_some)]
"""A duration that something is repeated after or waited for: never nothing."""
Durations = Annotated[tuple[timedelta, ...], BeforeValidator(_durations)]

Rate = Annotated[float | None, BeforeValidator(rate)]
"""Letters a second."""
