"""`composer web`: the pages alone."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from composer.cli._context import Context


def register(app: typer.Typer) -> None:
    @app.command("web")
    def web(
        context: typer.Context,
        host: Annotated[str | None, typer.Option(help="Address to listen on. Default: web.host.")] = None,
        port: Annotated[int | None, typer.Option(help="Port to listen on. Default: web.port.", min=0, max=65535)] = None,
    ) -> None:
        """Serve the recipients' pages until interrupted."""
        from composer.web.app import make_web
        from composer.web.server import make_server

        held: Context = context.obj
        with held.open() as installation:
            section = installation.settings.web
            server = make_server(make_web(installation), host or section.host, section.port if port is None else port)
            print(f"Pages on {server.url} (stop with Ctrl-C)", file=sys.stderr)
            server.run()
