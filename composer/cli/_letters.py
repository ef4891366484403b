"""How a decided newsletter is printed: as JSON and for reading."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from composer.domain.newsletter import Choice, Explanation, Newsletter, Skipped


def as_json(outcome: Newsletter | Skipped) -> dict[str, Any]:
    """One line of `plan --json`."""
    if isinstance(outcome, Skipped):
        return {"recipient": outcome.recipient_id, "arm": outcome.arm.value, "skipped": outcome.reason.value, "blocks": []}
    return {
        "recipient": outcome.recipient_id,
        "arm": outcome.arm.value,
        "level": outcome.level.name,
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


def explanation_json(explanation: Explanation) -> dict[str, Any]:
    """The letter, every loser with the rule that removed it, and what the level hides."""
    fields = as_json(explanation.outcome)
    if isinstance(explanation.outcome, Newsletter):
        for fields_of_block, block in zip(fields["blocks"], explanation.outcome.blocks, strict=True):
            fields_of_block["terms"] = dict(block.terms)
    fields["losers"] = [{"module": loser.module, "rule": loser.rule, "score": round(loser.score, 6)} for loser in explanation.losers]
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
        console.print(escape(f"{axis} {_told(choice)}"), highlight=False)
    console.print(f"Sent at {outcome.send_at:%Y-%m-%d %H:%M} UTC: {escape(' '.join(map(str, outcome.hour_reasons)))}")


def _told(choice: Choice) -> str:
    """What was chosen among what, with which chance, and why."""
    others = ", ".join(option for option in choice.options if option != choice.chosen)
    among = f" (chance {choice.probability:.3f}; there was also {others})" if others else ""
    return f"{choice.chosen}{among}: {choice.reason}" if choice.reason else f"{choice.chosen}{among}"


def print_explanation(console: Console, explanation: Explanation, subject: str = "") -> None:
    """The letter, then what was left out and why."""
    print_letter(console, explanation.outcome, subject)
    if explanation.redacted:
        console.print(f"[dim]Not used at this level: {', '.join(explanation.redacted)}[/]")
    table = Table(title="Left out", title_justify="left")
    for heading in ("module", "score", "because"):
        table.add_column(heading, justify="right" if heading == "score" else "left")
    for loser in explanation.losers:
        table.add_row(loser.module, "" if loser.rule else f"{loser.score:.3f}", escape(loser.rule) or "others scored higher")
    console.print(table)
