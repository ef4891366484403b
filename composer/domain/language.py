"""Languages: which of those we have is nearest to the one somebody reads."""

from __future__ import annotations

from collections.abc import Collection


def lookup(wanted: str, spoken: Collection[str]) -> str:
    """Return the longest of `spoken` that `wanted` begins with, subtag by subtag, or "" (RFC 4647 section 3.4)."""
    by_tag = {tag.lower(): tag for tag in spoken}
    subtags = wanted.lower().split("-")
    for length in range(len(subtags), 0, -1):
        if (tag := "-".join(subtags[:length])) in by_tag:
            return by_tag[tag]
    return ""
