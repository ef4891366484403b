"""What every content module keeps to, in the repository's library and in the example's."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import pytest

from composer.library import OpenLibrary, open_library, read_sources
from tests.kept import KEPT

ROOT = Path(__file__).parents[2]
LIBRARIES = {"own": ROOT / "modules", "journey": ROOT / "examples" / "journey" / "modules"}
OPEN: dict[str, OpenLibrary] = {name: open_library(read_sources(folder, ROOT / "templates"), KEPT) for name, folder in LIBRARIES.items()}
FILES = [
    (name, str(file.relative_to(folder).with_suffix(""))) for name, folder in LIBRARIES.items() for file in sorted(folder.rglob("*.mjml"))
]
HEAVIEST = 12_000
"""Bytes of one module's HTML: six of them and the frame stay under the 60,000 that a letter aims at."""


@pytest.mark.parametrize(("library", "name"), FILES, ids="/".join)
def test_a_module_is_read_without_an_error(library: str, name: str) -> None:
    opened = OPEN[library]
    assert [finding for finding in opened.findings if finding.file == f"modules/{name}.mjml" and finding.severity == "error"] == []
    assert name in opened.library.names


@pytest.mark.parametrize(("library", "name"), FILES, ids="/".join)
def test_a_module_is_compiled_in_every_language_and_variant_with_a_text_twin(library: str, name: str) -> None:
    opened = OPEN[library]
    module = opened.library.modules[opened.library.index[name]]
    for language in module.languages:
        tones = {variant for (one, speech, variant, _) in opened.compiled.fragments if (one, speech) == (name, language)}
        wanted = {slot.style for layout in opened.library.layouts.values() for slot in layout.slots if layout.takes(slot, module.kind)}
        assert module.titles[language][:20] in opened.compiled.fragments[name, language, "plain", ""].text
        for tone, style in product(tones, {"", *wanted}):
            fragment = opened.compiled.fragments[name, language, tone, style]
            assert len(fragment.html.encode()) <= HEAVIEST
            assert "[[" not in fragment.html + fragment.text
            assert not re.search(r"</?mj-|mj-class", fragment.html)
            assert set(module.calls.get(language, ())) <= set(fragment.ctas)


@pytest.mark.parametrize(("library", "name"), FILES, ids="/".join)
def test_a_module_links_to_one_place_over_https(library: str, name: str) -> None:
    opened = OPEN[library]
    module = opened.library.modules[opened.library.index[name]]
    assert module.url.startswith("https://") or module.survey, "a question leads to a page of ours"
    assert "{{ link }}" in opened.compiled.fragments[name, module.languages[0], "plain", ""].text


@pytest.mark.parametrize("library", LIBRARIES)
def test_no_two_modules_say_the_same(library: str) -> None:
    modules = OPEN[library].library.modules
    for language in ("en", "fi"):
        titles = [module.titles[language] for module in modules if language in module.titles]
        assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_stranger_can_be_sent_a_whole_letter(library: str) -> None:
    generic = [module for module in OPEN[library].library.modules if module.generic]
    assert sum(min(2, sum(module.group == group for module in generic)) for group in {module.group for module in generic}) >= 4
