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

from bench.made_letters import Made, context, made_envelope, made_letter, made_of, opened
from composer.domain.message import Finding
from composer.render import check, disagreement

LETTERS = 10_000


def main(count: int) -> int:
    """Run over `count` letters; return the exit code."""
    library = opened().library
    stops, notes, apart = Counter[str](), Counter[str](), 0
    combinations: set[tuple[object, ...]] = set()
    quick, whole, rendering = list[float](), list[float](), list[float]()
    shown: list[str] = []
    measured = 0
    for number in range(count):
        one = made_letter(number)
        if number % 50 == 0:
            rendering.append(_of_rendering(one))
        quick.append(_timed(one, whole=False)[0])
        seconds, found = _timed(one, whole=True)
        whole.append(seconds - quick[-1])
        measured += bool(one.envelope.click_urls)
        combinations.add((one.newsletter.layout, one.newsletter.language, *((b.module, b.variant, b.call) for b in one.newsletter.blocks)))
        apart += bool(disagreement(found))
        for finding in found:
            (stops if finding.blocks else notes)[finding.check] += 1
            if finding.blocks and len(shown) < 5:
                shown.append(f"  letter {number}: {finding.check} (tier {finding.tier}): {finding.message}")
    print(
        f"{count:,} letters: {len(library.modules)} modules, {len(library.layouts)} layouts, {len(combinations):,} combinations of blocks,"
    )
    print(f"tones and calls, {measured:,} with clicks measured, {count - measured:,} without")
    print(f"stopped: {sum(stops.values())} {_said(stops)}; notes: {_said(notes)}; stopped by tier three alone: {apart}")
    print(*shown, sep="\n", end="\n" if shown else "")
    print(f"tier two   {1e6 * statistics.median(quick):7.0f} us a letter (target 60; p95 {1e6 * _p95(quick):.0f})")
    print(f"tier three {1e3 * statistics.median(whole):7.1f} ms a letter (target 10; p95 {1e3 * _p95(whole):.1f})")
    print(f"rendering  {1e6 * statistics.median(rendering):7.0f} us a letter, for comparison")
    return 1 if stops else 0


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
