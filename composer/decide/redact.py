"""Redaction: the recipient's level blanks what it forbids, before any rule, signal or template sees it."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from composer.domain.audience import Array, Audience, Codes
from composer.domain.level import Level


def redact(audience: Audience) -> Audience:
    """Return the audience as each recipient's level lets it be seen.

    Generic over the columns: each declares the lowest level that may see it and the value that says "not known".
    A column that declares nothing is a KeyError here, never data that slips through.
    """
    columns: dict[str, Any] = {}
    for column in fields(audience):
        needed = column.metadata["level"]
        if needed is None:
            continue
        hidden = audience.level < needed
        if hidden.any():
            columns[column.name] = _forget(getattr(audience, column.name), hidden, column.metadata["blank"])
    return replace(audience, **columns)


def forbidden_columns(level: Level) -> tuple[str, ...]:
    """Name the columns a recipient of this level keeps from us."""
    return tuple(c.name for c in fields(Audience) if c.metadata["level"] is not None and level < c.metadata["level"])


def _forget(values: Codes | Array, hidden: Array, blank: Any) -> Codes | Array:
    if isinstance(values, Codes):
        return values.blanked(hidden)
    kept = values.copy()
    kept[hidden] = blank
    return kept
