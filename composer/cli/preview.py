"""`composer preview RECIPIENT --campaign C`: exactly what would be sent; changes nothing."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from composer.cli._context import Now, moment, print_json
from composer.errors import ComposerError, UsageError

if TYPE_CHECKING:
    from composer.config import Settings
    from composer.domain.sentence import Sentence
    from composer.pipeline.preview import Preview


class Format(StrEnum):
    terminal = "terminal"
    html = "html"
    text = "text"
    eml = "eml"
    json = "json"


def register(app: typer.Typer) -> None:
    @app.command("preview")
    def preview_command(
        context: typer.Context,
        recipient: Annotated[str, typer.Argument(help="A recipient_id or an address.")],
        campaign: Annotated[str, typer.Option("--campaign", "-c", help="The campaign's name.")],
        form: Annotated[Format, typer.Option("--format", "-f", help="How to show it.")] = Format.terminal,
        level: Annotated[str | None, typer.Option("--level", help="Show it at a lower level: none, basic, standard.")] = None,
        diff: Annotated[str | None, typer.Option("--diff", metavar="OTHER", help="Compare with another recipient.")] = None,
        explain: Annotated[bool, typer.Option("--explain", help="Show what was left out, and the rule that removed it.")] = False,
        now: Now = None,
        as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    ) -> None:
        """Show exactly what RECIPIENT would be sent. Changes nothing."""
        from composer.domain.level import Level
        from composer.domain.newsletter import Newsletter
        from composer.pipeline.preview import preview

        if level is not None and level not in Level.__members__:
            raise UsageError(f"'{level}' is not a level", where="--level", do=f"Known: {', '.join(Level.__members__)}.")
        at = Level[level] if level else Level.premium
        clock = moment(now)
        shown = Format.json if as_json else form
        with context.obj.open() as opened:
            one = preview(opened, recipient, campaign, clock, at)
            other = preview(opened, diff, campaign, clock, at) if diff else None
            tell = _teller(opened.settings)
        outcome = one.explanation.outcome
        if level and isinstance(outcome, Newsletter) and outcome.level < at:
            print(f"Shown at level {outcome.level.name}: this recipient allows no more.", file=sys.stderr)
        if other is not None:
            _print_difference(one, other, shown, tell)
        else:
            _print(one, shown, explain, tell)


def _print(one: Preview, shown: Format, explain: bool, tell: Callable[[Sentence, str], str]) -> None:
    from rich.console import Console
    from rich.markup import escape

    from composer.cli import _letters
    from composer.cli._explained import print_explained

    if shown is Format.json:
        fields = _letters.explanation_json(one, tell)
        if not explain:
            del fields["losers"]
        message = one.message
        print_json(
            {
                **fields,
                "edition": one.edition,
                "message_id": message.message_id if message else None,
                "rendered_subject": message.subject if message else None,
                "bytes": len(message.data) if message else 0,
                "findings": [{"check": f.check, "blocks": f.blocks, "message": f.message} for f in one.findings],
            }
        )
        return
    if shown is Format.terminal:
        console = Console()
        subject = one.message.subject if one.message else ""
        if explain:
            print_explained(console, one)
        else:
            _letters.print_letter(console, one.explanation.outcome, subject)
        for finding in one.findings:
            console.print(f"[bold]{'Blocked' if finding.blocks else 'Warning'}[/] {finding.check}: {escape(finding.message)}")
        return
    sys.stdout.buffer.write(_body(one, shown))


def _teller(settings: Settings) -> Callable[[Sentence, str], str]:
    """Say a sentence as the why page says it to a reader of that language."""
    from composer.web.pages import Pages

    pages = Pages(settings.path(settings.library.templates), {})
    return lambda sentence, language: pages.say(sentence, pages.language([language]))


def _body(one: Preview, shown: Format) -> bytes:
    if one.message is None:
        raise ComposerError(
            f"no letter: {getattr(one.explanation.outcome, 'reason', '')}",
            where="preview",
            do="'--format terminal --explain' shows every module and the rule that removed it.",
        )
    return {Format.html: one.message.html.encode(), Format.text: one.message.text.encode(), Format.eml: one.message.data}[shown]


def _print_difference(one: Preview, other: Preview, shown: Format, tell: Callable[[Sentence, str], str]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from composer.cli import _letters
    from composer.domain.newsletter import Newsletter

    if shown is Format.json:
        print_json({"one": _letters.explanation_json(one, tell), "other": _letters.explanation_json(other, tell)})
        return
    if shown is not Format.terminal:
        left, right = (_body(side, shown).decode("utf-8").splitlines() for side in (one, other))
        print("\n".join(difflib.unified_diff(left, right, "one", "other", lineterm="")))
        return
    table = Table(title="The same campaign, two people", title_justify="left")
    sides = [side.explanation.outcome for side in (one, other)]
    for side in sides:
        table.add_column(escape(f"{side.recipient_id} ({side.arm.value})"))
    for row in range(max(len(side.blocks) if isinstance(side, Newsletter) else 1 for side in sides)):
        table.add_row(*(_cell(side, row) for side in sides))
    Console().print(table)


def _cell(side: object, row: int) -> str:
    from rich.markup import escape

    from composer.domain.newsletter import Newsletter, Skipped

    if isinstance(side, Newsletter) and row < len(side.blocks):
        block = side.blocks[row]
        return f"[bold]{block.module}[/] {block.score:.3f}\n[dim]{escape(str(block.reasons[0])) if block.reasons else ''}[/]"
    return f"no letter: {side.reason.value}" if isinstance(side, Skipped) and row == 0 else ""
