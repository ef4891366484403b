"""Pacing: which claimed letters leave soon, at what moment, and when the others are due again.

The state of each provider is read and kept in the claim's own transaction, so that all workers together keep one rate, over
restarts too. Where no rule holds for any provider and none is in trouble, nothing is looked up: a claim costs one query more.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from math import ceil
from typing import NamedTuple

from sqlalchemy import Connection

from composer.app import App
from composer.dispatch.pace import moment
from composer.dispatch.placing import HORIZON, place
from composer.dispatch.provider import Provider, Said, at, connections_of, is_idle, is_resting, learn, unused
from composer.dispatch.providers import provider_of
from composer.domain.manners import Rules
from composer.pipeline.providers import Names
from composer.sections.manners import rules_of
from composer.store.outbox import Claimed
from composer.store.providers import addresses, any_provider, lock_providers, names_known, save_providers

ALL = "*"
"""All providers together: their row holds `delivery.pace`."""


def rules_in_force(app: App) -> tuple[Rules, dict[str, Rules]]:
    """The rules for every provider, and those of providers that have a pace of their own, whichever of its domains was written."""
    delivery = app.settings.delivery
    everyone, own = rules_of(app.settings.manners, delivery.retry, delivery.breaker is not None)
    return everyone, {provider_of(name): rules for name, rules in own.items()}


class PutBack(NamedTuple):
    """A claimed letter that does not leave now. `over`: it has waited for longer than `delivery.give_up` and waits no more."""

    row: Claimed
    due_at: datetime
    reason: str
    over: bool


class Pacing:
    """The pace of one run. `held` counts the letters that the run holds, by provider."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._everyone, self._own = rules_in_force(app)
        self.names = Names(app.settings.manners.group == "mx")
        self._states: dict[str, Provider] = {}
        self._leaves: dict[int, float] = {}
        self._booked: dict[int, str] = {}
        """Letters of this claim that count for a provider's day."""
        self._told = 0.0
        self._told_at = 0.0
        self.held: Counter[str] = Counter()

    def rules(self, provider: str) -> Rules:
        return self._own.get(provider, self._everyone)

    def _is_ruled(self, provider: str) -> bool:
        """Whether letters to it need a place even where it is in no trouble."""
        rules = self.rules(provider)
        return rules.pace is not None or rules.connections is not None or rules.counts

    def now(self, told: datetime) -> float:
        """Seconds since 1970: the caller's clock, and where that stands still, what has passed since it was seen first."""
        seconds, passing = told.timestamp(), time.monotonic()
        if seconds != self._told:
            self._told, self._told_at = seconds, passing
        return seconds + passing - self._told_at

    def most(self, limit: int) -> int:
        """How many letters to claim at once, so that none waits long for the pace of all."""
        pace = self._app.settings.delivery.pace
        return limit if pace is None else max(1, min(limit, int(pace * HORIZON / 2)))

    def full(self, told: datetime) -> float:
        """Seconds until it is worth to claim again under the pace of all."""
        known = self._states.get(ALL)
        if known is None:
            return 0.0
        now = self.now(told)
        return max(0.0, at(known, Rules(), now).free_at - now - HORIZON / 2)

    def leaves(self, number: int) -> float:
        """The moment (time.monotonic) at which a claimed letter leaves; asked once."""
        return self._leaves.pop(number, 0.0)

    def at_once(self, provider: str, clock: Callable[[], datetime]) -> int | None:
        """Letters to it that may be under way at once; None: no limit of its own."""
        rules, known = self.rules(provider), self._states.get(provider)
        return rules.connections if known is None else connections_of(known, rules, self.now(clock()))

    def is_watched(self, provider: str) -> bool:
        """Whether its next word decides: a letter was sent to see whether it takes any again."""
        known = self._states.get(provider)
        return known is not None and known.rests > 0

    def place(self, db: Connection, claimed: Sequence[Claimed], told: datetime) -> tuple[list[Claimed], list[PutBack]]:
        """Return the letters that leave soon, and the others."""
        self._booked = {}
        if not claimed:
            return [], []
        now = self.now(told)
        paced = self._app.settings.delivery.pace is not None
        ruled = self._own or self._is_ruled("")
        groups: dict[str, list[Claimed]] = {}
        if ruled or self.names.by_host or any_provider(db):
            groups = self._grouped(db, claimed)
        states = lock_providers(db, [*groups, *([ALL] if paced else [])])
        go: dict[int, float] = {}
        back: list[PutBack] = []
        for name, letters in groups.items():
            waited = [row.due_at > row.send_at or row.attempts > 0 for row in letters]
            placed = place(states[name], self.rules(name), now, waited, self.held[name])
            states[name] = placed.provider
            for row, leaves, later in zip(letters, placed.go, placed.back, strict=True):
                if leaves is None:
                    back.append(self._put_back(row, later, name, placed.provider, told))
                else:
                    go[row.number] = leaves
                    if self.rules(name).counts:
                        self._booked[row.number] = name
        away = {put.row.number for put in back}
        stays = [row for row in claimed if row.number not in away]
        if paced:
            states[ALL] = self._place_all(states[ALL], stays, go, now)
        self._keep(db, states, now)
        here = time.monotonic()
        self._leaves.update((number, here + leaves - now) for number, leaves in go.items() if leaves > now)
        return stays, back

    def not_offered(self, db: Connection, numbers: Iterable[int], told: datetime) -> None:
        """Take back the moments of letters that end, or wait for their window, at the claim: they take nothing of a day's allowance."""
        back: Counter[str] = Counter()
        for number in numbers:
            self._leaves.pop(number, None)
            if name := self._booked.pop(number, ""):
                back[name] += 1
        now = self.now(told)
        before = lock_providers(db, back)
        states = {name: learn(before[name], Said(returned=count), self.rules(name), now) for name, count in back.items()}
        self._keep(db, states, now)

    def _put_back(self, row: Claimed, later: float, name: str, provider: Provider, told: datetime) -> PutBack:
        give_up = self._app.settings.delivery.give_up
        over = give_up is not None and is_resting(provider, self.now(told)) and row.send_at + give_up <= told
        reason = f"gave up: {name} has had trouble for too long: {provider.words}" if over else f"waits for its turn at {name}"
        return PutBack(row, _whole(later, told), reason, over)

    def _grouped(self, db: Connection, claimed: Sequence[Claimed]) -> dict[str, list[Claimed]]:
        """Letters by provider, of those providers that need a place."""
        where = addresses(db, {row.recipient for row in claimed})
        self.names.load(db, where.values())
        groups: defaultdict[str, list[Claimed]] = defaultdict(list)
        for row in claimed:
            groups[self.names.of(where.get(row.recipient, ""))].append(row)
        known = names_known(db, groups)
        return {name: rows for name, rows in groups.items() if name and (name in known or self._is_ruled(name))}

    def _place_all(self, all_: Provider, stays: Sequence[Claimed], go: dict[int, float], now: float) -> Provider:
        """Give each letter that leaves soon its moment under the pace of all, too."""
        pace = self._app.settings.delivery.pace
        assert pace is not None
        all_ = at(all_, Rules(), now)
        free_at = all_.free_at
        for row in sorted(stays, key=lambda row: go.get(row.number, now)):
            leaves, free_at = moment(free_at, pace, now)
            go[row.number] = max(leaves, go.get(row.number, now))
        return replace(all_, free_at=free_at)

    def learn(self, db: Connection, said: Mapping[str, Said], told: datetime) -> set[str]:
        """Take in what providers said; return those towards which the run must change its ways at once."""
        now = self.now(told)
        heard = {name: words for name, words in said.items() if self._matters(name, words)}
        before = lock_providers(db, heard)
        states = {name: learn(before[name], words, self.rules(name), now) for name, words in heard.items()}
        self._keep(db, states, now)
        return {name for name, state in states.items() if (state.rate, state.rests) != (before[name].rate, before[name].rests)}

    def take_back(self, db: Connection, letters: Mapping[str, int], told: datetime) -> None:
        """Letters to these providers do not leave at the moments they were given."""
        now = self.now(told)
        known = lock_providers(db, letters)
        self._keep(db, {name: unused(known[name], self.rules(name), count, now) for name, count in letters.items()}, now)

    def matter(self, said: Mapping[str, Said]) -> bool:
        """Whether anything said is worth writing down."""
        return any(self._matters(name, words) for name, words in said.items())

    def _matters(self, name: str, said: Said) -> bool:
        if not name:
            return False
        return said.slow_down or bool(said.troubles) or self.rules(name).counts or name in self._states

    def _keep(self, db: Connection, states: Mapping[str, Provider], now: float) -> None:
        idle = {name for name, state in states.items() if is_idle(state, now)}
        save_providers(db, {name: None if name in idle else state for name, state in states.items()}, datetime.fromtimestamp(now, UTC))
        for name, state in states.items():
            if name in idle:
                self._states.pop(name, None)
            else:
                self._states[name] = state


def _whole(seconds: float, told: datetime) -> datetime:
    """The first whole second from then on, later than `told`."""
    return datetime.fromtimestamp(max(ceil(seconds), int(told.timestamp()) + 1), UTC)
