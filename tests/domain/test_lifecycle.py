"""The life of a campaign: one table, every sequence of steps."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from composer.domain.campaign import CampaignState
from composer.domain.lifecycle import EDITABLE, RUNNING, STEPS, Step, after_step, shown_state

HUMAN = (Step.approve, Step.schedule, Step.pause, Step.resume, Step.cancel)


def walk(steps: list[Step]) -> list[tuple[Step, CampaignState]]:
    """The legal steps of a sequence, each with the state it led to; the others change nothing."""
    state, taken = CampaignState.draft, []
    for step in steps:
        then = after_step(state, step)
        if then is not None:
            state = then
            taken.append((step, state))
    return taken


@given(st.lists(st.sampled_from(list(Step)), max_size=12))
def test_nothing_leaves_before_it_is_scheduled_nor_while_paused_nor_after_the_end(steps: list[Step]) -> None:
    taken = walk(steps)
    for place, (step, state) in enumerate(taken):
        before = [one for one, _ in taken[: place + 1]]
        if state is CampaignState.scheduled:
            assert Step.schedule in before
            assert step is not Step.pause
            if Step.pause in before:
                last = max(n for n, one in enumerate(before) if one is Step.pause)
                assert Step.resume in before[last:]
        if step is Step.cancel:
            assert place == len(taken) - 1  # nothing follows
        if state is CampaignState.finished:
            assert len(taken) == place + 1 or taken[place + 1][0] is Step.reopen


@given(st.lists(st.sampled_from(HUMAN), max_size=8))
def test_people_alone_never_finish_a_campaign_and_can_always_cancel_what_has_not_ended(steps: list[Step]) -> None:
    taken = walk(steps)
    state = taken[-1][1] if taken else CampaignState.draft
    assert state is not CampaignState.finished
    assert (after_step(state, Step.cancel) is CampaignState.cancelled) == (state is not CampaignState.cancelled)
    assert (state in EDITABLE) == (state is not CampaignState.cancelled)


def test_every_state_is_reached_and_only_the_cancelled_one_is_the_end() -> None:
    reached = {then for steps in STEPS.values() for then in steps.values()}
    assert reached | {CampaignState.draft} == set(CampaignState)
    ways = {state: {then for step in Step if (then := after_step(state, step))} for state in CampaignState}
    assert [state for state, then in ways.items() if not then] == [CampaignState.cancelled]


def test_a_scheduled_campaign_is_called_running_once_letters_leave() -> None:
    assert shown_state(CampaignState.scheduled, leaving=True) == RUNNING
    assert [shown_state(state, leaving=False) for state in CampaignState] == list(CampaignState)
    assert shown_state(CampaignState.paused, leaving=True) == "paused"
