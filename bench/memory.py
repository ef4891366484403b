"""Memory of composing: `python -m bench.memory [LETTERS]`. The process's peak after 1,000 letters and after all of them.

Letters are made of the repository's library, in any order, variant and language; each is checked as it is in a run: the
first ones and a sample of the others whole.
"""

from __future__ import annotations

import resource
import sys
import time
from itertools import islice

from bench.letters_for_compose import real, real_letters
from composer.render import Context, Press, check, render

FIRST = 1_000
RATIO, MEGABYTES = 1.1, 200.0
WHOLE = 50
"""One letter in so many is checked whole, as `checks.sample` has it."""


def main() -> None:
    """Compose, and tell the peak at FIRST letters, at every tenth of the rest, and at the end."""
    letters = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    library = real().library
    press = Press(real().compiled)
    context = Context(press, library)
    started, at_first = time.perf_counter(), 0.0
    for number, (newsletter, person, envelope) in enumerate(islice(real_letters(), letters), 1):
        message = render(newsletter, person, press, envelope, library)
        check(message, newsletter, person, envelope, context, whole=number <= FIRST or not number % WHOLE)
        if number == FIRST:
            at_first = _peak()
        if not number % max(letters // 10, FIRST):
            print(f"  {number:>9,} letters: peak {_peak():6.1f} MiB", flush=True)
    peak = _peak()
    held = peak <= RATIO * at_first and peak <= MEGABYTES
    print(
        f"memory from {FIRST:,} to {letters:,} letters: {at_first:.1f} -> {peak:.1f} MiB, {peak / at_first:.3f} x "
        f"(bound {RATIO:g} x and {MEGABYTES:.0f} MiB)  {'held' if held else 'FELL SHORT'}; "
        f"{(time.perf_counter() - started) / letters * 1e6:.0f} us of wall a letter, generating it included"
    )


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
