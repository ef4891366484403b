"""What compiling leaves behind: strings with merge fields in them, and nothing that knows MJML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Fragment:
    """One module in one language, variant and style: Jinja sources with the recipient's fields, `link` and `cta` left open.

    `head` is the set of head rules the fragment needs (see library.compile); letters merge the heads of their blocks.
    `ctas` are the calls to action by journey stage; the empty stage is the module's own.
    """

    html: str
    text: str
    head: tuple[str, ...] = ()
    ctas: Mapping[str, str] = field(default_factory=dict)


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
    fragments: Mapping[tuple[str, str, str, str], Fragment]
    """(module, language, variant, style) -> Fragment. A slot of the layout names the style its blocks wear."""
    frames: Mapping[tuple[str, str], Frame]
    """(layout, language) -> Frame."""
