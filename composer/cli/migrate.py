"""`composer migrate`: bring the database to this version's schema."""

from __future__ import annotations

import typer

from composer.cli._context import Context, Json, print_json


def register(app: typer.Typer) -> None:
    @app.command("migrate")
    def migrate(context: typer.Context, as_json: Json = False) -> None:
        """Bring the database to this version's schema: whole or not at all. Safe to repeat. Make a backup first."""
        from composer.store.engine import connect
        from composer.store.migrate import revision, upgrade

        made: Context = context.obj
        settings = made.settings()
        engine = connect(settings.database.url, settings.folder)
        try:
            before = revision(engine)
            after = upgrade(engine)
        finally:
            engine.dispose()
        if as_json:
            print_json({"before": before or None, "after": after})
        elif before == after:
            print(f"The database is at revision {after} already.")
        else:
            print(f"The database is now at revision {after} (before: {before or 'empty'}).")
