"""Ingest: one file, one transaction. Bad rows are refused with line and reason, the good ones go in.

Repeating a file changes nothing. A damaged file (sources._records.Damaged) leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

from composer import sources
from composer.app import App
from composer.discover import discover
from composer.errors import UsageError
from composer.pipeline._import_report import ImportReport
from composer.pipeline._kinds import Line, savers
from composer.sources._columns import KINDS, Column
from composer.sources._mapping import Renaming, read_mapping
from composer.sources._records import Damaged, Progress, Records
from composer.store.engine import writing

BATCH = 5_000


def ingest(app: App, kind: str, file: Path, map_file: Path | None = None, *, now: datetime, dry_run: bool = False,
           progress: Progress | None = None) -> ImportReport:
    """Import `file` as `kind` and report. `progress` is told the part of the file read so far, 0..1.

    Raises UsageError for an unknown kind, file name or mapping, Damaged for a file that is refused whole.
    """
    if kind not in KINDS:
        raise UsageError(f"no such kind: '{kind}'", where="import", do=f"Known: {', '.join(KINDS)}.")
    renaming = read_mapping(map_file, kind) if map_file else Renaming()
    records = _open(file, progress or (lambda _: None))
    columns = _known_columns(file, kind, records, renaming)
    report = ImportReport(kind)
    if records.columns is not None:
        report.extra_columns = sorted(set(records.columns) - set(columns) - {""})
    with writing(app.engine) as db:
        save = savers[kind](app, db, now, report)
        for given, batch in _batches(records, columns, renaming, app.settings.defaults.zone, report):
            touched = save(batch, given)
            report.added += touched.added
            report.changed += touched.changed
        if dry_run:
            db.rollback()
    return report


def _open(file: Path, progress: Progress) -> Records:
    found = discover(sources)
    for source in found.values():
        if file.name.lower().endswith(source.SUFFIXES):
            records: Records = source.read(file, progress)
            return records
    endings = sorted(suffix for source in found.values() for suffix in source.SUFFIXES)
    raise UsageError("unknown kind of file", where=str(file), do=f"Name a file that ends in {', '.join(endings)}.")


def _known_columns(file: Path, kind: str, records: Records, renaming: Renaming) -> dict[str, Column]:
    """Their name -> our column, for those that are there (or may be, where rows name their own)."""
    columns = {renaming.columns.get(column.name, column.name): column for column in KINDS[kind]}
    if records.columns is None:
        return columns
    for theirs, column in columns.items():
        needed = column.required and column.name not in renaming.defaults
        if theirs not in records.columns and (needed or column.name in renaming.columns):
            raise Damaged(f"no column '{theirs}'", where=f"{file}:1", do=f"It has: {', '.join(records.columns)}.")
    return {theirs: column for theirs, column in columns.items() if theirs in records.columns or column.name in renaming.defaults}


def _batches(records: Records, columns: Mapping[str, Column], renaming: Renaming, zone: tzinfo,
             report: ImportReport) -> Iterator[tuple[tuple[str, ...], list[Line]]]:
    """Yield (fields that are given, lines) with values read, at most BATCH lines each."""
    everything = tuple(columns.items())
    batch: list[Line] = []
    given: tuple[str, ...] = ()
    for line, row in records.rows:
        report.rows += 1
        if isinstance(row, str):
            report.refused.add(line, row)
            continue
        present = everything
        if records.columns is None:
            present = tuple((theirs, column) for theirs, column in everything
                            if theirs in row or column.required or column.name in renaming.defaults)
            _note_extra(report, row, columns)
        try:
            values = _read(row, present, renaming, zone)
        except ValueError as error:
            report.refused.add(line, str(error))
            continue
        fields = given if present is everything and given else tuple(column.into for _, column in present)
        if batch and (len(batch) == BATCH or fields != given):
            yield given, batch
            batch = []
        given = fields
        batch.append((line, values))
    if batch:
        yield given, batch


def _note_extra(report: ImportReport, row: Mapping[str, str], columns: Mapping[str, Column]) -> None:
    for name in row:
        if name not in columns and name not in report.extra_columns:
            report.extra_columns = sorted([*report.extra_columns, name])


def _read(row: Mapping[str, str], present: tuple[tuple[str, Column], ...], renaming: Renaming, zone: tzinfo) -> dict[str, Any]:
    """Field -> value, for cells that say something. Raises ValueError with the reason."""
    values: dict[str, Any] = {}
    for theirs, column in present:
        text = row.get(theirs, "").strip()
        if column.name in renaming.values:
            text = renaming.values[column.name].get(text, text)
        text = text or renaming.defaults.get(column.name, "")
        if text:
            try:
                values[column.into] = column.read(text, zone)
            except ValueError as error:
                raise ValueError(f"{column.name} {error}") from None
        elif column.required:
            raise ValueError(f"{column.name} is missing")
    return values
