"""Questions to DNS, many at once, each with a limit of time; what cannot be answered is an answer that says why."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from ipaddress import ip_address

import dns.asyncresolver
import dns.exception
import dns.name
import dns.nameserver
import dns.rdata
import dns.resolver

from composer.dispatch.deliverability.answers import Answer, Question
from composer.errors import UsageError

AT_ONCE = 20


def server(text: str) -> tuple[str, int]:
    """Read "192.0.2.53", "192.0.2.53:5353" or "[2001:db8::53]:5353" (`dns.servers`). ValueError for anything else."""
    text = text.strip()
    try:
        return str(ip_address(text)), 53
    except ValueError:
        host, _, port = text.rpartition(":")
        return str(ip_address(host.removeprefix("[").removesuffix("]"))), int(port)


async def look_up(questions: Collection[Question], servers: Sequence[str], seconds: float) -> dict[Question, Answer]:
    """Answer every question, each within `seconds`. No `servers`: those of this machine. UsageError where there are none."""
    resolver = _resolver(servers, seconds)
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(question: Question) -> tuple[Question, Answer]:
        async with turns:
            return question, await _answer(resolver, *question)

    return dict(await asyncio.gather(*(one(question) for question in sorted(questions))))


def _resolver(servers: Sequence[str], seconds: float) -> dns.asyncresolver.Resolver:
    try:
        resolver = dns.asyncresolver.Resolver(configure=not servers)
    except dns.resolver.NoResolverConfiguration:
        raise UsageError("this machine names no DNS server", where="dns.servers", do='Set dns.servers = ["ADDRESS"].') from None
    if servers:
        resolver.nameservers = [dns.nameserver.Do53Nameserver(*server(text)) for text in servers]
    resolver.lifetime, resolver.timeout = seconds, max(0.1, seconds / 2)
    return resolver


async def _answer(resolver: dns.asyncresolver.Resolver, name: str, kind: str) -> Answer:
    try:
        found = await resolver.resolve(dns.name.from_text(name), kind, raise_on_no_answer=False)
    except dns.resolver.NXDOMAIN:
        return Answer()
    except dns.exception.Timeout:
        return Answer(failed="no DNS server answered in time")
    except dns.resolver.NoNameservers:
        return Answer(failed="the DNS servers refuse or fail to answer")
    except (dns.exception.DNSException, UnicodeError, OSError) as error:
        return Answer(failed=f"it cannot be asked ({type(error).__name__})")
    records = list(found.rrset or ())
    if kind == "MX":
        records.sort(key=lambda record: (record.preference, str(record.exchange)))
    return Answer(tuple(_text(record, kind) for record in records))


def _text(record: dns.rdata.Rdata, kind: str) -> str:
    """One value: the strings of a TXT record joined (RFC 7208 section 3.3), a host's name, an address."""
    if kind == "TXT":
        return b"".join(record.strings).decode("utf-8", "replace")  # type: ignore[attr-defined]
    if kind == "MX":
        return str(record.exchange).lower()  # type: ignore[attr-defined]
    return record.to_text().lower()
