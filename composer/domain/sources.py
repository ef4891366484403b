"""The library's source files as text, named by their version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Sources:
    """`files`: relative path (modules/..., templates/newsletter/...) -> text. `unreadable`: path -> why it could not be read."""

    files: Mapping[str, str]
    version: str
    unreadable: Mapping[str, str] = field(default_factory=dict)
