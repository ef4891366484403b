"""Whether a campaign's pins can stand in its letters at all: what is known before anybody is looked at."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from itertools import combinations

from composer.decide.pins import mandatory_places
from composer.domain.campaign import Campaign
from composer.domain.content import Layout, Library

MANDATORY, PINNED = "mandatory", "pinned"


def pin_problems(campaign: Campaign, library: Library) -> Iterator[tuple[str, str, str]]:
    """(key, what is wrong, what to do) for each pin that no letter could hold. The campaign's layout must be in the library."""
    layout = library.layouts[campaign.layout]
    for name in campaign.mandatory:
        if name not in library.index:
            yield MANDATORY, f"there is no module '{name}'", "'composer modules list' shows the names; a broken module is left out."
        elif not _in_pool(name, campaign):
            yield MANDATORY, f"'{name}' is left out by modules = {list(campaign.modules)}", "Let modules name it too, or take it out."
        elif not _takes(layout, library, name):
            yield MANDATORY, f"no place of the layout '{layout.name}' takes '{name}'", "Choose another layout, or take it out."
    for one, other in combinations([name for name in campaign.mandatory if name in library.index], 2):
        if library.excludes[library.index[one], library.index[other]]:
            yield MANDATORY, f"'{one}' and '{other}' exclude each other: no letter can hold both", "Take one of them out."
    if len(campaign.mandatory) > layout.most_blocks:
        what = f"{len(campaign.mandatory)} blocks are mandatory, but a letter of '{layout.name}' holds {layout.most_blocks} at most"
        yield MANDATORY, what, "Make some of them pinned instead, or choose another layout."
    else:
        placed = mandatory_places(campaign, layout, library)
        for name in campaign.mandatory:
            if name not in placed and name in library.index and _takes(layout, library, name):
                what = f"the places of '{layout.name}' that take '{name}' are needed for other mandatory blocks"
                yield MANDATORY, what, "Make one of them pinned instead, or choose another layout."
    for glob in campaign.pinned:
        matched = [name for name in library.names if fnmatchcase(name, glob) and _in_pool(name, campaign)]
        if not matched:
            yield PINNED, f"no module of the campaign is called like '{glob}'", "Correct it; 'composer modules list' shows the names."
        elif not any(_takes(layout, library, name) for name in matched):
            yield PINNED, f"no place of the layout '{layout.name}' takes what '{glob}' names", "Choose another layout, or take it out."


def _in_pool(name: str, campaign: Campaign) -> bool:
    return any(fnmatchcase(name, glob) for glob in campaign.modules)


def _takes(layout: Layout, library: Library, name: str) -> bool:
    return any(layout.takes(slot, library.modules[library.index[name]].kind) for slot in layout.slots)
