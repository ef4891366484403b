"""Which providers get letters slowly, or none, why, and until when: for the operator."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

from composer.app import App
from composer.dispatch.allowance import allowance
from composer.dispatch.provider import at, connections_of, held_back, in_rate, in_words, pace_of, today
from composer.pipeline.pacing import ALL, rules_in_force
from composer.store.engine import reading
from composer.store.providers import known_providers

WHY = ("rests", "is tried", "slowed", "in line")


def counts_held_back(app: App, now: datetime) -> dict[str, int]:
    """How many providers are held back, by why; their names stay out of it, for a small one may be one recipient's."""
    everyone, own = rules_in_force(app)
    with reading(app.engine) as db:
        known = known_providers(db)
    seconds = now.timestamp()
    found = Counter(held_back(at(state, own.get(name, everyone), seconds), seconds) for name, state in known.items() if name != ALL)
    return {why: found[why] for why in WHY}


def provider_lines(app: App, now: datetime) -> list[dict[str, Any]]:
    """One row for each provider of which something is remembered; what was never held back, and needs no count, is not among them."""
    everyone, own = rules_in_force(app)
    with reading(app.engine) as db:
        known = known_providers(db)
    lines = []
    for name, remembered in known.items():
        if name == ALL:
            continue
        seconds, rules = now.timestamp(), own.get(name, everyone)
        provider = at(remembered, rules, seconds)
        why, until = in_words(provider, rules, seconds)
        pace = pace_of(provider, rules)
        lines.append(
            {
                "provider": name,
                "why": why,
                "until": None if until is None else datetime.fromtimestamp(int(until), UTC),
                "pace": "off" if pace is None else in_rate(pace),
                "connections": connections_of(provider, rules, seconds),
                "accepted_today": provider.days.get(today(provider, seconds), 0),
                "left_today": allowance(provider, rules, seconds),
            }
        )
    return lines
