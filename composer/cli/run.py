"""`composer run`: web, clock and delivery in one process."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    @app.command("run")
    def run(context: typer.Context) -> None:
        """Everything in one process until told to stop (SIGTERM): pages are served, letters planned, sent and learnt from."""
        import asyncio

        import uvloop

        from composer.app import App
        from composer.cli._stopping import stop_on_signals
        from composer.scheduler import Clock
        from composer.web.server import make_servers, serve_all

        async def work(opened: App) -> None:
            stop = asyncio.Event()
            servers = make_servers(opened)
            for server in servers:
                server.heeds_signals = False  # they are ours: one stop for all parts
            stop_on_signals(stop)
            print(f"Composer is running: {servers[0].url}" + "".join(f" (desk: {desk.url})" for desk in servers[1:]), flush=True)
            serving = asyncio.create_task(serve_all(servers))
            serving.add_done_callback(lambda _: stop.set())
            try:
                await Clock(opened, stop).run()
            finally:
                for server in servers:
                    server.should_exit = True
                await serving

        with context.obj.open() as opened:
            uvloop.run(work(opened))
