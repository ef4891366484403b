"""`composer check`: configuration, library, database, plug-ins, counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from composer.cli._context import Json, print_json

if TYPE_CHECKING:
    from composer.app import App
    from composer.dispatch.deliverability import Judged


def register(app: typer.Typer) -> None:
    @app.command("check")
    def check(
        context: typer.Context,
        dns: Annotated[bool, typer.Option("--dns", help="Ask DNS too: SPF, DKIM, DMARC, PTR, MX. It only warns.")] = False,
        as_json: Json = False,
    ) -> None:
        """Look at configuration, library, database and plug-ins, and add up every edition's counts. Exit 1 if anything is wrong."""
        from composer import cli, sources, transports
        from composer.discover import discover
        from composer.pipeline.check_up import CheckLine, check_up
        from composer.sources import webhooks
        from composer.web import desk, public

        with context.obj.open() as opened:
            lines = list(check_up(opened))
            advice = _ask_dns(opened) if dns else []
        for name, package in (
            ("transports", transports),
            ("sources", sources),
            ("webhooks", webhooks),
            ("public pages", public),
            ("desk pages", desk),
            ("commands", cli),
        ):
            found = discover(package)
            lines.append(CheckLine(name, True, ", ".join(word.rstrip("_").replace("_", "-") for word in found) or "none yet"))
        wrong = sum(line.ok is False for line in lines)
        if as_json:
            checks = [{"check": line.check, "ok": line.ok is not False, "detail": line.detail} for line in lines]
            told = [{"check": one.check, "ok": one.ok, "detail": one.detail, "record": one.record} for one in advice]
            print_json({"ok": not wrong, "checks": checks} | ({"dns": told} if dns else {}))
        else:
            for line in lines:
                mark = {True: "ok   ", False: "WRONG", None: "note "}[line.ok]
                print(f"{mark}  {line.check}: {line.detail}")
            for one in advice:
                mark = {True: "ok   ", False: "WARN ", None: "note "}[one.ok]
                print(f"{mark}  {one.check}: {one.detail}")
                if one.record:
                    print(f"       to put into DNS: {one.record}")
        if wrong:
            raise typer.Exit(1)


def _ask_dns(opened: App) -> list[Judged]:
    import asyncio

    from composer.pipeline.deliverability import deliverability

    return asyncio.run(deliverability(opened))
