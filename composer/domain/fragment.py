"""What compiling leaves behind: strings with merge fields in them, and nothing that knows MJML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Fragment:
    """One module in one language and variant: Jinja sources with only recipient fields left open.

    `head` is the set of head rules the fragment needs (see library.compile); letters merge the heads of their blocks.
    """

    html: str
    text: str
    head: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Frame:
    """A layout in one language: HTML before the head rules, from there to the blocks, after the blocks; and the text twin.

    `head` is what the frame itself needs of head rules; `texts` are the layout's texts by key, the greetings among them.
    """

    html_start: str
    html_open: str
    html_close: str
    text_open: str
    text_close: str
    head: tuple[str, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Compiled:
    """Every fragment and frame of one library version."""

    version: str
    fragments: Mapping[tuple[str, str, str], Fragment]
    """(module, language, variant) -> Fragment."""
    frames: Mapping[tuple[str, str], Frame]
    """(layout, language) -> Frame."""
