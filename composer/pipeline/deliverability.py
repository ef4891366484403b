"""Deliverability: look up what receivers will look up about us, and say what is missing. It warns; it never stops a letter."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
    """Ask DNS about the configured sender, and judge the answers."""
    section, known = app.settings.dns, dict[Question, Answer]()

    async def ask(questions: Iterable[Question]) -> None:
        known.update(await look_up(set(questions), section.servers, section.timeout.total_seconds()))

    facts = _facts(app, await _relay(app, known, ask) if not section.sends_from else section.sends_from)
    judged, open_questions = judge(facts, known)
    for _ in range(MOST_ROUNDS):
        if not open_questions:
            break
        await ask(open_questions)
        judged, open_questions = judge(facts, known)
    return judged


async def _relay(app: App, known: dict[Question, Answer], ask: object) -> Sequence[str]:
    """The public addresses of smtp.host: what letters leave from, unless `dns.sends_from` says better."""
    host = app.settings.smtp.host
    try:
        found: Sequence[str] = (str(ip_address(host)),)
    except ValueError:
        if "." not in host:
            return ()
        await ask([(host, "A"), (host, "AAAA")])  # type: ignore[operator]
        found = (*known[host.lower(), "A"].values, *known[host.lower(), "AAAA"].values)
    return [address for address in found if ip_address(address).is_global]


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
