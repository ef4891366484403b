"""DMARC (RFC 9989, before RFC 7489): the policy a From domain is under, and what is aligned with it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from composer.dispatch.deliverability.keys import tags
from composer.dispatch.deliverability.records import Finding, Records, line
from composer.dispatch.providers import registrable

_POLICIES = {"none": "p=none: reports only", "quarantine": "p=quarantine", "reject": "p=reject"}
_LONGEST_WALK = 8
"""Labels a tree walk asks about at most (RFC 9989 section 4.10)."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What letters carry: the domain of From, of the return path, and those that sign (d=); none where nothing is signed here."""

    sender: str
    return_path: str
    signs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """A DMARC record and the domain it stands at."""

    domain: str
    tags: dict[str, str]


def policies(records: Records, domain: str) -> tuple[list[Policy], list[str]]:
    """Walk up from a domain (RFC 9989 section 4.10); return the records found, the nearest first, and names that nobody knows about."""
    found, troubles = [], []
    for name in _tree(domain):
        answer = records.ask(f"_dmarc.{name}", "TXT")
        if answer.trouble:
            troubles.append(f"_dmarc.{name}")
        texts = _dmarc_texts(answer.values)
        if len(texts) == 1 and (read := tags(texts[0])):
            found.append(Policy(name, read))
            if read.get("psd") == "n" or (read.get("psd") == "y" and name != domain):
                break
    return found, troubles


def _dmarc_texts(values: tuple[str, ...]) -> list[str]:
    return [text for text in values if re.match(r"v\s*=\s*DMARC1\s*(;|$)", text)]


def _tree(domain: str) -> Iterator[str]:
    labels = domain.split(".")
    yield domain
    for start in range(max(1, len(labels) - _LONGEST_WALK + 1), len(labels)):
        yield ".".join(labels[start:])


def organisation(records: Records, domain: str) -> str:
    """The organisational domain (RFC 9989 section 4.10.2): where the walk found the highest record, or below a public suffix's."""
    found, _ = policies(records, domain)
    for policy in found:
        if policy.tags.get("psd") == "n":
            return policy.domain
        if policy.tags.get("psd") == "y" and policy.domain != domain:
            return ".".join(domain.split(".")[-policy.domain.count(".") - 2 :])
    return found[-1].domain if found else registrable(domain)


def dmarc_findings(records: Records, sent: Sent) -> list[Finding]:
    """Judge the policy of the From domain, whether it reports, and whether SPF and DKIM count for it."""
    found, troubles = policies(records, sent.sender)
    top = registrable(sent.sender)
    advice = line(f"_dmarc.{top}", "TXT", f"v=DMARC1; p=none; rua=mailto:dmarc@{top}")
    if not found:
        own = records.ask(f"_dmarc.{top}", "TXT")
        if troubles:
            return [Finding("dmarc", troubles[0], "TXT", ok=None, detail=f"cannot be looked up: {records.ask(troubles[0], 'TXT').trouble}")]
        several = len(_dmarc_texts(own.values))
        says = f"there are {several} DMARC records, which counts as none: keep one" if several > 1 else _none(own.values)
        return [Finding("dmarc", f"_dmarc.{top}", "TXT", ok=False, detail=says, record=advice)]
    at = {policy.domain: policy for policy in found}  # the domain's own, the organisation's, or its public suffix's (section 4.10.1)
    policy = at.get(sent.sender) or at.get(organisation(records, sent.sender)) or found[-1]
    name = f"_dmarc.{policy.domain}"
    return [_policy(policy, name, sent), *_reports(records, policy, name), *_aligned(records, policy, sent)]


def _none(values: tuple[str, ...]) -> str:
    if any("dmarc1" in text.lower() for text in values):
        return "is no DMARC record: it must begin with v=DMARC1;"
    return "there is no DMARC record: Gmail, Yahoo and Outlook.com refuse bulk mail without one"


