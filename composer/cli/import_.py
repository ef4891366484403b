"""`composer import`: bring recipients, consents, products, orders or events in from a file."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from composer.cli._context import Context, Json, moment, print_json

if TYPE_CHECKING:
    from composer.pipeline.import_report import ImportReport, Rows
    from composer.sources import Progress

_SHOWN = 100
"""Refused rows listed on the terminal; --json lists the first 10,000."""
_LINES = 5


def register(app: typer.Typer) -> None:
    @app.command("import")
    def import_(
        context: typer.Context,
        kind: Annotated[str, typer.Argument(help="recipients, consents, products, orders or events.")],
        file: Annotated[Path, typer.Argument(help="CSV or JSON Lines, plain or .gz.")],
        map_file: Annotated[Path | None, typer.Option("--map", help="TOML file that renames columns and values.", metavar="FILE")] = None,
        dry_run: Annotated[bool, typer.Option("--dry-run", help="Check and count, and store nothing.")] = False,
        as_json: Json = False,
    ) -> None:
        """Bring data in from a file; repeating it changes nothing. Exit code 1: some rows were refused or need a look."""
        from composer.pipeline.ingest import ingest

        made: Context = context.obj
        with made.open() as opened, _progress_bar() as progress:
            report = ingest(opened, kind, file, map_file, now=moment(None), dry_run=dry_run, progress=progress)
        if as_json:
            print_json(_document(report, file, dry_run))
        else:
            _print_report(report, file, dry_run)
        if not report.clean:
            raise typer.Exit(1)


@contextmanager
def _progress_bar() -> Iterator[Progress | None]:
    """A bar on standard error, where that is a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress as Bar

    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("importing", total=1.0)
        yield lambda part: bar.update(task, completed=part)


def _document(report: ImportReport, file: Path, dry_run: bool) -> dict[str, Any]:
    def rows(found: Rows) -> list[dict[str, Any]]:
        return [{"line": row.line, "reason": row.reason} for row in sorted(found.listed, key=lambda row: row.line)]

    return {
        "kind": report.kind,
        "file": str(file),
        "dry_run": dry_run,
        "rows": report.rows,
        "added": report.added,
        "changed": report.changed,
        "same": report.same,
        "refused_count": report.refused.count,
        "refused": rows(report.refused),
        "warning_count": report.warnings.count,
        "warnings": rows(report.warnings),
        "note_count": report.notes.count,
        "notes": rows(report.notes),
        "extra_columns": report.extra_columns,
    }


def _print_report(report: ImportReport, file: Path, dry_run: bool) -> None:
    print(
        f"{report.kind}: {report.rows:,} rows: {report.added:,} new, {report.changed:,} changed, {report.same:,} as before, "
        f"{report.refused.count:,} refused"
    )
    for row in sorted(report.refused.listed, key=lambda row: row.line)[:_SHOWN]:
        print(f"refused: {file}:{row.line}: {row.reason}")
    if report.refused.count > _SHOWN:
        print(f"refused: {report.refused.count - _SHOWN:,} rows more; --json lists them")
    _print_kept(report.warnings, file, "kept")
    _print_kept(report.notes, file, "note")
    if report.extra_columns:
        print(f"columns not used: {', '.join(report.extra_columns)}")
    if dry_run:
        print("dry run: nothing was stored")


def _print_kept(rows: Rows, file: Path, word: str) -> None:
    """One line a reason, with the first few lines of the file it holds for."""
    by_reason: dict[str, list[int]] = {}
    for row in rows.listed:
        by_reason.setdefault(row.reason, []).append(row.line)
    for reason, lines in sorted(by_reason.items()):
        count = rows.reasons[reason]
        first = ", ".join(map(str, sorted(lines)[:_LINES])) + (", ..." if count > _LINES else "")
        print(f"{word}: {file}: {count:,} x {reason}: line {first}")
