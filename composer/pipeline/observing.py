"""Observing: requests for links and pictures of letters, many at once, become what people did and what programs did.

Only what a person's consents and level allow at this second is noted at all: who withdrew since is not watched, in letters sent
before either. What programs did is counted and never becomes an event, so nothing can be learnt from it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from composer.app import App
from composer.dispatch.machines import Telling, Told, tell
from composer.domain.observed import Ask, Look, Maker, Sign
from composer.store.engine import reading, writing
from composer.store.observations import LookedAt, Observation, keep, lock_observing, looked_at, observed, take_as_read, take_back, watchable


def observe(app: App, looks: Sequence[Look]) -> int:
    """Note requests in one transaction; return how many acts of people were new. Letters that have not left are passed over."""
    with reading(app.engine) as db:  # a letter that has left stays: the lock of writing is not needed to find it
        letters = looked_at(db, {look.subject for look in looks})
    if not letters:
        return 0
    section = app.settings.tracking
    telling = Telling(section.soon, section.together)
    with writing(app.engine, spares=True) as db:
        lock_observing(db)
        allowed = watchable(db, {letter.recipient for letter in letters.values()})
        of_letter: defaultdict[LookedAt, list[Look]] = defaultdict(list)
        for look in looks:
            letter = letters.get(look.subject)
            if letter is not None and look.ask in allowed.get(letter.recipient, ()):
                of_letter[letter].append(look)
        known = observed(db, {letter.number for letter in of_letter})
        rows: list[Observation] = []
        gone: list[Observation] = []
        for letter, fresh in of_letter.items():
            kept, moved = sorted_out(letter, known.get(letter.number, []), fresh, telling)
            rows += kept
            gone += moved
        keep(db, rows, gone)
        take_back(db, [row for row in gone if row.maker is Maker.person])
        modules = {(letters[look.subject].number, look.position): look.module for look in looks if look.subject in letters}
        return take_as_read(db, [row for row in rows if row.maker is Maker.person], modules)


def sorted_out(
    letter: LookedAt, known: Sequence[Observation], fresh: Sequence[Look], telling: Telling
) -> tuple[list[Observation], list[Observation]]:
    """Return a letter's rows that are new or changed, and the known ones that go: told anew, they are somebody else's by now."""
    subject = fresh[0].subject
    before = [Look(subject, row.kind, row.position, row.first_at, _of_request(row.signs)) for row in known]
    told = tell([*before, *fresh], letter.accepted_at, telling)
    rows = {(row.kind, row.position, row.maker): row for row in known}
    changed: dict[tuple[Ask, int, Maker], Observation] = {}
    gone = []
    for row, now in zip(known, told, strict=False):
        # What a program did remains a program's, also where the burst that told of it is no longer seen whole.
        if row.maker is Maker.person and now.maker is not Maker.person:
            gone.append(row)
            del rows[row.kind, row.position, row.maker]
            _add(rows, changed, replace(row, maker=now.maker, signs=_words(now)))
    for look, now in zip(fresh, told[len(known) :], strict=True):
        one = Observation(letter.recipient, letter.number, look.ask, look.position, now.maker, _words(now), 1, look.at, look.at)
        _add(rows, changed, one)
    return list(changed.values()), gone


def _add(rows: dict[tuple[Ask, int, Maker], Observation], changed: dict[tuple[Ask, int, Maker], Observation], one: Observation) -> None:
    key = (one.kind, one.position, one.maker)
    if there := rows.get(key):
        signs = ",".join(sorted({*_split(there.signs), *_split(one.signs)}))
        first, last = min(there.first_at, one.first_at), max(there.last_at, one.last_at)
        # A person's signs are those of the first time: they are asked for again when others come.
        signs = (there if there.first_at <= one.first_at else one).signs if one.maker is Maker.person else signs
        one = replace(there, signs=signs, times=there.times + one.times, first_at=first, last_at=last)
    rows[key] = changed[key] = one


def _words(told: Told) -> str:
    return ",".join(sorted(told.signs))


def _split(signs: str) -> list[str]:
    return signs.split(",") if signs else []


_OF_TRAFFIC = frozenset((Sign.trap, Sign.many, Sign.soon))
"""Signs that are told anew each time, from all that is known."""


def _of_request(signs: str) -> frozenset[Sign]:
    return frozenset(map(Sign, _split(signs))) - _OF_TRAFFIC
