"""Whether letters would arrive, as far as DNS can tell: SPF, DKIM, DMARC, PTR, MX and the links' host, each with the record to add.

The demands are those that Gmail, Yahoo, Outlook.com and iCloud publish for bulk senders. A finding warns, it never blocks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from composer.dispatch.deliverability.dmarc import Sent, dmarc_findings
from composer.dispatch.deliverability.hosts import incoming_notes, link_finding, mx_finding, ptr_finding, target_findings
from composer.dispatch.deliverability.keys import dkim_finding
from composer.dispatch.deliverability.records import Finding, Records, line
from composer.dispatch.deliverability.spf import Reading, allows, read, spf_records

_LISTED = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "127.0.0.0/8", "fc00::/7", "fe80::/10")
_INSIDE = tuple(map(ip_network, _LISTED))
"""Addresses that no receiver sees (RFC 1918, 6598, 3927, 4193): a relay there leaves by another."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What the configuration says of letters: A-labels in small letters throughout."""

    sender: str
    """Domain of From."""
    return_path: str
    """Domain that bounces go to, and that SPF is asked about."""
    replies: str
    """Domain that answers go to."""
    keys: tuple[tuple[str, str], ...] = ()
    """Name and text of the key record of each signature."""
    signs: tuple[str, ...] = ()
    """Domains that sign (d=)."""
    relays: tuple[str, ...] = ()
    """Host names of relays outside this machine."""
    sends_from: tuple[str, ...] = ()
    """Addresses that letters leave from, where they were stated; else those of the relays are taken."""
    links: str = ""
    """Host of web.base_url; empty where it is this machine."""
    targets: tuple[str, ...] = ()
    """Hosts that the modules' links lead to."""


def judge(setup: Setup, records: Records) -> list[Finding]:
    """Return what was found. `records.wanted` then holds what the judge lacked: look it up, and judge again until it is empty."""
    return [
        *_spf(setup, records),
        *(dkim_finding(records, name, text) for name, text in setup.keys),
        *dmarc_findings(records, Sent(setup.sender, setup.return_path, setup.signs)),
        *_ptr(setup, records),
        *_mx(setup, records),
        *([link_finding(records, setup.links)] if setup.links else []),
        *target_findings(records, setup.targets),
        *incoming_notes(records, setup.return_path),
    ]


def _addresses(setup: Setup, records: Records) -> dict[str, str]:
    """Address that letters leave from -> the relay it is of; empty where it was stated."""
    if setup.sends_from:
        return dict.fromkeys(setup.sends_from, "")
    found = {address: host for host in setup.relays for address in _of(records, host)}
    return {address: host for address, host in found.items() if not any(ip_address(address) in network for network in _INSIDE)}


def _of(records: Records, host: str) -> tuple[str, ...]:
    return (host,) if _is_address(host) else records.addresses(host).values


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _spf(setup: Setup, records: Records) -> Iterator[Finding]:
    yield from _spf_of(setup.return_path, setup, records)
    if setup.sender != setup.return_path and spf_records(records, setup.sender):
        yield from _spf_of(setup.sender, setup, records)


def _spf_of(domain: str, setup: Setup, records: Records) -> Iterator[Finding]:
    def wrong(says: str, record: str = "") -> Finding:
        return Finding("spf", domain, "TXT", ok=False, detail=says, record=record)

    answer, texts, addresses = records.ask(domain, "TXT"), spf_records(records, domain), _addresses(setup, records)
    named = [f"ip{ip_address(address).version}:{address}" for address, host in addresses.items() if not host]
    named = (
        named
        or [f"ip{ip_address(host).version}:{host}" if _is_address(host) else f"a:{host}" for host in setup.relays]
        or ["include:(what your relay names)"]
    )
    if answer.trouble:
        yield Finding("spf", domain, "TXT", ok=None, detail=f"cannot be looked up: {answer.trouble}")
    elif not texts:
        says = "there is no SPF record: Gmail, Yahoo and Outlook.com refuse bulk mail without one"
        yield wrong(says, line(domain, "TXT", f"v=spf1 {' '.join(named)} ~all"))
    elif len(texts) > 1:
        joined = " ".join(dict.fromkeys(word for text in texts for word in text.split()[1:] if not word.lower().endswith("all")))
        yield wrong(
            f"there are {len(texts)} SPF records, which counts as an error: join them", line(domain, "TXT", f"v=spf1 {joined} ~all")
        )
    else:
        reading = read(records, domain)
        faults = list(_faults(reading, texts[0], domain))
        yield from faults
        if not any(finding.ok is False for finding in faults):
            yield from _covered(domain, texts[0], addresses, records)


