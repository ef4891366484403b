"""How an explained decision is printed: the letter and why, what was left out and why, and the numbers behind it."""

from __future__ import annotations

from collections.abc import Iterator
from math import log10
from typing import TYPE_CHECKING, Literal

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from composer.domain.level import Level
from composer.domain.newsletter import Block, Choice, Loser, Newsletter, Skipped
from composer.domain.reasons import Arm, Source

if TYPE_CHECKING:
    from composer.pipeline.preview import Glossary, Preview

_SOURCES = {
    Source.ranked: "chosen by score",
    Source.pinned: "pinned by the campaign",
    Source.explored: "a try-out, drawn by lot",
    Source.segment: "filled in: what others like this person choose",
    Source.popular: "filled in: what is popular",
    Source.seasonal: "filled in: the season",
    Source.generic: "filled in: for anybody",
}
_EFFECTS = {
    "module": "How much more readily this module is clicked than others, learnt from letters sent.",
    "segment": "How much more readily people in this role and at this stage click this module than others.",
    "position": "How much less readily a block is clicked further down.",
    "base": "Where every score starts.",
    "curiosity": "What ranks it beside its score, to learn about modules of which little is known.",
    "asked": "What this person asked for on a why page: more or less like it.",
    "limit": "Scores end here: what is beyond counts no more.",
}
_RIGHT: Literal["right"] = "right"
_LEFT: Literal["left"] = "left"
_USES = {
    Level.basic: "profile (name, company, role, region, stage)",
    Level.standard: "orders, returns and complaints",
    Level.premium: "clicks and visits",
}


def print_explained(console: Console, seen: Preview) -> None:
    """Everything about one recipient's letter, for people: titles and words are others', so rich's markup in them is shown as it is."""
    outcome, glossary = seen.explanation.outcome, seen.glossary
    if isinstance(outcome, Skipped):
        console.print(f"[bold]{escape(outcome.recipient_id)}: no letter, {outcome.reason.value}[/]")
        console.print(escape(glossary.skips.get(outcome.reason.value, "")), highlight=False)
    else:
        _print_letter(console, outcome, glossary, seen.message.subject if seen.message else outcome.subject)
    _print_losers(console, seen.explanation.losers, glossary)
    if isinstance(outcome, Newsletter):
        _print_numbers(console, outcome, glossary)


def _print_letter(console: Console, letter: Newsletter, glossary: Glossary, subject: str) -> None:
    arm = "the general letter (hold-out)" if letter.arm is Arm.holdout else "a personal letter"
    _line(console, f"[bold]{escape(subject)}[/]")
    ground = f", ground {letter.basis}" if letter.basis else ""
    to = f"To {letter.recipient_id}: {arm}, level {letter.level.name}, language {letter.language}{ground}."
    _line(console, escape(f"{to} Reasons are as the reader is told them."))
    if hidden := [uses for level, uses in _USES.items() if letter.level < level]:
        _line(console, f"Not used at this level: {'; '.join(hidden)}")
    for block in letter.blocks:
        _line(console, f"\n[bold]{block.position}. {escape(_title(block.module, glossary))}[/]")
        for reason in block.reasons:
            _line(console, escape(f"- {reason}"), 3)
        words = [block.module, block.slot, block.variant, block.call and f"call to {block.call}"]
        told = f"{_SOURCES[block.source]}; chance of a click {block.score:.1%}"
        _line(console, f"[dim]{escape(' · '.join(filter(None, words)))}\n{told}[/]", 3)
    console.print()
    for axis, choice in (("Tone", letter.tone), ("Opening", letter.opening)):
        if len(choice.options) > 1:
            console.print(escape(f"{axis}: {told_choice(choice)}"), highlight=False)
    _line(console, f"Hour: {escape(' '.join(map(str, letter.hour_reasons)))}")


def told_choice(choice: Choice) -> str:
    """What was chosen among what, with which chance, and why."""
    others = ", ".join(option for option in choice.options if option != choice.chosen)
    among = f" (chance {choice.probability:.3f}; there was also {others})" if others else ""
    return f"{choice.chosen}{among}: {choice.reason}" if choice.reason else f"{choice.chosen}{among}"


