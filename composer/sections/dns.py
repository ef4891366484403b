"""The section that tells how DNS is asked, and what for."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_address
from typing import Annotated

from pydantic import BeforeValidator, field_validator

from composer.sections._section import PLACE, Section, host_and_port
from composer.spans import Span, off


def _alone(value: object) -> object:
    """A list that says no more than "off", as the environment gives it, is off."""
    return off(value[0] if isinstance(value, list) and len(value) == 1 and off(value[0]) is None else value)


class Dns(Section):
    servers: Annotated[tuple[str, ...] | None, BeforeValidator(_alone)] = ()
    timeout: Span = timedelta(seconds=5)
    sends_from: tuple[str, ...] = ()

    @field_validator("servers")
    @classmethod
    def _servers(cls, servers: tuple[str, ...] | None) -> tuple[str, ...] | None:
        for server in servers or ():
            try:
                server_and_port(server)
            except ValueError:
                raise ValueError(
                    f"'{server}' is no address of a DNS server such as 192.0.2.53, 192.0.2.53:5353 or [2001:db8::53]:53"
                ) from None
        return servers

    @field_validator("sends_from")
    @classmethod
    def _addresses(cls, addresses: tuple[str, ...]) -> tuple[str, ...]:
        try:
            return tuple(str(ip_address(address.strip())) for address in addresses)
        except ValueError as error:
            raise ValueError(f"{error}: write addresses such as 203.0.113.5") from None


def server_and_port(server: str) -> tuple[str, int]:
    """Read "192.0.2.53", "192.0.2.53:5353", "2001:db8::53" or "[2001:db8::53]:53". Raises ValueError for anything else."""
    text = server.strip()
    host, port = host_and_port(text) if PLACE.fullmatch(text) else (text, 53)
    if not port:
        raise ValueError(server)
    return str(ip_address(host)), port
