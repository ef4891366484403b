"""`composer inbound [FILE...]`: takes mails in: bounces, complaints, unsubscribe mails, answers."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from composer.cli._context import Json, Now, moment, print_json
from composer.domain.notice import NoticeKind
from composer.errors import ComposerError

LARGEST = 4 * 1024 * 1024
"""What is read of a file; what is understood of it ends before (dispatch.mail.structure)."""


_OF_RECIPIENTS = frozenset({NoticeKind.bounce, NoticeKind.complaint, NoticeKind.unsubscribe})


def register(app: typer.Typer) -> None:
    @app.command("inbound")
    def inbound_command(
        context: typer.Context,
        files: Annotated[list[Path] | None, typer.Argument(metavar="FILE...", help="One mail each; - or nothing: standard input.")] = None,
        to: Annotated[str, typer.Option("--to", metavar="ADDRESS", help="The address it was delivered to, from the mail server.")] = "",
        dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what is understood and change nothing.")] = False,
        now: Now = None,
        as_json: Json = False,
    ) -> None:
        """Take mails in and say what was understood: one line a mail. Only what proves to be about a letter of ours has an effect."""
        from composer.pipeline.inbound import take_in, understand

        at, missing = moment(now), []
        with context.obj.open() as opened:
            for file in files or [Path("-")]:
                try:
                    raw = _read(file)
                except OSError as error:
                    missing.append(f"{file}: {error.strerror}")
                    continue
                notices = understand(opened, raw, to) if dry_run else take_in(opened, raw, at, to)
                told = _told(str(file), notices)
                if as_json:
                    print_json(told)
                else:
                    whom = ", ".join(f"{one['address']} ({one['class']})" if one["class"] else one["address"] for one in told["recipients"])
                    strange = "" if told["ours"] else "[not about a letter of ours]"
                    print(" ".join(filter(None, (f"{told['file']}:", told["kind"], whom, strange))))
        if missing:
            raise ComposerError("; ".join(missing), where="inbound", do="Name readable files; the others were taken in.")


def _read(file: Path) -> bytes:
    """At most LARGEST bytes. Raises OSError."""
    if str(file) == "-":
        return sys.stdin.buffer.read(LARGEST)
    with file.open("rb") as stream:
        return stream.read(LARGEST)


def _told(file: str, notices: list[Any]) -> dict[str, Any]:
    """The outside form: a mail's kind and the recipients it tells of; of what somebody wrote, its writer is the `sender`."""
    worst = next((one.kind for one in notices if one.kind is not NoticeKind.delivered), notices[0].kind)
    told = [one for one in notices if one.kind is worst and one.address] if worst in _OF_RECIPIENTS else []
    return {
        "file": file,
        "kind": worst.told_as,
        "recipients": [{"address": one.address, "class": one.severity.value if one.severity else None} for one in told],
        "sender": "" if worst in _OF_RECIPIENTS or worst is NoticeKind.delivered else notices[0].address,
        "ours": any(one.letter is not None for one in notices),
    }
