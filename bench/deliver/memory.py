"""The memory of a run of delivery: the same number of letters sent out of small and of large outboxes."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from bench.deliver import installation
from bench.deliver.sinks import FAST, listening
from bench.measure import composer

PLANNED = (10_000, 100_000, 1_000_000)
SENT = 10_000
RATIO, MEGABYTES = 1.1, 200.0


def tell(scratch: Path, planned: tuple[int, ...] = PLANNED) -> None:
    """Print the peak of sending SENT letters out of each outbox, and whether it stays flat."""
    peaks = []
    for letters in planned:
        config = installation.install(scratch / str(letters), letters)
        done = installation.plan(config)
        with listening(FAST) as port:
            os.environ["COMPOSER_SMTP__PORT"] = str(port)
            sent = installation.must(composer(config, "send", "--due", "--limit", str(SENT), "--now", installation.NOW))
        peaks.append(sent.megabytes)
        shutil.rmtree(config.parent)
        planning, sending = done.cpu / letters * 1e6, sent.cpu / SENT * 1e6
        print(
            f"  {letters:>9,} planned ({planning:.0f} us each), {SENT:,} sent ({sending:.0f} us each): peak {sent.megabytes:.0f} MiB",
            flush=True,
        )
    held = peaks[-1] <= RATIO * peaks[0] and max(peaks) <= MEGABYTES
    print(
        f"memory from {planned[0]:,} to {planned[-1]:,} planned letters: {peaks[-1] / peaks[0]:.2f} x "
        f"(bound {RATIO:g} x, {MEGABYTES:.0f} MiB)  {'held' if held else 'FELL SHORT'}"
    )
