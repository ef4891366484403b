"""The linter of what readers meet first: openings, calls to action, link texts, pictures, and texts too long for their slot."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations

from composer.domain.content import PLAIN
from composer.library.brand import Look
from composer.library.front_matter import SourceFile
from composer.library.module_file import CALLS, OPENINGS, ModuleFile
from composer.library.texts import KEY, bind_html, bind_text
from composer.library.wording import imitated_sign, imitates_reply, text_in_picture, vague, visible, weight_of
from composer.render.fields import LINE_FIELDS, LINK_FIELDS, TAG, nearest, problems, unguarded
from composer.render.links import host_of

SUBJECT, PREHEADER = 60, (40, 140)
STAGES = frozenset(("discover", "evaluate", "use", "renew"))
"""The stages of the journey that calls and addresses may differ by."""
CALL = 45
"""Characters of a call to action that a button holds on two lines of a phone, where the brand has no limit for `cta`."""
_LINK = re.compile(r"<(a|mj-button)\b(?:[^\"'<>]|\"[^\"]*\"|'[^']*')*>(.*?)</\1\s*>", re.DOTALL)
_LINK_FIELD = re.compile(r"\{\{\s*link\s*\}\}")
_ATTRIBUTE = re.compile(r"\s(href|src|alt|background-url)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_ADDRESS = re.compile(r"https://|mailto:|tel:|\{\{\s*(" + "|".join(LINK_FIELDS) + r")\s*\}\}")
_UNSAFE = re.compile(r"http://|\b(?:javascript|vbscript|data):(?=\S)", re.IGNORECASE)
_ANY_TAG = re.compile(r"<(?:[^\"'<>]|\"[^\"]*\"|'[^']*')*>")


def check_lines(module: ModuleFile, looks: Iterable[Look]) -> None:
    """Check all of it. `looks` are the styles of the slots that take the module."""
    looks = tuple(looks)
    check_names(module)
    check_openings(module)
    check_calls(module, looks)
    check_links(module)
    check_pictures(module)
    check_limits(module, looks)


def check_names(module: ModuleFile) -> None:
    """Check that nothing about the recipient is printed that may be empty."""
    for (language, variant), words in module.texts.items():
        whole = bind_html(module.source.body, words) + bind_text(module.text, words)
        for template in (whole, *(words.get(key, "") for key in ("subject", "preheader", "title"))):
            for name in sorted(unguarded(template)):
                module.source.in_text(
                    (language,) if variant == PLAIN else (language, variant),
                    "{{ " + name,
                    f"{name} may be empty: write {{% if {name} %}}...{{% endif %}} around it, or {{{{ {name} or '...' }}}}",
                    "warning",
                )


def check_openings(module: ModuleFile) -> None:
    """Check every subject and preheader: length, what is in them, and that no two are alike."""
    source = module.source
    for language, openings in module.module.openings.items():
        for name, opening in openings.items():
            at = _opening_path(module, language, name)
            if at[1:2] == (OPENINGS,):
                _check_line(source, (*at, "subject"), opening.subject)
                _check_line(source, (*at, "preheader"), opening.preheader)
            _check_subject(source, (*at, "subject"), opening.subject)
            count = visible(opening.preheader)
            if not PREHEADER[0] <= count <= PREHEADER[1] or opening.preheader.strip() == opening.subject.strip():
                said = f"the preheader has {count} characters: say in {PREHEADER[0]} to {PREHEADER[1]} what the subject does not"
                source.at_key((*at, "preheader"), said, "warning")
        for (one, first), (other, second) in combinations(openings.items(), 2):
            at = _opening_path(module, language, other)
            if first == second or (first.subject == second.subject and at[1:2] == (OPENINGS,)):
                said = f"the openings '{one}' and '{other}' have the same subject: two that do not differ can teach nothing"
                source.at_key((*at, "subject"), said, "warning")


def check_calls(module: ModuleFile, looks: Iterable[Look]) -> None:
    """Check the calls to action, and that stages are known, spoken in every language and led somewhere."""
    source = module.source
    room = min((look.limits["cta"] for look in looks if "cta" in look.limits), default=CALL)
    for language, variant, words in _spoken(module):
        if "cta" in words:
            _check_call(source, _path(language, variant, "cta"), words["cta"], language, room)
    for language, calls in module.calls.items():
        if not re.search(r"\[\[\s*cta\s*\]\]", source.body + module.text):
            source.at_key((language, CALLS), f"[{language}.{CALLS}] is used nowhere: write [[ cta ]] where the call stands", "warning")
        for stage, call in calls.items():
            at = (language, CALLS, stage)
            _check_stage(source, at, stage)
            for problem in problems(call, frozenset())[:1]:
                source.at_key(at, f"a stage's call holds plain words, no merge fields: {problem.message.split(':')[0]}")
            _check_call(source, at, call, language, room)
        for other in sorted(set(module.module.languages) - {language}):
            for stage in sorted(set(calls) - set(module.calls.get(other, {}))):
                source.at_key((other, CALLS), f"[{other}] has no call for '{stage}', [{language}] has one: add it", "warning")
    called = {stage for calls in module.calls.values() for stage in calls}
    for stage in module.module.urls:
        place = ("url_by_stage", stage)
        _check_stage(source, place, stage)
        if stage in STAGES and stage not in called:
            source.at_key(place, f"no language has a call to action for '{stage}': nobody is led there; add it to {CALLS}", "warning")
    for stage in module.module.stages:
        if stage not in STAGES:
            source.in_text(("stages",), stage, f"unknown stage '{stage}': {nearest(stage, STAGES)}", "warning")


def check_links(module: ModuleFile) -> None:
    """Check what the front matter puts into links and addresses: no vague words, no http:, nothing that runs."""
    source = module.source
    if not _LINK_FIELD.search(source.body + module.text):
        source.in_body(0, "nothing leads on from this module: link something to {{ link }}", "warning")
    elif not module.module.url and module.module.survey is None:
        source.at_key(("url",), '{{ link }} is used, but the front matter has no url: add url = "https://..."')
    links = [_ANY_TAG.sub(" ", match[2]) for match in _LINK.finditer(source.body)]
    links += [line[: at.start()] for line in module.text.split("\n") if (at := _LINK_FIELD.search(line))]
    for language, variant, words in _spoken(module):
        bound = [(key[1], bind_text(text, words)) for text in links if (key := KEY.search(text))]
        vague_keys = {name: text for name, text in bound if vague(text, language)}
        for name in sorted(vague_keys.keys() & words.keys() - {"cta"}):
            text = " ".join(words[name].split())
            source.at_key(
                _path(language, variant, name), f"the link text '{text}' says nothing: name what is behind it", weight_of(vague_keys[name])
            )
        for attribute, template in _attributes(source.body):
            key = KEY.search(template)
            if key and key[1] in words and attribute != "alt" and not _is_address(bind_html(template, words)):
                wanted = "https://, mailto: or tel:" if attribute == "href" else "an https:// address"
                source.at_key(_path(language, variant, key[1]), f"{key[1]} stands in {attribute}: write {wanted}")
        for name, value in words.items():
            if found := _UNSAFE.search(value):
                source.in_text(_path(language, variant, name), found[0], f"{found[0]} has no place in a letter: write https://")
    if found := _UNSAFE.search(module.text):
        source.in_text(("text",), found[0], f"{found[0]} has no place in a letter: write https://")


def check_pictures(module: ModuleFile) -> None:
    """Check that words are words: no picture-only block, no alt that tells of text in the picture."""
    source = module.source
    for template in sorted({template for name, template in _attributes(source.body) if name == "alt"}):
        key = KEY.search(template)
        for language, variant, words in _spoken(module) if key else ():
            if key and key[1] in words and (trouble := text_in_picture(bind_text(template, words))):
                source.at_key(_path(language, variant, key[1]), f"the alt text {trouble}", "warning")
        if not key and (trouble := text_in_picture(template)):
            source.in_body(source.body.index(template), f"the alt text {trouble}", "warning")
    bare = _ANY_TAG.sub(" ", _LINK.sub(" ", re.sub(r"<!--.*?-->", " ", source.body, flags=re.DOTALL)))
    for language, variant, words in _spoken(module):
        if variant == PLAIN and not re.search(r"\w{2}", TAG.sub("xx", bind_text(bare, words))):
            source.in_body(0, f"no words in '{language}' besides links: with pictures off nothing is left to read; add mj-text")


def check_limits(module: ModuleFile, looks: Iterable[Look]) -> None:
    """Check the texts against the room that the styles of their slots give them; the tightest one is told."""
    tightest: dict[str, tuple[int, str]] = {}
    for look in looks:
        for key, most in look.limits.items():
            tightest[key] = min(tightest.get(key, (most, look.name)), (most, look.name))
    for language, variant, words in _spoken(module):
        for key, (most, style) in sorted(tightest.items()):
            if key in words and key != "cta" and (count := visible(words[key])) > most:
                said = f"{key} has {count} characters, {most} fit" + (f" in style '{style}'" if style else "") + ": shorten it"
                module.source.at_key(_path(language, variant, key), said, "warning")


def _spoken(module: ModuleFile) -> Iterator[tuple[str, str, Mapping[str, str]]]:
    """Language, tone, and the texts that are this tone's own: what it takes from the plain ones is told once, there."""
    for (language, variant), words in module.texts.items():
        plain = module.texts[language, PLAIN]
        yield language, variant, words if variant == PLAIN else {key: text for key, text in words.items() if text != plain.get(key)}


