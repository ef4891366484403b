"""A module's file: its front matter as a ContentModule, its texts by language and variant, its MJML body."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from composer.domain.content import PLAIN, ContentModule, Opening
from composer.library.finding import Edit
from composer.library.front_matter import SourceFile, is_language
from composer.library.module_rules import RULES, read_rules
from composer.library.parts import Shared, settle
from composer.library.pictures import address
from composer.library.survey_file import KEYS as SURVEY_KEYS
from composer.library.survey_file import TABLE, read_survey
from composer.render.fields import PERSON_FIELDS, nearest
from composer.render.links import host_of

DEFAULT_TEXT = "[[ title ]]\n\n[[ body ]]\n\n[[ cta ]]: {{ link }}"
REQUIRED = ("subject", "preheader", "title")
_TABLES = ("url_by_stage", "sample", TABLE)
_SINGLE = ("group", "generic", "sensitive", "worth", "url", "picture", "text")
KEYS = frozenset((*RULES, *_TABLES, *_SINGLE, *SURVEY_KEYS))
CALLS, OPENINGS = "cta_by_stage", "openings"
"""Tables of a language that are no tone."""
_NAME = re.compile(r"modules/([a-z0-9][a-z0-9-]*)/([a-z0-9][a-z0-9-]*)\.mjml")

Texts = Mapping[tuple[str, str], Mapping[str, str]]
"""(language, variant) -> key -> text."""


@dataclass(frozen=True)
class ModuleFile:
    """A module as written, brand values put in. `text` is its text-twin template."""

    source: SourceFile
    module: ContentModule
    texts: Texts
    text: str
    calls: Mapping[str, Mapping[str, str]]
    """Language -> journey stage -> call to action."""
    sample: Mapping[str, str]
    """Merge values it is shown with."""


def read_module(source: SourceFile, shared: Shared, pictures: Mapping[str, bytes]) -> ModuleFile | None:
    """Read the front matter; what is wrong goes to `source.findings`. None where there is no module at all."""
    values = source.values
    named = _NAME.fullmatch(source.file)
    if not named:
        source.add(1, 1, "a module is modules/KIND/NAME.mjml, in small letters, digits and hyphens: rename the file")
    if source.broken or named is None:
        return None
    tables = {key: value for key, value in values.items() if isinstance(value, dict)}
    for key in values:
        if key not in KEYS and not (key in tables and is_language(key)):
            source.at_key((key,), f"unknown key '{key}': {nearest(key, KEYS)}; a language's texts are a table like [en]")
    if not isinstance(values.get("group"), str) or not values["group"].strip():
        source.at_key(("group",), "group is missing: name the group of modules this one belongs to; a letter holds two of a group at most")
    spoken = {key: value for key, value in tables.items() if is_language(key)}
    texts = read_texts(source, spoken, REQUIRED)
    calls = {language: words for language, table in spoken.items() if (words := _strings(source, (language, CALLS), table))}
    picture = _picture(source, pictures)
    settle(source, shared, {"picture": address(picture, pictures.get(picture, b""))} if picture else {}, layout=False)
    languages = tuple(sorted({language for language, _ in texts}))
    plain = {language: texts[language, PLAIN] for language in languages}
    name = f"{named[1]}/{named[2]}"
    module = ContentModule(
        name=name,
        kind=named[1],
        group=str(values.get("group", "")),
        languages=languages,
        variants=(PLAIN, *sorted({variant for _, variant in texts} - {PLAIN})),
        **read_rules(source, name),
        generic=_typed(source, "generic", bool, False),
        sensitive=_typed(source, "sensitive", bool, False),
        worth=_worth(source),
        url=_url(source, ("url",), _typed(source, "url", str, "")),
        urls={stage: _url(source, ("url_by_stage", stage), url) for stage, url in _strings(source, ("url_by_stage",), values).items()},
        subjects={language: words.get("subject", "") for language, words in plain.items()},
        preheaders={language: words.get("preheader", "") for language, words in plain.items()},
        titles={language: words.get("title", "") for language, words in plain.items()},
        openings={language: _openings(source, language, table, texts) for language, table in spoken.items()},
        tones={language: tuple(tone for one, tone in texts if one == language) for language in languages},
        calls={language: tuple(sorted(words)) for language, words in calls.items()},
        picture=picture,
        survey=read_survey(source, plain),
    )
    return ModuleFile(source, module, texts, _typed(source, "text", str, DEFAULT_TEXT).strip(), calls, _sample(source))


def read_texts(
    source: SourceFile,
    tables: Mapping[str, Mapping[str, Any]],
    required: tuple[str, ...],
    shared: Mapping[str, Mapping[str, str]] | None = None,
) -> Texts:
    """Return the texts of every language, over the `shared` ones; a sub-table is a tone that replaces some of them."""
    texts: dict[tuple[str, str], dict[str, str]] = {}
    shared = shared or {}
    if not tables and not shared:
        source.add(1, 1, "no texts: add a table named by a language, like [en], with " + ", ".join(required))
    for language in dict.fromkeys((*tables, *shared)):
        table = tables.get(language, {})
        plain = texts[language, PLAIN] = dict(shared.get(language, {}))
        for key, value in table.items():
            if isinstance(value, str):
                plain[key] = value
            elif not isinstance(value, dict):
                source.at_key((language, key), f"[{language}] {key} is a text: put it in quotes")
        for key in required:
            if not plain.get(key, "").strip():
                source.at_key((language, key), f"[{language}] has no {key}: add it")
        for tone, value in table.items():
            if isinstance(value, dict) and tone not in (CALLS, OPENINGS):
                texts[language, tone] = plain | _tone(source, language, tone, value, plain)
    return texts


def _tone(source: SourceFile, language: str, tone: str, table: Mapping[str, Any], plain: Mapping[str, str]) -> dict[str, str]:
    good = {}
    for key, text in table.items():
        if isinstance(text, str) and key in plain:
            good[key] = text
        else:
            source.at_key((language, tone, key), f"[{language}.{tone}] {key} replaces no text of [{language}]: correct the key")
    return good


def _openings(source: SourceFile, language: str, table: Mapping[str, Any], texts: Texts) -> dict[str, Opening]:
    """The plain opening, those of [LANGUAGE.openings.NAME], and one for every tone that has a subject or preheader of its own."""
    plain = texts[language, PLAIN]
    openings = {PLAIN: Opening(plain.get("subject", ""), plain.get("preheader", ""))}
    for tone, words in table.items():
        if isinstance(words, dict) and tone not in (CALLS, OPENINGS) and not {"subject", "preheader"}.isdisjoint(words):
            own = texts[language, tone]
            openings[tone] = Opening(own.get("subject", ""), own.get("preheader", ""))
    named = table.get(OPENINGS, {})
    for name, words in named.items() if isinstance(named, dict) else ():
        whole = isinstance(words, dict) and set(words) == {"subject", "preheader"}
        if not whole or not all(isinstance(text, str) for text in words.values()):
            source.at_key((language, OPENINGS, name), f"[{language}.{OPENINGS}.{name}] has a subject and a preheader, and nothing else")
        elif name in openings:
            source.at_key((language, OPENINGS, name), f"'{name}' is an opening already, of the tone: give it another name")
        else:
            openings[name] = Opening(words["subject"], words["preheader"])
    if not isinstance(named, dict):
        source.at_key((language, OPENINGS), f"openings are tables: write [{language}.{OPENINGS}.NAME] with subject and preheader")
    return openings


def _strings(source: SourceFile, path: tuple[str, ...], around: Mapping[str, Any]) -> dict[str, str]:
    """The table at `path`, whose last word is its key in `around`: journey stage -> text."""
    table = around.get(path[-1], {})
    if not isinstance(table, dict):
        source.at_key(path, f'{path[-1]} is a table: stage = "..." for each journey stage that differs')
        return {}
    for key, value in table.items():
        if not isinstance(value, str) or not value.strip():
            source.at_key((*path, key), f"{path[-1]}.{key} is a text: put it in quotes")
    return {key: value for key, value in table.items() if isinstance(value, str) and value.strip()}


def _sample(source: SourceFile) -> dict[str, str]:
    sample = source.values.get("sample", {})
    if not isinstance(sample, dict) or not all(isinstance(value, str) for value in sample.values()):
        source.at_key(("sample",), 'sample is merge values to show the module with, like { first_name = "Maria" }')
        return {}
    for field in sorted(set(sample) - set(PERSON_FIELDS)):
        source.at_key(("sample", field), f"unknown merge field '{field}' in sample: {nearest(field, frozenset(PERSON_FIELDS))}")
    return dict(sample)


def _picture(source: SourceFile, pictures: Mapping[str, bytes]) -> str:
    name = str(_typed(source, "picture", str, ""))
    if name and name not in pictures:
        source.at_key(("picture",), f"no picture '{name}' in templates/pictures: {nearest(name, frozenset(pictures))}")
    return name


def _typed(source: SourceFile, key: str, kind: type, default: Any) -> Any:
    value = source.values.get(key, default)
    if isinstance(value, kind):
        return value
    source.at_key((key,), f"{key} is {'true or false' if kind is bool else 'a text: put it in quotes'}")
    return default


def _worth(source: SourceFile) -> float:
    value = source.values.get("worth", 0.0)
    if type(value) in (int, float) and 0 <= value <= 1:
        return float(value)
    source.at_key(("worth",), "worth is a number from 0 to 1: how much the company wants this shown")
    return 0.0


def _url(source: SourceFile, path: tuple[str, ...], url: str) -> str:
    if url and (not url.startswith("https://") or not host_of(url) or not re.fullmatch(r"[\x21-\x7e]+", url)):
        source.at_key(path, f"{path[-1]} must be a whole https:// address without spaces")
        if url.startswith("http://"):
            _correct(source, url)
        return ""
    return url


def _correct(source: SourceFile, url: str) -> None:
    """Let the last finding correct http:// where its line holds the address; it is made only for our own site."""
    finding = source.findings[-1]
    at = source.lines[finding.line - 1].find(url)
    if at >= 0:
        edit = Edit(source.file, finding.line, at + 1, "http://", "https://", host_of(url) or "-")
        source.findings[-1] = replace(finding, edits=(edit,))
