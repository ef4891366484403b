"""The names of providers during delivery.

With `manners.group = "domain"` a provider is who registered the domain, or its family. With "mx" it is who takes the domain's mail,
as far as that is known: letters to a domain of which nothing is known yet count for who registered it, and never wait for DNS.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from composer.dispatch.providers import domain_of, provider_of
from composer.store.mail_hosts import hosts_of

MOST_IN_MEMORY = 65_536


class Names:
    """What providers are called during one run: a domain keeps the name that it was called by first, so that counts add up."""

    def __init__(self, by_host: bool) -> None:
        self.by_host = by_host
        self._known: dict[str, str] = {}

    def of(self, address: str) -> str:
        """The provider that takes an address's mail; empty for no address."""
        domain = domain_of(address)
        name = self._known.get(domain)
        return name if name is not None else self._call(domain, ())

    def load(self, db: Connection, addresses: Iterable[str]) -> None:
        """Read what is known of the mail hosts of the addresses' domains."""
        new = {domain_of(address) for address in addresses} - self._known.keys() - {""}
        if self.by_host and new:
            hosts = hosts_of(db, new)
            for domain in new:
                self._call(domain, hosts.get(domain, ()))

    def _call(self, domain: str, hosts: Iterable[str]) -> str:
        if len(self._known) >= MOST_IN_MEMORY:
            self._known.clear()
        name = self._known[domain] = provider_of(domain, tuple(hosts)) if domain else ""
        return name
