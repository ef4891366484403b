"""Retrain: each signal's own learning, then the score's weights and the words from clicks."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import Any

from composer.domain.belief import Beliefs
from composer.domain.content import Library
from composer.domain.history import History
from composer.domain.moment import Moment
from composer.learn.organic import only_organic
from composer.learn.voice import learn_words
from composer.learn.weights import learn_weights


def retrain(
    history: History, library: Library, moment: Moment, signals: Mapping[str, ModuleType], previous: Beliefs
) -> dict[str, dict[str, Any]]:
    """Return new beliefs by name: one for each signal that learns, `scorer`, `tone` and `opening`.

    Everything is learnt afresh from `history`; `previous` only tells where the search for weights starts.
    Signals without `learn` have no belief.
    """
    history = only_organic(history)
    beliefs = {name: signal.learn(history, library, moment) for name, signal in signals.items() if hasattr(signal, "learn")}
    priors = {name: float(signal.WEIGHT) for name, signal in signals.items()}
    beliefs["scorer"] = learn_weights(history, library, priors, previous.of("scorer"))
    return beliefs | learn_words(history, library)