def _print_losers(console: Console, losers: tuple[Loser, ...], glossary: Glossary) -> None:
    """First those that a rule removed, by rule; then the others, best first."""
    removed = [loser for loser in losers if loser.rule]
    if removed:
        _line(console, f"\n[bold]Removed by a rule: {len(removed)}[/]")
    for rule in dict.fromkeys(sorted(loser.rule for loser in removed)):
        _line(console, escape(glossary.rules.get(rule, rule)), 3)
        names = [f"{_title(loser.module, glossary)} ({loser.module})" for loser in removed if loser.rule == rule]
        _line(console, f"[dim]{escape(rule)}:[/] {escape('; '.join(names))}", 6)
    others = sorted((loser for loser in losers if not loser.rule), key=lambda loser: (loser.rank, loser.module))
    if not others:
        return
    _line(console, f"\n[bold]Could have been shown: {len(others)} more, by rank and score[/]")
    for lacked in dict.fromkeys(str(loser.lacked) for loser in others):
        _line(console, escape(f"Left out because {lacked}:" if lacked else "There is no letter:"), 3)
        table = Table(box=None, show_header=False, padding=(0, 1), pad_edge=False)
        for justify in _RIGHT, _RIGHT, _LEFT:
            table.add_column(justify=justify)
        for loser in (one for one in others if str(one.lacked) == lacked):
            table.add_row(_ordinal(loser.rank), f"{loser.score:.1%}", escape(f"{_title(loser.module, glossary)} ({loser.module})"))
        console.print(Padding(table, (0, 0, 0, 6), expand=False), highlight=False)


def _print_numbers(console: Console, letter: Newsletter, glossary: Glossary) -> None:
    """Each block's terms: value times weight for the signals, then the effects, and their exact sum."""
    _line(console, "\n[bold]The numbers[/]: what each score is made of, in log-odds; score = 1 / (1 + e^-sum)")
    met: dict[str, str] = {}
    for block in letter.blocks:
        table = Table(box=None, padding=(0, 2), pad_edge=False, title=escape(f"{block.position}. {block.module}"), title_justify="left")
        table.add_column("term")
        for heading in ("value", "weight", "adds"):
            table.add_column(heading, justify="right")
        silent = []
        for name, value, weight, adds in term_rows(block):
            met[name] = glossary.signals.get(name) or _EFFECTS.get(name, "What is learnt about this module among people like this one.")
            if value is not None and not adds:
                silent.append(_readable(name))
                continue
            # A weight is known as far as its value tells: the more digits, the larger the value.
            digits = max(0, min(5, int(log10(value * 1_000_000)))) if value else 0
            weighed = ("", "") if value is None or weight is None else (f"{value:.6f}", f"{weight:.{digits}f}")
            table.add_row(escape(_readable(name)), *weighed, f"{adds:+.6f}")
        table.add_row("[bold]sum[/]", "", "", f"[bold]{log_odds(block):+.6f}[/]")
        table.add_row("[bold]score[/]", "", "", f"[bold]{block.score:.6f}[/]")
        for name, lifts in block.bonus:
            met[name] = glossary.signals.get(name) or _EFFECTS[name]
            table.add_row(f"[dim]beside the score, {escape(_readable(name))}[/]", "", "", f"[dim]{lifts:+.6f}[/]")
        console.print()
        console.print(Padding(table, (0, 0, 0, 3), expand=False), highlight=False)
        if silent:
            _line(console, f"[dim]adds nothing: {', '.join(silent)}[/]", 3)
    _line(console, "\n[bold]The terms[/]")
    for name, says in met.items():
        _line(console, escape(f"{_readable(name)}: {says}"), 3)


def term_rows(block: Block) -> Iterator[tuple[str, float | None, float | None, float]]:
    """(term, value, weight, what it adds) of every signal, then of every effect. A weight is what makes the value add that much."""
    terms, values = dict(block.terms), dict(block.values)
    for name, value in values.items():
        adds = terms.get(name, 0.0)
        yield name, value, round(adds / value, 6) if value else None, adds
    for name, adds in block.terms:
        if name not in values:
            yield name, None, None, adds


def log_odds(block: Block) -> float:
    """The sum of the terms, exact: they are whole millionths."""
    return sum(round(adds * 1_000_000) for _, adds in block.terms) / 1_000_000


def _line(console: Console, text: str, indent: int = 0) -> None:
    if text.startswith("\n"):
        console.print()
    console.print(Padding(text.lstrip(), (0, 0, 0, indent), expand=False), highlight=False)


def _title(module: str, glossary: Glossary) -> str:
    return glossary.titles.get(module) or module.rpartition("/")[2].replace("-", " ").capitalize()


def _readable(name: str) -> str:
    return name.replace("_", " ")


def _ordinal(rank: int) -> str:
    """1st, 2nd and so on; nothing for what has no rank."""
    if rank == 0:
        return ""
    last = "th" if rank % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(rank % 10, "th")
    return f"{rank}{last}"
