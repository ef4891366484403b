"""Hosts and addresses: PTR records that lead back, MX that takes answers, the host of the links, and what mail that comes in may tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from composer.dispatch.deliverability.records import Finding, Records, line, reverse_name


def ptr_finding(records: Records, address: str, domain: str) -> Finding:
    """Judge the name of a sending address: it has one, and the name leads back (Gmail, Yahoo and iCloud demand it).

    `domain` is the sender's, for the record to add.
    """
    name = reverse_name(address)
    answer = records.ask(name, "PTR")
    if answer.trouble:
        return Finding("ptr", name, "PTR", ok=None, detail=f"cannot be looked up: {answer.trouble}")
    advice = "whoever gave you the address sets this record"
    if not answer.values:
        return Finding("ptr", name, "PTR", ok=False, detail=f"{address} has no name: {advice}", record=line(name, "PTR", f"mail.{domain}."))
    for host in answer.values:
        if address in records.addresses(host).values:
            return Finding("ptr", name, "PTR", ok=True, detail=f"{address} is {host}, and that leads back to it")
    host = answer.values[0]
    kind = "AAAA" if ":" in address else "A"
    if trouble := records.addresses(host).trouble:
        return Finding("ptr", name, "PTR", ok=None, detail=f"{address} is {host}, which cannot be looked up: {trouble}")
    says = f"{address} is {host}, but that does not lead back to it"
    return Finding("ptr", host, kind, ok=False, detail=says, record=line(host, kind, address))


def mx_finding(records: Records, domain: str, what: str) -> Finding:
    """Judge whether mail for a domain arrives. `what` comes there: "answers", "bounces"."""

    def found(says: str, record: str = "", *, ok: bool | None = False) -> Finding:
        return Finding("mx", domain, "MX", ok, says, record)

    advice = line(domain, "MX", f"10 mail.{domain}.")
    answer = records.ask(domain, "MX")
    if answer.trouble:
        return found(f"cannot be looked up: {answer.trouble}", ok=None)
    if not answer.values:
        own = records.addresses(domain)
        if own.values:
            return found(f"{what} go to {domain} itself, for there is no MX: many systems take that for a mistake", advice)
        return found(f"there is neither MX nor address: {what} come back", advice)
    hosts = [value.partition(" ")[2] for value in answer.values]
    if any(host in {"", "."} for host in hosts):
        return found(
            f"says that the domain takes no mail (RFC 7505): {what} come back, and many systems refuse letters from such a domain", advice
        )
    dead = [host for host in hosts if not records.addresses(host).values and not records.addresses(host).trouble]
    if len(dead) == len(hosts):
        return found(f"none of its hosts has an address ({', '.join(dead)}): {what} come back", line(dead[0], "A", "(its address)"))
    if dead:
        return found(f"{', '.join(dead)} has no address", line(dead[0], "A", "(its address)"))
    return found(f"{what} go to {hosts[0]}", ok=True)


def link_finding(records: Records, host: str) -> Finding:
    """Judge the host of every link for unsubscribing, preferences and reasons."""
    answer = records.addresses(host)
    if answer.values:
        return Finding("links", host, "A", ok=True, detail="the host of the letters' links is there")
    if answer.trouble:
        return Finding("links", host, "A", ok=None, detail=f"cannot be looked up: {answer.trouble}")
    says = "the host of the letters' links is not in DNS: nobody could unsubscribe"
    return Finding("links", host, "A", ok=False, detail=says, record=line(host, "A", "(the address of your web server)"))


MOST_TARGETS = 40
"""Hosts of modules' links that are looked up: a library leads to few."""


def target_findings(records: Records, hosts: Sequence[str]) -> Iterator[Finding]:
    """Judge the hosts that the modules' links lead to: one that is not in DNS is a dead end for readers."""
    for host in hosts[:MOST_TARGETS]:
        answer = records.addresses(host)
        if answer.trouble and not answer.values:
            yield Finding("targets", host, "A", ok=None, detail=f"cannot be looked up: {answer.trouble}")
        elif answer.values:
            yield Finding("targets", host, "A", ok=True, detail="the host of modules' links is there")
        else:
            yield Finding("targets", host, "A", ok=False, detail="modules link to it, and it is not in DNS: readers come to a dead end")


def incoming_notes(records: Records, domain: str) -> Iterator[Finding]:
    """MTA-STS (RFC 8461) and TLS reports (RFC 8460) are about mail that comes in: told of, never warned about."""
    for check, name, mark in (("mta-sts", f"_mta-sts.{domain}", "v=STSv1"), ("tls-rpt", f"_smtp._tls.{domain}", "v=TLSRPTv1")):
        has = any(text.startswith(mark) for text in records.ask(name, "TXT").values)
        says = "is there" if has else "is not there; it would protect mail that comes in, not letters"
        yield Finding(check, name, "TXT", ok=has or None, detail=says)
