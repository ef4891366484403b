"""Composing a letter against the obvious ways: `python -m bench.compose [--rounds N] [--letters N] [--quick]`.

Every way composes the same letters, interleaved in one run, a round after the other; a figure is microseconds of process
CPU a letter (the median round), a ratio is the median of the rounds' own ratios, so a core that slows down slows both sides.
"""

from __future__ import annotations

import argparse
import gc
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Any

from bench.letters_for_compose import Letter, heavy, heavy_letters
from bench.obvious import Obvious, dkimpy_signs, pem_of
from composer.domain.message import Message
from composer.render import Context, Press, check, render
from composer.render.dkim import Signer, sign
from composer.render.head_fields import head_fields
from composer.render.letter import _constants, _links, _styles, _values
from composer.render.mime import assemble
from composer.render.plates import Place, html_part, text_part

PER_ROUND = 100
SLOW = ("sign: dkimpy", "message: Jinja + EmailMessage", "check, all tiers", "html: Jinja + mjml-python")
"""Ways that a round takes a tenth of its letters through."""
Way = Callable[[Letter], object]


@dataclass(frozen=True, slots=True)
class Bound:
    """What is measured against what: `ours` costs at most `most` microseconds, or `times` less than `theirs`, or `ratio` of it."""

    what: str
    ours: str
    theirs: str = ""
    times: float = 0.0
    ratio: float = 0.0
    most: float = 0.0


BOUNDS = (
    Bound("render from fragments against Jinja(MJML) + mjml-python", "html from plates", "html: Jinja + mjml-python", times=10),
    Bound("render + text + MIME against Jinja + EmailMessage", "render: whole message", "message: Jinja + EmailMessage", times=20),
    Bound("tier-two check of one letter", "check, tier two", most=60),
    Bound("full check over the final bytes", "check, all tiers", most=10_000),
    Bound("DKIM RSA-2048 against dkimpy", "sign RSA-2048", "sign: dkimpy", times=15),
    Bound("DKIM RSA-2048 against the bare signature", "sign RSA-2048", "bare RSA-2048 signature", ratio=1.25),
)


BUDGET = (
    ("find plates, links, calls to action", "stage: plates, links, calls", ""),
    ("values and lines (greeting, subject, preheader)", "stage: + values and lines", "stage: plates, links, calls"),
    ("HTML, encoded", "html from plates", "stage: + values and lines"),
    ("text twin, encoded", "stage: text twin", "stage: + values and lines"),
    ("header fields", "stage: header fields", ""),
    ("joining the bytes", "stage: joining the bytes", ""),
    ("check of every letter (tier two)", "check, tier two", ""),
    ("DKIM: hashing and headers", "sign RSA-2048", "bare RSA-2048 signature"),
    ("DKIM: the RSA-2048 signature itself", "bare RSA-2048 signature", ""),
    ("DKIM: Ed25519 beside it", "sign RSA-2048 + Ed25519", "sign RSA-2048"),
)
"""Stage, the way that has it, and the way that is the same without it."""


def main() -> None:
    """Print the table, then what was asked for besides."""
    wanted = argparse.ArgumentParser(prog="bench.compose", description=__doc__)
    wanted.add_argument("--rounds", type=int, default=9)
    wanted.add_argument("--letters", type=int, default=100_000, help="letters of the memory run")
    wanted.add_argument("--quick", action="store_true", help="the table alone")
    asked = wanted.parse_args()
    table(measured(asked.rounds))
    if not asked.quick:  # each in a process of its own: this one's memory and caches are no part of their figures
        for name, *arguments in (("bench.node",), ("bench.equality",), ("bench.memory", str(asked.letters))):
            subprocess.run([sys.executable, "-m", name, *arguments], check=False)


