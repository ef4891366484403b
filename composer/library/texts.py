"""Texts: bind `[[ key ]]` to the front matter's words, leaving merge fields open."""

from __future__ import annotations

import re
from collections.abc import Mapping

from markupsafe import escape

from composer.render.fields import TAG

KEY = re.compile(r"\[\[\s*([A-Za-z_][A-Za-z0-9_]*)\s*\]\]")


_SPACES = re.compile(r"[^\S\u00a0\u202f]+")


def keys(template: str) -> dict[str, int]:
    """Return the keys that `template` asks for, each with the offset of its first use."""
    found: dict[str, int] = {}
    for match in KEY.finditer(template):
        found.setdefault(match[1], match.start())
    return found


def bind_html(template: str, texts: Mapping[str, str]) -> str:
    """Put the texts in, escaped outside merge fields. A key without a text stays as it is.

    Escaped as Jinja escapes: what is bound now and what is merged later come out the same.
    """
    return KEY.sub(lambda match: _escaped(texts[match[1]]) if match[1] in texts else match[0], template)


def bind_text(template: str, texts: Mapping[str, str]) -> str:
    """Put the texts in as they are, each on one line. Spaces that hold a sum together (no-break) stay what they are."""
    return KEY.sub(lambda match: _SPACES.sub(" ", texts[match[1]]).strip() if match[1] in texts else match[0], template)


def _escaped(text: str) -> str:
    # Double quotes inside a merge field would end an attribute that the text is bound into; Jinja reads single ones alike.
    made, at = [], 0
    for tag in TAG.finditer(text):
        made += [str(escape(text[at : tag.start()])), tag[0].replace('"', "'")]
        at = tag.end()
    return "".join((*made, str(escape(text[at:]))))
