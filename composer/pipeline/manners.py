"""The manners of one run of delivery: how fast it goes, and what stops it."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from composer.app import App
from composer.dispatch.pace import Bucket, full, take
from composer.domain.outcome import Outcome, Verdict
from composer.logs import log
from composer.pipeline.delivered import DeliveryReport


class Manners:
    """Asked before each letter, told of each outcome; what it finds stands in the run's report."""

    def __init__(self, app: App, report: DeliveryReport) -> None:
        self._app, self._report = app, report
        self._bucket: Bucket | None = None
        self._silent = 0
        """Letters in a row that met no answer."""

    @property
    def halted(self) -> bool:
        return bool(self._report.paused or self._report.stopped)

    async def keep_pace(self, stop: asyncio.Event) -> None:
        """Wait for a letter's turn, or for `stop`."""
        rate = self._app.settings.delivery.pace
        if rate is None:
            return
        moment = asyncio.get_running_loop().time()
        self._bucket, wait = take(self._bucket or full(rate, moment), rate, moment)
        if wait:
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await stop.wait()

    def saw(self, outcome: Outcome) -> None:
        """Take in what became of a letter; stop the run where the route itself is in trouble."""
        report, breaker = self._report, self._app.settings.delivery.breaker
        if outcome.verdict is Verdict.paused and not report.paused:
            report.paused = f"{outcome.code or ''} {outcome.text}".strip()
            log.error("delivery_paused", reason=report.paused)
        silent = not outcome.code and outcome.verdict in (Verdict.unreachable, Verdict.try_later, Verdict.unknown)
        self._silent = self._silent + 1 if silent or outcome.verdict is Verdict.unreachable else 0
        if breaker is not None and self._silent >= breaker and not report.stopped:
            report.stopped = f"{self._silent} letters in a row met no server: {outcome.text}"
            log.error("delivery_stopped", reason=report.stopped)
