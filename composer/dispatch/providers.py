"""Which provider takes a domain's mail: pace, rest and trouble are theirs, not each domain's.

A provider is named by its best-known registrable domain (publicsuffix.org, ICANN section). Families of domains that one system
takes are one provider; where the domain's MX hosts are known, so are the thousands of domains hosted there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from ipaddress import ip_address

import idna
from publicsuffixlist import PublicSuffixList

_FAMILIES: Mapping[str, str] = {
    "google.com": "gmail.com googlemail.com",
    "microsoft.com": "outlook.com hotmail.com live.com msn.com passport.com windowslive.com",
    "yahoo.com": "ymail.com rocketmail.com aol.com aim.com verizon.net myyahoo.com netscape.net",
    "apple.com": "icloud.com me.com mac.com",
    "gmx.net": "gmx.com gmx.de gmx.at gmx.ch web.de mail.com email.com usa.com",
    "t-online.de": "magenta.de",
    "mail.ru": "bk.ru inbox.ru list.ru internet.ru",
    "yandex.ru": "yandex.com ya.ru narod.ru",
    "qq.com": "foxmail.com",
    "163.com": "126.com yeah.net 188.com",
    "proton.me": "protonmail.com protonmail.ch pm.me",
    "zoho.com": "zohomail.com zoho.eu",
    "fastmail.com": "fastmail.fm messagingengine.com",
    "orange.fr": "wanadoo.fr",
    "free.fr": "aliceadsl.fr libertysurf.fr",
    "sfr.fr": "neuf.fr cegetel.net club-internet.fr",
    "libero.it": "virgilio.it inwind.it iol.it blu.it",
    "elisa.fi": "elisanet.fi kolumbus.fi saunalahti.fi",
    "telia.fi": "inet.fi sonera.fi pp.inet.fi",
    "dna.fi": "dnainternet.net",
    "comcast.net": "xfinity.com",
    "charter.net": "spectrum.net rr.com twc.com brighthouse.com",
}
"""Provider -> domains whose mailboxes it holds. Facts from the providers' own public pages and MX records."""

_COUNTRY_WIDE = {
    "yahoo": "yahoo.com",
    "hotmail": "microsoft.com",
    "live": "microsoft.com",
    "outlook": "microsoft.com",
    "yandex": "yandex.ru",
}
"""First label -> provider, where the provider has mailboxes under that label in many countries (yahoo.co.uk, hotmail.fr)."""

_HOSTS: Mapping[str, str] = {
    "google.com": "google.com",
    "googlemail.com": "google.com",
    "outlook.com": "microsoft.com",
    "hotmail.com": "microsoft.com",
    "office365.us": "microsoft.com",
    "microsoft": "microsoft.com",
    "yahoodns.net": "yahoo.com",
    "icloud.com": "apple.com",
    "ui-dns.de": "gmx.net",
    "kundenserver.de": "ionos.com",
    "1and1.com": "ionos.com",
    "ionos.co.uk": "ionos.com",
    "yandex.net": "yandex.ru",
    "netease.com": "163.com",
    "mxhichina.com": "aliyun.com",
    "pphosted.com": "proofpoint.com",
    "ppe-hosted.com": "proofpoint.com",
    "gpphosted.com": "proofpoint.com",
    "barracudanetworks.com": "barracuda.com",
    "messagelabs.com": "broadcom.com",
    "iphmx.com": "cisco.com",
    "in.tmes.trendmicro.eu": "trendmicro.com",
    "trendmicro.eu": "trendmicro.com",
    "hornetsecurity.com": "hornetsecurity.com",
    "antispameurope.com": "hornetsecurity.com",
    "ovh.net": "ovhcloud.com",
    "gandi.net": "gandi.net",
    "secureserver.net": "godaddy.com",
    "emailsrvr.com": "rackspace.com",
    "zoho.eu": "zoho.com",
    "protonmail.ch": "proton.me",
    "messagingengine.com": "fastmail.com",
}
"""Registrable domain of an MX host -> provider; other hosts name their provider by their own registrable domain."""

_BY_DOMAIN = {domain: provider for provider, domains in _FAMILIES.items() for domain in (provider, *domains.split())}
_RESERVED = frozenset({"example.com", "example.net", "example.org"})
"""Kept for examples and tests (RFC 2606 section 3), where names below them stand for as many strangers."""
_GATEWAY = re.compile(r"mimecast")
NOBODY = "unknown"
"""The provider of what is no domain."""


@lru_cache(maxsize=1)
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList(only_icann=True)


def provider_of(domain: str, mx: Sequence[str] = ()) -> str:
    """Return the provider of a mail domain: lower case, ASCII, never empty.

    `mx` are the names of its MX hosts, the preferred first, where they are known. A domain of a known family is that family's in any case.
    """
    family = _own(domain)
    return family if family in _FAMILIES or not mx else _by_host(mx[0], family)


def domain_of(address: str) -> str:
    """The part behind the last @."""
    return address.rpartition("@")[2]


@lru_cache(maxsize=16_384)
def _own(domain: str) -> str:
    name = registrable(domain)
    if name in _BY_DOMAIN:
        return _BY_DOMAIN[name]
    if name in _RESERVED:
        return ".".join(_ascii(domain).split(".")[-3:])
    label, _, suffix = name.partition(".")
    return _COUNTRY_WIDE.get(label, name) if suffix and _suffixes().is_public(suffix) else name


@lru_cache(maxsize=16_384)
def _by_host(host: str, otherwise: str) -> str:
    for tail in _tails(_ascii(host)):
        if tail in _HOSTS:
            return _HOSTS[tail]
    name = registrable(host)
    if name == NOBODY:
        return otherwise
    return "mimecast.com" if _GATEWAY.match(name) else _BY_DOMAIN.get(name, name)


def _tails(name: str) -> Iterator[str]:
    labels = name.split(".")
    return (".".join(labels[start:]) for start in range(len(labels)))


def registrable(domain: str) -> str:
    """The part of a domain that somebody registered (RFC 9499), as an A-label; the domain itself where it is a suffix or one label.

    An address literal (RFC 5321 4.1.3) stands for itself.
    """
    name = _ascii(domain)
    if not name:
        return NOBODY
    if _is_literal(name):
        return name
    return _suffixes().privatesuffix(name) or name


def _ascii(domain: str) -> str:
    name = domain.strip().rstrip(".").lower()
    if name.isascii():
        return name
    try:
        return idna.encode(name, uts46=True).decode()
    except idna.IDNAError:
        return name.encode("punycode").decode() if name else ""


def _is_literal(name: str) -> bool:
    try:
        ip_address(name.removeprefix("[").removesuffix("]").removeprefix("ipv6:"))
    except ValueError:
        return False
    return True
