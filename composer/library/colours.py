"""Colours as a reader's screen shows them: parsing, contrast (WCAG 2.2, 1.4.3), and what forced dark mode makes of them."""

from __future__ import annotations

import re
from functools import lru_cache

Colour = tuple[float, float, float]
"""Red, green and blue in sRGB, 0 to 255 each."""

WHITE: Colour = (255.0, 255.0, 255.0)
_NAMED = {
    "black": "#000000", "silver": "#c0c0c0", "gray": "#808080", "grey": "#808080", "white": "#ffffff", "maroon": "#800000",
    "red": "#ff0000", "purple": "#800080", "fuchsia": "#ff00ff", "green": "#008000", "lime": "#00ff00", "olive": "#808000",
    "yellow": "#ffff00", "navy": "#000080", "blue": "#0000ff", "teal": "#008080", "aqua": "#00ffff", "orange": "#ffa500",
}  # fmt: skip
"""The sixteen of CSS 2.1 and orange: what letters use. Others are told to be written as #rrggbb."""
_NUMBER = r"(\d+(?:\.\d+)?|\.\d+)"
_CHANNELS = re.compile(rf"rgba?\(\s*{_NUMBER}[\s,]+{_NUMBER}[\s,]+{_NUMBER}(?:\s*[,/]\s*{_NUMBER}(%?))?\s*\)")
_DARKEST = 21.247
"""CIELAB lightness of #333333, what white becomes."""
_D65 = (0.95047, 1.0, 1.08883)


@lru_cache(maxsize=1024)
def parse(text: str) -> tuple[Colour, float] | None:
    """Read a CSS colour; return it with its opacity (0 to 1), or None for a form that letters do not use."""
    text = text.strip().lower()
    if text in ("transparent", "none", "initial", "unset"):
        return WHITE, 0.0
    text = _NAMED.get(text, text)
    if re.fullmatch(r"#[0-9a-f]{3,4}", text):
        text = "#" + "".join(2 * digit for digit in text[1:])
    if re.fullmatch(r"#([0-9a-f]{2}){3,4}", text):
        red, green, blue, *alpha = (int(text[i : i + 2], 16) for i in range(1, len(text), 2))
        return (float(red), float(green), float(blue)), alpha[0] / 255 if alpha else 1.0
    if match := _CHANNELS.fullmatch(text):
        opacity = float(match[4] or 1) / (100 if match[5] else 1)
        return (min(float(match[1]), 255), min(float(match[2]), 255), min(float(match[3]), 255)), min(opacity, 1.0)
    return None


def over(colour: Colour, opacity: float, ground: Colour) -> Colour:
    """Return what is seen where a see-through colour lies on a ground."""
    red, green, blue = (part * opacity + under * (1 - opacity) for part, under in zip(colour, ground, strict=True))
    return red, green, blue


def contrast(one: Colour, other: Colour) -> float:
    """Return the contrast ratio of WCAG 2.2: 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@lru_cache(maxsize=4096)
def inverted(colour: Colour) -> Colour:
    """Return what forced dark mode makes of a colour, text and surface alike: its lightness in CIELAB turned round, its hue kept.

    Outlook's rule, published by Microsoft (roosterjs, getDarkColor.ts): L' = (100 - L) x (100 - L0)/100 + L0, where L0
    is the lightness of #333333. Chromium and Android turn the same axis round by another rule (dark_mode_color_filter.cc:
    L' = min(110 - L, 100)), which is not judged. Where a program leaves dark surfaces and their text alone, they are seen
    as in light.
    """
    lightness, a, b = _lab(colour)
    return _rgb((100 - lightness) * (100 - _DARKEST) / 100 + _DARKEST, a, b)


def written(colour: Colour) -> str:
    """Return the colour as #rrggbb."""
    return "#" + "".join(f"{round(part):02x}" for part in colour)


def _linear(part: float) -> float:
    part /= 255
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def _luminance(colour: Colour) -> float:
    red, green, blue = map(_linear, colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _lab(colour: Colour) -> tuple[float, float, float]:
    # sRGB (IEC 61966-2-1) to XYZ to CIELAB with the white of D65.
    red, green, blue = map(_linear, colour)
    xyz = (
        0.4124 * red + 0.3576 * green + 0.1805 * blue,
        0.2126 * red + 0.7152 * green + 0.0722 * blue,
        0.0193 * red + 0.1192 * green + 0.9505 * blue,
    )
    x, y, z = (
        t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in (part / white for part, white in zip(xyz, _D65, strict=True))
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def _rgb(lightness: float, a: float, b: float) -> Colour:
    y = (lightness + 16) / 116
    x, y, z = (
        white * (t**3 if t**3 > 0.008856 else (t - 16 / 116) / 7.787) for t, white in zip((a / 500 + y, y, y - b / 200), _D65, strict=True)
    )
    red, green, blue = (
        255 * min(max(12.92 * part if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055, 0.0), 1.0)
        for part in (
            3.2406 * x - 1.5372 * y - 0.4986 * z,
            -0.9689 * x + 1.8758 * y + 0.0415 * z,
            0.0557 * x - 0.2040 * y + 1.0570 * z,
        )
    )
    return red, green, blue
