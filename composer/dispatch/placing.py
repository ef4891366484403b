"""When claimed letters to one provider leave: at a moment close by, or later, standing in line.

Only letters that leave soon take of the provider's pace. The others are due one after another behind the line's end, so each
is looked at again once, at its turn, and the other providers' letters are not behind them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from composer.dispatch.allowance import allowance, tomorrow
from composer.dispatch.pace import moment
from composer.dispatch.provider import Provider, at, connections_of, is_probed, is_resting, pace_of, today
from composer.domain.manners import Rules

HORIZON = 15.0
"""Seconds that a letter may wait for its moment with its sender; what waits longer is decided by the data of a later second."""
ROOM = 200
"""Letters to one provider with a limit of connections that a run holds at once."""
GUESS = 10.0
"""Letters a second that one connection is thought to carry, where the line has to be spaced by something."""
LONGEST_LINE = 900.0
"""Seconds that the line of a slowed provider may reach ahead: it may take letters faster long before a longer one had its turn."""
PROBE = 60.0
"""Seconds after which a letter that went to see is thought lost."""


@dataclass(frozen=True, slots=True)
class Placed:
    """`go[i]` is the moment of letter i, or None; then `back[i]` is when it is due again."""

    provider: Provider
    go: list[float | None]
    back: list[float]


def place(provider: Provider, rules: Rules, now: float, waited: Sequence[bool], held: int = 0) -> Placed:
    """Give each letter its moment, in order. `waited` tells which have stood in line; `held` are with this run already.

    Those that waited come before those that are new: whoever was put back must not be overtaken again and again.
    """
    p = at(provider, rules, now)
    count = len(waited)
    if is_resting(p, now):
        return _all_back(p, rules, now, count, p.rest_until)
    if is_probed(p, rules, now):
        if 0 <= now - p.probed_at < PROBE and not held:
            return _all_back(p, rules, now, count, p.probed_at + PROBE)
        p = replace(p, probed_at=now)
    left, rate = allowance(p, rules, now), pace_of(p, rules)
    one_by_one = connections_of(p, rules, now)
    room = count if one_by_one is None else max(0, ROOM - held)
    spacing = 1 / rate if rate is not None else 1 / (GUESS * (one_by_one or 1))
    free_at, line = p.free_at, max(p.line_until, now)
    in_line = line > now + HORIZON
    furthest = now + LONGEST_LINE if rate != rules.pace else float("inf")
    go: list[float | None] = [None] * count
    back = [0.0] * count
    gone = 0
    for i in sorted(range(count), key=lambda i: not waited[i]):
        if left is not None and gone >= left:
            back[i] = tomorrow(p, now)
            continue
        leaves, after = (now, free_at) if rate is None else moment(free_at, rate, now)
        soon = now if in_line and not waited[i] and rate is not None else now + HORIZON
        if leaves <= soon and gone < room:
            go[i], free_at = leaves, after
            gone += 1
        else:
            line = min(max(line + spacing, leaves), max(furthest, line))
            back[i] = line
    day = today(p, now)
    booked = {day: p.booked.get(day, 0) + gone} if rules.counts else p.booked
    return Placed(replace(p, free_at=free_at, line_until=line if line > now else p.line_until, booked=booked), go, back)


def _all_back(provider: Provider, rules: Rules, now: float, count: int, until: float) -> Placed:
    """Nobody goes; whoever has a pace stands in line from `until` on."""
    rate = pace_of(provider, rules)
    if rate is None:
        return Placed(provider, [None] * count, [until] * count)
    start = max(provider.line_until, until)
    furthest = max(start, until + LONGEST_LINE) if rate != rules.pace else float("inf")
    back = [min(start + i / rate, furthest) for i in range(1, count + 1)]
    return Placed(replace(provider, line_until=back[-1] if back else provider.line_until), [None] * count, back)
