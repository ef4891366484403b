"""Settle the language of each letter: the reader's own, as near as layout and modules speak it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from composer.domain.audience import Audience, Codes
from composer.domain.content import Layout, Library
from composer.domain.language import lookup


def spoken_languages(library: Library, layout: Layout) -> tuple[str, ...]:
    """Return the languages of the layout that at least one module speaks too."""
    return tuple(language for language in layout.languages if any(language in module.languages for module in library.modules))


def settle_language(audience: Audience, spoken: Sequence[str]) -> Audience:
    """Return the audience with every language replaced by the nearest of `spoken`, "not known" where there is none."""
    words = audience.language.words
    nearest = [lookup(word, spoken) for word in words]
    known = tuple(sorted({word for word in nearest if word}))
    codes = np.array([known.index(word) if word else -1 for word in nearest] + [-1], dtype=np.int32)
    return replace(audience, language=Codes(codes[audience.language.codes], known))
