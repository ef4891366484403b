"""The product's own chooser, in the same forms as the peers: its signals, its prior from purchases, its learner, its decision.

What the peers are told: purchases up to the send, and the clicks on what they themselves have shown. So the signals that take
part are those fitted on purchases, and the reader's own clicks; fatigue, seasons and declared topics do not exist in
these worlds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from types import ModuleType

import numpy as np

from bench.choose.peers import Peer, Score
from bench.choose.product import FRESH, OWNED, audience_at, history_at, library, moment_of
from bench.choose.world import FITTED, JUDGED, Array, World
from bench.choose.zero import Chosen, Learner, Start
from composer.decide import Decided, decide, eligibility, signals
from composer.decide.scoring import STEPS
from composer.discover import discover
from composer.domain.belief import Beliefs
from composer.domain.campaign import Campaign, Edition, Policy, Window
from composer.domain.history import History
from composer.learn import retrain
from composer.learn.prior import learn_prior

EXPLORING, GREEDY = "ours, 10 % explored", "ours, no exploration"
SIGNALS: Mapping[str, ModuleType] = {
    name: signal for name, signal in discover(signals).items() if hasattr(signal, "FITTED") or name == "own_clicks"
}
ON_PURCHASES = tuple(name for name, signal in SIGNALS.items() if hasattr(signal, "FITTED"))
RULES = discover(eligibility)
AFTER = FITTED[-1] + 2
"""The week at whose end the outcomes of the last fitting send are known."""


def relevance(world: World, task: str) -> Score:
    """Fit the prior once, on what was known when the fitting sends were over; score with the beliefs of each send's day."""
    books = library(world, FRESH if task == "X" else OWNED)
    prior = learn_prior(history_at(world, AFTER), books, moment_of(AFTER), SIGNALS)
    weights = np.array([prior["weights"][name] for name in ON_PURCHASES])

    @lru_cache(maxsize=len(JUDGED))
    def values(send: int) -> Array:
        history, audience, moment = history_at(world, send), audience_at(world, send), moment_of(send)
        beliefs = Beliefs({n: SIGNALS[n].learn(history, books, moment) for n in ON_PURCHASES if hasattr(SIGNALS[n], "learn")})
        found = [np.rint(SIGNALS[name].value(audience, books, moment, beliefs) * STEPS) / STEPS for name in ON_PURCHASES]
        return np.stack(np.broadcast_arrays(*found))

    def score(send: int) -> Array:
        total = np.zeros(values(send).shape[1:])
        for weight, value in zip(weights, values(send), strict=True):
            total += weight * value
        return total

    return score


@dataclass
class Shown:
    """What a learner has shown so far, as columns of a History."""

    parts: list[dict[str, Array]] = field(default_factory=list)

    def add(self, decided: Decided, slates: Array, probability: Array, clicks: Array) -> None:
        rows, places = np.indices(slates.shape)
        flat = slates.ravel()
        size, letters = flat.size, len(self.parts) * len(slates)
        self.parts.append(
            {
                "module": flat.astype(np.int32),
                "position": (places.ravel() + 1).astype(np.int8),
                "clicked": clicks.ravel(),
                "probability": probability.ravel().astype(np.float32),
                "viewer": rows.ravel(),
                "impression_age": np.zeros(size, dtype=np.float32),
                "explored": np.zeros(size, dtype=bool),
                "score": np.full(size, 0.05, dtype=np.float32),
                "letter": rows.ravel() + letters,
                "tone": np.zeros(size, dtype=np.int16),
                "tone_probability": np.ones(size, dtype=np.float32),
                "opening": np.zeros(size, dtype=np.int16),
                "opening_probability": np.ones(size, dtype=np.float32),
                "signals": decided.scores.values[:, rows.ravel(), flat].T,
            }
        )

    def onto(self, history: History) -> History:
        """The history with these impressions."""
        if not self.parts:
            return history
        columns = {name: np.concatenate([part[name] for part in self.parts]) for name in self.parts[0]}
        return replace(history, signal_names=tuple(sorted(SIGNALS)), **columns)

    def counts(self, households: int, modules: int) -> tuple[Array, Array]:
        """float32[H, M] twice: how often each module was clicked and shown."""
        found = np.zeros((2, households, modules), dtype=np.float32)
        for part in self.parts:
            np.add.at(found[0], (part["viewer"], part["module"]), part["clicked"])
            np.add.at(found[1], (part["viewer"], part["module"]), 1)
        return found[0], found[1]


class Ours:
    """Retrains before every send and decides with the product's `decide`."""

    def __init__(self, world: World, seed: int, explore: float) -> None:
        self._world, self._books, self._shown = world, library(world), Shown()
        policy = Policy(explore=explore, pool=8)
        self._campaign = Campaign(f"zero-{seed}", policy=policy, holdout=0.0, window=Window(now=True))
        self._decided: Decided | None = None
        self._probability = np.ones(0)

    def choose(self, send: int, households: Array) -> Chosen:
        moment = moment_of(send)
        edition = Edition(self._campaign.name, moment.as_of)
        clicked, shown = self._shown.counts(len(households), len(self._books.modules))
        audience = replace(audience_at(self._world, send), clicked=clicked, shown=shown.astype(np.int16))
        history = self._shown.onto(history_at(self._world, send))
        beliefs = Beliefs(retrain(history, self._books, moment, SIGNALS))
        self._decided = decide(
            audience, self._books, self._campaign, edition, replace(moment, key=edition.key), beliefs, RULES, SIGNALS, (0, 0)
        )
        self._probability = self._decided.exploration.probability
        return Chosen(self._decided.slate.chosen.astype(np.int64), self._probability)

    def learn(self, send: int, slates: Array, clicks: Array) -> None:
        assert self._decided is not None
        self._shown.add(self._decided, slates, self._probability, clicks)


def _start(explore: float) -> Start:
    def start(world: World, seed: int) -> Learner:
        return Ours(world, seed, explore)

    return start


RELEVANCE: Peer | None = relevance
ZERO: Mapping[str, Start] = {EXPLORING: _start(0.1), GREEDY: _start(0.0)}
