"""The randomised e-mail test of `hillstrom`: who got which mail and who visited, as columns. Benchmarks only: no licence is stated."""

from __future__ import annotations

import csv
import gzip
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from bench.choose.world import DATA, Array

ARMS = ("men's", "women's", "none")
"""The arms, two mails and no mail; each had one chance in three."""
HILLSTROM = DATA / "hillstrom"
_SEGMENTS = ("Mens E-Mail", "Womens E-Mail", "No E-Mail")
_ZIPS, _CHANNELS = ("Rural", "Surburban", "Urban"), ("Multichannel", "Phone", "Web")
_KINDS = ("women's goods", "men's goods", "both")


@dataclass(frozen=True)
class Trial:
    """N customers: `arm` int64[N], `visited` float64[N], `told` float64[N, 9] for regressions, `groups`: axis -> int64[N], its words."""

    arm: Array
    visited: Array
    told: Array
    groups: dict[str, tuple[Array, tuple[str, ...]]]

    def take(self, rows: Array) -> Trial:
        """The given customers."""
        groups = {name: (codes[rows], words) for name, (codes, words) in self.groups.items()}
        return replace(self, arm=self.arm[rows], visited=self.visited[rows], told=self.told[rows], groups=groups)

    def __len__(self) -> int:
        return len(self.arm)


def load(folder: Path = HILLSTROM) -> Trial:
    """Read the folder; FileNotFoundError where it is not."""
    with gzip.open(folder / "hillstrom.csv.gz", "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    recency = np.array([int(row["recency"]) for row in rows])
    men, women, new = (np.array([int(row[name]) for row in rows]) for name in ("mens", "womens", "newbie"))
    zips = np.array([_ZIPS.index(row["zip_code"]) for row in rows])
    channels = np.array([_CHANNELS.index(row["channel"]) for row in rows])
    spent = np.log1p(np.array([float(row["history"]) for row in rows]))
    dummies = [(codes == code).astype(np.float64) for codes, count in ((zips, 3), (channels, 3)) for code in range(1, count)]
    told = np.column_stack([recency, spent, men, women, new, *dummies]).astype(np.float64)
    segment = np.array([int(row["history_segment"][0]) - 1 for row in rows])
    return Trial(
        arm=np.array([_SEGMENTS.index(row["segment"]) for row in rows]),
        visited=np.array([float(row["visit"]) for row in rows]),
        told=told,
        groups={
            "goods": (np.where(men * women, 2, men), _KINDS),
            "new": (new, ("known", "new")),
            "channel": (channels, _CHANNELS),
            "recency": (np.digitize(recency, (4, 8)), ("1-3 months", "4-7 months", "8-12 months")),
            "spent": (np.minimum(segment // 2, 2), ("up to 200", "200 to 500", "above 500")),
        },
    )
