"""The library: modules and layouts, read from files, linted, and compiled once to fragments.

Adding a content module: a file `modules/KIND/NAME.mjml`; docs/modules.md shows the form. Nothing else changes.
"""

from __future__ import annotations

from composer.domain.sources import Sources
from composer.library.cache import Cache, open_cache
from composer.library.finding import LintFinding
from composer.library.opening import OpenLibrary, lint, open_library
from composer.library.sources import make_sources, read_sources, stamp_of, with_files

__all__ = [
    "Cache",
    "LintFinding",
    "OpenLibrary",
    "Sources",
    "lint",
    "make_sources",
    "open_cache",
    "open_library",
    "read_sources",
    "stamp_of",
    "with_files",
]
