"""Retrain: each signal's own learning, the prior from purchases, then the score's weights and the words from clicks."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import Any

from composer.domain.belief import BASE
from composer.domain.content import Library
from composer.domain.history import History
from composer.domain.moment import Moment
from composer.learn.organic import only_organic
from composer.learn.prior import learn_prior
from composer.learn.segments import learn_segments
from composer.learn.voice import learn_words
from composer.learn.weights import learn_weights


def retrain(history: History, library: Library, moment: Moment, signals: Mapping[str, ModuleType]) -> dict[str, dict[str, Any]]:
    """Return new beliefs by name: one for each signal that learns, `prior`, `scorer`, `tone` and `opening`.

    Everything is learnt afresh from `history`, so the same history gives the same beliefs. Signals without `learn` have none.
    """
    history = only_organic(history)
    beliefs = {name: signal.learn(history, library, moment) for name, signal in signals.items() if hasattr(signal, "learn")}
    beliefs["prior"] = learn_prior(history, library, moment, signals)
    beliefs["scorer"] = learn_scorer(history, library, signals, beliefs["prior"])
    return beliefs | learn_words(history, library)


def learn_scorer(history: History, library: Library, signals: Mapping[str, ModuleType], prior: Mapping[str, Any]) -> dict[str, Any]:
    """Return the belief `scorer`: weights from clicks around the prior that purchases gave, and segment effects.

    The base moves with the fitted weights, so that over everybody the mean of the log-odds stays what the shipped ones give.
    """
    shipped = {name: float(signal.WEIGHT) for name, signal in signals.items()}
    fitted = {name: weight for name, weight in prior.get("weights", {}).items() if name in signals}
    base = BASE + sum((shipped[name] - weight) * prior["means"][name] for name, weight in fitted.items())
    trusted = [name for name, signal in signals.items() if getattr(signal, "FITTED", False)]
    own = [name for name, signal in signals.items() if getattr(signal, "OURS", False)]  # our own interest is not for clicks to judge
    scorer = learn_weights(history, library, {n: w for n, w in (shipped | fitted).items() if n not in own}, trusted, base)
    return scorer | {"segments": learn_segments(history, library, scorer)}