def _policy(policy: Policy, name: str, sent: Sent) -> Finding:
    asked = policy.tags.get("p", "none").lower()
    below = policy.domain != sent.sender
    counts = policy.tags.get("sp", asked).lower() if below else asked
    for tag, word in (("p", asked), ("sp", counts)):
        if word not in _POLICIES:
            fixed = {**policy.tags, tag: "none"}
            return Finding("dmarc", name, "TXT", ok=False, detail=f"{tag}={word} is no policy", record=line(name, "TXT", _text(fixed)))
    says = f"{_POLICIES[asked]}" if not below else f"{_POLICIES[asked]}, and sp={counts} for {sent.sender}"
    return Finding("dmarc", name, "TXT", ok=True, detail=says)


def _text(read: dict[str, str]) -> str:
    return "; ".join(f"{tag}={value}" for tag, value in read.items())


def _reports(records: Records, policy: Policy, name: str) -> Iterator[Finding]:
    """Where reports go, and whether those who live elsewhere take them (RFC 9990 section 4; RFC 7489 section 7.1)."""
    targets = [part.split("!")[0].strip() for part in policy.tags.get("rua", "").split(",") if part.strip()]
    if not targets:
        fixed = _text({**policy.tags, "rua": f"mailto:dmarc@{policy.domain}"})
        yield Finding(
            "dmarc",
            name,
            "TXT",
            ok=False,
            detail="asks for no reports (rua=): you would not hear of trouble",
            record=line(name, "TXT", fixed),
        )
    for target in targets:
        scheme, _, address = target.partition(":")
        domain = address.rpartition("@")[2].lower()
        if scheme.lower() != "mailto" or "@" not in address:
            yield Finding("dmarc", name, "TXT", ok=False, detail=f"rua={target} is no mailto: address")
            continue
        if registrable(domain) == registrable(policy.domain):
            continue
        place = f"{policy.domain}._report._dmarc.{domain}"
        answer = records.ask(place, "TXT")
        if not answer.trouble and not _dmarc_texts(answer.values):
            says = f"reports go to {domain}, which has not agreed to take them"
            yield Finding("dmarc", place, "TXT", ok=False, detail=says, record=line(place, "TXT", "v=DMARC1"))


def _aligned(records: Records, policy: Policy, sent: Sent) -> Iterator[Finding]:
    """DMARC passes where SPF or DKIM passed for a domain that is aligned with From (RFC 9989 section 4.4)."""

    def counts(domain: str, strict: bool) -> bool:
        if strict or domain == sent.sender:
            return domain == sent.sender
        return organisation(records, domain) == organisation(records, sent.sender)

    strict_dkim, strict_spf = (policy.tags.get(tag, "r").lower() == "s" for tag in ("adkim", "aspf"))
    dkim = any(counts(domain, strict_dkim) for domain in sent.signs)
    spf = counts(sent.return_path, strict_spf)
    name = f"_dmarc.{policy.domain}"
    if dkim and spf:
        yield Finding("alignment", name, "TXT", ok=True, detail="the signature's and the return path's domain count for the From domain")
        return
    if sent.signs and not dkim:
        wanted = f"sign as {sent.sender} itself (adkim=s)" if strict_dkim else f"sign as {sent.sender}"
        yield Finding("alignment", name, "TXT", ok=False, detail=f"the signature of {', '.join(sent.signs)} does not count: {wanted}")
    if not spf:
        wanted = f"take a return path at {sent.sender} itself (aspf=s)" if strict_spf else f"take a return path at {sent.sender} or below"
        says = f"the return path's domain {sent.return_path} does not count: {wanted}"
        yield Finding("alignment", name, "TXT", ok=None if dkim else False, detail=says)
    if not sent.signs:
        says = "letters are not signed here: unless the relay signs as the From domain, SPF alone carries them, and forwarding breaks it"
        yield Finding("alignment", name, "TXT", ok=None if spf else False, detail=says)
