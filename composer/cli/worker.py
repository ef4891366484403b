"""`composer worker`: the clock and delivery without the web; any number may run beside each other."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    @app.command("worker")
    def worker(context: typer.Context) -> None:
        """Plan, send and learn by the clock until told to stop (SIGTERM); open letters are finished first."""
        import asyncio

        import uvloop

        from composer.app import App
        from composer.cli._stopping import stop_on_signals
        from composer.scheduler import Clock

        async def work(opened: App) -> None:
            stop = asyncio.Event()
            stop_on_signals(stop)
            await Clock(opened, stop).run()

        with context.obj.open() as opened:
            uvloop.run(work(opened))
