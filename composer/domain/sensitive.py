"""Marks of what is sensitive: `category:NAME`, `product:ID` or `topic:NAME`."""

from __future__ import annotations

KINDS = ("category", "product", "topic")


def fit_mark(mark: object) -> str:
    """Return the mark an operator wrote; ValueError where it is none."""
    kind, _, name = str(mark).partition(":")
    if kind not in KINDS or not name.strip():
        raise ValueError(f"'{mark}' is neither category:NAME, product:ID nor topic:NAME")
    return f"{kind}:{name.strip()}"
