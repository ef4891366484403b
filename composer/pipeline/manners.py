"""The manners of one run of delivery: what providers say is heard, and what stops the run is seen."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from datetime import datetime

from composer.app import App
from composer.dispatch.provider import Said
from composer.domain.outcome import Outcome, Verdict
from composer.logs import log
from composer.pipeline.delivered import DeliveryReport
from composer.pipeline.pacing import Pacing
from composer.store.engine import writing

EVERY_SECONDS = 2.0
"""How often what providers said is written down, where nothing is urgent."""


class Manners:
    """Told of each outcome; what it finds stands in the run's report, and in the database for every other run."""

    def __init__(self, app: App, report: DeliveryReport, pacing: Pacing, clock: Callable[[], datetime]) -> None:
        self._app, self._report, self._pacing, self._clock = app, report, pacing, clock
        self.names = pacing.names
        self._said: dict[str, Said] = {}
        """What providers said and was not written down yet."""
        self._begun, self._taken = time.monotonic(), Counter[str]()
        """Letters that each provider took in this run."""
        self._silent = 0
        """Letters in a row that met no answer."""
        self.hold: Callable[[str], None] = lambda _: None
        """Told of a provider whose letters must wait until what it said is written down."""
        self._urgent = asyncio.Event()
        self._hushed: set[str] = set()
        """Providers that get nothing more until what they said is written down."""

    @property
    def halted(self) -> bool:
        return bool(self._report.paused or self._report.stopped)

    def saw(self, provider: str, outcome: Outcome) -> None:
        """Take in what became of a letter to `provider`; stop the run where the route itself is in trouble."""
        said = self._of(provider)
        if outcome.verdict is Verdict.accepted:
            said.accepted += 1
            said.passed, said.troubles = True, 0
            self._silent = 0
            return
        said.returned += 1
        if outcome.single:
            said.passed, said.troubles = True, 0
        elif outcome.verdict is Verdict.try_later and outcome.code:
            said.troubles += 1
            said.words = f"{outcome.code} {outcome.text}"
            said.slow_down = said.slow_down or outcome.throttled
            after = self._pacing.rules(provider).rest_after
            if said.slow_down or (after is not None and said.troubles >= after) or self._pacing.is_watched(provider):
                self._hushed.add(provider)
                self.hold(provider)
                self._urgent.set()
        self._watch_route(outcome)

    def at_once(self, provider: str) -> int | None:
        """Letters to a provider that may be under way at once; None: no limit of its own."""
        return 0 if provider in self._hushed else self._pacing.at_once(provider, self._clock)

    def heeded(self, heard: Collection[str]) -> set[str]:
        """Of the providers whose words are written down by now, those that got nothing meanwhile; they may get letters again."""
        hushed = self._hushed.intersection(heard)
        self._hushed -= hushed
        return hushed

    def returned(self, provider: str) -> None:
        """A letter was given back, or ended, before it was offered."""
        self._of(provider).returned += 1

    def _of(self, provider: str) -> Said:
        said = self._said.get(provider)
        if said is None:
            said = self._said[provider] = Said()
        return said

    def _watch_route(self, outcome: Outcome) -> None:
        """A route in trouble is nobody's fault: not the recipient's, and not their provider's."""
        report, breaker = self._report, self._app.settings.delivery.breaker
        if outcome.verdict is Verdict.paused and not report.paused:
            report.paused = f"{outcome.code or ''} {outcome.text}".strip()
            log.error("delivery_paused", reason=report.paused)
        silent = not outcome.code and outcome.verdict in (Verdict.unreachable, Verdict.try_later, Verdict.unknown)
        self._silent = self._silent + 1 if silent or outcome.verdict is Verdict.unreachable else 0
        if breaker is not None and self._silent >= breaker and not report.stopped:
            report.stopped = f"{self._silent} letters in a row met no server: {outcome.text}"
            log.error("delivery_stopped", reason=report.stopped)

    async def wait(self) -> None:
        """Until it is time to write down what was said."""
        try:
            async with asyncio.timeout(EVERY_SECONDS):
                await self._urgent.wait()
        except TimeoutError:
            pass
        self._urgent.clear()

    def heard(self) -> dict[str, Said]:
        """What was said since this was asked last; for `write`."""
        heard, self._said = self._said, {}
        seconds = max(1.0, time.monotonic() - self._begun)
        for name, said in heard.items():
            self._taken[name] += said.accepted
            said.rate = self._taken[name] / seconds
        return heard

    def write(self, heard: Mapping[str, Said]) -> set[str]:
        """Write down what was heard; return the providers towards which the run must change its ways at once."""
        if not self._pacing.matter(heard):
            return set()
        with writing(self._app.engine, spares=True) as db:
            changed = self._pacing.learn(db, heard, self._clock())
        for name in changed:
            log.warning("provider_heeded", provider=name, said=heard[name].words)
        return changed
