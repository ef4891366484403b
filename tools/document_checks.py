"""Write docs/checks.md from the checks themselves."""

from __future__ import annotations

from pathlib import Path

from composer.render.check import CHECKS

FILE = Path(__file__).resolve().parents[1] / "docs" / "checks.md"

INTRODUCTION = """\
# Checks of a letter

What holds of every letter, judged from the final bytes. A *stop* means that this letter does not leave: its outbox row says
`blocked by a check` with the id, and no other letter is touched. A *note* is shown to the operator.

The whole list runs on every letter: before it is sent, on every preview, and on every test letter. What depends on a module alone is
checked once, when the library is compiled: `composer modules lint`. Consent, caps, dates and what was bought are judged where they
are known: when a letter is claimed for sending.

W: wire format. U: unsubscribe. L: list. S: sender and subject. M: MIME. H: HTML. K: links. B: what every letter must carry. C: content.

This page is written by `make docs` from `composer/render/check_wire.py` and `composer/render/check_body.py`.

| id | what holds | else |
| --- | --- | --- |
"""


def reference() -> str:
    """Return the whole page."""
    return INTRODUCTION + "".join(f"| {check.name} | {check.law} | {'stop' if check.blocks else 'note'} |\n" for check in CHECKS)


if __name__ == "__main__":
    FILE.write_text(reference(), encoding="utf-8")
