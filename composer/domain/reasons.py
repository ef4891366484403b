"""The closed list of reasons why a recipient gets nothing: audience = sent + skipped + failed + unknown."""

from __future__ import annotations

from enum import StrEnum


class Skip(StrEnum):
    """Why no letter goes to this recipient in this edition."""

    no_consent = "no consent"
    suppressed = "suppressed"
    erased = "erased"
    restricted = "their data are restricted"
    paused = "paused"
    fewer = "asked for fewer"
    same_address = "same address"
    over_cap = "over the frequency cap"
    no_language = "no language"
    no_mandatory = "a mandatory block may not be shown"
    too_few_blocks = "too few blocks"
    no_send_time = "no allowed send time"
    cancelled = "cancelled"
    render_failed = "could not be rendered"
    check_failed = "blocked by a check"


class Source(StrEnum):
    """How a block came to its place."""

    pinned = "pinned"
    ranked = "ranked"
    explored = "explored"
    segment = "fallback:segment"
    popular = "fallback:popular"
    seasonal = "fallback:seasonal"
    generic = "fallback:generic"


class Arm(StrEnum):
    """The branch of the campaign's experiment this recipient is in."""

    personal = "personal"
    holdout = "holdout"
