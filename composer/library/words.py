"""The linter of words: merge fields, [[ keys ]], and the lines readers see first."""

from __future__ import annotations

import re
from collections.abc import Mapping

from composer.library.front_matter import SourceFile
from composer.library.module_file import ModuleFile, Texts
from composer.library.texts import KEY, keys
from composer.render.fields import BLOCK_FIELDS, FIELDS, LINE_FIELDS, nearest, problems

_LINES = frozenset(("subject", "preheader", "title", "greeting_named", "greeting_plain"))
"""Texts that become one plain line: they may hold only the fields that lines are made from."""
_MOST_WORDS = 5000
FRAME_FIELDS = FIELDS.difference(BLOCK_FIELDS)
"""Fields a layout may use: link and call to action belong to a block."""


def check_words(
    source: SourceFile,
    texts: Texts,
    text: str,
    *,
    known: frozenset[str] = FIELDS,
    own_keys: frozenset[str],
    unused: frozenset[str] = frozenset(),
    shared: Mapping[str, Mapping[str, str]] | None = None,
) -> None:
    """Check the fields and keys of the body, of the text twin `text`, and of every text in the front matter.

    `unused` are keys that a page says and no letter.
    `shared` are the brand's words by language: checked where they stand, and not every layout uses all of them.
    """
    brand = shared or {}
    for problem in problems(source.body, known):
        source.in_body(problem.offset, problem.message)
    for problem in problems(text, known):
        source.in_text(("text",), text[problem.offset :].split("\n")[0][:40], problem.message)
    for (language, variant), words in texts.items():
        for key, value in words.items():
            if brand.get(language, {}).get(key) == value:
                continue
            if variant == "plain" or value != texts[language, "plain"][key]:
                _check_text(source, _path(language, variant, key), value, LINE_FIELDS if key in _LINES else known)
    asked = {**dict.fromkeys(keys(text), -1), **keys(source.body)}
    for key, offset in asked.items():
        _check_key(source, key, offset, texts, own_keys)
    for (language, variant), words in texts.items():
        for key in words:
            if variant == "plain" and key not in asked and key not in _LINES | unused and key not in brand.get(language, {}):
                source.at_key((language, key), f"[{language}] {key} is used nowhere: use [[ {key} ]] or remove it", "warning")


def check_shared_words(source: SourceFile, texts: Mapping[str, Mapping[str, str]]) -> None:
    """Check the words that brand.toml gives to every layout: language -> key -> text."""
    for language, words in texts.items():
        for key, value in words.items():
            _check_text(source, (language, key), value, LINE_FIELDS if key in _LINES else FRAME_FIELDS)


def check_languages(module: ModuleFile, wanted: frozenset[str]) -> None:
    """Check that the module speaks the layouts' languages, and that its variants exist in all of them."""
    source, languages = module.source, set(module.module.languages)
    for language in sorted(wanted - languages):
        source.add(1, 1, f"no texts in '{language}': readers of it never see this module; add [{language}]", "warning")
    for language in sorted(languages - wanted):
        source.at_key((language,), f"no layout has '{language}': add the language to a layout, or correct the table's name", "warning")
    for variant in module.module.variants:
        for language in sorted(languages):
            if (language, variant) not in module.texts:
                source.at_key((language,), f"no [{language}.{variant}]: readers of '{language}' get the plain texts", "warning")
    named = {name: language for language, openings in module.module.openings.items() for name in openings}
    for name, spoken in sorted(named.items()):
        for language in sorted(languages):
            if name not in module.module.openings.get(language, {}) and name not in module.module.variants:
                source.at_key((language,), f"no opening '{name}' in '{language}', [{spoken}] has one: add it", "warning")


def _check_text(source: SourceFile, path: tuple[str, ...], value: str, known: frozenset[str]) -> None:
    name = f"[{'.'.join(path[:-1])}] {path[-1]}"
    for problem in problems(value, known):
        source.in_text(path, value[problem.offset :].split("\n")[0][:40], problem.message)
    if len(value) > _MOST_WORDS:
        source.at_key(path, f"{name} has {len(value)} characters, {_MOST_WORDS} are allowed: cut it")
    if KEY.search(value):
        source.in_text(path, "[[", f"{name} holds a [[ key ]]: keys belong into the MJML, texts hold words and merge fields")
    if "\x00" in value or re.search(r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]", value):
        source.at_key(path, f"{name} holds a control character: remove it")


def _check_key(source: SourceFile, key: str, offset: int, texts: Texts, own_keys: frozenset[str]) -> None:
    if key in own_keys:
        return
    languages = sorted({language for language, _ in texts})
    missing = [language for language in languages if key not in texts[language, "plain"]]
    if not missing:
        return
    if len(missing) == len(languages):
        known = own_keys.union(*(texts[language, "plain"] for language in languages)) if languages else own_keys
        message = f"unknown key [[ {key} ]]: {nearest(key, known)}"
        if offset >= 0:
            source.in_body(offset, message)
        else:
            source.in_text(("text",), f"[[ {key} ]]", message + "; the text twin asks for it")
    for language in missing if len(missing) < len(languages) else ():
        source.at_key((language,), f"[{language}] has no {key}, which {'the body' if offset >= 0 else 'the text twin'} uses: add it")


def _path(language: str, variant: str, key: str) -> tuple[str, ...]:
    path = (language,) if variant == "plain" else (language, variant)
    return (*path, key) if key else path
