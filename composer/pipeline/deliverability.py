"""Deliverability: look up what receivers will look up about us, and say what is missing. It warns; it never stops a letter."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

from composer.app import App
from composer.dispatch.deliverability import Answer, Facts, Judged, Question, judge
from composer.dispatch.providers import domain_of
from composer.render.dkim import record
from composer.sources.dns import look_up

MOST_ROUNDS = 16
"""Rounds of questions: SPF names others, which name others; receivers stop after ten."""


async def deliverability(app: App) -> list[Judged]:
    """Ask DNS about the configured sender, and judge the answers. UsageError where this machine names no DNS server."""
    known: dict[Question, Answer] = {}
    facts = _facts(app, app.settings.dns.sends_from or await _relay(app))
    judged, still_open = judge(facts, known)
    for _ in range(MOST_ROUNDS):
        if still_open:
            known |= await _ask(app, still_open)
            judged, still_open = judge(facts, known)
    return judged


async def _ask(app: App, questions: Collection[Question]) -> dict[Question, Answer]:
    section = app.settings.dns
    return await look_up(questions, section.servers, section.timeout.total_seconds())


async def _relay(app: App) -> Sequence[str]:
    """The public addresses of smtp.host: what letters leave from, unless `dns.sends_from` knows better."""
    host = app.settings.smtp.host
    if _is_name(host):
        found = await _ask(app, [(host, "A"), (host, "AAAA")])
        addresses = [value for answer in found.values() for value in answer.values]
    else:
        addresses = [] if host == "localhost" else [host]
    return [address for address in addresses if ip_address(address).is_global]


def _facts(app: App, addresses: Sequence[str]) -> Facts:
    settings = app.settings
    host = urlsplit(settings.web.base_url).hostname or ""
    keys = [record(signer) for signer in app.signers]
    return Facts(
        sender=domain_of(settings.sender.address).lower(),
        return_path=domain_of(settings.inbound.address or settings.sender.address).lower(),
        keys=tuple((name, "".join(strings)) for name, strings in keys),
        signing=app.signers[0].domain if app.signers else "",
        addresses=tuple(dict.fromkeys(addresses)),
        pages=host if _is_name(host) else "",
    )


def _is_name(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return "." in host
    return False
