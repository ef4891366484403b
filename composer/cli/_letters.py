"""How a decided newsletter is printed: as JSON and for reading."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from composer.cli._explained import log_odds, term_rows, told_choice
from composer.domain.newsletter import Choice, Newsletter, Skipped
from composer.domain.sentence import Sentence

if TYPE_CHECKING:
    from composer.pipeline.preview import Preview


def as_json(outcome: Newsletter | Skipped) -> dict[str, Any]:
    """One line of `plan --json`."""
    if isinstance(outcome, Skipped):
        return {"recipient": outcome.recipient_id, "arm": outcome.arm.value, "skipped": outcome.reason.value, "blocks": []}
    return {
        "recipient": outcome.recipient_id,
        "arm": outcome.arm.value,
        "level": outcome.level.name,
        "basis": outcome.basis,
        "language": outcome.language,
        "blocks": [
            {
                "module": b.module,
                "variant": b.variant,
                "position": b.position,
                "slot": b.slot,
                "source": b.source.value,
                "score": round(b.score, 6),
                "probability": b.probability,
                "call": b.call,
                "reasons": [str(reason) for reason in b.reasons],
            }
            for b in outcome.blocks
        ],
        "subject": outcome.subject,
        "preheader": outcome.preheader,
        "tone": outcome.tone.chosen,
        "opening": outcome.opening.chosen,
        "words": {axis: _choice(choice) for axis, choice in (("tone", outcome.tone), ("opening", outcome.opening))},
        "send_at": outcome.send_at,
        "reasons": [str(reason) for reason in outcome.hour_reasons],
    }


def _choice(choice: Choice) -> dict[str, Any]:
    return {"options": list(choice.options), "probability": choice.probability, "reason": str(choice.reason)}


def explanation_json(seen: Preview, tell: Callable[[Sentence, str], str]) -> dict[str, Any]:
    """The letter with every term of its scores, every loser with why it lost, and what the level hides.

    `tell` says a sentence in a language: `told` is what the reader is told, `reasons` the same in English.
    """
    explanation, glossary = seen.explanation, seen.glossary
    fields = as_json(explanation.outcome)
    if isinstance(explanation.outcome, Newsletter):
        for fields_of_block, block in zip(fields["blocks"], explanation.outcome.blocks, strict=True):
            fields_of_block["told"] = [tell(reason, explanation.outcome.language) for reason in block.reasons]
            fields_of_block["title"] = glossary.titles.get(block.module, "")
            fields_of_block["terms"] = dict(block.terms)
            fields_of_block["log_odds"] = log_odds(block)
            fields_of_block["bonus"] = dict(block.bonus)
            fields_of_block["signals"] = {
                name: {"value": value, "weight": weight, "adds": adds}
                for name, value, weight, adds in term_rows(block)
                if value is not None
            }
        fields["told"] = [tell(reason, explanation.outcome.language) for reason in explanation.outcome.hour_reasons]
    else:
        fields["because"] = glossary.skips.get(explanation.outcome.reason.value, "")
    fields["losers"] = [
        {
            "module": loser.module,
            "rule": loser.rule,
            "score": round(loser.score, 6),
            "rank": loser.rank or None,
            "because": glossary.rules.get(loser.rule, loser.rule) if loser.rule else str(loser.lacked),
        }
        for loser in explanation.losers
    ]
    fields["hidden"] = list(explanation.redacted)
    return fields


def print_letter(console: Console, outcome: Newsletter | Skipped, subject: str = "") -> None:
    """The letter as a table of blocks with their reasons. `subject` is the rendered one, where the letter was rendered.

    Ids, subjects and reasons hold words of other people: whatever of rich's markup is in them is shown as it is.
    """
    if isinstance(outcome, Skipped):
        console.print(f"[bold]{escape(outcome.recipient_id)}[/]  no letter: {outcome.reason.value}")
        return
    table = Table(
        title=f"{escape(outcome.recipient_id)}  ·  {outcome.arm.value}  ·  {outcome.level.name}  ·  {outcome.language}",
        title_justify="left",
        expand=False,
    )
    for heading in ("", "block", "source", "score", "chance", "why"):
        table.add_column(heading, justify="right" if heading in ("", "score", "chance") else "left")
    for block in outcome.blocks:
        words = (block.variant, block.slot, block.call and f"call to {block.call}")
        table.add_row(
            str(block.position),
            f"{block.module}\n[dim]{escape(' · '.join(filter(None, words)))}[/]",
            block.source.value,
            f"{block.score:.3f}",
            f"{block.probability:.3f}",
            escape("\n".join(map(str, block.reasons))),
        )
    console.print(f"[bold]{escape(subject or outcome.subject)}[/]")
    console.print(table)
    for axis, choice in (("Tone", outcome.tone), ("Opening", outcome.opening)):
        if len(choice.options) == 1:
            continue  # nothing was chosen
        console.print(escape(f"{axis} {told_choice(choice)}"), highlight=False)
    console.print(f"Sent at {outcome.send_at:%Y-%m-%d %H:%M} UTC: {escape(' '.join(map(str, outcome.hour_reasons)))}")
