"""The oracle: the best letter for each person under the same rules and layout, by chances that only the simulator knows."""

from __future__ import annotations

import numpy as np

from composer.decide.scoring import MILLION, TURNS
from composer.decide.slate import fill_slate, open_slate
from composer.domain.audience import Array
from composer.domain.content import Layout, Library
from composer.simulate.readers import Letters, Readers
from composer.simulate.truth import EXAMINED, MOST


def oracle(readers: Readers, letters: Letters, allowed: Array, library: Library, layout: Layout) -> Array:
    """float64[L]: expected clicks of the best letter that could have arrived in each one's place; ask before `react`.

    `allowed` bool[L, M] is what the rules left. Greedy by the true chance, in each person's best tone, as many blocks as the
    layout takes: what comes next week is not weighed.
    """
    chances = readers.chances(letters.reader, letters.second) * readers.truth.best_words(letters.reader)
    chances = np.clip(chances.astype(np.float64), 1e-6, MOST)
    keys = np.rint(np.log(chances / (1 - chances)) * MILLION).astype(np.int64) * TURNS
    slate, running = open_slate(keys, allowed, library, layout)
    fill_slate(slate, running, layout, keep=0.0)
    worth = np.where(slate.chosen >= 0, np.take_along_axis(chances, np.maximum(slate.chosen, 0).astype(np.int64), axis=1), 0.0)
    place = (slate.chosen >= 0).cumsum(axis=1) - 1
    examined = np.array(EXAMINED)[np.clip(place, 0, len(EXAMINED) - 1)]
    found: Array = (worth * examined).sum(axis=1) * readers.attention(letters)
    return found
