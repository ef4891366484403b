"""What is remembered of one provider between letters, and how it changes with what the provider says.

Three kinds of trouble, three answers. Asked to slow down (421, 4.7.x): half the rate and one connection, which come back in
small steps after quiet time. Letter after letter in trouble: nothing for a while, then one letter to see. Anything else is the
letter's own matter. Times are seconds since 1970 of a clock that may step: a step back of more than LARGE_STEP moves
everything remembered along with it, so that nothing stalls and nothing is gained; a smaller one changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace

from composer.dispatch.pace import burst, spent
from composer.domain.manners import HISTORY, Rules

LARGE_STEP = 60.0
STEPS = 8
"""In how many steps the full rate would come back from nothing."""
SLOWEST = 1.0
"""Letters a second below which no provider is slowed: one connection, letter by letter, is what they ask for. Who takes none rests."""
LEAST_FULL = 20.0
"""Letters a second that a provider is thought to take at least before it asks to slow down first: a run may just have begun."""
UNDER_WAY = 5.0
"""For this many seconds after a slowing, further pleas are about letters that were under way."""
LONGEST_REST = 3600.0
MOST_DOUBLINGS = 4
"""Where letters are put off twice and taken the third time, each that goes to see is one that is put off: sixteen rests are long enough."""
STOP_CODE, STOP = "4.7.28", 600.0
"""Gmail's word for too much at once, and the seconds in which it wants no letter then (support.google.com/a/answer/3726730)."""


@dataclass(frozen=True, slots=True)
class Provider:
    """`rate` is what it is slowed to, None where it is not; `full` the rate at which it is not slowed any more."""

    free_at: float = 0.0
    line_until: float = 0.0
    """Letters that were put back for its pace are due one after another until then."""
    seen_at: float = 0.0
    rate: float | None = None
    full: float | None = None
    slowed_at: float = 0.0
    """When it asked to slow down last, or got its last step back."""
    troubles: int = 0
    """Letters in a row that met trouble."""
    rests: int = 0
    """Rests in a row; above zero after the end of a rest, one letter goes to see."""
    rest_until: float = 0.0
    probed_at: float = 0.0
    words: str = ""
    """What it said at its last trouble, without any address."""
    days: Mapping[int, int] = field(default_factory=dict)
    """Day (since 1970, UTC) -> letters accepted."""
    booked: Mapping[int, int] = field(default_factory=dict)
    """The newest day -> letters let go and not known to have failed: kept apart from `days` so that two workers share an allowance."""


@dataclass(slots=True)
class Said:
    """What a provider said over some letters, in the order in which it said it, as far as that matters. It grows until it is learnt."""

    accepted: int = 0
    returned: int = 0
    """Letters that were let go and not accepted."""
    troubles: int = 0
    """Letters in trouble since the last one that was not."""
    passed: bool = False
    """Whether some letter met no trouble."""
    slow_down: bool = False
    words: str = ""
    rate: float = 1.0
    """Letters a second that it took until then."""


_MOMENTS = ("free_at", "line_until", "slowed_at", "rest_until", "probed_at")


