"""Purchase rates: each interest's share of order days, and by the spread between people how far to trust one person's own."""

from __future__ import annotations

from typing import Any

import numpy as np

from composer.domain.audience import Array
from composer.domain.belief import Beliefs
from composer.domain.content import Library
from composer.domain.history import History

RATE = 0.05
"""Share of order days on which an interest is bought, before anything was learnt."""
STRENGTH = 4.0
"""Order days that the prior rate is worth, before anything was learnt."""
FEWEST = 20
"""Buyers below which nothing is said of how people differ."""
POOLED = 0.1
"""Interests that the pool of all is worth beside one."""


def counts_of(history: History, library: Library) -> tuple[Array, Array]:
    """float64[B, I], order days on which each buyer bought each interest, and float64[B], the buyer's order days."""
    people, size = len(history.draw_key), len(library.interests)
    days = np.bincount(history.order_buyer, minlength=people)
    buyers = np.flatnonzero(days)
    bought = np.bincount(history.buyer * size + history.interest, minlength=people * size).reshape(people, size)[buyers]
    return bought.astype(np.float64), days[buyers].astype(np.float64)


def rates_of(history: History, library: Library) -> dict[str, Any]:
    """Return by interest `rates` and `strength`, the order days its rate is worth, and the `usual` rate; nothing without purchases."""
    if len(history.buyer) == 0:
        return {}
    bought, days = counts_of(history, library)
    rates = (bought.sum(axis=0) + RATE) / (days.sum() + 1.0)
    strengths = strengths_of(bought, days, np.clip(rates, 1e-6, 1 - 1e-6))
    return {
        "rates": {interest: round(float(rate), 6) for interest, rate in zip(library.interests, rates, strict=True)},
        "usual": round(float(rates.mean()), 6),
        "strength": {interest: round(float(one), 4) for interest, one in zip(library.interests, strengths, strict=True)},
    }


def strengths_of(bought: Array, days: Array, rates: Array) -> Array:
    """float64[I]: order days each prior is worth, between 1 and 200: moments of the beta-binomial (Kleinman 1973).

    An interest says for itself how much people differ in it, with a POOLED part of what all interests say together.
    """
    people = len(days)
    room = days.sum() - (days**2).sum() / days.sum() - (people - 1)
    if people < FEWEST or room <= 0:
        return np.full(len(rates), STRENGTH)
    noise = rates * (1 - rates)
    excess = (days[:, None] * (bought / days[:, None] - rates) ** 2).sum(axis=0) - noise * (people - 1)
    likeness = (excess + POOLED * excess.mean()) / ((noise + POOLED * noise.mean()) * room)
    found: Array = np.clip(1 / np.maximum(likeness, 1e-6) - 1, 1, 200)
    return found


def prior_of(beliefs: Beliefs, name: str, library: Library) -> tuple[Array, Array, float]:
    """Rates float64[I] and strengths float64[I] that were learnt as the belief `name`, shipped ones where nothing was; the usual rate."""
    belief = beliefs.of(name)
    usual, rates, strengths = float(belief.get("usual", RATE)), belief.get("rates", {}), belief.get("strength", {})
    return (
        np.array([rates.get(interest, usual) for interest in library.interests], dtype=np.float64),
        np.array([strengths.get(interest, STRENGTH) for interest in library.interests], dtype=np.float64),
        usual,
    )
