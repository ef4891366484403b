"""Words judged by themselves: link texts that say nothing, lines that imitate mail programs, alts that hold text, lengths."""

from __future__ import annotations

import re
import unicodedata

from jinja2 import nodes

from composer.library.finding import Severity
from composer.render.fields import TAG, environment, problems
from composer.render.vague import is_vague

_FILLERS = {
    "en": """a about all and browse button check click continue detail details discover download explore find for full get go here how in
        info information it just learn link more now of on open our out please press read see some start stuff tap the then this to
        try us view visit website what you your""",
    "fi": """ajan aukaise avaa eteenpäin halutessasi joitakin jatka kaikki katso katsaus klikkaa klikkaamalla klikkaus koko lataa linkin
        linkistä linkki lisä lisää lisätieto lisätietoa lisätietoja lue lukemaan mene napista napsauta nyt näe näytä ota paina painike
        selvää siirry tai tarkemmin tiedot tutustu tämä tämän tänne tästä tätä täällä täältä vielä ja""",
    "sv": """alla att dig den denna detalj detaljer det du för fortsätt gå här info information klicka knappen kolla läs länk länken
        läsa mer mera ned nedan nu om på se sen ta tryck till upptäck ut utforska vidare visa reda och""",
    "de": """alle an anschauen ansehen auf ausprobieren besuchen bitte button das dazu den der details die diese dieser diesen
        drücken einfach entdecken erfahren es finden gehen hier hin heraus info infos information informationen jetzt klick klicke
        klicken lesen lies link los mehr nun oder öffnen sehen sie siehe start tippen uns und weiter weitere weiteren
        weiterlesen zu zum zur""",
}
"""Words that name nothing. A link text made of them alone does not say where it goes (WCAG 2.2, 2.4.4; check K02)."""
VAGUE = {language: frozenset(words.split()) for language, words in _FILLERS.items()}
_EVERY = frozenset().union(*VAGUE.values())

_REPLY = re.compile(r"[\[(]?\s*(re|fw|fwd|vs|vl|sv|vb|aw|wg|antw|tr|rv|ref|odp|res|enc)\s*(\[\d+\]|\(\d+\))?\s*[:：]", re.IGNORECASE)
_SIGNS = "✓✔✅☑🗸🔒🔓🔐📎🖇🔔🔕⚠❗❕‼⁉❌🚨🛑⛔🆘🔴🟢🔵🟠●✉📧📨📩📬📭📥📤💌🏷🚩📌⭐★☆🌟🛡🔑"
"""Marks that mail programs and browsers use themselves: read, verified, locked, attached, flagged, unread."""
_LENGTHS = {"first_name": 7, "last_name": 9, "company": 16, "role": 10, "region": 10, "stage": 8}
"""Characters a merge field is counted as."""
_HOLDS_TEXT = re.compile(
    r"[\"“”„»«]|\d\s?[%€$£]|[€$£]\s?\d|!|\b(?:says?|saying|reads?|reading|text|words?|banner|screenshots?|headlines?|captions?|slogans?"
    r"|teksti\w*|lukee|sanoo|kuvakaappau\w*|otsikko\w*|text\w*|rubrik\w*|skärmbild\w*|bildschirm\w*|überschrift\w*|steht)\b",
    re.IGNORECASE,
)
_FILE = re.compile(r"\.(png|jpe?g|gif|svg|webp)\s*$|^(img|image|picture|photo|dsc)?[\s_-]*\d+$", re.IGNORECASE)


def vague(text: str, language: str = "") -> bool:
    """Tell whether a link text is made of fillers alone, in `language` or English; without a known language, in any."""
    if TAG.search(text):
        return False
    words = re.findall(r"[^\W\d_]+", text.lower())
    known = VAGUE.get(language.split("-")[0])
    return bool(words) and frozenset(words) <= (known | VAGUE["en"] if known else _EVERY)


def weight_of(vague_text: str) -> Severity:
    """Return how bad a vague link text is: the phrases that stop letters (check K02) keep a module out, others made of fillers are told."""
    return "error" if is_vague(vague_text) else "warning"


def imitates_reply(line: str) -> bool:
    """Tell whether a subject pretends to be an answer or a forwarded mail: Re:, Fwd:, VS:, SV:, AW: and their like."""
    return _REPLY.match(line.lstrip()) is not None


def imitated_sign(line: str) -> str:
    """Return the first sign in `line` that belongs to mail programs, or an empty string."""
    return next((sign for sign in line if sign in _SIGNS), "")


def text_in_picture(alt: str) -> str:
    """Return why this alt suggests that the picture holds text, or is none: an empty string where all is well."""
    if _FILE.search(alt):
        return "names a file: say what the picture shows"
    if len(alt) > 150:
        return f"has {len(alt)} characters: a picture that needs so many holds text; write it under the picture"
    if found := _HOLDS_TEXT.search(alt):
        return f"suggests text in the picture ('{found[0].strip()}'): many readers see no pictures; write the words as text"
    return ""


def visible(template: str) -> int:
    """Return how many characters readers see of a text at most: its longest branches, each field as long as such values are."""
    if "{" not in template:
        return _count(template)
    if problems(template):
        return _count(TAG.sub("", template))
    return _longest(environment(html=False).parse(template))


def _longest(node: nodes.Node) -> int:
    if isinstance(node, nodes.TemplateData):
        return _count(node.data)
    if isinstance(node, nodes.Const):
        return _count(str(node.value))
    if isinstance(node, nodes.Name):
        return _LENGTHS.get(node.name, 12)
    if isinstance(node, nodes.Or):
        return max(_longest(node.left), _longest(node.right))
    if isinstance(node, nodes.CondExpr):
        return max(_longest(node.expr1), _longest(node.expr2) if node.expr2 else 0)
    if isinstance(node, nodes.If):
        branches = (node.body, *(inner.body for inner in node.elif_), node.else_)
        return max(sum(map(_longest, branch)) for branch in branches)
    return sum(map(_longest, node.iter_child_nodes()))


def _count(text: str) -> int:
    kept = (letter for letter in re.sub(r"\s+", " ", text) if unicodedata.category(letter) not in ("Mn", "Me", "Cf"))
    return sum(1 for _ in kept)
