"""Letters for people who do not exist: hostile but legal names, all layouts, languages, tones, styles, calls and levels, clicks or not.

Each is a pure function of its number, so a finding can be looked at again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import blake2b
from pathlib import Path

from composer.domain.audience import Person
from composer.domain.content import PLAIN, ContentModule, Layout
from composer.domain.language import lookup
from composer.domain.level import Level
from composer.domain.message import Message
from composer.domain.newsletter import Block, Newsletter
from composer.domain.reasons import Arm, Source
from composer.domain.tokens import TRAP, Purpose, Subject, click_token, mail_token, make_token, read_mail_token, read_token, tag_of, tagged
from composer.library import OpenLibrary, open_library, read_sources
from composer.render import Context, Envelope, Press, render

REPOSITORY = Path(__file__).resolve().parents[1]
KEY = bytes(range(32))
SCHEDULED = datetime(2026, 11, 24, 6, tzinfo=UTC)
CAMPAIGN = 3
BASE, SITE = "https://letters.example.com", "https://www.example.com"
_PLAIN = "Aino|Maria-Liisa|Åke|Jean-François|Søren|Zoë|Nguyễn Thị Ánh|李|김민준|Мария|Ωmega|محمد|שרה|O’Brien|D'Arcy|𝒜𝒾𝓃ℴ"
_CODE = (
    "{{7*7}}|{% raw %}|[[ cta ]]|${7*7}|https://[::1|None|NaN|undefined|null|Re:|VS: Aino|<script>alert(1)</script>"
    '|"><img src=x onerror=alert(1)>'
    "|' onmouseover='x|<!--|-->|]]>|&amp;|=?utf-8?q?x=0D=0ABcc:_evil=40x.test?=|=|=3D|\\|\"|`|%s%n|1=1|Aino;DROP TABLE|.|..|From Aino"
    "|https://evil.example/x|http://evil.example|https://bit.ly/x|https://www.example.com/x|aino@example.com"
)
_INVISIBLE = (
    "a\r\nBcc: x@y.example", "\u202eonia\u202c", "\u200f\u200e\u2066x\u2069", "👩‍🔬 Aino 🚀", "🏳️‍🌈", "e\u0301\u0302\u0303", "\x00\x07",
    "\t ",    "a" * 300, "Ma\u00a0ria", "\ufeffAino", "\ud800", "A\u2028B",
)  # fmt: skip
NAMES = (*_PLAIN.split("|"), *_CODE.split("|"), *_INVISIBLE)
COMPANIES = (
    "Konepaja & Pojat Oy",
    "<b>Oy</b>",
    "Ab {{ x }} Oy",
    "7-Eleven",
    "",
    'Yritys "A" Oy',
    "株式会社",
    "-",
    "x" * 120,
    "Müller GmbH & Co. KG",
)
ROLES = ("", "operations", "finance", "hr", "it", "ceo")
STAGES = ("", "discover", "evaluate", "use", "renew", "somewhere else")
REGIONS = ("", "Pirkanmaa", "Uusimaa", "Étienne & Söhne")


@dataclass(frozen=True)
class Made:
    """A letter and all it was made from."""

    number: int
    newsletter: Newsletter
    person: Person
    envelope: Envelope
    message: Message


@cache
def opened() -> OpenLibrary:
    """The repository's library, compiled once a process."""
    return open_library(read_sources(REPOSITORY / "modules", REPOSITORY / "templates"))


@cache
def press() -> Press:
    return Press(opened().compiled)


@cache
def context() -> Context:
    """What the checks may ask: the library, and what the tokens of made letters mean."""
    return Context(press(), opened().library, speaks_of)


def speaks_of(purpose: Purpose, url: str) -> int | None:
    by_mail = purpose in (Purpose.return_path, Purpose.unsubscribe_mail)
    found = read_mail_token(KEY, purpose, tag_of(url)) if by_mail else read_token(KEY, purpose, url.rpartition("/")[2])
    return found.recipient if found and (found.campaign, found.scheduled) == (CAMPAIGN, SCHEDULED) else None


def draw(number: int, purpose: str, count: int) -> int:
    """Return 0 to `count` - 1, the same for the same number and purpose."""
    return int.from_bytes(blake2b(f"{number} {purpose}".encode(), digest_size=6).digest()) % count


def made_letter(number: int) -> Made:
    """Return the letter of one made-up person."""
    newsletter, person = made_newsletter(number), made_person(number)
    newsletter = replace(newsletter, level=person.level)
    envelope = made_envelope(newsletter, person)
    return made_of(number, newsletter, person, envelope)


def made_of(number: int, newsletter: Newsletter, person: Person, envelope: Envelope) -> Made:
    message = render(newsletter, person, press(), envelope, opened().library)
    return Made(number, newsletter, person, envelope, message)


