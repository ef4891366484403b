"""The long form of the fault tests, as a table: `make faults`, or `python -m tests.faults [--quick]`."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
LONG = (
    ("20 x kill -9 during 4,000 letters, SQLite", ("kill",)),
    ("the same, PostgreSQL", ("kill", "--database", "postgresql")),
    ("the same with never_twice, SQLite", ("kill", "--never-twice")),
    ("the same with never_twice, PostgreSQL", ("kill", "--never-twice", "--database", "postgresql")),
    ("1,000 opt-outs that race with their letters, SQLite", ("opt_out", "--rounds", "5")),
    ("1,000 opt-outs that race with their letters, PostgreSQL", ("opt_out", "--rounds", "5", "--database", "postgresql")),
    ("I/O errors by number, once and for ever, SQLite", ("io_errors",)),
)


def main() -> None:
    parser = argparse.ArgumentParser(description="Every loop of the fault harness in its long form, and the named rows.")
    parser.add_argument("--quick", action="store_true", help="only the named rows, as CI runs them")
    given = parser.parse_args()
    rows = ("every row of the table", ("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/faults"))
    loops = [] if given.quick else [(name, ("-m", f"tests.faults.{words[0]}", *words[1:])) for name, words in LONG]
    failed, table = 0, []
    for name, words in [rows, *loops]:
        began = time.monotonic()
        done = subprocess.run([sys.executable, *words], cwd=REPOSITORY, capture_output=True, text=True, check=False)
        failed += done.returncode != 0
        table.append((name, "ok" if done.returncode == 0 else "FAILED", time.monotonic() - began))
        print(f"## {name}\n{done.stdout}{done.stderr if done.returncode else ''}", flush=True)
    for name, end, seconds in table:
        print(f"{end:<7} {seconds:6.0f} s  {name}")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
