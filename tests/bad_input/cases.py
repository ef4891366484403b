"""Every folder in import/, database/ and inbound/ is one mistake: its files, the command, and exactly what is said to it.

`command` is run after the commands in `first` (if any), with `database.sql` applied in between; `no-database` and
`no-key` leave those out. expected.txt holds the exit code, both outputs, and how many rows each table has afterwards.
`python -m tests.bad_input` writes expected.txt anew: read the change in review.
"""

from __future__ import annotations

import contextlib
import io
import os
import shlex
import shutil
import sqlite3
import sys
from pathlib import Path

from composer.cli import main

FOLDER = Path(__file__).parent
CASES = sorted(path for kind in ("import", "database", "inbound") for path in (FOLDER / kind).iterdir() if (path / "command").exists())
TABLES = ("recipients", "consents", "products", "orders", "events")


def run(arguments: list[str]) -> tuple[int, str]:
    """Run a command in this process; return its exit code and what it printed, standard output first."""
    out, err, before = io.StringIO(), io.StringIO(), sys.argv
    sys.argv = ["composer", *arguments]
    code = 0
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main()
    except SystemExit as end:
        code = int(end.code or 0)
    finally:
        sys.argv = before
    return code, out.getvalue() + err.getvalue()


def said(case: Path, template: Path, folder: Path) -> str:
    """Play the case in the empty `folder`, on a copy of the migrated database `template`."""
    shutil.copytree(case, folder, dirs_exist_ok=True)
    (folder / "var").mkdir(exist_ok=True)
    if not (case / "no-database").exists() and not (case / "var").exists():
        shutil.copy(template, folder / "var" / "composer.db")
    if not (case / "no-key").exists():
        (folder / "var" / "secret.key").write_text("00" * 32)
    before = Path.cwd()
    os.chdir(folder)
    try:
        for line in _lines(case / "first"):
            code, printed = run(shlex.split(line))
            assert code == 0, f"{case.name}: {line}: {printed}"
        if (case / "database.sql").exists():
            with contextlib.closing(sqlite3.connect("var/composer.db")) as db:
                db.executescript((case / "database.sql").read_text(encoding="utf-8"))
        code, printed = run(shlex.split(_lines(case / "command")[0]))
    finally:
        os.chdir(before)
    printed = printed.replace(f"{folder.resolve()}{os.sep}", "")
    return f"exit {code}\n{printed}{_rows(folder / 'var' / 'composer.db')}"


def _lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines() if file.exists() else []


def _rows(file: Path) -> str:
    """How many rows each table has: nothing half-applied hides from this."""
    try:
        with contextlib.closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as db:
            counts = [f"{table} {db.execute(f'SELECT count(*) FROM {table}').fetchone()[0]}" for table in TABLES]
    except sqlite3.Error:
        return "rows: no database\n"
    return f"rows: {', '.join(counts)}\n"
