"""`composer backup`: database and secret key in one file, while everything runs, and the list of those that were made."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from composer.cli._context import Context, Json, moment, print_json
from composer.errors import UsageError


def register(app: typer.Typer) -> None:
    @app.command("backup")
    def backup_command(
        context: typer.Context,
        file: Annotated[Path | None, typer.Argument(help="Where to write it; an older backup there is replaced.")] = None,
        listed: Annotated[bool, typer.Option("--list", help="Show the backups that were made, and until when they are kept.")] = False,
        as_json: Json = False,
    ) -> None:
        """Write database and secret key to FILE while everything runs. Keep it as safe as the key itself.

        It is put on a list: who is erased later is erased in it, too, and it is deleted when retention.backups has passed.
        """
        made: Context = context.obj
        if listed or file is None:
            if not listed:
                raise UsageError("no file is named", where="backup", do="Name a file to write, or give --list.")
            _show(made, as_json=as_json)
            return
        from composer.pipeline.backups import make_backup

        with made.open() as opened:
            until = make_backup(opened, file, moment(None))
        if as_json:
            print_json({"file": str(file), "bytes": file.stat().st_size, "kept_until": until})
        else:
            kept = "kept for good" if until is None else f"kept until {until:%Y-%m-%d}"
            print(f"{file}: database and secret key, {file.stat().st_size:,} bytes; {kept} (retention.backups)")


def _show(made: Context, *, as_json: bool) -> None:
    from composer.pipeline.backups import listed

    with made.open() as opened:
        backups, keep = listed(opened), opened.settings.retention.backups
    rows = [
        {
            "file": str(backup.file),
            "made_at": backup.made_at,
            "cleaned_until": backup.clean,
            "kept_until": None if keep is None else backup.made_at + keep,
            "there": backup.file.exists(),
        }
        for backup in backups
    ]
    if as_json:
        print_json(rows)
        return
    for row, backup in zip(rows, backups, strict=True):
        kept = "for good" if keep is None else f"until {backup.made_at + keep:%Y-%m-%d}"
        print(f"{backup.made_at:%Y-%m-%d %H:%M}  kept {kept}  {row['file']}{'' if row['there'] else '  (not there)'}")
