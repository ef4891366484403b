"""The life of a campaign: which steps are legal from where, in one table, and the word people read.

draft -> approved -> scheduled (running once letters have left) <-> paused -> finished, or cancelled from anywhere before.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from composer.domain.campaign import CampaignState

RUNNING = "running"
"""What a scheduled campaign is called while letters of an edition are leaving."""


class Step(StrEnum):
    """What may happen to a campaign; `finish` and `reopen` are ours, `pause` is also what a guard or broken route does."""

    approve = "approve"
    schedule = "schedule"
    pause = "pause"
    resume = "resume"
    cancel = "cancel"
    finish = "finish"
    reopen = "reopen"


_S = CampaignState
STEPS: Mapping[Step, Mapping[CampaignState, CampaignState]] = {
    Step.approve: {_S.draft: _S.approved, _S.approved: _S.approved, _S.scheduled: _S.scheduled, _S.paused: _S.paused},
    Step.schedule: {_S.draft: _S.scheduled, _S.approved: _S.scheduled, _S.scheduled: _S.scheduled},
    Step.pause: {_S.scheduled: _S.paused},
    Step.resume: {_S.paused: _S.scheduled},
    Step.cancel: dict.fromkeys((_S.draft, _S.approved, _S.scheduled, _S.paused), _S.cancelled),
    Step.finish: {_S.scheduled: _S.finished},
    Step.reopen: {_S.finished: _S.scheduled},
}
"""Step -> the states it is legal in, each with the state it leads to. Nothing else changes a campaign's state."""
EDITABLE = frozenset(CampaignState) - {_S.finished, _S.cancelled}
"""States in which its settings may be changed."""


def after_step(state: CampaignState, step: Step) -> CampaignState | None:
    """Return the state that `step` leads to, or None where it is not legal."""
    return STEPS[step].get(state)


def shown_state(state: CampaignState, *, leaving: bool) -> str:
    """Return the word for people; `leaving`: letters of an edition that is not finished have been begun."""
    return RUNNING if state is CampaignState.scheduled and leaving else state.value
