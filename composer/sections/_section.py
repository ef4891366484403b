"""What every section is made of, and the forms that several of them check."""

from __future__ import annotations

import re
from ipaddress import ip_address

from pydantic import BaseModel, ConfigDict

PLACE = re.compile(r"(?:\[([0-9a-fA-F:.]+)\]|([\w.-]+)):(\d{1,5})", re.ASCII)


def host_and_port(place: str) -> tuple[str, int]:
    """Read "127.0.0.1:8024" or "[::1]:8024". Raises ValueError for anything else."""
    match = PLACE.fullmatch(place.strip())
    if not match or int(match[3]) > 65535:
        raise ValueError('is no host and port such as "127.0.0.1:8024"')
    return match[1] or match[2], int(match[3])


def is_loopback(host: str) -> bool:
    """Tell whether only this machine is meant."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)
