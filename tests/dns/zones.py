"""The DNS of a sender who has done everything right, and ways to change one thing in it."""

from __future__ import annotations

from collections.abc import Mapping

from composer.dispatch.deliverability import Setup, judge
from composer.dispatch.deliverability.records import Answer, Finding, Question, Records, line
from composer.dispatch.deliverability.spf import allows, read
from composer.render.dkim import record
from tests.render.keys import signers

(RSA_NAME, RSA_STRINGS), (ED_NAME, ED_STRINGS) = map(record, signers())
RSA, ED = "".join(RSA_STRINGS), "".join(ED_STRINGS)
SETUP = Setup(
    sender="example.com",
    return_path="example.com",
    replies="example.com",
    keys=((RSA_NAME, RSA), (ED_NAME, ED)),
    signs=("example.com",),
    sends_from=("192.0.2.7",),
    links="news.example.com",
    targets=("www.example.com",),
)
Zone = Mapping[tuple[str, str], tuple[str, ...] | Answer]
GOOD: Zone = {
    ("example.com", "TXT"): ("v=spf1 ip4:192.0.2.0/28 -all", "other words"),
    ("example.com", "MX"): ("10 mail.example.com",),
    ("mail.example.com", "A"): ("192.0.2.7",),
    ("7.2.0.192.in-addr.arpa", "PTR"): ("mail.example.com",),
    (RSA_NAME, "TXT"): (RSA,),
    (ED_NAME, "TXT"): (ED,),
    ("_dmarc.example.com", "TXT"): ("v=DMARC1; p=none; rua=mailto:dmarc@example.com",),
    ("news.example.com", "A"): ("192.0.2.9",),
    ("www.example.com", "AAAA"): ("2001:db8::9",),
    ("_mta-sts.example.com", "TXT"): ("v=STSv1; id=1",),
    ("_smtp._tls.example.com", "TXT"): ("v=TLSRPTv1; rua=mailto:tls@example.com",),
}


def answers(zone: Zone, wanted: set[Question]) -> dict[Question, Answer]:
    found = {question: zone.get((question.name, question.type), ()) for question in wanted}
    return {question: value if isinstance(value, Answer) else Answer(value) for question, value in found.items()}


def found(zone: Zone, setup: Setup = SETUP) -> list[Finding]:
    """Judge until nothing is wanted any more."""
    known: dict[Question, Answer] = {}
    while True:
        records = Records(known)
        findings = judge(setup, records)
        if not records.wanted:
            return findings
        known |= answers(zone, records.wanted)


def known(zone: Zone, domain: str) -> Records:
    """All answers that reading the SPF record of a domain needs, for addresses too."""
    asked: dict[Question, Answer] = {}
    while True:
        records = Records(asked)
        read(records, domain)
        allows(records, domain, "192.0.2.7")
        allows(records, domain, "2001:db8::7")
        if not records.wanted:
            return records
        asked |= answers(zone, records.wanted)


def warnings(zone: Zone, setup: Setup = SETUP) -> list[Finding]:
    return [finding for finding in found(zone, setup) if finding.ok is not True]


RSA_LINE = line(RSA_NAME, "TXT", RSA)
DMARC = ("_dmarc.example.com", "TXT")


def spf(text: str, **more: tuple[str, ...]) -> Zone:
    return {**GOOD, ("example.com", "TXT"): (text,), **{(name, "TXT"): value for name, value in more.items()}}


def rsa(*texts: str) -> Zone:
    return {**GOOD, (RSA_NAME, "TXT"): texts}


def dmarc(*texts: str) -> Zone:
    return {**GOOD, DMARC: texts}


def ptr(*hosts: str) -> Zone:
    return {**GOOD, ("7.2.0.192.in-addr.arpa", "PTR"): hosts}


def mx(*values: str, **addresses: tuple[str, ...]) -> Zone:
    return {**GOOD, ("example.com", "MX"): values, **{(host, "A"): value for host, value in addresses.items()}}


def includes(count: int) -> dict[str, tuple[str, ...]]:
    return {f"i{number}.example": ("v=spf1 -all",) for number in range(count)}


def chain(count: int) -> str:
    """A record that includes `count` others and lets the address send."""
    return "v=spf1 ip4:192.0.2.7 " + " ".join(f"include:i{number}.example" for number in range(count)) + " -all"