def made_person(number: int) -> Person:
    def one(purpose: str, words: tuple[str, ...]) -> str:
        return words[draw(number, purpose, len(words))]

    level = Level(draw(number, "level", 4))
    known = level >= Level.basic
    local = ("aino.virtanen", "o'brien+news", "a", "x" * 64, "letters", "=aino")[draw(number, "local", 6)]
    domain = ("example.com", "bücher.example", "sub.example.org", "EXAMPLE.net")[draw(number, "domain", 4)]
    return Person(
        f"r-{number}",
        number + 1,
        f"{local}@{domain}",
        language_of(number),
        one("first", (*NAMES, "", "Maria", "Matti")) if known else "",
        one("last", (*NAMES, "", "Virtanen")) if known else "",
        one("company", (*COMPANIES, *NAMES[:12])) if known else "",
        one("role", ROLES) if known else "",
        one("region", REGIONS) if known else "",
        one("stage", STAGES) if known else "",
        level,
    )


def layout_of(number: int) -> Layout:
    layouts = sorted(opened().library.layouts)
    return opened().library.layouts[layouts[draw(number, "layout", len(layouts))]]


def language_of(number: int) -> str:
    languages = layout_of(number).languages
    return lookup(languages[draw(number, "language", len(languages))], languages)


def made_newsletter(number: int) -> Newsletter:
    """Fill the layout's slots with modules that may stand there, each once."""
    library, layout, language = opened().library, layout_of(number), language_of(number)
    send_at = SCHEDULED + timedelta(minutes=draw(number, "hour", 600))
    blocks: list[Block] = []
    wanted = layout.least_blocks + draw(number, "count", layout.most_blocks - layout.least_blocks + 1)
    optional = sum(slot.least for slot in layout.slots)
    spare = max(wanted - optional, 0)
    for slot in layout.slots:
        take = slot.least + min(spare, slot.most - slot.least)
        spare -= take - slot.least
        for _ in range(take):
            used = {block.module for block in blocks}
            fit = [m for m in library.modules if layout.takes(slot, m.kind) and m.name not in used and _may(m, language, send_at)]
            if fit:
                blocks.append(_block(number, fit[draw(number, f"block {len(blocks)}", len(fit))], len(blocks) + 1, slot.name, language))
    lead = library.modules[library.index[blocks[0].module]]
    openings = lead.openings.get(language) or {}
    name = sorted(openings)[draw(number, "opening", len(openings))] if openings else PLAIN
    subject = openings[name].subject if openings else lead.subjects[language]
    preheader = openings[name].preheader if openings else lead.preheaders[language]
    person = f"r-{number}"
    edition = "made@2026-11-24T06:00Z"
    return Newsletter(
        person, number + 1, edition, Arm.personal, Level.premium, language, layout.name, tuple(blocks), subject, preheader, send_at, ""
    )


def _may(module: ContentModule, language: str, at: datetime) -> bool:
    in_time = not (module.valid_from and at < module.valid_from) and not (module.valid_until and at >= module.valid_until)
    return in_time and language in module.languages


def _block(number: int, module: ContentModule, position: int, slot: str, language: str) -> Block:
    tones = module.variants
    calls = ("", *module.calls.get(language, ()))
    return Block(
        module.name,
        tones[draw(number, f"tone {position}", len(tones))],
        position,
        slot,
        Source.ranked,
        0.1,
        1.0,
        call=calls[draw(number, f"call {position}", len(calls))],
    )


def made_envelope(newsletter: Newsletter, person: Person) -> Envelope:
    subject = Subject(person.number, CAMPAIGN, SCHEDULED)

    def link(path: str, purpose: Purpose) -> str:
        return f"{BASE}/{path}/{make_token(KEY, purpose, subject)}"

    return Envelope(
        sender_address="letters@example.com",
        sender_name="Example Company",
        postal_address="Example Company, Example Street 1, 00100 Helsinki, Finland",
        privacy_url=f"{SITE}/privacy",
        site=SITE,
        base_url=BASE,
        list_id="letters.example.com",
        list_name="Example Company letters",
        title="Notes from the plant",
        message_id=f"<{blake2b(person.recipient_id.encode(), digest_size=13).hexdigest()}@example.com>",
        date=newsletter.send_at,
        unsubscribe_header_url=link("u", Purpose.unsubscribe_header),
        unsubscribe_url=link("u", Purpose.unsubscribe_body),
        preferences_url=link("p", Purpose.preferences),
        why_url=link("w", Purpose.why),
        view_url=link("v", Purpose.view),
        return_path=tagged("bounces@example.com", mail_token(KEY, Purpose.return_path, subject)),
        unsubscribe_mailto=tagged("bounces@example.com", mail_token(KEY, Purpose.unsubscribe_mail, subject)),
        pictures_url=f"{BASE}/pictures",
        campaign="made",
        feedback_id="made:letters:example:example",
        click_urls=tuple(f"{BASE}/c/{click_token(KEY, subject, block.position)}" for block in newsletter.blocks)
        if person.level == Level.premium
        else (),
        trap_url=f"{BASE}/c/{click_token(KEY, subject, TRAP)}" if person.level == Level.premium else "",
        open_url=f"{BASE}/o/{make_token(KEY, Purpose.open, subject)}.gif" if person.opens else "",
    )
