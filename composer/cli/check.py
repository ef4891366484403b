"""`composer check`: configuration, library, database, plug-ins, counts, and what DNS says."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from composer.cli._context import Json, moment, print_json

if TYPE_CHECKING:
    from composer.app import App
    from composer.dispatch.deliverability.records import Finding

Dns = Annotated[bool, typer.Option("--dns", help="Ask DNS too: SPF, DKIM, DMARC, PTR, MX, with the record to add. Its findings warn only.")]


def register(app: typer.Typer) -> None:
    @app.command("check")
    def check(context: typer.Context, dns: Dns = False, as_json: Json = False) -> None:
        """Look at configuration, library, database and plug-ins, and add up every edition's counts. Exit 1 if anything is wrong."""
        from composer import cli, sources, transports
        from composer.discover import discover
        from composer.pipeline.check_up import CheckLine, check_up
        from composer.pipeline.held_back import provider_lines
        from composer.sources import webhooks
        from composer.web import desk, public

        with context.obj.open() as opened:
            lines = list(check_up(opened))
            lines += [
                CheckLine(f"provider {row['provider']}", None, row["why"]) for row in provider_lines(opened, moment(None)) if row["why"]
            ]
            told = _ask_dns(opened) if dns else []
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
            rows = [{"check": line.check, "ok": line.ok is not False, "detail": line.detail} for line in lines]
            print_json({"ok": not wrong, "checks": rows, **({"dns": [asdict(finding) for finding in told]} if dns else {})})
        else:
            for line in lines:
                mark = {True: "ok   ", False: "WRONG", None: "note "}[line.ok]
                print(f"{mark}  {line.check}: {line.detail}")
            for finding in told:
                mark = {True: "ok   ", False: "WARN ", None: "note "}[finding.ok]
                print(f"{mark}  dns {finding.check}: {finding.name} {finding.type}: {finding.detail}")
                if finding.record:
                    print(f"       to put into DNS: {finding.record}")
        if wrong:
            raise typer.Exit(1)


def _ask_dns(opened: App) -> list[Finding]:
    from composer.pipeline.deliverability import findings

    return findings(opened)
