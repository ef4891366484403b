"""The letter that bench.compose measures: about 40 kB of HTML with sixty-odd printed values, for any number of people."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path

from composer.domain.audience import Person
from composer.domain.content import ContentModule
from composer.domain.level import Level
from composer.domain.newsletter import Block, Newsletter
from composer.domain.reasons import Arm, Source
from composer.library import OpenLibrary, Sources, open_library, read_sources
from composer.render import Envelope

ROOT = Path(__file__).parents[1]
SEND_AT = datetime(2026, 3, 2, 7, tzinfo=UTC)
BLOCKS = 4
_TEXTS = """+++
group = "g{number}"
url = "https://www.example.com/bench/{number}"
text = '''
[[ title ]]

{{% if first_name %}}{{{{ first_name }}}}, {{% endif %}}[[ body ]] {{{{ company or 'teillä' }}}} ({{{{ role or 'tuotanto' }}}}).

[[ left ]] {{{{ region or 'Suomi' }}}}
[[ right ]] {{{{ stage or 'discover' }}}}

[[ cta ]]: {{{{ link }}}}
'''

[fi]
subject = "Viikko {number}: yksi kone ratkaisee & muut seuraavat"
preheader = "Yksi työpiste määrää koko tehtaan tahdin. Kun suunnittelu alkaa siitä, muu seuraa perässä."
kicker = "Tuotannosta"
title = "Suunnittele viikko {number} koneesta, joka sen ratkaisee"
body = "Useimmat viikkosuunnitelmat alkavat tilauskannasta ja päättyvät ylitöihin. Etsi työpiste, jota kaikki odottavat, täytä se ensin."
left = "Näin sen tekee"
right = "Missä vaiheessa"
cta = "Katso suunnitelmat rinnakkain"

[fi.cta_by_stage]
evaluate = "Vertaa kahta suunnitelmaa"
use = "Avaa suunnitelma"
+++
"""
_BODY = """<mj-wrapper>
  <mj-section mj-class="card">
    <mj-column>
      <mj-text mj-class="kicker">[[ kicker ]]: {{ region or 'Suomi' }}</mj-text>
      <mj-text mj-class="title"><h2 style="[[ style.h2 ]]">[[ title ]]{% if first_name %}, {{ first_name }}{% endif %}</h2></mj-text>
      <mj-text mj-class="body">[[ body ]] {{ company or 'Teillä' }}: {{ role or 'tuotanto' }}.</mj-text>
    </mj-column>
  </mj-section>
  <mj-section mj-class="card">
    <mj-column>
      <mj-text mj-class="body"><strong>[[ left ]]</strong>: {{ company or 'yrityksenne' }} ({{ region or 'Suomi' }})</mj-text>
      <mj-button mj-class="choice" href="{{ link }}">[[ cta ]]</mj-button>
    </mj-column>
    <mj-column>
      <mj-text mj-class="body"><strong>[[ right ]]</strong>: {{ stage or 'discover' }}</mj-text>
      <mj-text mj-class="quiet">{{ sender_name }}, {{ title }}: {{ link }} ({{ last_name or company or 'teille' }})</mj-text>
    </mj-column>
  </mj-section>
</mj-wrapper>
"""
_ENVELOPE = Envelope(
    sender_address="letters@example.com",
    sender_name="Example Company",
    postal_address="Example Company, Example Street 1, 00100 Helsinki, Finland",
    privacy_url="https://www.example.com/privacy",
    site="https://www.example.com",
    base_url="https://letters.example.com",
    list_id="letters.example.com",
    list_name="Example Company letters",
    title="Terveisiä tehtaalta",
    message_id="",
    date=SEND_AT,
    campaign="weekly",
    unsubscribe_header_url="",
    unsubscribe_url="",
    preferences_url="",
    why_url="",
    view_url="",
    pictures_url="https://letters.example.com/pictures",
    feedback_id="weekly:letters:newsletter:examplecom",
)
_FIRST = ("Aino", "Väinö", "Maija-Liisa", "Sean", "Иван", "Zoë", "", "Åke")
_COMPANY = ("Konepaja & Pojat Oy", "Northern <Steel> Ltd", "Sähkö Äkäslompolo", "", "Smith, Sons and Daughters")
_ROLE, _REGION, _STAGE = ("operations", "finance", "hr", ""), ("Pirkanmaa", "Uusimaa", ""), ("discover", "evaluate", "use", "renew", "")

Letter = tuple[Newsletter, Person, Envelope]


def sources() -> Sources:
    """The modules of the benchmark in the repository's own layouts."""
    with tempfile.TemporaryDirectory() as folder:
        write_modules(Path(folder), BLOCKS)
        return read_sources(Path(folder), ROOT / "templates")


