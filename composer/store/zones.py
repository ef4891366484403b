"""The time zone of countries that have exactly one, from the zone table that tzdata carries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from importlib.resources import files


@cache
def zone_of_country() -> Mapping[str, str]:
    """ISO 3166 code -> IANA name, for countries with a single line in zone.tab."""
    zones: defaultdict[str, list[str]] = defaultdict(list)
    for line in files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            country, _place, zone = line.split("\t")[:3]
            zones[country].append(zone)
    return {country: found[0] for country, found in zones.items() if len(found) == 1}
