"""A module that is about no product: purchases have nothing to say of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from composer.domain.moment import Moment
from tests.decide._worlds import NOW, SIGNALS, learnt, people, shop

LIBRARY = shop(12)
MOMENT = Moment(NOW, NOW, "nothing")


@pytest.mark.parametrize("name", [name for name, signal in SIGNALS.items() if hasattr(signal, "FITTED") and name != "popularity"])
def test_no_purchase_gives_a_reason_for_it(name: str) -> None:
    modules = tuple(replace(module, interests=()) if place == 0 else module for place, module in enumerate(LIBRARY.modules))
    library = replace(LIBRARY, modules=modules)
    crowd = people(library, 30)
    assert not any(SIGNALS[name].reason(crowd, r, library, 0, MOMENT, learnt(library, "nothing")) for r in range(30))
