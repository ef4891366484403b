"""Plan of 1,000,000 recipients x 200 modules x 64 interests, from and to SQLite: `python -m bench.plan_million [RECIPIENTS [FOLDER]]`.

What is planned: a campaign with a window in the reader's own time, a hold-out of 5 %, a cap of two letters in seven days, and
exploration of blocks, hours and words at 10 % each, from beliefs that `composer retrain` learnt of the first 20,000 people.
Each recipient has a role, stage, region, country and time zone (one in four to twelve of each is not known), consent to letters
(97 %), profiling (92 %) and clicks (85 %), one in ten a topic, one in fifty withdrew; four order lines over 64 interests within a
year, one in fifty of them a return; half a view within 90 days; one in five had a letter of five blocks nine days ago, and clicked
one block in twenty. One address in a hundred is suppressed, one person in two hundred has the address of another.

`composer plan` runs as a process of its own: its user and system seconds and its peak memory are what is told. FOLDER keeps the
installation, and a second run plans it again.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from bench.measure import Measured, composer, measure
from bench.million_library import write_library

ROOT = Path(__file__).parents[1]
NOW = "2026-03-02T06:00:00Z"
LEARNT_FROM = 20_000
CAMPAIGNS = {
    "before": 'name = "before"\nstarts = 2026-02-21T06:00:00Z\n',
    "bench": """name = "bench"
window = { days = "Mon-Fri", hours = "07:00-20:00" }
cap = "2/7d"
holdout = 0.05
""",
}
BOUND_SECONDS, BOUND_MEGABYTES = 60.0, 300.0


def install(folder: Path, recipients: int, modules: int) -> Path:
    """Make an installation of generated people in `folder`; return its configuration."""
    config = folder / "config.toml"
    folder.mkdir(parents=True, exist_ok=True)
    write_library(folder / "modules", modules)
    config.write_text(f'[library]\nmodules = "modules"\ntemplates = "{ROOT / "templates"}"\n', encoding="utf-8")
    _must(composer(config, "init"))
    for name, text in CAMPAIGNS.items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
        _must(composer(config, "campaign", "create", str(folder / f"{name}.toml")))
    first = min(recipients, LEARNT_FROM)
    _must(_people(folder, 1, first))
    _must(composer(config, "retrain", "--now", NOW))
    if recipients > first:
        _must(_people(folder, first + 1, recipients))
    return config


def _people(folder: Path, first: int, last: int) -> Measured:
    return measure([sys.executable, "-m", "bench.million_people", str(folder), str(first), str(last)])


def _must(done: Measured) -> None:
    if done.code:
        sys.exit(done.output)


def main() -> None:
    """Plan everybody, then tell the decision alone for 10,000 x 47."""
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(scratch) / "million"
        config = folder / "config.toml"
        if not config.exists():
            install(folder, size, 200)
        done = composer(config, "plan", "bench", "--now", NOW)
        _must(done)
        print(done.output.rstrip().rpartition("\n")[2])
        held = done.cpu <= BOUND_SECONDS and done.megabytes <= BOUND_MEGABYTES
        print(
            f"plan of {size:,} recipients x 200 modules x 64 interests: {done.cpu:.1f} CPU s (bound {BOUND_SECONDS:g}), "
            f"{done.cpu / size * 1e6:.1f} us each; {done.megabytes:.0f} MiB (bound {BOUND_MEGABYTES:g}); {done.seconds:.1f} s of wall  "
            f"{'held' if held else 'FELL SHORT'}",
            flush=True,
        )
        small = Path(scratch) / "small"
        print(measure([sys.executable, "-m", "bench.decide", str(install(small, 10_000, 47)), NOW]).output, end="")


if __name__ == "__main__":
    main()
