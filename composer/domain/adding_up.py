"""Whether an edition's counts add up: audience = accepted + skipped + failed + unknown + waiting, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping

from composer.domain.outcome import OutboxState

_WAITING = (OutboxState.planned, OutboxState.sending, OutboxState.try_later)


def wrong_sum(audience: int, counts: Mapping[str, int], *, finished: bool) -> str:
    """Return what is wrong with `counts` (state -> letters) of an edition planned for `audience` people; empty where nothing is."""
    strange = sorted(set(counts) - {state.value for state in OutboxState})
    if strange:
        return f"unknown state {', '.join(strange)}"
    if (total := sum(counts.values())) != audience:
        return f"{total} letters and skips of {audience} that were planned"
    waiting = sum(counts.get(state.value, 0) for state in _WAITING)
    return f"{waiting} letters wait in a finished edition" if finished and waiting else ""
