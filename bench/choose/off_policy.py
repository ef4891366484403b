"""Off-policy estimates against the truth, on the journey purchases of week 26: `python -m bench.choose.off_policy [--quick]`.

Letters of five blocks with one explored: the base slate is the five most popular modules of two weeks, the pool the next eight.
A block is clicked with probability examination(position) x (.02 + .28 x right), so the value of any slate is known in closed
form. A replicate draws recipients among the households, with replacement, and gives each of them eight letters. The policies judged:
the candidates re-ranked by the household's own (shrunk) frequency, where what stays keeps its place; one block changed; and those that the
design cannot judge.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from math import nan

import numpy as np

from bench.choose.table import print_table, print_verdict
from bench.choose.world import BLOCKS, MODULES, SENDS, Array, World, load
from composer.domain.logged import LoggedLetters
from composer.learn.off_policy import OTHER, Estimate, evaluate
from composer.learn.rerank import rerank

WEEK, POOL, EACH = 26, 8, 8
EXAMINATION = np.array([1, 0.8, 0.65, 0.55, 0.45])
NOISE, RIGHT = 0.02, 0.28
MOST_RMSE, LEAST_COVERAGE, REPLICATES = 0.025, 0.93, 200
UNSUPPORTED = ("not in the pool", "re-ranked, what stays is moved")


@dataclass(frozen=True)
class Households:
    """H eligible households: their candidates `line` int64[H, 13], base first, `values` float32[H, 13, 2] of the two signals (own
    frequency and popularity, as log-odds), and `click` float64[H, 13] the chance of a click where it is examined."""

    line: Array
    values: Array
    click: Array


def households(world: World) -> Households:
    """What is known of everybody at the end of the week, and what proved right."""
    send = SENDS.index(WEEK)
    eligible = world.eligible[send]
    bought = world.bought[eligible][:, :WEEK]
    popular = bought[:, -2:].any(axis=1).mean(axis=0)
    line = np.tile(np.argsort(-popular, kind="stable")[: BLOCKS + POOL], (int(eligible.sum()), 1))
    own = np.take_along_axis(_shrunk(bought.sum(axis=1)), line, axis=1)
    values = np.stack([_odds(own), _odds(popular)[line]], axis=2).astype(np.float32)
    right = np.take_along_axis(world.right[send][eligible], line, axis=1)
    return Households(line, values, NOISE + RIGHT * right)


def _shrunk(weeks: Array) -> Array:
    """float64[H, M]: each module's frequency by household under a beta prior fitted by moments."""
    mean = weeks.mean(axis=0) / WEEK
    spread = (weeks / WEEK).var(axis=0) - mean * (1 - mean) / WEEK
    strength = np.maximum(mean * (1 - mean) / np.maximum(spread, 1e-6) - 1, 1)
    shrunk: Array = (weeks + mean * strength) / (WEEK + strength)
    return shrunk


def _odds(chance: Array) -> Array:
    odds: Array = np.log(chance / (1 - chance))
    return odds