def write_modules(folder: Path, modules: int) -> None:
    """Write that many modules of the measured letter, alike but for their number."""
    (folder / "bench").mkdir(parents=True, exist_ok=True)
    for number in range(1, modules + 1):
        (folder / "bench" / f"m{number}.mjml").write_text(_TEXTS.format(number=number) + _BODY, encoding="utf-8")


@cache
def heavy() -> OpenLibrary:
    """The library of the measured letter."""
    return _sound(open_library(sources()))


@cache
def real() -> OpenLibrary:
    """The repository's own library."""
    return _sound(open_library(read_sources(ROOT / "modules", ROOT / "templates")))


def _sound(opened: OpenLibrary) -> OpenLibrary:
    for finding in opened.findings:
        if finding.severity == "error":
            raise SystemExit(f"bench: {finding.file}:{finding.line}: {finding.message}")
    return opened


def heavy_letters(start: int = 1) -> Iterator[Letter]:
    """The same blocks to one person after another."""
    names = heavy().library.names
    for number in count(start):
        yield _letter(heavy(), number, "fi", tuple(names), ("plain",) * BLOCKS)


def real_letters(start: int = 1) -> Iterator[Letter]:
    """Four to six of the library's blocks in any order, variant and call, to one person after another."""
    library = real().library
    for number in count(start):
        language = ("en", "fi")[_draw(number, 1, 2)]
        able = [module for module in library.modules if language in module.languages and _in_time(module)]
        order = sorted(range(len(able)), key=lambda place, number=number: _draw(number, place + 100, 1 << 30))  # type: ignore[misc]
        chosen = [able[place] for place in order[: 4 + _draw(number, 2, 3)]]
        variants = tuple(module.variants[_draw(number, 3, len(module.variants))] for module in chosen)
        yield _letter(real(), number, language, tuple(module.name for module in chosen), variants)


def _in_time(module: ContentModule) -> bool:
    begun = module.valid_from is None or module.valid_from <= SEND_AT
    ends = module.valid_until is None or module.valid_until > SEND_AT + timedelta(days=7)
    return begun and ends and SEND_AT.month in (module.months or (SEND_AT.month,))


def _draw(number: int, purpose: int, below: int) -> int:
    """A draw that looks random and is the same every time."""
    mixed = (number * 0x9E3779B97F4A7C15 + purpose * 0xBF58476D1CE4E5B9) & 0xFFFFFFFFFFFFFFFF
    mixed = ((mixed ^ mixed >> 30) * 0x94D049BB133111EB) & 0xFFFFFFFFFFFFFFFF
    return (mixed ^ mixed >> 31) % below


def _letter(opened: OpenLibrary, number: int, language: str, names: tuple[str, ...], variants: tuple[str, ...]) -> Letter:
    layout = opened.library.layouts["newsletter"]
    stage = _STAGE[_draw(number, 4, len(_STAGE))]
    slots = [layout.slots[min(1, len(layout.slots) - 1)].name if place else layout.slots[0].name for place in range(len(names))]
    blocks = tuple(
        Block(name, variant, place, slot, Source.ranked, 0.1, 1.0, call=stage)
        for place, (name, variant, slot) in enumerate(zip(names, variants, slots, strict=True), 1)
    )
    leading = opened.library.modules[opened.library.index[names[0]]]
    send_at = SEND_AT + timedelta(hours=number % 50)
    newsletter = Newsletter(
        recipient_id=f"r{number}",
        recipient_number=number,
        edition="weekly@2026-03-02T06:00Z",
        arm=Arm.personal,
        level=Level.basic,
        language=language,
        layout="newsletter",
        blocks=blocks,
        subject=leading.subjects[language],
        preheader=leading.preheaders[language],
        send_at=send_at,
        hour_reasons=(),
    )
    person = Person(
        f"r{number}",
        number,
        f"reader{number}@example.com",
        language,
        _FIRST[_draw(number, 5, len(_FIRST))],
        f"Virtanen {number}",
        f"{company} {number}" if (company := _COMPANY[_draw(number, 6, len(_COMPANY))]) else "",
        _ROLE[_draw(number, 7, len(_ROLE))],
        _REGION[_draw(number, 8, len(_REGION))],
        stage,
        Level.basic,
    )
    token = f"{number:036d}"
    base = _ENVELOPE.base_url
    envelope = replace(
        _ENVELOPE,
        message_id=f"<{number:026d}@example.com>",
        date=send_at,
        unsubscribe_header_url=f"{base}/u/h{token[1:]}",
        unsubscribe_url=f"{base}/u/{token}",
        preferences_url=f"{base}/p/{token}",
        why_url=f"{base}/w/{token}",
        view_url=f"{base}/v/{token}",
    )
    return newsletter, person, envelope
