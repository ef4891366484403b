"""`composer send`: deliver what is due, then exit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from composer.cli._context import Json, Now, moment, print_json

if TYPE_CHECKING:
    from collections import Counter
    from datetime import datetime


def register(app: typer.Typer) -> None:
    @app.command("send")
    def send_command(
        context: typer.Context,
        due: Annotated[bool, typer.Option("--due", help="Deliver what is due (there is no other way).")] = False,
        limit: Annotated[int | None, typer.Option(help="At most this many letters.", min=1)] = None,
        now: Now = None,
        as_json: Json = False,
    ) -> None:
        """Send confirmations that people asked for and letters of approved campaigns that are due, then exit; retries may still wait.

        Told to stop (SIGTERM), it finishes the letters under way and leaves the others due.
        Exits with 1 where the run stopped early: TLS or sign-in trouble (campaigns are paused), or no server to be reached. Exits with
        3 where letters wait because a guard halted their campaign: too many complaints, or too many dead addresses.
        """
        import asyncio

        import uvloop

        from composer.app import App
        from composer.cli._stopping import stop_on_signals
        from composer.errors import ComposerError, Refused
        from composer.pipeline.deliver import DeliveryReport, deliver
        from composer.pipeline.service_sending import send_service_letters
        from composer.transports import open_transport

        fixed = moment(now) if now else None

        def clock() -> datetime:
            return fixed or moment(None)

        async def work(opened: App) -> tuple[Counter[str], DeliveryReport]:
            stop = asyncio.Event()
            stop_on_signals(stop)
            transport = open_transport(opened.settings)
            try:
                # First: somebody waits for them at a screen, and a campaign may take hours.
                service = await send_service_letters(opened, clock, transport, stop)
                return service, await deliver(opened, clock, limit, transport, stop)
            finally:
                await transport.close()

        with context.obj.open() as opened:
            service, report = uvloop.run(work(opened))
        states = ("accepted", "try_later", "refused", "skipped", "expired", "unknown", "planned")
        if as_json:
            print_json(
                {
                    **{state: report.counts[state] for state in states},
                    "service": {state: service[state] for state in states if service[state]},
                    "under_way": report.under_way,
                    "put_back": report.put_back,
                    "guarded": report.guarded,
                    "paused": report.paused,
                    "stopped": report.stopped,
                }
            )
        else:
            words = {"try_later": "try later", "planned": "not sent, still waiting"}
            told = [f"{report.counts[state]} {words.get(state, state)}" for state in states if report.counts[state]]
            told += [f"{report.put_back} put back"] if report.put_back else []
            if service:
                answered = [f"{service[state]} {words.get(state, state)}" for state in states if service[state]]
                print(f"Confirmations and notices that people asked for: {', '.join(answered)}.")
            print(", ".join(told) or "Nothing was due.")
            if report.under_way:
                print(f"{report.under_way} are held by another sender; if it died, they are due again when delivery.lease is over.")
            if report.put_back:
                print("Letters wait for their turn: 'composer outbox providers' tells where and why.")
        if report.paused:
            raise ComposerError(f"paused: {report.paused}", where="send", do="Mend it, then 'composer campaign resume NAME'.")
        if report.stopped:
            raise ComposerError(f"stopped: {report.stopped}", where="send", do="The letters wait; see to the server and send again.")
        if report.guarded:
            do = "See to the cause, then 'composer campaign resume NAME'."
            raise Refused(f"halted by a guard: {report.guarded}", where="send", do=do)
