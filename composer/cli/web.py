"""`composer web`: the pages alone, the operators' too where they are not turned off."""

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
        """Serve the recipients' pages until interrupted, and the operators' where `desk.serve` says so."""
        import uvloop

        from composer.web.server import make_servers, serve_all

        held: Context = context.obj
        with held.open() as installation:
            pages, *desk = make_servers(installation, host or "", port)
            for server in desk:
                server.heeds_signals = False
                print(f"Desk on {server.url}", file=sys.stderr)
            print(f"Pages on {pages.url} (stop with Ctrl-C)", file=sys.stderr)
            uvloop.run(serve_all([pages, *desk]))
