"""What a level forbids changes no byte of any letter: generated people, generated libraries, from decision to message."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from composer.domain.audience import Audience, person
from composer.domain.content import ContentModule, Library
from composer.domain.level import Level
from composer.domain.newsletter import Newsletter
from composer.library import OpenLibrary, make_sources, open_library, read_sources
from composer.render import Envelope, Press, render
from tests.conftest import REPOSITORY
from tests.decide._worlds import LETTER, World, blank, forbidden_changed, module, people, world, worlds

SOURCES = read_sources(REPOSITORY / "modules", REPOSITORY / "templates")
LAYOUT = {name: text for name, text in SOURCES.files.items() if name.startswith("templates/")}
TEXTS = """
subject = "{name} for {{{{ company or 'you' }}}}"
preheader = "What {name} means"
title = "{name}"
body = "Dear {{{{ first_name or 'reader' }}}}, {{{{ role or 'colleague' }}}} at {{{{ company or 'work' }}}}."
cta = "Read {name}"
"""
TONE = "body = \"{tone} words of {name} for {{{{ role or 'you' }}}}.\"\n"
OPENING = 'subject = "{way} {name} for {{{{ company or \'you\' }}}}"\npreheader = "What {way} {name} means to you"\n'
BODY = """<mj-section mj-class="card"><mj-column><mj-text mj-class="title"><h2>[[ title ]]</h2></mj-text>
<mj-text mj-class="body">[[ body ]] {% if stage %}You {{ stage }}.{% endif %} {% if region %}In {{ region }}.{% endif %}</mj-text>
<mj-button mj-class="button" href="{{ link }}">[[ cta ]]</mj-button>
</mj-column></mj-section>
"""


def source_of(module: ContentModule) -> str:
    """A module file that reads back as this module, whose texts use everything a letter may know."""
    lists = {name: getattr(module, name) for name in ("topics", "interests", "regions", "countries", "stages", "roles", "months")}
    keys = [f"group = {json.dumps(module.group)}", f"generic = {json.dumps(module.generic)}", f'rest = "{module.rest.days}d"']
    keys += [f"{name} = {json.dumps(list(words))}" for name, words in lists.items() if words]
    owned = {None: "ever", timedelta(0): "never"}.get(module.owned_for) or f"{module.owned_for.days}d"
    keys += (
        [f'owned_for = "{owned}"', f'bought_within = "{module.bought_within.days}d"']
        if module.bought_within
        else [f'owned_for = "{owned}"']
    )
    keys += ['url = "https://www.example.com/x"', 'text = "[[ title ]]\\n\\n[[ body ]]\\n\\n[[ cta ]]: {{ link }}"']
    texts = [words_of(module, language) for language in module.languages]
    return "\n".join(["+++", *keys, *texts, "+++", BODY])


def words_of(module: ContentModule, language: str) -> str:
    """A language's table, with every tone, opening and call the module has in it."""
    tones, ways = module.tones.get(language, ()), module.openings.get(language, {})
    tables = [f"[{language}]{TEXTS.format(name=module.name)}"]
    for tone in tones[1:]:
        opening = OPENING.format(way=tone, name=module.name) if tone in ways else ""
        tables.append(f"[{language}.{tone}]\n{TONE.format(tone=tone, name=module.name)}{opening}")
    tables += [f"[{language}.openings.{way}]\n{OPENING.format(way=way, name=module.name)}" for way in ways if way not in ("plain", *tones)]
    calls = "\n".join(f'{stage} = "{stage} {module.name}"' for stage in module.calls.get(language, ()))
    return "\n".join([*tables, f"[{language}.cta_by_stage]\n{calls}\n" if calls else ""])


def written(library: Library) -> OpenLibrary:
    """The generated library as files, read and compiled as any other."""
    opened = open_library(make_sources(LAYOUT | {f"modules/{m.name}.mjml": source_of(m) for m in library.modules}))
    assert not [finding for finding in opened.findings if finding.severity == "error"], opened.findings
    return replace(opened, library=replace(opened.library, voices=library.voices))


def messages(case: World, opened: OpenLibrary, audience: Audience) -> list[bytes]:
    """Everybody's letter as it would be sent; empty where there is none."""
    decided, press = case.decide(audience, library=opened.library), Press(opened.compiled)
    sent = []
    for r in range(len(decided)):
        letter = decided.outcome(r)
        if isinstance(letter, Newsletter):
            envelope = Envelope(
                "letters@example.com", "Example", "Street 1", "https://www.example.com/p", "https://www.example.com",
                "https://news.example.com", "letters.example.com", "Example", "Weekly", f"<{r}@example.com>", letter.send_at,
                *(f"https://news.example.com/{path}/{r:036}" for path in ("u", "u", "p", "w", "v")),
                "https://news.example.com/pictures", "weekly",
                click_urls=tuple(f"https://news.example.com/c/{r:036}{n:04}" for n in range(len(letter.blocks)))
                if letter.level == Level.premium else (),
            )  # fmt: skip
            sent.append(render(letter, person(decided.audience, r), press, envelope, opened.library).data)
        else:
            sent.append(b"")
    return sent


@settings(max_examples=25, deadline=None)
@given(worlds(least=4, people_most=8), st.integers(0, 10_000))
def test_changing_what_a_level_forbids_changes_no_byte_of_any_letter(case: World, seed: int) -> None:
    opened = written(case.library)
    other = people(case.library, len(case.audience), f"other {seed}")
    assert messages(case, opened, case.audience) == messages(case, opened, forbidden_changed(case.audience, other))


def test_at_a_level_that_allows_it_the_same_change_is_seen() -> None:
    """The property above means something: these letters do use what they may."""
    library = Library(tuple(module(f"story/m{i}", interests=(f"category:C{i}",)) for i in range(8)), {"newsletter": LETTER})
    audience = replace(blank(library, 4), company=np.array(["Here"] * 4, dtype=object), level=np.array([3, 2, 1, 0], dtype=np.int8))
    case, opened = world(audience, library), written(library)
    before = messages(case, opened, audience)
    after = messages(case, opened, replace(audience, company=np.array(["There"] * 4, dtype=object)))
    assert [one != other for one, other in zip(before, after, strict=True)] == [True, True, True, False]
    assert all(before)