def _attributes(body: str) -> Iterator[tuple[str, str]]:
    for match in _ATTRIBUTE.finditer(body):
        yield match[1], match[2] or match[3] or ""


def _is_address(text: str) -> bool:
    return _ADDRESS.match(text) is not None and (not text.startswith("https://") or host_of(text) != "")


def _check_line(source: SourceFile, at: tuple[str, ...], line: str) -> None:
    found = problems(line, LINE_FIELDS)
    for problem in found:
        source.in_text(at, line[problem.offset :].split("\n")[0][:40], problem.message)
    for name in () if found else sorted(unguarded(line)):
        source.in_text(at, "{{ " + name, f"{name} may be empty: write {{{{ {name} or '...' }}}}", "warning")
    if not line.strip():
        source.at_key(at, f"the {at[-1]} of opening '{at[-2]}' is empty: write it, or remove the opening")
    if KEY.search(line):
        source.in_text(at, "[[", "an opening holds no [[ key ]]: write the words")


def _check_subject(source: SourceFile, at: tuple[str, ...], line: str) -> None:
    if (count := visible(line)) > SUBJECT:
        source.at_key(at, f"the subject has {count} characters: phones show about {SUBJECT}", "warning")
    if imitates_reply(line):
        source.at_key(at, f"the subject pretends to be an answer ('{line.split()[0]}'): begin with what the letter says")
    if sign := imitated_sign(line):
        source.at_key(at, f"the subject holds '{sign}', a mark that mail programs set themselves: write words", "warning")


def _check_call(source: SourceFile, at: tuple[str, ...], call: str, language: str, room: int) -> None:
    if vague(call, language):
        source.at_key(at, f"the call to action '{' '.join(call.split())}' says nothing: name what is behind it", weight_of(call))
    if (count := visible(call)) > room:
        source.at_key(at, f"the call to action has {count} characters, a button holds {room}: shorten it", "warning")


def _check_stage(source: SourceFile, at: tuple[str, ...], stage: str) -> None:
    if stage not in STAGES:
        source.at_key(at, f"unknown stage '{stage}': {nearest(stage, STAGES)}")


def _opening_path(module: ModuleFile, language: str, name: str) -> tuple[str, ...]:
    if name == PLAIN:
        return (language,)
    return (language, name) if (language, name) in module.texts else (language, OPENINGS, name)


def _path(language: str, variant: str, key: str) -> tuple[str, ...]:
    return (language, key) if variant == PLAIN else (language, variant, key)
