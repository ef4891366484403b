"""`composer hooks list`: the URLs that mail providers report to."""

from __future__ import annotations

import typer

from composer.cli._context import Json, print_json


def register(app: typer.Typer) -> None:
    hooks = typer.Typer(no_args_is_help=True, help="Webhooks: what mail providers report.")
    app.add_typer(hooks, name="hooks")

    @hooks.command("list")
    def list_all(context: typer.Context, as_json: Json = False) -> None:
        """One line a provider: the URL to give it, or the setting that is missing. A URL is a secret."""
        from composer.pipeline.hooks import providers, url_of

        with context.obj.open() as opened:
            section = opened.settings.hooks
            rows = [
                {"provider": name, "url": url_of(opened, name) if file.ready(section) else None, "needs": file.NEEDS}
                for name, file in providers().items()
            ]
        if as_json:
            print_json(rows)
            return
        for row in rows:
            print(f"{row['provider']:<10} " + (row["url"] or f"set {row['needs']} first"))
