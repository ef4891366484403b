"""DNS: the one place that asks a resolver. Many questions at once, each with a time-out, and every way it can fail told in a few words."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import dns.asyncresolver
import dns.exception
import dns.message
import dns.resolver
from dns.name import Name
from dns.nameserver import Do53Nameserver
from dns.rdata import Rdata
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.MX import MX
from dns.rdtypes.ANY.PTR import PTR
from dns.rdtypes.ANY.TXT import TXT

from composer.dispatch.deliverability.records import Answer, Question
from composer.errors import UsageError
from composer.sections.dns import Dns, server_and_port

AT_ONCE = 20
"""Questions under way at the same time: a resolver on a small machine takes that many."""
LONGEST_KEPT = 7 * 86_400
"""Seconds that an answer is kept at most, whatever its TTL says (RFC 8767 section 4 advises days)."""


def open_resolver(section: Dns) -> dns.asyncresolver.Resolver:
    """A resolver as the section wants it. UsageError where it is off, or where the system names none."""
    if section.servers is None:
        raise UsageError("is off", where="dns.servers", do="Name a resolver, or leave it empty to take the system's.")
    try:
        resolver = dns.asyncresolver.Resolver(configure=not section.servers)
    except dns.resolver.NoResolverConfiguration:
        raise UsageError("the system names no resolver", where="dns.servers", do='Name one, like ["192.0.2.53"].') from None
    if section.servers:
        resolver.nameservers = [Do53Nameserver(*server_and_port(server)) for server in section.servers]
    resolver.lifetime = section.timeout.total_seconds()
    resolver.timeout = resolver.lifetime / 2.5  # a lost datagram is asked for again in time
    resolver.use_edns(0, 0, 1232)  # what a name server may answer over UDP without being cut on its way (DNS flag day 2020)
    return resolver


async def look_up(section: Dns, questions: Iterable[Question]) -> dict[Question, Answer]:
    """Ask all questions and return an answer for each: never raises for what DNS says or does not say. UsageError as `open_resolver`."""
    resolver, gate = open_resolver(section), asyncio.Semaphore(AT_ONCE)

    async def one(question: Question) -> tuple[Question, Answer]:
        async with gate:
            return question, await _asked(resolver, question)

    return dict(await asyncio.gather(*map(one, questions)))


async def _asked(resolver: dns.asyncresolver.Resolver, question: Question) -> Answer:
    try:
        answer = await resolver.resolve(f"{question.name}.", RdataType.make(question.type), raise_on_no_answer=False, search=False)
    except dns.resolver.NXDOMAIN:
        return Answer()
    except (dns.resolver.LifetimeTimeout, dns.exception.Timeout):
        return Answer(trouble="no answer in time")
    except dns.resolver.NoNameservers as error:
        circle = any(isinstance(tried[3], dns.message.ChainTooLong) for tried in error.kwargs.get("errors", ()))
        return Answer(trouble="its CNAME leads in a circle" if circle else "the name servers fail")
    except (dns.exception.DNSException, OSError, UnicodeError) as error:
        return Answer(trouble=f"the answer makes no sense ({type(error).__name__})")
    alias = answer.canonical_name.to_text(omit_final_dot=True).lower()
    if answer.rrset is None:
        return Answer(alias=alias if alias != question.name else "")
    values = tuple(_text(record) for record in sorted(answer.rrset))
    return Answer(values, "", alias if alias != question.name else "", min(answer.rrset.ttl, LONGEST_KEPT))


def _text(record: Rdata) -> str:
    if isinstance(record, TXT):
        text = b"".join(record.strings).decode("ascii", "replace")
        return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)  # it is printed: strangers command no terminal
    if isinstance(record, MX):
        return f"{record.preference} {_host(record.exchange)}"
    return _host(record.target) if isinstance(record, PTR) else str(record)


def _host(name: Name) -> str:
    return name.to_text(omit_final_dot=len(name) > 1).lower()
