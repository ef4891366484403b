"""Weeks of letters to more people than a database here would hold: `python -m bench.simulate [PEOPLE [WEEKS]]`.

People, decisions, clicks and learning are the demo's, in memory and without mail (composer/simulate).
"""

from __future__ import annotations

import resource
import sys
import time
from pathlib import Path

from composer.library import open_library, read_sources
from composer.simulate.play import play

ROOT = Path(__file__).parents[1]


def main() -> None:
    """Play, and print clicks a letter by arm, the oracle's share, and what it cost."""
    people, weeks = (int(word) for word in (sys.argv[1:3] + ["100000", "10"][len(sys.argv) - 1 :])[:2])
    library = open_library(read_sources(ROOT / "modules", ROOT / "templates")).library
    started = time.process_time()
    played = play(library, people, weeks, tell=lambda week: print(f"week {week} of {weeks}", file=sys.stderr))
    spent, peak = time.process_time() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{people:,} people, {weeks} weeks, {len(library.modules)} modules: {played.sent:,} letters, {played.left:,} people left")
    print(f"expected clicks a letter: personal {played.per_letter(0):.4f}, hold-out {played.per_letter(1):.4f}")
    print(f"of the oracle's: personal {played.share_of_oracle():.1%}, hold-out {played.share_of_oracle(column=1):.1%}")
    if played.gain:
        print(f"difference by person {played.gain.difference:+.4f} [{played.gain.low:+.4f}, {played.gain.high:+.4f}]: {played.gain.says}")
    print(f"{spent:.1f} CPU s, {spent / max(played.sent, 1) * 1e6:.0f} us a letter, {peak:.0f} MiB at most")


if __name__ == "__main__":
    main()
