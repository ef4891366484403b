"""The names of providers during delivery, and how their domains' mail hosts are looked up: beside the sending, never before it.

With `manners.group = "domain"` a provider is who registered the domain, or its family. With "mx" it is who takes the domain's mail,
as far as that is known: letters to a domain of which nothing is known yet count for who registered it, and never wait for DNS.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from sqlalchemy import Connection

from composer.app import App
from composer.dispatch.deliverability.records import Answer, Question
from composer.dispatch.providers import domain_of, provider_of
from composer.sections import Dns
from composer.sources.dns import look_up
from composer.store.engine import reading, writing
from composer.store.mail_hosts import forget_hosts, hosts_of, save_hosts, unknown_domains

MOST_IN_MEMORY = 65_536
AT_ONCE = 200
"""Domains that are looked up before what was learnt is kept."""
MOST_AT_A_TICK = 2_000
LEAST_KEPT, MOST_KEPT = timedelta(hours=6), timedelta(days=7)
"""How long an answer counts at least and at most, whatever its TTL: who takes a domain's mail changes once in years."""
NONE_KEPT = timedelta(days=1)
"""How long it counts that a domain has no MX."""
FAILED_KEPT = timedelta(minutes=30)
"""How long a domain is left alone that could not be looked up."""
FORGOTTEN_AFTER = timedelta(days=30)


class Names:
    """What providers are called during one run: a domain keeps the name that it was called by first, so that counts add up."""

    def __init__(self, by_host: bool) -> None:
        self.by_host = by_host
        self._known: dict[str, str] = {}

    def of(self, address: str) -> str:
        """The provider that takes an address's mail; empty for no address."""
        domain = domain_of(address)
        name = self._known.get(domain)
        return name if name is not None else self._call(domain, ())

    def load(self, db: Connection, addresses: Iterable[str]) -> None:
        """Read what is known of the mail hosts of the addresses' domains."""
        new = {domain_of(address) for address in addresses} - self._known.keys() - {""}
        if self.by_host and new:
            hosts = hosts_of(db, new)
            for domain in new:
                self._call(domain, hosts.get(domain, ()))

    def _call(self, domain: str, hosts: Iterable[str]) -> str:
        if len(self._known) >= MOST_IN_MEMORY:
            self._known.clear()
        name = self._known[domain] = provider_of(domain, tuple(hosts)) if domain else ""
        return name


def look_up_hosts(app: App, now: datetime, stopped: Callable[[], bool] = lambda: False) -> int:
    """Look up the mail hosts of domains that letters wait for and of which nothing fresh is known; return how many domains."""
    section = app.settings.dns
    if app.settings.manners.group != "mx" or section.servers is None:
        return 0
    with reading(app.engine) as db:
        domains = unknown_domains(db, now, MOST_AT_A_TICK)
    done = 0
    while done < len(domains) and not stopped():
        some = domains[done : done + AT_ONCE]
        found = asyncio.run(_ask(section, some))
        with writing(app.engine) as db:
            save_hosts(db, {domain: _kept(answer, now) for domain, answer in found.items()})
        done += len(some)
    with writing(app.engine) as db:
        forget_hosts(db, now - FORGOTTEN_AFTER)
    return done


async def _ask(section: Dns, domains: Iterable[str]) -> dict[str, Answer]:
    answers = await look_up(section, [Question(domain, "MX") for domain in domains])
    return {question.name: answer for question, answer in answers.items()}


def _kept(answer: Answer, now: datetime) -> tuple[tuple[str, ...] | None, datetime]:
    if answer.trouble:
        return None, now + FAILED_KEPT
    hosts = tuple(value.partition(" ")[2] for value in answer.values)
    if not hosts:
        return (), now + NONE_KEPT
    return tuple(host for host in hosts if host != "."), now + min(max(timedelta(seconds=answer.seconds), LEAST_KEPT), MOST_KEPT)
