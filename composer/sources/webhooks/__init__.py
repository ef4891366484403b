"""Webhooks: what mail providers report over HTTP. One provider a file, found by file name; the name stands in the URL.

Adding a provider: a file here with `NEEDS`, the setting it cannot do without ("" for none), `ready(hooks) -> bool` and
`read(call, hooks) -> Told`. Who calls has already shown the secret of the URL; `read` checks the provider's signature
where there is one (Unsigned), reads the body (Malformed), and returns what it says as notices. It fetches nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from composer.domain.notice import Notice

LONGEST_DELAY = timedelta(days=1)
"""How old, or how far ahead, a signed time may be: providers repeat a call for hours where we were away."""


class Unsigned(Exception):
    """The call is not from the provider, as far as can be told; its words say why, for the log."""


class Malformed(Exception):
    """The body is not what the provider sends."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request: header names in lower case, the body's bytes, and when it came."""

    headers: Mapping[str, str]
    body: bytes
    now: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """What a call says. `strange` is (subject, text) of what a person must see; the same again is kept once.

    `once` names a signature that covers the time and not the body: with another body it is refused.
    """

    notices: tuple[Notice, ...] = ()
    strange: tuple[tuple[str, str], ...] = ()
    once: str = ""
