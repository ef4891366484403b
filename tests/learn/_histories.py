"""Histories with a planted truth, drawn by a keyed hash."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from composer.decide.draw import uniform
from composer.domain.audience import Array, Codes
from composer.domain.belief import BASE
from composer.domain.content import Library
from composer.domain.history import History
from tests.decide._worlds import SIGNALS

NAMES = tuple(sorted(SIGNALS))
PRIORS = {name: float(SIGNALS[name].WEIGHT) for name in NAMES if not hasattr(SIGNALS[name], "OURS")}


def draw(n: int, purpose: str) -> Array:
    return uniform(np.arange(n, dtype=np.uint64), "history", purpose)


def nothing(people: int = 0) -> History:
    """A history of `people` who did nothing."""
    none = Codes.of([""] * people)
    i8, i32, i64, f32, no = (np.empty(0, dtype=kind) for kind in (np.int8, np.int32, np.int64, np.float32, bool))
    return History(
        draw_key=np.arange(people, dtype=np.uint64),
        role=none,
        stage=none,
        region=none,
        buyer=i64,
        interest=i32,
        age=f32,
        order_buyer=i64,
        order_age=f32,
        module=i32,
        position=i8,
        clicked=no,
        probability=f32,
        viewer=i64,
        impression_age=f32,
        explored=no,
        score=f32,
        letter=i64,
        tone=i32.astype(np.int16),
        tone_probability=f32,
        opening=i32.astype(np.int16),
        opening_probability=f32,
        signals=np.empty((0, len(NAMES)), dtype=np.float32),
        signal_names=NAMES,
    )


def shown(
    library: Library,
    n: int,
    effects: dict[str, float] | None = None,
    weights: dict[str, float] | None = None,
    positions: tuple[float, ...] = (),
) -> History:
    """`n` blocks shown in letters of five, clicked by the logistic score with the given truth; elsewhere the prior holds."""
    module = (draw(n, "module") * len(library.modules)).astype(np.int32)
    signals = 0.75 * np.stack([draw(n, name) for name in NAMES], axis=1).astype(np.float32)
    truth = {**PRIORS, **(weights or {})}
    odds = BASE + signals @ np.array([truth.get(name, 0.0) for name in NAMES])
    odds += np.array([(effects or {}).get(name, 0.0) for name in library.names])[module]
    position = (np.arange(n) % 5 + 1).astype(np.int8)
    odds += np.array([*positions, *[0.0] * 5])[position - 1]
    return replace(
        nothing(n),
        module=module,
        position=position,
        clicked=draw(n, "click") < 1 / (1 + np.exp(-odds)),
        probability=np.ones(n, dtype=np.float32),
        viewer=np.arange(n, dtype=np.int64) // 5,
        impression_age=np.zeros(n, dtype=np.float32),
        explored=np.zeros(n, dtype=bool),
        score=np.full(n, 0.05, dtype=np.float32),
        letter=np.arange(n, dtype=np.int64) // 5,
        tone=np.zeros(n, dtype=np.int16),
        tone_probability=np.ones(n, dtype=np.float32),
        opening=np.zeros(n, dtype=np.int16),
        opening_probability=np.ones(n, dtype=np.float32),
        signals=signals,
    )


def bought(people: int, lines: list[tuple[int, int, float]], **columns: Any) -> History:
    """(buyer, interest, age) each."""
    buyer, interest, age = zip(*lines, strict=True) if lines else ((), (), ())
    days = sorted({(who, back) for who, _, back in lines})
    return replace(
        nothing(people),
        buyer=np.array(buyer, dtype=np.int64),
        interest=np.array(interest, dtype=np.int32),
        age=np.array(age, dtype=np.float32),
        order_buyer=np.array([who for who, _ in days], dtype=np.int64),
        order_age=np.array([back for _, back in days], dtype=np.float32),
        **columns,
    )
