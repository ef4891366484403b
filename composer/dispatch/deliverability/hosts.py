"""Hosts: do our addresses have names that lead back to them, can answers arrive, does the page behind our links exist."""

from __future__ import annotations

from ipaddress import ip_address

from composer.dispatch.deliverability.answers import Answer, Asking, Judged, unknown


def judge_reverse(asking: Asking, address: str) -> Judged:
    """Judge the PTR of an address that letters leave from: a name, and that name's address the same (RFC 1912 section 2.1)."""
    check, name = f"PTR {address}", ip_address(address).reverse_pointer
    answer = asking.ask(name, "PTR")
    if answer.failed:
        return unknown(check, name, "PTR", answer)
    if not answer.values:
        return Judged(check, False, "the address has no name: Gmail and Yahoo refuse it; ask whoever gave you the address for one")
    kind, wanted = ("A" if ip_address(address).version == 4 else "AAAA"), ip_address(address)
    for host in answer.values[:10]:
        back = asking.ask(host, kind)
        if back.failed:
            return unknown(check, host, kind, back)
        if any(ip_address(value) == wanted for value in back.values):
            return Judged(check, True, f"{host.rstrip('.')}, and back")
    return Judged(
        check,
        False,
        f"its name {answer.values[0].rstrip('.')} does not lead back to it",
        f"{answer.values[0].rstrip('.')}. IN {kind} {address}",
    )


def judge_inbox(asking: Asking, domain: str, what: str) -> Judged:
    """Judge whether mail to a domain can arrive: `what` comes there. Without MX the domain's own address is tried (RFC 5321 5.1)."""
    check = f"MX {domain}"
    answer = asking.ask(domain, "MX")
    if answer.failed:
        return unknown(check, domain, "MX", answer)
    if answer.values in ((".",), ("",)):
        return Judged(check, False, f"the domain takes no mail (null MX, RFC 7505), but {what} come there")
    host = answer.values[0] if answer.values else domain
    found = _addresses(asking, host)
    if found.failed:
        return unknown(check, host, "A", found)
    if found.values:
        return Judged(check, True, f"{what} arrive at {host.rstrip('.')}" + ("" if answer.values else ", without an MX record"))
    why = f"{host.rstrip('.')} has no address" if answer.values else "there is neither MX nor address"
    return Judged(check, False, f"{what} cannot arrive: {why}")


def judge_pages(asking: Asking, host: str) -> Judged:
    """Judge whether the host of unsubscribe and preference pages has an address."""
    check = f"pages {host}"
    found = _addresses(asking, host)
    if found.failed:
        return unknown(check, host, "A", found)
    if found.values:
        return Judged(check, True, "has an address")
    return Judged(check, False, "has no address: nobody can unsubscribe. Correct web.base_url, or add the host to DNS")


def _addresses(asking: Asking, host: str) -> Answer:
    four, six = asking.ask(host, "A"), asking.ask(host, "AAAA")
    if four.values or six.values:
        return Answer((*four.values, *six.values))
    return four if four.failed else six