def letters_of(known: Households, letters: int, epsilon: float, explored: Array, seed: int) -> tuple[LoggedLetters, Array]:
    """Send `letters`, the places `explored` (bool[5]) open, and return the log with the row of each letter's household."""
    draw = np.random.default_rng(seed)
    recipient = np.repeat(np.arange(letters // EACH), EACH)
    row = draw.integers(0, len(known.line), letters // EACH)[recipient]
    shown = np.tile(np.arange(BLOCKS, dtype=np.int16), (letters, 1))
    tried = np.flatnonzero(draw.random(letters) < epsilon)
    place = np.flatnonzero(explored)[draw.integers(0, explored.sum(), len(tried))]
    shown[tried, place] = BLOCKS + draw.integers(0, POOL, len(tried))
    clicked = draw.random(shown.shape) < np.take_along_axis(known.click[row], shown.astype(np.int64), axis=1) * EXAMINATION
    log = LoggedLetters(
        recipient=recipient,
        epsilon=np.full(letters, epsilon),
        module=known.line[row].astype(np.int32),
        open=np.tile(explored, (letters, 1)),
        shown=shown,
        clicked=clicked,
        values=known.values[row],
        per_group=np.full(letters, MODULES),
        signals=("frequency", "popularity"),
        modules=tuple(str(m) for m in range(MODULES)),
    )
    return log, row


def policies(known: Households) -> dict[str, Array]:
    """Slates int16[H, 5] by name."""
    everybody, _ = letters_of(known, EACH, 0.5, np.ones(BLOCKS, dtype=bool), 0)
    count = len(known.line)
    blank = {name: np.repeat(getattr(everybody, name)[:1], count, axis=0) for name in ("epsilon", "open", "shown", "clicked", "per_group")}
    log = LoggedLetters(
        recipient=np.arange(count),
        module=known.line.astype(np.int32),
        values=known.values,
        signals=everybody.signals,
        modules=everybody.modules,
        **blank,
    )
    base = np.tile(np.arange(BLOCKS, dtype=np.int16), (count, 1))
    one, absent = base.copy(), base.copy()
    one[:, 2] = BLOCKS + known.values[:, BLOCKS:, 0].argmax(axis=1)
    absent[:, 0] = OTHER
    own = known.values[:, :, 0].astype(np.float64)
    anew = np.argsort(-own, axis=1, kind="stable")[:, :BLOCKS]
    return {"re-ranked": rerank(log, own, np.arange(MODULES)), "one block": one, UNSUPPORTED[0]: absent, UNSUPPORTED[1]: anew}


def truth(known: Households, slate: Array) -> float:
    """Clicks per letter over all households."""
    chance = np.take_along_axis(known.click, np.maximum(slate, 0).astype(np.int64), axis=1) * EXAMINATION
    return float(chance.sum(axis=1).mean())


@dataclass(frozen=True)
class Line:
    """One line of the table: a policy under a design. Figures are over the replicates that were answered."""

    policy: str
    letters: int
    epsilon: float
    true: float
    refused: float
    bias: float = nan
    rmse: float = nan
    coverage: float = nan
    half: float = nan
    self_normalised: float = nan
    effective: float = nan


def study(known: Households, name: str, slate: Array, letters: int, epsilon: float, explored: Array, replicates: int) -> Line:
    """Estimate the slate's value from `replicates` logs and compare with the truth."""
    true, found = truth(known, slate), list[Estimate]()
    for seed in range(replicates):
        log, row = letters_of(known, letters, epsilon, explored, seed)
        one = evaluate(log, slate[row])
        if isinstance(one, Estimate):
            found.append(one)
    line = Line(name, letters, epsilon, true, 1 - len(found) / replicates)
    if not found:
        return line
    error, check = (np.array([getattr(one, what) for one in found]) - true for what in ("value", "self_normalised"))
    return replace(
        line,
        bias=float(error.mean()),
        rmse=float(np.sqrt((error**2).mean())),
        coverage=float(np.mean([one.low <= true <= one.high for one in found])),
        half=float(np.mean([(one.high - one.low) / 2 for one in found])),
        self_normalised=float(np.sqrt((check**2).mean())),
        effective=float(np.mean([min(e for e, c in zip(one.effective, one.changed, strict=True) if c) for one in found])),
    )


def off_policy(world: World, quick: bool) -> None:
    """Print the table, and whether the targets are held; `quick` runs a tenth of the replicates and judges nothing by them."""
    replicates = REPLICATES // 10 if quick else REPLICATES
    known = households(world)
    slates = policies(known)
    everywhere, last_two = np.ones(BLOCKS, dtype=bool), np.arange(BLOCKS) >= 3
    designs = [
        ("re-ranked", 20_000, 0.5, everywhere),
        ("one block", 20_000, 0.5, everywhere),
        ("re-ranked", 20_000, 0.1, everywhere),
        ("one block", 20_000, 0.1, everywhere),
        ("re-ranked", 8_000, 0.1, everywhere),
        ("re-ranked", 5_000, 0.1, everywhere),
        (UNSUPPORTED[0], 20_000, 0.5, everywhere),
        (UNSUPPORTED[1], 20_000, 0.5, everywhere),
        ("re-ranked", 20_000, 0.5, last_two),
    ]
    lines = [study(known, name, slates[name], *design, replicates) for name, *design in designs]
    lines[-1] = replace(lines[-1], policy="re-ranked, only the last two places explored")
    base = truth(known, np.tile(np.arange(BLOCKS), (len(known.line), 1)))
    title = f"Another policy's clicks a letter: {len(known.line):,} households, {replicates} replicates; base slates {base:.4f}, unexplored"
    heads = ("policy", "letters", "epsilon", "truth", "bias", "RMSE", "self-normalised", "coverage", "half width", "worth", "refused")
    rows = []
    for one in lines:
        figures = (
            f"{one.bias:+.4f}",
            f"{one.rmse:.4f}",
            f"{one.self_normalised:.4f}",
            f"{one.coverage:.3f}",
            f"{one.half:.4f}",
            f"{one.effective:.0f}",
        )
        answered = figures if one.refused < 1 else ("-",) * len(figures)
        rows.append((one.policy, f"{one.letters:,}", f"{one.epsilon:g}", f"{one.true:.4f}", *answered, f"{one.refused:.0%}"))
    print_table(title, heads, rows)
    if quick:
        return
    often, rare = lines[0], lines[2]
    print_verdict("RMSE, re-ranked, 20,000 letters, epsilon .5", often.rmse, "<= .025", often.rmse <= MOST_RMSE)
    print_verdict("coverage of its 95 % interval", often.coverage, ">= .93", often.coverage >= LEAST_COVERAGE, 3)
    wider = rare.coverage >= LEAST_COVERAGE and rare.half > often.half
    print_verdict("coverage at epsilon .1, with a wider interval", rare.coverage, ">= .93", wider, 3)
    refused = min(one.refused for one in lines[-3:])
    print_verdict("refused without support", refused, "1", refused == 1, 2)


def main() -> None:
    off_policy(load(), "--quick" in sys.argv)


if __name__ == "__main__":
    main()
