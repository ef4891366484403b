"""Write docs/checks.md from the checks themselves."""

from __future__ import annotations

from pathlib import Path

from composer.render.check import QUICK, WHOLE
from composer.render.check_piece import FRAGMENT, FRAME
from composer.render.laws import LAWS, Law

FILE = Path(__file__).resolve().parents[1] / "docs" / "checks.md"

INTRODUCTION = """\
# Checks of a letter

What holds of every letter. A *stop* means that a letter which breaks the law does not leave: its outbox row says `blocked by a check`
with the id, and no other letter is touched. A *note* is shown in the preview and before a test letter.

Each law is judged as early as it can be, and again where that costs nothing or the sample falls on the letter:

1. **piece**: when the library is compiled, on every fragment and every frame, for every reader a template tells apart, in both views of
   the HTML. A breach is an error of `composer modules lint` with the file's name; the module stays out of every letter.
2. **every**: on every letter, from its header as written, the decision and the values, without reading the body. Tens of microseconds.
3. **whole**: from the final bytes alone, the HTML read twice (as most programs show it, and as Outlook does, with its conditional
   comments opened). Milliseconds; on every preview, every test letter, the first `checks.first` letters of an edition in each run of
   delivery, and a share `checks.sample` of the others, drawn by a keyed hash of the Message-ID.

Where the whole check stops a letter that the tiers before had let pass, the letter is stopped and the event `check_disagreement` tells
the ids: the tiers, not the letter, are wrong then. Tests hold that there is no such letter (tests/checks).

W: wire format. A: who signs. U: unsubscribe. L: list. S: sender and subject. M: MIME. H: HTML. K: links. B: what every letter must carry.
C: content. O: the operation around the letters.

| id | what holds | judged | else |
| --- | --- | --- | --- |
"""

ELSEWHERE = """
## Held elsewhere

What a letter's own bytes cannot tell, or cannot tell alone.

| id | where |
| --- | --- |
"""

END = "\nThis page is written by `make docs` from `composer/render/laws.py` and the tables that judge its laws.\n"


def reference() -> str:
    """Return the whole page."""
    rows = "".join(f"| {law.name} | {law.says} | {_judged(law)} | {'stop' if law.stops else 'note'} |\n" for law in LAWS)
    return INTRODUCTION + rows + ELSEWHERE + "".join(f"| {law.name} | {law.elsewhere} |\n" for law in LAWS if law.elsewhere) + END


def _judged(law: Law) -> str:
    tiers = {"piece": (*FRAGMENT, *FRAME), "every": QUICK, "whole": WHOLE}
    return ", ".join(tier for tier, checks in tiers.items() if any(name == law.name for name, _ in checks)) or "elsewhere"


if __name__ == "__main__":
    FILE.write_text(reference(), encoding="utf-8")
