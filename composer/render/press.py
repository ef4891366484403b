"""The press: a compiled library with its templates made ready once, to print any number of letters.

It prints in two ways that must agree: by plates, which is what is sent, and by Jinja's sandbox, which is what a
template means. The sandbox costs hundreds of microseconds a letter and judges a sample of them (check M02).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from jinja2 import Template, UndefinedError

from composer.domain.fragment import Compiled, Fragment, Frame
from composer.errors import ComposerError
from composer.render.fields import environment
from composer.render.head import merge_head
from composer.render.measured import measured
from composer.render.plates import BETWEEN, Constants, Plates, checked_line

_CAMPAIGNS, _TEMPLATES = 16, 4096
"""Campaigns whose plates are kept, and templates of the sandbox: what is held depends on the library, not on the letters."""


class Press:
    """Holds the templates of one library version. Safe to share: printing changes nothing but the caches."""

    def __init__(self, compiled: Compiled) -> None:
        self._compiled = compiled
        html, text = environment(html=True), environment(html=False)
        self._html = lru_cache(_TEMPLATES)(html.from_string)
        self._text = lru_cache(_TEMPLATES)(text.from_string)
        self._frames = {key: measured(frame) for key, frame in compiled.frames.items()}
        self._plates = lru_cache(_CAMPAIGNS)(lambda constants: Plates(constants, self.frame, self.fragment))

    def plates(self, constants: Constants) -> Plates:
        """Return the plates of a campaign, engraved as they are first asked for."""
        return self._plates(constants)

    def frame(self, layout: str, language: str) -> Frame:
        """Return the frame; ComposerError where the library has none for this language."""
        try:
            return self._frames[layout, language]
        except KeyError:
            raise ComposerError(
                f"no layout '{layout}' in '{language}'",
                where="library",
                do="Add the language's texts to the layout, or leave the language out.",
            ) from None

    def fragment(self, module: str, language: str, variant: str, style: str = "") -> Fragment:
        """Return the fragment; where the library has no such variant in this language the plain one, where no such style the plain look."""
        fragments = self._compiled.fragments
        for key in ((variant, style), ("plain", style), (variant, ""), ("plain", "")):
            if found := fragments.get((module, language, *key)):
                return found
        raise ComposerError(
            f"no module '{module}' in '{language}'", where="library", do="Restore the module or its texts in this language."
        )

    def line(self, source: str, values: Mapping[str, str]) -> str:
        """Merge one line of plain text: a subject, a preheader, a greeting."""
        return _merge(self._text(checked_line(source)), values) if "{" in source else source

    def html(
        self, frame: Frame, fragments: list[Fragment], values: Mapping[str, str], links: list[str], calls: list[str] | None = None
    ) -> str:
        """Merge a whole letter's HTML in the sandbox; every value is escaped, exactly once.

        `calls` name the stage of each block's call to action.
        """
        rules = frozenset(frame.head).union(*(fragment.head for fragment in fragments))
        blocks = [_merge(self._html(fragment.html), fields) for fragment, fields in _blocks(fragments, values, links, calls)]
        return "".join(
            (
                _merge(self._html(frame.html_start), values),
                merge_head(rules),
                _merge(self._html(frame.html_open), values),
                *blocks,
                _merge(self._html(frame.html_close), values),
            )
        )

    def text(
        self, frame: Frame, fragments: list[Fragment], values: Mapping[str, str], links: list[str], calls: list[str] | None = None
    ) -> str:
        """Merge the text twin in the sandbox: the same blocks in the same order."""
        blocks = [_merge(self._text(fragment.text.strip()), fields) for fragment, fields in _blocks(fragments, values, links, calls)]
        opening, closing = (_merge(self._text(part.strip()), values) for part in (frame.text_open, frame.text_close))
        return BETWEEN.join((opening, *blocks, closing)) + "\n"


def _blocks(
    fragments: list[Fragment], values: Mapping[str, str], links: list[str], calls: list[str] | None
) -> Iterator[tuple[Fragment, dict[str, str]]]:
    """Yield each fragment with its merge values: a stage without a call of its own gets the module's."""
    for fragment, link, stage in zip(fragments, links, calls or [""] * len(links), strict=True):
        yield fragment, {**values, "link": link, "cta": fragment.ctas.get(stage, fragment.ctas.get("", ""))}


def _merge(template: Template, values: Mapping[str, str]) -> str:
    try:
        return template.render(values)
    except UndefinedError as error:
        raise ComposerError(f"merge field without a value: {error.message}", where="library", do="Run 'composer modules lint'.") from None