def _faults(reading: Reading, text: str, domain: str) -> Iterator[Finding]:
    def found(says: str, record: str = "", *, ok: bool | None = False) -> Finding:
        return Finding("spf", domain, "TXT", ok, says, record)

    for fault in dict.fromkeys(reading.faults):
        yield found(f"receivers take it for an error: {fault}")
    for name in dict.fromkeys(reading.troubles):
        yield found(f"{name}, which it names, cannot be looked up", ok=None)
    if reading.ends == "+":
        better = " ".join("~all" if word.lower() in {"all", "+all"} else word for word in text.split())
        yield found("ends in +all: the whole world may send as you", line(domain, "TXT", better) if better != text else "")
    elif reading.ends in {"", "?"}:
        kept = " ".join(word for word in text.split() if word.lower() != "?all")
        redirects = any(word.lower().startswith("redirect=") for word in text.split())
        yield found("does not say what holds for all others: end it in ~all", "" if redirects else line(domain, "TXT", f"{kept} ~all"))
    if reading.uses_ptr:
        yield found("uses ptr, which receivers may skip (RFC 7208 section 5.5)")
    yield found(f"takes {reading.lookups} of 10 lookups", ok=True)


def _covered(domain: str, text: str, addresses: dict[str, str], records: Records) -> Iterator[Finding]:
    for address, host in addresses.items():
        result = allows(records, domain, address)
        if result == "pass":
            yield Finding("spf", domain, "TXT", ok=True, detail=f"lets {address} send")
            continue
        if result == "temperror":
            says = f"whether it lets {address} send is not known: what it names cannot be looked up"
            yield Finding("spf", domain, "TXT", ok=None, detail=says)
            continue
        missing = f"ip{ip_address(address).version}:{address}"
        doubt = f" ({host}; where it sends from others, name them in dns.sends_from)" if host else ""
        yield Finding(
            "spf",
            domain,
            "TXT",
            None if host else False,
            f"does not let {address} send: {result}{doubt}",
            line(domain, "TXT", _with(text, missing)),
        )
    if not addresses:
        says = "which addresses letters leave from is not known: name them in dns.sends_from to have them checked"
        yield Finding("spf", domain, "TXT", ok=None, detail=says)


def _with(text: str, term: str) -> str:
    """Put a term ahead of what ends the record."""
    words = text.split()
    at = next(
        (n for n, word in enumerate(words) if word.lower().lstrip("+-~?") == "all" or word.lower().startswith("redirect=")), len(words)
    )
    return " ".join((*words[:at], term, *words[at:]))


def _ptr(setup: Setup, records: Records) -> Iterator[Finding]:
    for address in _addresses(setup, records):
        yield ptr_finding(records, address, setup.sender)
    if not setup.sends_from:
        for host in setup.relays:
            answer = records.addresses(host)
            if not answer.values and not _is_address(host):
                says = f"the relay cannot be looked up: {answer.trouble}" if answer.trouble else "the relay has no address"
                yield Finding("relay", host, "A", ok=None if answer.trouble else False, detail=says)


def _mx(setup: Setup, records: Records) -> Iterator[Finding]:
    yield mx_finding(records, setup.replies, "answers")
    for domain, what in ((setup.return_path, "bounces"), (setup.sender, "mails to the From address")):
        if domain != setup.replies and (what != "bounces" or domain != setup.sender):
            yield mx_finding(records, domain, what)