def day_of(now: float) -> int:
    return int(now // 86400)


def today(provider: Provider, now: float) -> int:
    """The day that counts: a clock that went back a little over midnight does not open yesterday's allowance again."""
    return max(day_of(now), *provider.days, *provider.booked, 0)


def dump(provider: Provider) -> str:
    """The stored form: what differs from a provider of which nothing is known, as JSON."""
    plain = asdict(Provider())
    return json.dumps({name: value for name, value in asdict(provider).items() if value != plain[name]}, sort_keys=True)


def load(text: str) -> Provider:
    fields = json.loads(text)
    for name in ("days", "booked"):
        if name in fields:
            fields[name] = {int(day): count for day, count in fields[name].items()}
    return Provider(**fields)


def at(provider: Provider, rules: Rules, now: float) -> Provider:
    """The provider as it stands at `now`: a step of the clock is taken out, quiet time has brought back some of its rate."""
    back = provider.seen_at - now
    if back > LARGE_STEP:
        p = provider
        shifted = {name: max(0.0, getattr(p, name) - back) for name in _MOMENTS}
        day = day_of(now)
        provider = replace(p, **shifted, seen_at=now, days=_until(day, p.days), booked=_until(day, p.booked))
    elif now > provider.seen_at:
        provider = replace(provider, seen_at=now)
    if provider.rate is None:
        return provider
    full = provider.full or provider.rate
    quiet = rules.back_off.total_seconds() if rules.back_off is not None else 0.0
    steps = int((now - provider.slowed_at) // quiet) if quiet else STEPS
    if steps < 1:
        return provider
    rate = provider.rate + full * steps / STEPS
    if rate >= full:
        return replace(provider, rate=None, full=None)
    return replace(provider, rate=rate, slowed_at=provider.slowed_at + steps * quiet)


def _until(day: int, days: Mapping[int, int]) -> dict[int, int]:
    """The counts, with what was counted on days that are to come once more put on today's."""
    kept = {d: count for d, count in days.items() if d < day}
    return {**kept, day: sum(days.values()) - sum(kept.values())} if len(kept) < len(days) else kept


def is_idle(provider: Provider, now: float) -> bool:
    """Whether nothing is worth remembering."""
    p = provider
    return p.rate is None and not (p.rests or p.troubles or p.days or p.booked) and max(p.line_until, p.free_at) <= now


def is_resting(provider: Provider, now: float) -> bool:
    return now < provider.rest_until


def is_probed(provider: Provider, rules: Rules, now: float) -> bool:
    """Whether its rest is over and it is not known yet whether it takes letters again."""
    return rules.rest_after is not None and provider.rests > 0 and not is_resting(provider, now)


def pace_of(provider: Provider, rules: Rules) -> float | None:
    """Letters a second at this moment; None: no limit."""
    rates = [rate for rate in (provider.rate, rules.pace) if rate is not None]
    return min(rates, default=None)


def connections_of(provider: Provider, rules: Rules, now: float) -> int | None:
    """Letters that may be under way at once; one where it is slowed or tried after a rest."""
    return 1 if provider.rate is not None or is_probed(provider, rules, now) else rules.connections


def unused(provider: Provider, rules: Rules, letters: int, now: float) -> Provider:
    """So many letters were promised a moment and do not use it: the next ones need not wait behind them."""
    rate = pace_of(provider, rules)
    if rate is None:
        return provider
    return replace(provider, free_at=min(provider.free_at, max(spent(rate, now), provider.free_at - letters / rate)))


def learn(provider: Provider, said: Said, rules: Rules, now: float) -> Provider:
    """Return the provider after what it said by `now`."""
    provider = at(provider, rules, now)
    day = today(provider, now)
    if rules.counts and (said.accepted or said.returned):
        days = {d: count for d, count in provider.days.items() if d > day - HISTORY}
        if said.accepted:
            days[day] = days.get(day, 0) + said.accepted
        booked = {day: max(0, provider.booked.get(day, 0) - said.returned)}
        provider = replace(provider, days=days, booked=booked)
    if said.slow_down and rules.back_off is not None:
        provider = _slowed(provider, said, rules, now)
    if rules.rest_after is not None:
        provider = _rested(provider, said, rules.rest_after, rules.rest.total_seconds(), now)
    return replace(provider, words=said.words) if said.words else provider


def _slowed(provider: Provider, said: Said, rules: Rules, now: float) -> Provider:
    if provider.rate is not None and now - provider.slowed_at < UNDER_WAY:
        return provider
    before = provider.rate or rules.pace or max(said.rate, LEAST_FULL)
    rate = max(SLOWEST, before / 2)
    return replace(
        provider,
        rate=rate,
        full=provider.full or before,
        slowed_at=now,
        free_at=max(min(provider.free_at, now + burst(before) / before), spent(rate, now)),
        rest_until=now + STOP if STOP_CODE in said.words else provider.rest_until,
    )


def _rested(provider: Provider, said: Said, after: int, rest: float, now: float) -> Provider:
    if said.passed:
        over = 0.0 if provider.rests else provider.rest_until  # a stop that was asked for holds, whatever was under way
        provider = replace(provider, troubles=said.troubles, rests=0, rest_until=over)
    elif is_resting(provider, now):
        return provider  # about letters that were under way when the rest began
    elif said.troubles:
        provider = replace(provider, troubles=provider.troubles + said.troubles)
    if said.troubles and (provider.troubles >= after or provider.rests > 0):
        length = min(LONGEST_REST, rest * 2.0 ** min(provider.rests, MOST_DOUBLINGS))
        return replace(provider, troubles=0, rests=min(provider.rests + 1, 20), rest_until=now + length, probed_at=0.0)
    return provider


def held_back(provider: Provider, now: float) -> str:
    """In one word why it gets letters slowly or not at all; empty where nothing holds it back."""
    if is_resting(provider, now):
        return "rests"
    if provider.rests:
        return "is tried"
    if provider.rate is not None:
        return "slowed"
    return "in line" if provider.line_until > now else ""


def in_words(provider: Provider, rules: Rules, now: float) -> tuple[str, float | None]:
    """Why it gets letters slowly or not at all, and until when where that is known; empty where nothing holds it back."""
    said = f": {provider.words}" if provider.words else ""
    match held_back(provider, now):
        case "rests":
            return ("rests after trouble" if provider.rests else "stopped, as it asked") + said, provider.rest_until
        case "is tried":
            return f"one letter at a time, to see whether its trouble is over{said}", None
        case "slowed":
            quiet = rules.back_off.total_seconds() if rules.back_off is not None else 0.0
            rate, full = provider.rate or 0.0, provider.full or provider.rate or 0.0
            return f"slowed to {in_rate(rate)} of {in_rate(full)}, as it asked{said}", provider.slowed_at + quiet
        case "in line":
            return "letters wait in line for its pace", provider.line_until
    return "", None


def in_rate(rate: float) -> str:
    """A rate as people write it: "20/s", "30/m", "5/h"."""
    for unit, seconds in (("s", 1), ("m", 60)):
        if rate * seconds >= 1:
            return f"{rate * seconds:.3g}/{unit}"
    return f"{rate * 3600:.3g}/h"
