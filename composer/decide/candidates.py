"""Candidates: who may get a letter at all, and which modules are still in the running for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from types import ModuleType

import numpy as np

from composer.domain.audience import Array, Audience
from composer.domain.campaign import Campaign
from composer.domain.content import Layout, Library
from composer.domain.moment import Moment
from composer.domain.reasons import Skip

SKIPS = tuple(Skip)
"""Where several reasons hold, the first of this order is given."""
POOL, LAYOUT, EXCLUDED = "campaign", "layout", "excludes"
"""What removes a module that the campaign's pool leaves out, that no place of the layout takes, or that may not stand beside one
that is in the letter."""


@dataclass(frozen=True)
class Candidates:
    """`skip` int8[R] into SKIPS and `removed_by` int16[R, M] into `rules`; -1: not skipped, not removed."""

    skip: Array
    removed_by: Array
    rules: tuple[str, ...]

    @property
    def allowed(self) -> Array:
        """bool[R, M]: nothing forbids it."""
        allowed: Array = (self.removed_by < 0) & (self.skip < 0)[:, None]
        return allowed


def find_candidates(
    audience: Audience, library: Library, campaign: Campaign, layout: Layout, moment: Moment, rules: Mapping[str, ModuleType]
) -> Candidates:
    """Ask every rule. A removed module keeps the name of the first rule, in name order, that removed it."""
    names = (POOL, LAYOUT, *sorted(name for name, rule in rules.items() if not hasattr(rule, "SKIPS")))
    removed_by = np.full((len(audience), len(library.modules)), -1, dtype=np.int16)
    pool = np.array([any(fnmatchcase(name, glob) for glob in campaign.modules) for name in library.names], dtype=bool)
    placed = {kind: any(layout.takes(slot, kind) for slot in layout.slots) for kind in {module.kind for module in library.modules}}
    kinds = np.array([placed[module.kind] for module in library.modules], dtype=bool)
    verdicts = (pool, kinds, *(rules[name].allows(audience, library, moment) for name in names[2:]))
    for number, allows in reversed(list(enumerate(verdicts))):  # the first one writes last
        np.copyto(removed_by, np.int16(number), where=~allows)
    skip = np.full(len(audience), -1, dtype=np.int8)
    skipping = sorted((SKIPS.index(rule.SKIPS), name) for name, rule in rules.items() if hasattr(rule, "SKIPS"))
    for reason, name in skipping:
        allows = np.broadcast_to(rules[name].allows(audience, library, moment), (len(audience), 1))[:, 0]
        skip[~allows & (skip < 0)] = reason
    return Candidates(skip, removed_by, names)
