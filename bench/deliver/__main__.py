"""Delivery beside other senders: `python -m bench.deliver [--quick] [--rounds N] [--memory]`.

Everybody sends letters of the same four blocks, about 45 kB of HTML with some sixty printed values, to people of their own, into
Postfix's smtp-sink and into bench.sink, in turns: a round after the other, figures are medians of rounds. Ours is `composer plan` and
`composer send --due` on an SQLite file, 5,000 letters: each decided again at the claim, composed, checked, handed over, its outcome
committed with synchronous FULL. The others are what bench/deliver/peers says of them, with fewer letters, for they are slower. The start of
every program is left out. CPU seconds are the sender's own and its children's, never the sink's.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from bench.deliver import installation, memory
from bench.deliver.senders import Cost, Ours, Peer, fresh, peers
from bench.deliver.sinks import FAST, POSTFIX, known, listening
from bench.measure import python

LETTERS = 5_000


class Bound(NamedTuple):
    """Ours is to send at least `times` as many letters a second as `sender`."""

    sender: str
    times: float


BOUNDS = (
    Bound("our packages, used the obvious way", 25),
    Bound("django-post_office", 15),
    Bound("django-mailer", 15),
    Bound("nodemailer pool + handlebars", 10),
)
CPU_BOUND, DKIM_BOUND, MEMORY_BOUND = 0.5, 600.0, 200.0
OURS, SIGNED = "composer", "composer, RSA-2048 DKIM"
LISTMONK = "listmonk's sending core took 1.07 CPU seconds for a thousand letters and sent 1,142 a second (issue 5); it is not run here."


def main() -> None:
    """Run the rounds, print the table, then what was asked for besides."""
    wanted = argparse.ArgumentParser(prog="bench.deliver", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    wanted.add_argument("--quick", action="store_true", help="one round, bench.sink alone, fewer letters: to see that it runs")
    wanted.add_argument("--rounds", type=int, default=3)
    wanted.add_argument("--ours", action="store_true", help="without the others")
    wanted.add_argument("--memory", action="store_true", help="only the memory of a run, from 10,000 to 1,000,000 planned letters")
    asked = wanted.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        if asked.memory:
            memory.tell(scratch)
            return
        letters = LETTERS // 5 if asked.quick else LETTERS
        plain, signed = installation.install(scratch / "plain", letters), installation.install(scratch / "signed", letters, signed=True)
        material = scratch / "material.json"
        installation.must(python("bench.deliver.material", str(material), str(LETTERS)))
        senders = [
            Ours(OURS, plain, letters),
            Ours(SIGNED, signed, letters),
            *([] if asked.ours else peers(material, scratch, asked.quick)),
        ]
        sinks = (FAST,) if asked.quick else known()
        costs: dict[tuple[str, str], list[Cost]] = {}
        for _ in range(1 if asked.quick else asked.rounds):
            for sender in senders:
                for sink in sinks:
                    costs.setdefault((sender.title, sink), []).append(_once(sender, sink, scratch))
    for sink in sinks:
        table(sink, {sender.title: costs[sender.title, sink] for sender in senders})


def _once(sender: Ours | Peer, sink: str, scratch: Path) -> Cost:
    with fresh(scratch) as folder, listening(sink) as port:
        return sender.run(port, Path(folder))


def table(sink: str, costs: dict[str, list[Cost]]) -> None:
    """Print what each sender cost, and whether the bounds hold."""
    print(f"into {sink}{' (a ceiling of some 3,500 a second)' if sink == POSTFIX else ''}")
    print(f"  {'':<38} {'letters/s':>10} {'CPU s/1,000':>12} {'planning':>10} {'peak MiB':>9}")
    for title, found in costs.items():
        print(
            f"  {title:<38} {_median([c.rate for c in found]):>10,.0f} {_median([c.per_thousand for c in found]):>12.2f} "
            f"{_median([c.planning / c.letters * 1000 for c in found]):>10.2f} {max(c.megabytes for c in found):>9.0f}"
        )
    ours = costs[OURS]
    for bound in BOUNDS:
        if theirs := costs.get(bound.sender):
            rate = _median([a.rate / b.rate for a, b in zip(ours, theirs, strict=True)])
            cpu = _median([b.per_thousand / a.per_thousand for a, b in zip(ours, theirs, strict=True)])
            said = f"{rate:6.1f} x the rate (bound {bound.times:g}), {cpu:.1f} x less CPU"
            print(f"  against {bound.sender:<36} {said}  {_held(rate >= bound.times)}")
    cpu, signed = _median([c.per_thousand for c in ours]), _median([c.rate for c in costs[SIGNED]])
    peak = max(c.megabytes for c in ours)
    print(f"  CPU seconds for 1,000 letters, planning included  {cpu:.2f} (bound {CPU_BOUND:g})  {_held(cpu <= CPU_BOUND)}. {LISTMONK}")
    print(f"  letters a second with RSA-2048 DKIM, one core  {signed:,.0f} (bound {DKIM_BOUND:g})  {_held(signed >= DKIM_BOUND)}")
    print(f"  peak memory  {peak:.0f} MiB (bound {MEMORY_BOUND:g})  {_held(peak <= MEMORY_BOUND)}", flush=True)


def _median(values: Sequence[float]) -> float:
    return statistics.median(values)


def _held(held: bool) -> str:
    return "held" if held else "FELL SHORT"


if __name__ == "__main__":
    main()
