"""Providers by who takes their mail: looked up beside the sending, kept over restarts, and never waited for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import col

from composer.app import App
from composer.pipeline.deliver import deliver
from composer.pipeline.mail_hosts import FAILED_KEPT, LEAST_KEPT, look_up_hosts
from composer.pipeline.providers import Names
from composer.sections import Dns
from composer.sections.manners import Manners
from composer.store.engine import reading, writing
from composer.store.mail_hosts import hosts_of, unknown_domains
from composer.store.privacy import erase
from composer.store.providers import known_providers
from composer.store.tables import RecipientRow
from tests.dns.server import FAILS, NameServer, Zone, name_server
from tests.path.conftest import at, planned, towards
from tests.path.rows import KEY, NOW, states
from tests.transports.faults import FaultServer

DOMAINS = ("one.example", "two.example", "three.example", "dead.example", "none.example")
ZONE: Zone = {
    ("one.example", "MX"): ("10 aspmx.l.google.com.",),
    ("two.example", "MX"): ("20 alt1.aspmx.l.google.com.", "10 aspmx.l.google.com."),
    ("three.example", "MX"): ("0 three-example.mail.protection.outlook.com.",),
    ("dead.example", "MX"): (FAILS,),
    ("none.example", "A"): ("192.0.2.1",),
}


@pytest.fixture
def grouped(installation: App) -> App:
    """Ten letters due to five domains, and providers by their mail hosts."""
    numbers = planned(installation, 10)
    with writing(installation.engine) as db:
        for place, number in enumerate(numbers):
            address = f"r{number}@{DOMAINS[place % len(DOMAINS)]}"
            db.execute(update(RecipientRow).where(col(RecipientRow.number) == number).values(address=address))
    return changed(installation, manners=Manners(group="mx"))


def changed(app: App, **sections: Any) -> App:
    app.settings = app.settings.model_copy(update=sections)
    return app


def asking(app: App, server: NameServer) -> App:
    return changed(app, dns=Dns(servers=(f"127.0.0.1:{server.port}",), timeout=timedelta(seconds=3)))


def called(app: App) -> Mapping[str, str]:
    names = Names(app.settings.manners.group == "mx")
    with reading(app.engine) as db:
        names.load(db, [f"a@{domain}" for domain in DOMAINS])
    return {domain: names.of(f"b@{domain}") for domain in DOMAINS}


def test_domains_are_called_after_who_takes_their_mail_once_that_is_known(grouped: App) -> None:
    assert called(grouped) == {domain: domain for domain in DOMAINS}
    with name_server(ZONE) as server:
        assert look_up_hosts(asking(grouped, server), NOW) == len(DOMAINS)
    assert called(grouped) == {
        "one.example": "google.com",
        "two.example": "google.com",
        "three.example": "microsoft.com",
        "dead.example": "dead.example",
        "none.example": "none.example",
    }
    assert called(changed(grouped, manners=Manners())) == {domain: domain for domain in DOMAINS}


def test_a_new_process_asks_for_nothing_that_is_known(grouped: App) -> None:
    with name_server(ZONE) as server:
        look_up_hosts(asking(grouped, server), NOW)
        asked = len(server.asked)
        assert look_up_hosts(grouped, NOW + FAILED_KEPT / 2) == 0
        assert len(server.asked) == asked
        assert look_up_hosts(grouped, NOW + FAILED_KEPT) == 1
        assert {name for name, _, _ in server.asked[asked:]} == {"dead.example"}
        assert look_up_hosts(grouped, NOW + LEAST_KEPT) == 4


def test_a_failure_leaves_what_was_known(grouped: App) -> None:
    with name_server(ZONE) as server:
        look_up_hosts(asking(grouped, server), NOW)
        server.zone = {**ZONE, ("one.example", "MX"): (FAILS,)}
        look_up_hosts(grouped, NOW + LEAST_KEPT)
    assert called(grouped)["one.example"] == "google.com"


def test_nothing_is_asked_unless_it_is_wanted(grouped: App) -> None:
    with name_server(ZONE) as server:
        asking(grouped, server)
        assert look_up_hosts(changed(grouped, manners=Manners()), NOW) == 0
        assert look_up_hosts(changed(grouped, manners=Manners(group="mx"), dns=Dns(servers=None)), NOW) == 0
        assert look_up_hosts(asking(grouped, server), NOW, stopped=lambda: True) == 0
        assert server.asked == []


async def test_hosted_domains_share_one_pace_and_letters_leave_without_dns(grouped: App) -> None:
    async with FaultServer({"rcpt@one.example": "421 4.7.0 slow down\r\n"}) as server:
        with reading(grouped.engine) as db:
            assert len(unknown_domains(db, NOW, 100)) == len(DOMAINS)
        await deliver(towards(grouped, server.port), at())
    assert states(grouped)["accepted"] >= 6
    with reading(grouped.engine) as db:
        assert set(known_providers(db)) == {"one.example"}


async def test_trouble_at_one_domain_is_remembered_of_its_host(grouped: App) -> None:
    import asyncio

    with name_server(ZONE) as names:
        await asyncio.to_thread(look_up_hosts, asking(grouped, names), NOW)
    async with FaultServer({"rcpt@one.example": "421 4.7.0 slow down\r\n"}) as server:
        await deliver(towards(grouped, server.port), at())
    with reading(grouped.engine) as db:
        assert set(known_providers(db)) == {"google.com"}


def test_a_domain_is_forgotten_with_a_person_who_is_erased(grouped: App) -> None:
    with name_server(ZONE) as server:
        look_up_hosts(asking(grouped, server), NOW)
    with writing(grouped.engine) as db:
        erase(db, 1, KEY, NOW)
        assert hosts_of(db, DOMAINS).keys() == set(DOMAINS) - {"one.example"}
        assert unknown_domains(db, NOW, 100) == ["one.example"]
