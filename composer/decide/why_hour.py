"""Why a letter goes at its hour, in two sentences: the hour and its ground, then the limits it was chosen within."""

from __future__ import annotations

from datetime import UTC, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

from composer.domain.campaign import Window
from composer.domain.sentence import Sentence, say

AT_ONCE, FIRST, DAYPART, ANSWERED, TRIED, KEPT = range(6)
_DAYS = (say("Monday"), say("Tuesday"), say("Wednesday"), say("Thursday"), say("Friday"), say("Saturday"), say("Sunday"))
_SHORT = (say("Mon"), say("Tue"), say("Wed"), say("Thu"), say("Fri"), say("Sat"), say("Sun"))


@lru_cache(maxsize=65536)
def why_hour(second: int, clock: ZoneInfo, known: bool, why: int, window: Window, quiet: tuple[int, int]) -> tuple[Sentence, ...]:
    """Return the sentences for a send time in epoch seconds. `known`: the clock is the recipient's own, no stand-in."""
    local = datetime.fromtimestamp(second, UTC).astimezone(clock)
    when = say("{day} {time}", day=_DAYS[local.weekday()], time=f"{local:%H:%M}")
    return _ground(why, when), _limits(clock.key if known else "", window, quiet)


def _ground(why: int, when: Sentence) -> Sentence:
    if why == AT_ONCE:
        return say("{when} is when it was due, and this campaign waits for no hour.", when=when)
    if why == FIRST:
        return say("{when} is the first time at which it may come.", when=when)
    if why == DAYPART:
        return say("{when} is the first time it may come in the part of the day you chose.", when=when)
    if why == ANSWERED:
        return say("{when} is the hour, of those allowed, at which most readers follow links.", when=when)
    if why == TRIED:
        return say("{when} is a try-out of another allowed hour, to learn when letters suit best.", when=when)
    return say("{when} was settled when the letter was planned.", when=when)


def _limits(zone: str, window: Window, quiet: tuple[int, int]) -> Sentence:
    """Window and quiet hours, and whose clock they are read on; `zone` is empty where nobody knows it."""
    clock = say("on your own clock ({zone})", zone=zone.replace("_", " ")) if zone else say("in UTC, as your time zone is not known")
    if window.now:
        return say("The time is given {clock}.", clock=clock)
    days, opens, closes = _days(window.days), _hour(window.opens), _hour(window.closes, end=True)
    if quiet[0] == quiet[1]:
        return say("Letters like this come {days} from {opens} to {closes}, {clock}.", days=days, opens=opens, closes=closes, clock=clock)
    return say(
        "Letters like this come {days} from {opens} to {closes}, never from {begins} to {ends}, {clock}.",
        days=days,
        opens=opens,
        closes=closes,
        begins=_hour(time(quiet[0])),
        ends=_hour(time(quiet[1])),
        clock=clock,
    )


def _days(days: tuple[int, ...]) -> Sentence:
    """The days of a window, briefly: every day, Mon–Fri, or one after the other."""
    days = tuple(sorted(set(days)))
    if len(days) == 7:
        return say("every day")
    if len(days) > 2 and days[-1] - days[0] == len(days) - 1:
        return say("{first}–{last}", first=_SHORT[days[0]], last=_SHORT[days[-1]])
    if len(days) == 1:
        return say("on {day}", day=_DAYS[days[0]])
    some = _SHORT[days[0]]
    for day in days[1:-1]:
        some = say("{some}, {next}", some=some, next=_SHORT[day])
    return say("{some} and {last}", some=some, last=_SHORT[days[-1]])


def _hour(clock: time, end: bool = False) -> str:
    return "24:00" if end and clock == time(0) else f"{clock:%H:%M}"
