"""Evaluate: what another policy would have earned with the letters that were sent. Load, one pure call, say; nothing is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np

from composer.app import App
from composer.decide.scoring import MILLION, contribution
from composer.domain.audience import Array
from composer.domain.belief import Beliefs
from composer.domain.content import Layout, Library
from composer.domain.logged import Logged, LoggedLetters
from composer.errors import UsageError
from composer.learn.off_policy import Estimate, Refusal, base_of, evaluate
from composer.learn.organic import organic_letters
from composer.learn.rerank import rerank
from composer.store.beliefs import load_beliefs
from composer.store.campaigns import get_campaign
from composer.store.engine import reading
from composer.store.logged import load_logged

POLICIES = ("current", "prior", "popular", "logged", "beliefs:VERSION")
SCANNED = "read to the last link, as scanners do"
_AXES = ("role", "stage")


@dataclass(frozen=True)
class Judged:
    """The letters that were judged, those left out by reason, and what was found."""

    policy: str
    beliefs: str
    """The version that the policy decides with; empty where it needs none."""
    letters: int
    recipients: int
    left_out: Mapping[str, int]
    found: Estimate | Refusal

    def as_json(self) -> dict[str, Any]:
        """Values for JSON: the estimate, or why there is none."""
        found = asdict(self.found)
        if isinstance(self.found, Estimate):
            found["says"] = self.found.says
        else:
            found["says"] = "refused"
        return {
            "policy": self.policy,
            "beliefs": self.beliefs,
            "letters": self.letters,
            "recipients": self.recipients,
            "left_out": dict(sorted(self.left_out.items())),
            **found,
        }


def evaluate_policy(app: App, policy: str, campaign: str | None = None, since: datetime | None = None) -> Judged:
    """Judge a policy by the letters of a campaign, or of all, accepted from `since` on. It writes nothing.

    `current` re-ranks each letter's base slate and pool with the weights and effects of now, `beliefs:VERSION` with those of a
    version, `prior` with what is shipped, `popular` by popularity alone; `logged` is the base slate. What the signals said is what
    they said at the decision. Blocks that stay keep their place (learn/rerank.py). UsageError for another name, ComposerError
    for an unknown campaign or version.
    """
    library = app.library().library
    with reading(app.engine) as db:
        number = None if campaign is None else get_campaign(db, campaign).number
        beliefs = None
        if policy == "current":
            beliefs = app.beliefs(db)
        elif policy == "prior":
            beliefs = Beliefs()
        elif policy.startswith("beliefs:"):
            beliefs = load_beliefs(db, policy.removeprefix("beliefs:"))
        elif policy not in POLICIES:
            raise UsageError(f"there is no policy '{policy}'", where="--policy", do=f"Known: {', '.join(POLICIES)}.")
        logged = load_logged(db, number, since)
    logged = logged.take(organic_letters(logged.letters), SCANNED)
    letters = replace(logged.letters, per_group=_per_group(logged, library.layouts))
    if policy == "logged" or len(letters) == 0:
        slate = base_of(letters)
    else:
        slate = rerank(letters, _scores(app, logged, beliefs), _groups(letters, library), _excludes(letters, library))
    people = len(np.unique(letters.recipient))
    left_out = {why: count for why, count in logged.left_out.items() if count}
    return Judged(policy, beliefs.version if beliefs else "", len(letters), people, left_out, evaluate(letters, slate))


def _scores(app: App, logged: Logged, beliefs: Beliefs | None) -> Array:
    """float64[L, K + C]: log-odds in whole millionths, summed as scoring sums them; popularity's value where there are no beliefs."""
    letters = logged.letters
    if beliefs is None:
        popularity = [name == "popularity" for name in letters.signals]
        popular: Array = letters.values[:, :, popularity].astype(np.float64).sum(axis=2)
        return popular
    belief = beliefs.of("scorer")
    learnt, modules = belief.get("weights", {}), belief.get("modules", {})
    total = np.zeros(letters.module.shape)
    for s, name in enumerate(letters.signals):
        shipped = app.signals[name].WEIGHT if name in app.signals else 0.0
        total += contribution(np.rint(learnt.get(name, shipped) * MILLION), letters.values[:, :, s])
    effects = _by_module(letters, modules)
    total += effects[np.maximum(letters.module, 0)]
    for axis in _AXES:
        codes, words = getattr(logged, axis), belief.get("segments", {}).get(axis, {})
        table = np.array([_by_module(letters, words.get(word, {})) for word in (*codes.words, "")])
        total += table[codes.codes[:, None], np.maximum(letters.module, 0)]
    return total


def _by_module(letters: LoggedLetters, effects: Mapping[str, float]) -> Array:
    """float64[M] in whole millionths."""
    whole: Array = np.rint(np.array([effects.get(name, 0.0) for name in letters.modules], dtype=np.float64) * MILLION)
    return whole


def _groups(letters: LoggedLetters, library: Library) -> Array:
    """int64[M]: today's groups; a module that the library has no more is one of its own."""
    last = len(library.modules)
    return np.array([library.groups[library.index[m]] if m in library.index else last + i for i, m in enumerate(letters.modules)], np.int64)


def _excludes(letters: LoggedLetters, library: Library) -> Array | None:
    """bool[M, M] by today's library; None where nothing excludes anything."""
    if not library.has_exclusions:
        return None
    known = [m in library.index for m in letters.modules]
    column = np.array([library.index.get(m, 0) for m in letters.modules], dtype=np.int64)
    both: Array = library.excludes[np.ix_(column, column)] & np.outer(known, known)
    return both


def _per_group(logged: Logged, layouts: Mapping[str, Layout]) -> Array:
    """int64[L]: by each letter's layout as it is today."""
    known = [layouts[word].per_group if word in layouts else Layout("", ()).per_group for word in (*logged.layout.words, "")]
    return np.array(known, dtype=np.int64)[logged.layout.codes]
