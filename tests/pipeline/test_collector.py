"""Runs of delivery calm the cycle collector and leave it as they found it, also when two go on at once."""

from __future__ import annotations

import gc

import pytest

from composer.pipeline._collector import calm_collector


def test_the_collector_is_calm_while_any_run_goes_on_and_usual_afterwards() -> None:
    usual = gc.get_threshold()
    first, second = calm_collector(), calm_collector()
    first.__enter__()
    calm = gc.get_threshold()
    assert calm[0] > usual[0]
    second.__enter__()
    first.__exit__(None, None, None)
    assert gc.get_threshold() == calm
    second.__exit__(None, None, None)
    assert gc.get_threshold() == usual
    assert gc.get_freeze_count() == 0


def test_a_run_that_fails_leaves_the_collector_as_it_was() -> None:
    usual = gc.get_threshold()
    with pytest.raises(RuntimeError), calm_collector():
        raise RuntimeError
    assert gc.get_threshold() == usual
