"""Write what is said to every mistake anew: `python -m tests.bad_input`. Read the change in review."""

from __future__ import annotations

import tempfile
from pathlib import Path

from composer.store.engine import connect
from composer.store.migrate import upgrade
from tests.bad_input.cases import CASES, said

with tempfile.TemporaryDirectory() as name:
    engine = connect("sqlite:///template.db", Path(name))
    upgrade(engine)
    engine.dispose()
    for number, case in enumerate(CASES):
        (case / "expected.txt").write_text(said(case, Path(name) / "template.db", Path(name) / str(number)), encoding="utf-8")
