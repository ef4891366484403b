"""A generated library of 200 modules over 64 interests, for bench.plan_million: every kind of condition a module may have occurs in it."""

from __future__ import annotations

from pathlib import Path

INTERESTS = 64
ROLES = ("finance", "hr", "it", "management", "operations")
STAGES = ("discover", "evaluate", "use", "renew")
REGIONS = ("Lapland", "Pirkanmaa", "Scotland", "Uusimaa", "Vermont")
COUNTRIES = ("FI", "GB", "US")
TOPICS = ("finance", "people", "production", "technology")
KINDS = ("event", "feature", "guide", "offer", "reference", "roi", "seasonal", "service", "usecase")
_BODY = """
<mj-wrapper>
  <mj-section mj-class="card">
    <mj-column>
      <mj-text mj-class="kicker">[[ kicker ]]</mj-text>
      <mj-text mj-class="title"><h2 style="[[ style.h2 ]]">[[ title ]]</h2></mj-text>
      <mj-text mj-class="summary">[[ preheader ]]</mj-text>
      <mj-text mj-class="body">[[ body ]]</mj-text>
      <mj-text mj-class="link"><a href="{{ link }}" style="[[ style.link ]]">[[ cta ]]</a></mj-text>
    </mj-column>
  </mj-section>
</mj-wrapper>
"""


def write_library(folder: Path, modules: int = 200) -> None:
    """Write `modules` files under `folder`: sixteen for the pinned places, the rest for open ones.

    Every module has one to three interests. Of ten, three are for some roles or stages, one for some regions or countries,
    one names its months, one has dates of validity, five are written in three tones, five open in two ways; rests differ.
    """
    for number in range(modules):
        kind = ("notice", "thanks", "signature", "survey")[number % 4] if number < 16 else KINDS[number % len(KINDS)]
        file = folder / kind / f"m{number:03d}.mjml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("+++\n" + "\n".join(_front(number, kind)) + "\n+++" + _BODY, encoding="utf-8")


def _front(number: int, kind: str) -> list[str]:
    interests = sorted({(number * step + step) % INTERESTS for step in range(1, 2 + number % 3)})
    lines = [
        f'group = "g{number % 40:02d}"',
        f"interests = {[f'category:c{interest:02d}' for interest in interests]}".replace("'", '"'),
        f'topics = ["{TOPICS[number % len(TOPICS)]}"]',
        f'rest = "{(6, 13, 27, 55)[number % 4]}d"',
        f'owned_for = "{("never", "56d", "90d", "28d")[number // 4 % 4]}"',
        f'url = "https://www.example.com/m{number:03d}"',
    ]
    if kind == "thanks":
        lines.append('bought_within = "21d"')
    elif kind in ("notice", "survey"):
        lines.append('valid_from = 2026-01-01\nvalid_until = 2026-02-20\nregions = ["Pirkanmaa", "Scotland"]')
    elif number % 10 in (1, 2):
        lines.append(f'roles = ["{ROLES[number % 5]}", "{ROLES[number // 2 % 5]}"]' if ROLES[number % 5] != ROLES[number // 2 % 5] else "")
    elif number % 10 == 3:
        lines.append(f'stages = ["{STAGES[number // 10 % 4]}"]')
    elif number % 10 == 4:
        lines.append(f'regions = ["{REGIONS[number // 10 % 5]}"]' if number % 20 == 4 else f'countries = ["{COUNTRIES[number // 10 % 3]}"]')
    elif number % 10 == 5:
        lines.append("months = [3, 4, 5]" if number % 20 == 5 else "months = [11, 12]")
    elif number % 10 == 6:
        lines.append("valid_from = 2026-02-01\nvalid_until = 2026-03-04")
    lines += ["generic = true"] if number % 10 in (7, 8) else []
    lines += ["", "[en]", *_texts(f"Idea number {number}")]
    if number % 2:
        lines += [
            "",
            "[en.openings.question]",
            f'subject = "What about idea {number}?"',
            'preheader = "A question, three answers from people who tried, and what it cost them."',
        ]
        for tone in ("technical", "business"):
            lines += ["", f"[en.{tone}]", *_texts(f"Idea number {number}, {tone}")]
    return lines


def _texts(title: str) -> list[str]:
    return [
        f'subject = "{title}"',
        f'preheader = "What it changes, whom it helps and what it takes, told in a few lines: {title.lower()}."',
        'kicker = "Idea"',
        f'title = "{title}"',
        'body = "A few lines that say what it is, whom it helps and what it takes. Nothing here is longer than it must be."',
        f'cta = "See {title.lower()} at work"',
    ]
