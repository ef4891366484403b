"""Health and metrics: what they say, and that nobody can be told from them."""

from __future__ import annotations

from datetime import timedelta

from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from composer.config import Imap, Manners
from composer.domain.tokens import Purpose
from composer.store.counts import HEARTBEAT
from composer.store.engine import writing
from composer.store.mails import keep
from composer.store.marks import set_mark
from composer.store.tally import count_in
from tests.web.world import NOW, World


def beat(world: World, name: str, seconds_ago: float) -> None:
    with writing(world.app.engine) as db:
        set_mark(db, HEARTBEAT + name, (NOW - timedelta(seconds=seconds_ago)).isoformat())


def test_health_is_ok_while_every_part_does_its_rounds(world: World, client: TestClient) -> None:
    assert client.get("/health").json() == {"status": "ok", "database": True, "heartbeats": {}, "late": []}
    beat(world, "send", 15)
    beat(world, "retrain", 100_000)
    found = client.get("/health").json()
    assert found == {"status": "ok", "database": True, "heartbeats": {"retrain": 100_000.0, "send": 15.0}, "late": []}


def test_a_part_that_stands_still_degrades_health_but_keeps_the_pages_up(world: World, client: TestClient) -> None:
    beat(world, "send", 600)
    answer = client.get("/health")
    assert answer.status_code == 200
    assert answer.json()["status"] == "degraded"
    assert answer.json()["late"] == ["send"]


def test_looking_up_mail_hosts_is_late_only_after_its_own_rounds_and_where_it_is_wanted(world: World, client: TestClient) -> None:
    beat(world, "mx", 400)
    assert client.get("/health").json()["late"] == []
    world.app.settings = world.app.settings.model_copy(update={"manners": Manners(group="mx")})
    with world.client() as another:
        assert another.get("/health").json()["late"] == []
        beat(world, "mx", 100_000)
        assert another.get("/health").json()["late"] == ["mx"]


def test_a_mailbox_that_is_read_no_longer_is_not_late(world: World, client: TestClient) -> None:
    beat(world, "imap", 100_000)
    assert client.get("/health").json()["heartbeats"] == {}
    world.app.settings = world.app.settings.model_copy(update={"imap": Imap(host="imap.example.com")})
    with world.client() as another:
        assert another.get("/health").json()["late"] == ["imap"]


def test_without_the_database_health_is_503(world: World, client: TestClient) -> None:
    world.app.engine.dispose()
    file = world.app.settings.folder / "composer.db"
    file.rename(file.with_suffix(".gone"))
    file.mkdir()
    answer = client.get("/health")
    assert answer.status_code == 503
    assert answer.json() == {"status": "degraded", "database": False, "heartbeats": {}, "late": []}


def test_metrics_count_what_came_in_and_what_waits_to_be_read(client: TestClient, world: World) -> None:
    with writing(world.app.engine) as db:
        count_in(db, ["bounce", "reply", "bounce"])
        keep(db, world.app.key, mail_id="a", kind="reply", received_at=NOW)
    text = client.get("/metrics").text
    assert 'composer_inbound_total{kind="bounce"} 2.0' in text
    assert 'composer_inbound_total{kind="reply"} 1.0' in text
    assert 'composer_replies_waiting{kind="reply"} 1.0' in text


def test_metrics_count_what_the_database_holds(client: TestClient, world: World) -> None:
    client.post(f"/u/{world.token(Purpose.unsubscribe_header)}")
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    samples = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }
    held_back = {("composer_providers_held_back", why): 0 for why in ("rests", "is tried", "slowed", "in line")}
    counted = {("composer_recipients",): 2, ("composer_letters", "accepted"): 4, ("composer_events", "unsubscribed"): 1}
    assert samples == {**counted, **held_back}
