"""Send time: the recipient's own hour inside the campaign's window, outside quiet hours, in the recipient's zone.

Instants are walked in UTC and each is read on the local clock, so a gap has no hours and a fold has each hour once:
nothing about daylight saving needs a special case.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from functools import lru_cache

import numpy as np

from composer.decide.draw import uniform
from composer.decide.why_hour import ANSWERED, AT_ONCE, DAYPART, FIRST, KEPT, TRIED, why_hour
from composer.domain.audience import Array, Audience, Codes
from composer.domain.belief import Beliefs
from composer.domain.campaign import Campaign, Edition, Window
from composer.domain.choices import DAYPARTS
from composer.domain.clock import find_zone
from composer.domain.moment import Moment
from composer.domain.sentence import Sentence

NEVER = -1
DAYPART_HOURS = dict(zip(DAYPARTS, (range(6, 11), range(11, 14), range(14, 18), range(18, 23)), strict=True))
QUARTER = 900


@dataclass(frozen=True)
class SendTimes:
    """`send_at` int64[R] in epoch seconds (NEVER where no time is allowed), `probability` float64[R] of it, `why` int8[R]."""

    send_at: Array
    probability: Array
    why: Array
    zones: Codes
    window: Window
    quiet: tuple[int, int]

    def reasons(self, r: int) -> tuple[Sentence, ...]:
        """Say why the letter goes at its time, and within which limits it was chosen."""
        zone = self.zones.word(r)
        clock = find_zone(zone)
        return why_hour(int(self.send_at[r]), clock, clock.key == zone, int(self.why[r]), self.window, self.quiet)


def choose_send_times(
    audience: Audience, campaign: Campaign, edition: Edition, moment: Moment, beliefs: Beliefs, quiet: tuple[int, int], kept: Array | None
) -> SendTimes:
    """Choose the first allowed hour: in the declared part of the day if one is allowed there, else the one most readers answer.

    With probability `policy.explore_hour` it is a uniform draw from the allowed hours of that day instead. An edition
    that is planned late starts from now. `kept` holds times decided before: they stand, with their probability.
    """
    rows = len(audience)
    start = int(edition.scheduled.timestamp())
    if campaign.window.now:
        at = np.full(rows, start, dtype=np.int64) if kept is None else kept
        return SendTimes(at, np.ones(rows), np.full(rows, AT_ONCE, dtype=np.int8), audience.time_zone, campaign.window, quiet)
    if kept is None:
        start = max(start, int(moment.now.timestamp()) // 60 * 60)
    epsilon = campaign.policy.explore_hour
    tried = uniform(audience.draw_key, edition.key, "explore hour") < epsilon
    draw = uniform(audience.draw_key, edition.key, "hour")
    send_at = np.full(rows, NEVER, dtype=np.int64) if kept is None else kept.astype(np.int64)
    probability, why = np.ones(rows), np.full(rows, KEPT, dtype=np.int8)
    weights = beliefs.of("send_time").get("hours", ())
    both = audience.time_zone.codes.astype(np.int64) * 16 + audience.daypart.codes
    for pair in np.unique(both).tolist():
        r = np.flatnonzero(both == pair)
        hours = allowed_hours(audience.time_zone.word(int(r[0])), start, campaign.window, quiet)
        if not hours:
            continue
        best, cause = _preferred(hours, audience.daypart.word(int(r[0])), weights)
        seconds, n = np.array([second for second, _ in hours]), len(hours)
        if kept is None:
            index = np.where(tried[r], np.minimum((draw[r] * n).astype(np.int64), n - 1), best)
            send_at[r] = seconds[index]
        else:
            same = seconds == kept[r][:, None]
            r, index = r[same.any(axis=1)], same.argmax(axis=1)[same.any(axis=1)]
        probability[r] = np.where(index == best, 1 - epsilon * (n - 1) / n, epsilon / n)
        why[r] = np.where(index == best, cause, TRIED)
    return SendTimes(send_at, probability, why, audience.time_zone, campaign.window, quiet)


@lru_cache(maxsize=4096)
def allowed_hours(zone: str, start: int, window: Window, quiet: tuple[int, int]) -> tuple[tuple[int, int], ...]:
    """(epoch second, local hour) of the first allowed minute from `start` on, and of each whole allowed hour in the day after it.

    Empty where the window allows nothing within its horizon. An unknown zone is read as UTC: quiet hours hold there too.
    """
    clock, end = find_zone(zone), start + int(window.horizon.total_seconds())
    odd = {0, window.opens.minute % 15 * 60}  # offsets are whole quarters of an hour; windows may open at any minute
    first_quarter = -(-start // QUARTER) * QUARTER
    steps = sorted({start} | {t + o for o in odd for t in range(first_quarter - QUARTER, end, QUARTER) if t + o >= start})
    found: list[tuple[int, int]] = []
    for second in steps:
        if found and second >= found[0][0] + 86400:
            break
        local = datetime.fromtimestamp(second, clock)
        if (not found or local.minute == 0) and is_allowed(local, window, quiet):
            found.append((second, local.hour))
    return tuple(found)


def is_allowed(local: datetime, window: Window, quiet: tuple[int, int]) -> bool:
    """Tell whether a letter may leave at this local time.

    A window or quiet hours may cross midnight; a window's night belongs to the day of its evening.
    """
    clock = local.time()
    if window.opens < window.closes:
        inside, day = window.opens <= clock < window.closes, local.weekday()
    else:
        inside = clock >= window.opens or clock < window.closes
        day = (local.weekday() - (clock < window.closes and window.closes > time(0))) % 7
    begins, ends = quiet
    silent = begins <= local.hour < ends if begins <= ends else local.hour >= begins or local.hour < ends
    return inside and day in window.days and not silent


def _preferred(hours: Sequence[tuple[int, int]], daypart: str, weights: Sequence[float]) -> tuple[int, int]:
    """Index of the hour to take, and why."""
    for index, (_, hour) in enumerate(hours):
        if hour in DAYPART_HOURS.get(daypart, ()):
            return index, DAYPART
    if len(weights) == 24:
        return max(range(len(hours)), key=lambda index: weights[hours[index][1]]), ANSWERED
    return 0, FIRST
