"""Telling people from programs: pure, over all that was asked for from one letter.

Mail gateways follow every link of a letter within seconds of its arrival, browsers fetch what nobody may ever look at, mail
providers load pictures through proxies. No sign alone is proof of a person; some alone are proof of a program, others only
together: a reader may be quick, and sit in a data centre's network, but hardly both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from composer.domain.observed import Ask, Look, Maker, Sign

SURE = frozenset((Sign.agent, Sign.head, Sign.prefetch, Sign.trap, Sign.many))
"""One of them is enough."""
HINTS = frozenset((Sign.silent, Sign.network, Sign.soon))
"""Two of them are enough."""
MANY = 3
"""Different links at once. Who opens two in tabs is a reader."""


@dataclass(frozen=True, slots=True)
class Telling:
    """`soon`: how long after its acceptance a letter has hardly arrived. `together`: within which links are followed at once."""

    soon: timedelta
    together: timedelta


@dataclass(frozen=True, slots=True)
class Told:
    """Who made one request, and every sign that speaks for a program."""

    maker: Maker
    signs: frozenset[Sign]


def tell(looks: Sequence[Look], accepted: datetime | None, telling: Telling) -> list[Told]:
    """Judge all looks at one letter, in any order. `accepted` None: it has not been taken yet, as far as is known.

    What comes later may change what was said of the earlier: the third link of a row tells of the first two.
    """
    trapped = [(look.at, look.at) for look in looks if look.ask is Ask.trap]
    bursts = _bursts(looks, telling.together)
    return [_told(look, trapped, bursts, accepted, telling) for look in looks]


def _told(
    look: Look,
    trapped: Sequence[tuple[datetime, datetime]],
    bursts: Sequence[tuple[datetime, datetime]],
    accepted: datetime | None,
    telling: Telling,
) -> Told:
    signs = set(look.signs)
    if look.ask is Ask.trap or _near(look, trapped, telling.together):
        signs.add(Sign.trap)
    if _near(look, bursts, telling.together):
        signs.add(Sign.many)
    if accepted is None or look.at < accepted + telling.soon:
        signs.add(Sign.soon)
    return Told(_maker(signs), frozenset(signs))


def _maker(signs: set[Sign]) -> Maker:
    if signs & SURE:
        return Maker.machine
    if Sign.proxy in signs:
        return Maker.proxy
    return Maker.machine if len(signs & HINTS) > 1 else Maker.person


def _near(look: Look, spans: Sequence[tuple[datetime, datetime]], around: timedelta) -> bool:
    return any(begin - around <= look.at <= end + around for begin, end in spans)


def _bursts(looks: Sequence[Look], together: timedelta) -> list[tuple[datetime, datetime]]:
    """Times within which MANY different links were followed, none longer than `together`."""
    clicks = sorted((look.at, look.position) for look in looks if look.ask is Ask.clicked)
    spans = []
    for begin, _ in clicks:
        within = [(at, position) for at, position in clicks if begin <= at <= begin + together]
        if len({position for _, position in within}) >= MANY:
            spans.append((begin, within[-1][0]))
    return spans
