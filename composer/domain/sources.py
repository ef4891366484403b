"""The library's source files as text, named by their version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256


@dataclass(frozen=True)
class Sources:
    """Relative path ("modules/guide/x.mjml", "templates/newsletter/newsletter.mjml") -> text.

    `unreadable` tells of files that could not be taken: path -> why. `version` is a hash of it all and of the
    compiler: the same version renders the same bytes.
    """

    files: Mapping[str, str]
    version: str
    unreadable: Mapping[str, str] = field(default_factory=dict)
    pictures: Mapping[str, bytes] = field(default_factory=dict)
    """File name in templates/pictures -> its bytes."""


def picture_file(name: str, data: bytes) -> str:
    """Return the name a picture is served under, NAME.HASH.ENDING: another content has another name, so it may be kept for ever."""
    stem, _, ending = name.rpartition(".")
    return f"{stem}.{sha256(data).hexdigest()[:8]}.{ending}"
