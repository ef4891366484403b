"""How the mail hosts of domains are looked up: beside the sending, never before it, and apart from it, for it loads a resolver."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from composer.app import App
from composer.dispatch.deliverability.records import Answer, Question
from composer.sections import Dns
from composer.sources.dns import look_up
from composer.store.engine import reading, writing
from composer.store.mail_hosts import forget_hosts, save_hosts, unknown_domains

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
