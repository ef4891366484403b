"""SPF (RFC 7208): is there one record, can receivers work it out, does it let everybody in, does it cover the relay."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network

from composer.dispatch.deliverability.answers import Asking, Judged, txt_line, unknown

MOST_LOOKUPS = 10
MOST_VOID = 2
"""RFC 7208 section 4.6.4; beyond either the result is permerror."""
_TERM = re.compile(r"([+?~-]?)(all|include|a|mx|ptr|ip4|ip6|exists)(?::([^\s/]+|[0-9A-Fa-f:.]+))?(/\d{1,3})?(//\d{1,3})?", re.IGNORECASE)
_MODIFIER = re.compile(r"([A-Za-z][\w.-]*)=(\S*)")
_ASKS = frozenset({"include", "a", "mx", "ptr", "exists"})


@dataclass
class _Walk:
    """One evaluation: what it cost, what is wrong, and which addresses it lets send."""

    asking: Asking
    addresses: Sequence[str]
    lookups: int = 0
    void: int = 0
    wrong: list[str] = field(default_factory=list)
    covered: set[str] = field(default_factory=set)
    unsure: bool = False
    """Macros, or names that could not be looked up: coverage cannot be told."""

    def record_of(self, domain: str) -> str | None:
        answer = self.asking.ask(domain, "TXT")
        if answer.failed:
            self.unsure = True
            return None
        records = [text for text in answer.values if text.lower() == "v=spf1" or text.lower().startswith("v=spf1 ")]
        if len(records) > 1:
            self.wrong.append(f"{domain} has {len(records)} SPF records: receivers take none of them")
        return records[0] if len(records) == 1 else None

    def into(self, domain: str, record: str, passes: str, trail: tuple[str, ...]) -> None:
        """Walk the terms of one record. `passes` is the qualifier by which this whole record counts."""
        redirect, ended = "", False
        for term in record.split()[1:]:
            modifier = _MODIFIER.fullmatch(term)
            if modifier:
                redirect = modifier[2] if modifier[1].lower() == "redirect" else redirect
                continue
            match = _TERM.fullmatch(term)
            if not match:
                self.wrong.append(f"{domain}: '{term[:60]}' is no SPF term")
                continue
            ended = ended or self._term(domain, match, passes, trail)
        if redirect and not ended:
            self._follow(redirect, passes, trail, "redirect")

    def _term(self, domain: str, match: re.Match[str], passes: str, trail: tuple[str, ...]) -> bool:
        """Walk one term; True where it is `all`, which ends the record."""
        qualifier, name, value = match[1] or "+", match[2].lower(), match[3] or ""
        if name == "all":
            if qualifier == "+" and passes == "+":
                self.wrong.append(f"{domain} ends with +all: everybody in the world may send as you")
            return True
        counts = qualifier == "+" and passes == "+"
        if name in _ASKS:
            self.lookups += 1
        if "%" in value:
            self.unsure = True
        elif name == "include":
            self._follow(value, "+" if counts else "-", trail, "include")
        elif name in ("ip4", "ip6"):
            self._network(domain, f"{value}{match[4] or ''}", counts)
        elif name in ("a", "mx"):
            self._hosts(value or domain, name, (match[4] or "", match[5] or ""), counts)
        elif name == "ptr":
            self.wrong.append(f"{domain} uses ptr, which receivers need not look at (RFC 7208 section 5.5)")
        return False

    def _follow(self, domain: str, passes: str, trail: tuple[str, ...], how: str) -> None:
        domain = domain.rstrip(".").lower()
        if how == "redirect":
            self.lookups += 1
        if domain in trail:
            self.wrong.append(f"{how} of {domain} goes round in a circle")
            return
        if self.lookups > MOST_LOOKUPS or "%" in domain:
            self.unsure = True
            return
        record = self.record_of(domain)
        if record is not None:
            self.into(domain, record, passes, (*trail, domain))
        elif not self.asking.ask(domain, "TXT").failed:
            self.wrong.append(f"{how} of {domain}, which has no SPF record")

    def _network(self, domain: str, text: str, counts: bool) -> None:
        try:
            network = ip_network(text, strict=False)
        except ValueError:
            self.wrong.append(f"{domain}: '{text[:60]}' is no network")
            return
        if counts:
            self.covered |= {a for a in self.addresses if ip_address(a).version == network.version and ip_address(a) in network}

    def _hosts(self, name: str, kind: str, lengths: tuple[str, str], counts: bool) -> None:
        hosts: Sequence[str] = [name]
        if kind == "mx":
            answer = self.asking.ask(name, "MX")
            self.unsure = self.unsure or bool(answer.failed)
            hosts = answer.values[:MOST_LOOKUPS]
            if not answer.failed and not hosts:
                self.void += 1
        for host in hosts:
            found = [self.asking.ask(host, which) for which in ("A", "AAAA")]
            self.unsure = self.unsure or any(answer.failed for answer in found)
            if kind == "a" and not any(answer.values or answer.failed for answer in found):
                self.void += 1
            for answer, length in zip(found, (lengths[0], lengths[1].removeprefix("/")), strict=True):
                for value in answer.values:
                    self._network(name, f"{value}{length}", counts)


def judge_spf(asking: Asking, domain: str, addresses: Sequence[str]) -> list[Judged]:
    """Judge the SPF record of a domain that stands in return paths. `addresses`: those our relay is known to send from, if any."""
    check = f"SPF {domain}"
    answer = asking.ask(domain, "TXT")
    if answer.failed:
        return [unknown(check, domain, "TXT", answer)]
    walk = _Walk(asking, addresses)
    record = walk.record_of(domain)
    if walk.wrong:
        return [Judged(check, False, walk.wrong[0] + ": make them one")]
    if record is None:
        who = " ".join(f"ip{ip_address(a).version}:{a}" for a in addresses) or "include:SPF-NAME-OF-YOUR-RELAY"
        return [Judged(check, False, "there is no SPF record: name who sends for you", txt_line(domain, f"v=spf1 {who} ~all"))]
    walk.into(domain, record, "+", (domain,))
    found = [Judged(check, False, what) for what in dict.fromkeys(walk.wrong)]
    if walk.lookups > MOST_LOOKUPS:
        found.append(
            Judged(check, False, f"asks for {walk.lookups} look-ups, receivers stop at {MOST_LOOKUPS}: replace include and a by addresses")
        )
    if walk.void > MOST_VOID:
        found.append(Judged(check, False, f"{walk.void} of its names have no address, receivers stop at {MOST_VOID}: take them out"))
    missing = [a for a in addresses if a not in walk.covered]
    if missing and not walk.unsure and not found:
        more = " ".join(f"ip{ip_address(a).version}:{a}" for a in missing)
        terms = record.split()
        found.append(
            Judged(
                check,
                None,
                f"does not name {', '.join(missing)}, the address of smtp.host: right only where the relay sends from others",
                txt_line(domain, " ".join([terms[0], more, *terms[1:]])),
            )
        )
    if found:
        return found
    if walk.unsure:
        return [Judged(check, None, "is there; some of its names could not be looked up or depend on the letter")]
    return [Judged(check, True, f"is there, {walk.lookups} of {MOST_LOOKUPS} look-ups")]
