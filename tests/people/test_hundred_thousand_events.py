"""Somebody whose tracker ran wild: a hundred thousand events, read in bounded time and memory."""

from __future__ import annotations

import time
import tracemalloc
from datetime import timedelta

from sqlalchemy import Engine

from tests.decide._worlds import NOW
from tests.people._stored import DAY, Deed, decided, settle, sound_letter

EVENTS = 100_000
CPU_SECONDS, MIB = 10.0, 64


def test_the_letter_comes_in_bounded_time_and_memory(engine: Engine) -> None:
    kinds = ("view", "view", "cart", "visit", "search", "purchase")
    settle(engine, deeds=(Deed(kinds[n % 6], NOW - 5 * DAY - timedelta(seconds=97 * n), n % 47) for n in range(EVENTS)))
    began = time.process_time()
    batch = decided(engine)
    assert time.process_time() - began < CPU_SECONDS
    sound_letter(batch)
    tracemalloc.start()
    try:
        decided(engine)
        assert tracemalloc.get_traced_memory()[1] < MIB * 2**20
    finally:
        tracemalloc.stop()


def test_a_day_counts_once_however_busy_it_was(engine: Engine) -> None:
    quiet = [Deed("purchase", NOW - n * DAY, 3) for n in range(1, 6)]
    settle(engine, deeds=[deed for deed in quiet for _ in range(2_000)])
    audience = decided(engine).audience
    assert audience.order_days.tolist() == [5]
    assert audience.bought.max() == 5
