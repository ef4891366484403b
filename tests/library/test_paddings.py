"""A padding without a unit is told where it makes the compiler's widths wrong, and corrected where that is sure."""

from __future__ import annotations

import re

import pytest

from composer.library import lint, make_sources
from composer.library.compiler import mjml
from composer.library.fixing import correct
from composer.library.paddings import bare_parts
from tests.library.small import BODY, BRAND, FRONT, LAYOUT, swapped, told

LINE = "<mj-column>"


def width(padding: str) -> int:
    """How wide the compiler makes a picture in a letter of 600 px."""
    image = f'<mj-image padding="{padding}" src="https://x.example.com/a.png" alt="" />'
    column = f'<mj-section padding="0px"><mj-column padding="0px">{image}</mj-column></mj-section>'
    html = mjml(f'<mjml><mj-body width="600px">{column}</mj-body></mjml>')
    return int(re.findall(r'<img[^>]*? width="(\d+)"', html)[0])


@pytest.mark.parametrize("padding", ["0 28px", "0 28px 0 28px", "10px 28px 0", "28", "0 0 0 28px", "0.0 28px"])
def test_what_the_compiler_miscounts_is_told(padding: str) -> None:
    whole = " ".join(part if part.endswith("px") else f"{part}px" for part in padding.split())
    assert width(padding) == 600 != width(whole)
    assert bare_parts(padding) != []
    assert bare_parts(whole) == []


@pytest.mark.parametrize("padding", ["0", "12px 0", "0 0", "0px 28px", "28px", "12px 0 0", "10%"])
def test_what_comes_out_right_is_not_told(padding: str) -> None:
    assert bare_parts(padding) == []


@pytest.mark.parametrize(("wrong", "corrected"), [("0 28px", "0px 28px"), ("4px 28px 0", "4px 28px 0px"), ("4 28px", "")])
def test_zeros_are_corrected_and_other_numbers_left_to_the_author(wrong: str, corrected: str) -> None:
    body = swapped(LINE, f'<mj-column css-class="{wrong}" padding="{wrong}">', BODY)
    ((_, severity, message),) = told(FRONT, body)
    assert (severity, "has a length without a unit" in message) == ("warning", True)
    wanted = swapped('padding="0px 20px"', f'css-class="{wrong}" padding="{wrong}"', LAYOUT)
    files = {"templates/newsletter/newsletter.mjml": wanted}
    file = next(iter(files))
    sources = make_sources({"templates/newsletter/brand.toml": BRAND, **files})
    made = correct(sources, {file: files[file].encode()}, "https://www.example.com")
    assert (f'css-class="{wrong}" padding="{corrected}"'.encode() in made.contents.get(file, b"")) is bool(corrected)
    assert (lint(sources) != made.findings) is bool(corrected)
