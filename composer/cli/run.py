"""`composer run`: web, clock and delivery in one process."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    @app.command("run")
    def run(context: typer.Context) -> None:
        """Everything in one process until told to stop (SIGTERM): pages are served, letters planned, sent and learnt from."""
        import asyncio
        from contextlib import nullcontext

        import uvloop

        from composer.app import App
        from composer.cli._stopping import stop_on_signals
        from composer.scheduler import Clock
        from composer.web.app import make_web
        from composer.web.server import make_server

        async def work(opened: App) -> None:
            stop = asyncio.Event()
            section = opened.settings.web
            server = make_server(make_web(opened), section.host, section.port)
            server.capture_signals = nullcontext  # type: ignore[method-assign,assignment]  # signals are ours: one stop for all parts
            stop_on_signals(stop)
            print(f"Composer is running: {server.url}", flush=True)
            serving = asyncio.create_task(server.serve())
            serving.add_done_callback(lambda _: stop.set())
            try:
                await Clock(opened, stop).run()
            finally:
                server.should_exit = True
                await serving

        with context.obj.open() as opened:
            uvloop.run(work(opened))
