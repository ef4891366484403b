"""The check of DNS: what the configuration says of letters, what DNS says of it, and what to add. It warns, and never blocks."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

import idna

from composer.app import App
from composer.config import Settings
from composer.dispatch.deliverability import Setup, judge
from composer.dispatch.deliverability.records import Answer, Finding, Question, Records
from composer.render.dkim import record
from composer.sources.dns import look_up

MOST_ROUNDS = 30
"""Each round asks what the answers before made necessary: a chain of includes is at most twenty long."""


def findings(app: App) -> list[Finding]:
    """Look at DNS and return what was found, in a fixed order. UsageError where DNS is off or a key is unfit."""
    setup, answers = setup_of(app), dict[Question, Answer]()
    found: list[Finding] = []
    for _ in range(MOST_ROUNDS):
        records = Records(answers)
        found = judge(setup, records)
        if not records.wanted:
            break
        answers |= asyncio.run(look_up(app.settings.dns, records.wanted))
    return found


def setup_of(app: App) -> Setup:
    """Take from the settings and the library what DNS has to do with letters."""
    settings, signers = app.settings, app.signers
    sender, reply_to = settings.sender.address, settings.sender.reply_to
    return Setup(
        sender=_domain(sender),
        return_path=_domain(settings.inbound.address or sender),
        replies=_domain(reply_to or sender),
        keys=tuple((name, "".join(strings)) for name, strings in map(record, signers)),
        signs=tuple(dict.fromkeys(signer.domain for signer in signers)),
        relays=tuple(host for host in _relays(settings) if not _here(host)),
        sends_from=settings.dns.sends_from,
        links=_public(urlsplit(settings.web.base_url).hostname or ""),
        targets=tuple(dict.fromkeys(filter(None, map(_public, _targets(app))))),
    )


def _relays(settings: Settings) -> list[str]:
    if settings.delivery.transport != "smtp":
        return []
    named = [settings.relay(name, "delivery.relays") for name in settings.delivery.relays]
    chosen = [*named, *settings.relays.values()]  # a campaign may choose any of them
    return list(dict.fromkeys(relay.host.lower().rstrip(".") for relay in chosen))


def _targets(app: App) -> Iterator[str]:
    """Hosts that modules link to, those of most modules first."""
    modules = app.library().library.modules
    hosts = (urlsplit(url).hostname or "" for module in modules for url in (module.url, *module.urls.values()))
    return (host for host, _ in Counter(hosts).most_common())


def _domain(address: str) -> str:
    domain = address.rpartition("@")[2].lower().rstrip(".")
    return domain if domain.isascii() else idna.encode(domain, uts46=True).decode()


def _public(host: str) -> str:
    """The host, or nothing where it is this machine or an address."""
    try:
        ip_address(host)
    except ValueError:
        return "" if _here(host) else host.lower()
    return ""


def _here(host: str) -> bool:
    """Tell whether this machine is meant, or a name that only this network knows."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return "." not in host
