"""SPF (RFC 7208): reading a record with all it includes, and whether it lets an address send."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from composer.dispatch.deliverability.records import Answer, Records

MOST_LOOKUPS = 10
"""RFC 7208 section 4.6.4: include, a, mx, ptr, exists and redirect together."""
MOST_VOID = 2
"""Lookups that find nothing: more than two SHOULD be an error (section 4.6.4)."""
MOST_HOSTS = 10
"""Hosts of one mx (section 4.6.4)."""
FURTHEST = 2 * MOST_LOOKUPS
"""Lookups after which a walk stops counting: the record is far beyond what receivers follow."""
_TERM = re.compile(
    r"(?P<sign>[+?~-])?(?P<word>all|include|a|mx|ptr|ip4|ip6|exists)(?P<rest>[:/].*)?|(?P<modifier>[a-z][\w.-]*)=(?P<value>\S*)",
    re.IGNORECASE,
)
_CIDR = re.compile(r"(?P<spec>.*?)(?:/(?P<four>\d{1,2}))?(?://(?P<six>\d{1,3}))?", re.DOTALL)
_MACRO = re.compile(r"%(?:\{[slodiphcrtv]\d*r?[.\-+,/_=]*\}|%|_|-)", re.IGNORECASE)
_FAR = {"include", "a", "mx", "ptr", "exists"}


@dataclass(slots=True)
class Reading:
    """What one walk through a record and its includes found. `lookups` counts every term, as a receiver that no term suits does."""

    lookups: int = 0
    void: int = 0
    faults: list[str] = field(default_factory=list)
    """What makes receivers call the whole record an error (permerror)."""
    troubles: list[str] = field(default_factory=list)
    """Names that DNS could not tell about."""
    uses_ptr: bool = False
    ends: str = ""
    """The sign of `all` at the end, of the record or of where it redirects to; empty: there is none; "%": nobody knows."""


@dataclass(frozen=True, slots=True)
class Term:
    """A mechanism or modifier: sign, word in small letters, and what stands behind."""

    sign: str
    word: str
    spec: str
    four: int = 32
    six: int = 128


def spf_records(records: Records, domain: str) -> tuple[str, ...]:
    """The TXT records of a name that are SPF (RFC 7208 section 4.5): "v=spf1" and then a blank or the end."""
    return tuple(text for text in records.ask(domain, "TXT").values if re.match(r"v=spf1( |$)", text, re.IGNORECASE))


def terms(text: str) -> tuple[list[Term], list[str]]:
    """Read a record's terms, and say what is wrong with it."""
    found, faults = [], []
    for word in text.split(" ")[1:]:
        if not word:
            continue
        match = _TERM.fullmatch(word)
        term = _term(match) if match else None
        if term is None:
            faults.append(f"'{word}' is no term of SPF")
        else:
            found.append(term)
    words = [term.word for term in found]
    return found, faults + [f"'{word}=' stands there twice" for word in ("redirect", "exp") if words.count(word) > 1]


def _term(match: re.Match[str]) -> Term | None:
    if match["modifier"]:
        word = match["modifier"].lower()
        if word in {"redirect", "exp"} and not match["value"]:
            return None
        return Term("", word, match["value"])
    word, rest = match["word"].lower(), match["rest"] or ""
    sign = match["sign"] or "+"
    if word == "all":
        return None if rest else Term(sign, word, "")
    if word in {"ip4", "ip6"}:
        try:
            network = ip_network(rest.removeprefix(":"), strict=False)
        except ValueError:
            return None
        return Term(sign, word, str(network)) if rest.startswith(":") and network.version == int(word[2]) else None
    lengths = _CIDR.fullmatch(rest) if word in {"a", "mx"} else None
    spec = (lengths["spec"] if lengths else rest).removeprefix(":")
    if (not spec and (word in {"include", "exists"} or rest.startswith(":"))) or "%" in _MACRO.sub("", spec):
        return None
    four, six = int(lengths["four"] or 32) if lengths else 32, int(lengths["six"] or 128) if lengths else 128
    return Term(sign, word, spec, four, six) if four <= 32 and six <= 128 else None


def read(records: Records, domain: str) -> Reading:
    """Walk through the whole record as it stands, whatever address is asked about."""
    reading = Reading()
    reading.ends = _walk(records, domain, reading, ())
    if reading.lookups > MOST_LOOKUPS:
        reading.faults.append(f"it takes {reading.lookups} lookups; receivers stop at {MOST_LOOKUPS}")
    if reading.void > MOST_VOID:
        reading.faults.append(f"{reading.void} of its lookups find nothing; receivers stop at {MOST_VOID}")
    return reading


