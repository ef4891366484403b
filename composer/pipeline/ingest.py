"""Ingest: one file, one transaction. Bad rows are refused with line and reason, the good ones go in.

Repeating a file changes nothing. A damaged file (sources.Damaged) leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any, NamedTuple

from composer.app import App
from composer.errors import UsageError
from composer.pipeline._kinds import Line, savers
from composer.pipeline.import_report import ImportReport
from composer.sources import KINDS, Damaged, Progress, Reader, Records, Renaming, open_source, read_mapping
from composer.store.engine import writing

BATCH = 5_000


class _Cell(NamedTuple):
    """How one of our columns is read from a row; a tuple, since a file has millions of cells."""

    theirs: str
    name: str
    into: str
    read: Reader
    required: bool
    words: Mapping[str, str]
    default: str


def ingest(
    app: App, kind: str, file: Path, map_file: Path | None = None, *, now: datetime, dry_run: bool = False, progress: Progress | None = None
) -> ImportReport:
    """Import `file` as `kind` and report. `progress` is told the part of the file read so far, 0..1.

    Raises UsageError for an unknown kind, file name or mapping, Damaged for a file that is refused whole.
    """
    if kind not in KINDS:
        raise UsageError(f"no such kind: '{kind}'", where="import", do=f"Known: {', '.join(KINDS)}.")
    renaming = read_mapping(map_file, kind) if map_file else Renaming()
    records = open_source(file, progress or (lambda _: None))
    cells = _known_cells(file, kind, records, renaming)
    report = ImportReport(kind)
    with writing(app.engine) as db:
        save = savers[kind](app, db, now, report)
        for given, batch in _batches(records, cells, app.settings.defaults.zone, report):
            touched = save(batch, given)
            report.added += touched.added
            report.changed += touched.changed
        if dry_run:
            db.rollback()
    return report


def _known_cells(file: Path, kind: str, records: Records, renaming: Renaming) -> list[_Cell]:
    """The cells that are there, or may be, where rows name their own."""
    cells = []
    for column in KINDS[kind]:
        theirs, default = renaming.columns.get(column.name, column.name), renaming.defaults.get(column.name, "")
        there = records.columns is None or theirs in records.columns
        if not there and ((column.required and not default) or column.name in renaming.columns):
            raise Damaged(f"no column '{theirs}'", where=f"{file}:1", do=f"It has: {', '.join(records.columns or ())}.")
        if there or default:
            words = renaming.values.get(column.name, {})
            cells.append(_Cell(theirs, column.name, column.into, column.read, column.required, words, default))
    return cells


def _batches(records: Records, cells: Sequence[_Cell], zone: tzinfo, report: ImportReport) -> Iterator[tuple[tuple[str, ...], list[Line]]]:
    """Yield (fields that are given, lines) with values read, at most BATCH lines each, all with the same fields."""
    known = {cell.theirs for cell in cells}
    extra = {name for name in records.columns or () if name and name not in known}
    present, given = cells, tuple(cell.into for cell in cells)
    fields, batch = given, list[Line]()
    for line, row in records.rows:
        report.rows += 1
        if isinstance(row, str):
            report.refused.add(line, row)
            continue
        if records.columns is None:
            extra.update(name for name in row if name not in known and "@" not in name)
            present = [cell for cell in cells if cell.theirs in row or cell.required or cell.default]
            fields = tuple(cell.into for cell in present)
        try:
            values = _read(row, present, zone)
        except ValueError as error:
            report.refused.add(line, str(error))
            continue
        if batch and (len(batch) == BATCH or fields != given):
            yield given, batch
            batch = []
        given = fields
        batch.append((line, values))
    report.extra_columns = sorted(extra)
    if batch:
        yield given, batch


def _read(row: Mapping[str, str], cells: Sequence[_Cell], zone: tzinfo) -> dict[str, Any]:
    """Field -> value, for cells that say something. Raises ValueError with the reason."""
    values: dict[str, Any] = {}
    for theirs, name, into, read, required, words, default in cells:
        text = row.get(theirs, "").strip()
        if words:
            text = words.get(text, text)
        text = text or default
        if text:
            try:
                values[into] = read(text, zone)
            except ValueError as error:
                raise ValueError(f"{name} {error}") from None
        elif required:
            raise ValueError(f"{name} is missing")
    return values
