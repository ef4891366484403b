"""Make letters for people who do not exist, check each in tiers two and three, and count false alarms and time: python -m bench.letters.

Nothing is wrong with these letters, so every blocking finding is a false alarm, and the run ends with exit code 1.
Times are of the process's own CPU: medians over all letters, and the share of rendering for comparison.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from bench.made_letters import Made, context, made_envelope, made_letter, made_of, opened
from composer.domain.message import Finding
from composer.render import check, disagreement

LETTERS, CHUNK = 10_000, 500


@dataclass
class Tally:
    """What a run came to. Times are seconds of CPU."""

    stops: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    apart: int = 0
    """Letters that tier three alone stops."""
    measured: int = 0
    combinations: set[tuple[object, ...]] = field(default_factory=set)
    quick: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)
    rendering: list[float] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)


def main(count: int) -> int:
    """Run over `count` letters; return the exit code."""
    tally = Tally()
    for first in range(0, count, CHUNK):
        _run([made_letter(number) for number in range(first, min(first + CHUNK, count))], tally)
    library = opened().library
    print(f"{count:,} letters of {len(library.modules)} modules in {len(library.layouts)} layouts,")
    print(f"{len(tally.combinations):,} combinations of", end=" ")
    print(f"blocks, tones and calls; {tally.measured:,} with clicks measured, {count - tally.measured:,} without")
    print(f"stopped: {_said(tally.stops)}; notes: {_said(tally.notes)}; stopped by tier three alone: {tally.apart}")
    print(*tally.shown, sep="\n", end="\n" if tally.shown else "")
    print(f"tier two   {1e6 * statistics.median(tally.quick):7.0f} us a letter (target 60; p95 {1e6 * _p95(tally.quick):.0f})")
    print(f"tier three {1e3 * statistics.median(tally.whole):7.1f} ms a letter (target 10; p95 {1e3 * _p95(tally.whole):.1f})")
    print(f"rendering  {1e6 * statistics.median(tally.rendering):7.0f} us a letter, for comparison")
    return 1 if tally.stops else 0


def _run(chunk: list[Made], tally: Tally) -> None:
    tally.rendering += [_of_rendering(one) for one in chunk[::20]]
    for one in chunk:  # what is found out once for a library is known when a campaign's second batch leaves
        _timed(one, whole=False)
    early = [_timed(one, whole=False)[0] for one in chunk]
    tally.quick += early
    for one, before in zip(chunk, early, strict=True):
        seconds, found = _timed(one, whole=True)
        tally.whole.append(seconds - before)
        tally.measured += bool(one.envelope.click_urls)
        decided = one.newsletter
        tally.combinations.add((decided.layout, decided.language, *((b.module, b.variant, b.call) for b in decided.blocks)))
        tally.apart += bool(disagreement(found))
        for finding in found:
            (tally.stops if finding.blocks else tally.notes)[finding.check] += 1
            if len(tally.shown) < 8:
                tally.shown.append(f"  letter {one.number}: {finding.check} (tier {finding.tier}): {finding.message}")


def _timed(one: Made, *, whole: bool) -> tuple[float, tuple[Finding, ...]]:
    started = time.process_time()
    found = check(one.message, one.newsletter, one.person, one.envelope, context(), whole)
    return time.process_time() - started, found


def _of_rendering(one: Made) -> float:
    """Seconds for rendering one letter whose templates are ready."""
    envelope = made_envelope(one.newsletter, one.person)
    started = time.process_time()
    made_of(one.number, one.newsletter, one.person, envelope)
    return time.process_time() - started


def _said(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "none"


def _p95(values: Iterable[float]) -> float:
    ordered = sorted(values)
    return ordered[len(ordered) * 95 // 100]


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1]) if len(sys.argv) > 1 else LETTERS))