def _walk(records: Records, domain: str, reading: Reading, way: tuple[str, ...]) -> str:
    """Read one record into `reading` and return the sign of its `all`, or of the one it redirects to."""
    if domain in way:
        reading.faults.append(f"{domain} includes itself")
        return ""
    answer = records.ask(domain, "TXT")
    if answer.trouble:
        reading.troubles.append(domain)
        return "%"
    texts = spf_records(records, domain)
    if len(texts) != 1:
        reading.faults.append(f"{domain} has no SPF record" if not texts else f"{domain} has {len(texts)} SPF records")
        reading.void += not answer.values
        return ""
    found, faults = terms(texts[0])
    reading.faults += faults
    last = next((term for term in found if term.word == "all"), None)
    way = (*way, domain)
    for term in found if last is None else found[: found.index(last)]:
        if term.word in _FAR:
            _count(records, domain, term, reading, way)
    redirect = next((term for term in found if term.word == "redirect"), None)
    if last is not None:
        return last.sign
    if redirect is None:
        return ""
    reading.lookups += 1
    # Where a macro names the other record, nobody knows how it ends before there is a letter; nor is a chain followed for ever.
    return _walk(records, _bare(redirect.spec), reading, way) if "%" not in redirect.spec and reading.lookups <= FURTHEST else "%"


def _bare(spec: str) -> str:
    return spec.rstrip(".").lower()


def _count(records: Records, domain: str, term: Term, reading: Reading, way: tuple[str, ...]) -> None:
    reading.lookups += 1
    reading.uses_ptr |= term.word == "ptr"
    if "%" in term.spec or term.word == "ptr" or reading.lookups > FURTHEST:
        return
    target = _bare(term.spec) or domain
    if term.word == "include":
        _walk(records, target, reading, way)
        return
    answer = records.ask(target, "MX") if term.word == "mx" else records.addresses(target) if term.word == "a" else records.ask(target, "A")
    if answer.trouble:
        reading.troubles.append(target)
    elif not answer.values:
        reading.void += 1
    if term.word == "mx" and len(answer.values) > MOST_HOSTS:
        reading.faults.append(f"mx of {target} has {len(answer.values)} hosts; receivers stop at {MOST_HOSTS}")


def allows(records: Records, domain: str, address: str) -> str:
    """Return what the record says of mail from an address: pass, fail, softfail, neutral, none, permerror or temperror.

    `exists`, `ptr` and names with macros are taken as not suiting: they depend on the letter, or receivers may skip them.
    """
    return _host(records, domain, ip_address(address), [0], ())


_SAYS = {"+": "pass", "-": "fail", "~": "softfail", "?": "neutral"}


def _host(records: Records, domain: str, ip: IPv4Address | IPv6Address, spent: list[int], way: tuple[str, ...]) -> str:
    if domain in way:
        return "permerror"
    if records.ask(domain, "TXT").trouble:
        return "temperror"
    texts = spf_records(records, domain)
    if len(texts) != 1:
        return "none" if not texts else "permerror"
    found, faults = terms(texts[0])
    if faults:
        return "permerror"
    way = (*way, domain)
    for term in found:
        if term.word in _FAR:
            spent[0] += 1
            if spent[0] > MOST_LOOKUPS:
                return "permerror"
        if term.word == "include":
            inner = _host(records, _bare(term.spec), ip, spent, way) if "%" not in term.spec else "fail"
            if inner in {"permerror", "temperror", "none"}:
                return "temperror" if inner == "temperror" else "permerror"
            if inner == "pass":
                return _SAYS[term.sign]
            continue
        suits = _suits(records, domain, term, ip)
        if suits is None:
            return "temperror"
        if suits:
            return _SAYS[term.sign]
    redirect = next((term for term in found if term.word == "redirect"), None)
    if redirect is None or "%" in redirect.spec:
        return "neutral"
    spent[0] += 1
    if spent[0] > MOST_LOOKUPS:
        return "permerror"
    inner = _host(records, _bare(redirect.spec), ip, spent, way)
    return "permerror" if inner == "none" else inner


def _suits(records: Records, domain: str, term: Term, ip: IPv4Address | IPv6Address) -> bool | None:
    """Whether a term means the address; None: DNS could not tell, and then receivers do not go on (section 5)."""
    if term.word in {"ip4", "ip6"}:
        return ip in ip_network(term.spec)
    if term.word in {"a", "mx"} and "%" not in term.spec:
        found = list(_at(records, domain, term, ip))
        if any(_within(ip, term, address) for answer in found for address in answer.values):
            return True
        return None if any(answer.trouble for answer in found) else False
    return term.word == "all"


def _at(records: Records, domain: str, term: Term, ip: IPv4Address | IPv6Address) -> Iterator[Answer]:
    """The addresses that `a` or `mx` stands for, of the kind asked about."""
    hosts = [_bare(term.spec) or domain]
    if term.word == "mx":
        answer = records.ask(hosts[0], "MX")
        hosts = [value.partition(" ")[2] for value in answer.values[:MOST_HOSTS]]
        yield Answer(trouble=answer.trouble)
    for host in hosts:
        yield records.ask(host, "A" if ip.version == 4 else "AAAA")


def _within(ip: IPv4Address | IPv6Address, term: Term, address: str) -> bool:
    return ip in ip_network(f"{address}/{term.four if ip_address(address).version == 4 else term.six}", strict=False)