def _ways() -> tuple[dict[str, Way], dict[int, Any]]:
    """Return name -> what it does with one letter, and where the ways that begin with a message look for it."""
    opened = heavy()
    press, library = Press(opened.compiled), opened.library
    context = Context(press, library)
    obvious, (ours, theirs) = Obvious(opened), _signers()
    pem = pem_of(ours)
    messages: dict[int, Message] = {}

    def of(letter: Letter) -> int:
        return letter[0].recipient_number

    def pieces(letter: Letter, what: str) -> object:
        """One stage of `render` alone, with everything before it taken from a cache."""
        newsletter, person, envelope = letter
        plates = press.plates(_constants(envelope))
        frame = plates.frame(newsletter.layout, newsletter.language)
        styles = _styles(newsletter, library)
        blocks = [plates.block(b.module, newsletter.language, b.variant, styles.get(b.slot, "")) for b in newsletter.blocks]
        places = [
            Place(link, one.call(b.call))
            for link, one, b in zip(_links(newsletter, envelope, library), blocks, newsletter.blocks, strict=True)
        ]
        if what == "places":
            return places
        values = _values(newsletter, person, envelope, plates.values, frame.texts, plates.line)
        if what == "values":
            return values
        return b"".join((html_part if what == "html" else text_part)(frame, blocks, places, values))

    parts = [[b"x" * 4_000], [b"x" * 48_000]]
    some: dict[str, Way] = {
        "stage: plates, links, calls": lambda letter: pieces(letter, "places"),
        "stage: + values and lines": lambda letter: pieces(letter, "values"),
        "html from plates": lambda letter: pieces(letter, "html"),
        "stage: text twin": lambda letter: pieces(letter, "text"),
        "stage: header fields": lambda letter: head_fields(messages[of(letter)].subject, letter[1].address, letter[2]),
        "stage: joining the bytes": lambda letter: assemble(b"", letter[2].message_id, parts),
        "html: Jinja + mjml-python": obvious.mjml,
        "html: Jinja on fragments": obvious.fragments,
        "render: whole message": lambda letter: render(*letter[:2], press, letter[2], library),
        "message: Jinja + EmailMessage": obvious.message,
        "check, tier two": lambda letter: check(messages[of(letter)], *letter, context, whole=False),
        "check, all tiers": lambda letter: check(messages[of(letter)], *letter, context, whole=True),
        "sign RSA-2048": lambda letter: sign(messages[of(letter)].data, (ours,), letter[2].date),
        "sign RSA-2048 + Ed25519": lambda letter: sign(messages[of(letter)].data, (ours, theirs), letter[2].date),
        "sign: dkimpy": lambda letter: dkimpy_signs(messages[of(letter)].data, pem),
        "bare RSA-2048 signature": lambda letter: ours.raw(letter[2].message_id.encode() * 20),
    }
    return some, messages


def measured(rounds: int) -> dict[str, list[float]]:
    """Name -> microseconds of CPU a letter, by round. Every round writes to other people, whose values were never seen before."""
    costs: dict[str, list[float]] = {}
    some, made = _ways()
    for place in range(-1, rounds):
        letters = list(islice(heavy_letters(10_000 + place * PER_ROUND), PER_ROUND))
        made.clear()
        made.update((letter[0].recipient_number, some["render: whole message"](letter)) for letter in letters)
        gc.collect()
        for name, way in some.items():
            few = letters[: PER_ROUND // 10] if name in SLOW else letters
            started = time.process_time()
            for letter in few:
                way(letter)
            if place >= 0:  # the first round fills the caches that a running press has full
                costs.setdefault(name, []).append((time.process_time() - started) / len(few) * 1e6)
    return costs


def table(costs: dict[str, list[float]]) -> None:
    """Print what every way costs, then whether the bounds hold."""
    letter = next(heavy_letters())
    message = render(*letter[:2], Press(heavy().compiled), letter[2], heavy().library)
    fields = len(re.findall(r"\{\{", Obvious(heavy()).source))
    print(f"letter: {len(message.html.encode()):,} bytes of HTML, {fields} printed values, {len(message.data):,} bytes on the wire\n")
    for name, rounds in costs.items():
        print(f"{name:<34} {statistics.median(rounds):10.1f} us   (best {min(rounds):.1f})")
    print()
    for stage, of, without in BUDGET:
        spent = statistics.median(costs[of]) - (statistics.median(costs[without]) if without else 0.0)
        print(f"budget: {stage:<46} {spent:10.1f} us")
    print()
    for bound in BOUNDS:
        ours = costs[bound.ours]
        if bound.most:
            value, words, held = statistics.median(ours), f"<= {bound.most:,.0f} us", statistics.median(ours) <= bound.most
            print(f"{bound.what:<58} {value:9.1f} us    bound {words:<12} {_held(held)}")
            continue
        ratio = statistics.median(b / a for a, b in zip(ours, costs[bound.theirs], strict=True))
        if bound.times:
            print(f"{bound.what:<58} {ratio:9.1f} x     bound >= {bound.times:g}x       {_held(ratio >= bound.times)}")
        else:
            print(f"{bound.what:<58} {1 / ratio:9.2f} x     bound <= {bound.ratio:g}x     {_held(1 / ratio <= bound.ratio)}")
    print(flush=True)


def _held(held: bool) -> str:
    return "held" if held else "FELL SHORT"


def _signers() -> tuple[Signer, Signer]:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

    rsa = Signer("example.com", "composer", generate_private_key(public_exponent=65537, key_size=2048))
    return rsa, Signer("example.com", "composer-ed25519", Ed25519PrivateKey.generate())


if __name__ == "__main__":
    main()
