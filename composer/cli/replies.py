"""`composer replies list|show|done|delete`: what people wrote back, and what came in and was not understood."""

from __future__ import annotations

from typing import Annotated

import typer

from composer.cli._context import Json, Now, moment, print_json
from composer.errors import Refused, UsageError


def register(app: typer.Typer) -> None:
    replies = typer.Typer(no_args_is_help=True, help="Read what people wrote back, and what came in and was not understood.")
    app.add_typer(replies, name="replies")

    @replies.command("list")
    def list_all(
        context: typer.Context,
        every: Annotated[bool, typer.Option("--all", help="Those done with as well.")] = False,
        as_json: Json = False,
    ) -> None:
        """One line a mail, oldest first: number, when, kind, recipient, sender, subject."""
        from composer.store.engine import reading
        from composer.store.mails import list_mails

        with context.obj.open() as opened, reading(opened.engine) as db:
            rows = list_mails(db, done=every)
        if as_json:
            print_json([row._asdict() for row in rows])
            return
        for row in rows:
            who = row.recipient or "(stranger)"
            print(
                _plain(f"{row.number:>6}  {row.received_at:%Y-%m-%d %H:%M}  {row.kind:<6} {who:<16} {row.sender}  {row.subject}".rstrip())
            )

    @replies.command("show")
    def show(
        context: typer.Context, number: Annotated[int, typer.Argument(help="The mail's number, as listed.")], as_json: Json = False
    ) -> None:
        """One mail with its text."""
        from composer.store.engine import reading
        from composer.store.mails import find_mail

        with context.obj.open() as opened, reading(opened.engine) as db:
            row = find_mail(db, number)
        if row is None:
            raise Refused(f"there is no mail {number}", where="replies", do="See 'composer replies list --all'; old ones are deleted.")
        if as_json:
            print_json(row._asdict())
            return
        print(f"Received: {row.received_at:%Y-%m-%d %H:%M} UTC" + (f", done {row.seen_at:%Y-%m-%d %H:%M} UTC" if row.seen_at else ""))
        print(_plain(f"From: {row.sender or '(nobody)'}" + (f", recipient {row.recipient}" if row.recipient else "")))
        print(_plain(f"Subject: {row.subject}"))
        print()
        for line in row.text.splitlines():
            print(_plain(line))

    @replies.command("done")
    def done(
        context: typer.Context,
        numbers: Annotated[list[int] | None, typer.Argument(help="The mails' numbers, as listed.")] = None,
        every: Annotated[bool, typer.Option("--all", help="All that are waiting.")] = False,
        now: Now = None,
        as_json: Json = False,
    ) -> None:
        """Say that mails are done with: they are listed no more, and deleted when their time is over."""
        from composer.store.engine import writing
        from composer.store.mails import mark_seen

        if bool(numbers) == every:
            raise UsageError("name the mails, or say --all", where="replies done", do="'composer replies list' shows their numbers.")
        with context.obj.open() as opened, writing(opened.engine) as db:
            count = mark_seen(db, numbers or None, moment(now))
        print_json({"done": count}) if as_json else print(f"{count} done.")

    @replies.command("delete")
    def delete(
        context: typer.Context,
        numbers: Annotated[list[int], typer.Argument(help="The mails' numbers, as listed.")],
        as_json: Json = False,
    ) -> None:
        """Delete mails before their time: for strangers who ask to be forgotten. 'recipient erase' deletes a recipient's."""
        from composer.store.engine import writing
        from composer.store.mails import delete_mails

        with context.obj.open() as opened, writing(opened.engine) as db:
            count = delete_mails(db, numbers)
        print_json({"deleted": count}) if as_json else print(f"{count} deleted.")


def _plain(line: str) -> str:
    """What strangers wrote commands no terminal."""
    return "".join(letter if letter.isprintable() else "�" for letter in line)
