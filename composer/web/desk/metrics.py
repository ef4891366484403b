"""`/metrics`: counts from the database in Prometheus' text form; no recipient can be told from them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from composer.domain.observed import Ask, Maker
from composer.pipeline.held_back import counts_held_back
from composer.store.counts import count_recipients, events_by_kind, letters_by_state
from composer.store.engine import reading
from composer.store.mails import count_waiting
from composer.store.observations import observation_counts
from composer.store.tally import came_in
from composer.web.site import site_of


class _Counts(Collector):
    """What was counted for this one answer."""

    def __init__(
        self,
        recipients: int,
        letters: dict[str, int],
        events: dict[str, int],
        waiting: dict[str, int],
        held: dict[str, int],
        told: dict[str, int],
        observed: list[tuple[Ask, Maker, str, int]],
    ) -> None:
        self._recipients = recipients
        self._told = told
        self._observed = Counter[tuple[str, str]]()
        for ask, maker, _, n in observed:
            self._observed[ask.value, maker.value] += n
        self._labelled = (
            ("composer_letters", "Letters by outbox state.", "state", letters),
            ("composer_events", "Events by kind.", "kind", events),
            ("composer_replies_waiting", "Kept mails that nobody has done with, by kind.", "kind", waiting),
            ("composer_providers_held_back", "Mail providers that get letters slowly or not at all, by why.", "why", held),
        )

    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily("composer_recipients", "Recipients, without the erased.", value=self._recipients)
        for name, words, label, counts in self._labelled:
            family = GaugeMetricFamily(name, words, labels=[label])
            for word, count in counts.items():
                family.add_metric([word], count)
            yield family
        seen = GaugeMetricFamily("composer_observations", "What was asked for from letters, by whom.", labels=["ask", "maker"])
        for (ask, maker), count in sorted(self._observed.items()):
            seen.add_metric([ask, maker], count)
        yield seen
        inbound = CounterMetricFamily(
            "composer_inbound", "What came in: what mails and providers told, and sign-ups, by kind.", labels=["kind"]
        )
        for word, count in self._told.items():
            inbound.add_metric([word], count)
        yield inbound


def show(request: Request) -> Response:
    app = site_of(request).app
    held = counts_held_back(app, datetime.now(UTC))
    with reading(app.engine) as db:
        counts = _Counts(
            count_recipients(db), letters_by_state(db), events_by_kind(db), count_waiting(db), held, came_in(db), observation_counts(db)
        )
    registry = CollectorRegistry(auto_describe=False)
    registry.register(counts)
    return Response(generate_latest(registry), headers={"content-type": CONTENT_TYPE_LATEST})


ROUTES = [Route("/metrics", show)]
