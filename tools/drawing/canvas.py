"""A canvas for flat pictures: polygons in a few colours, drawn three times as large and averaged down.

Light comes from the upper left: sides to the right are darker, shadows fall to the lower right.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import atan2, cos, hypot, pi, radians, sin

from PIL import Image, ImageDraw

WIDTH, HEIGHT = 1232, 616
"""Pixels of a picture; letters show it at half that or less."""
_FINE = 3

PINE, FOREST, LEAF, MINT, MIST = "#12392f", "#1d5c4d", "#4b967c", "#a6d3c0", "#dbe9e2"
PAPER, SNOW, SAND, OCHRE, CLAY, BLUSH = "#fbf7ec", "#ffffff", "#efe0bf", "#e3ab3d", "#cc6340", "#f2cdb4"
SKY, STEEL, SLATE, NIGHT = "#c5dde4", "#6f93a3", "#3d5f70", "#10282a"

Point = tuple[float, float]
Points = Sequence[Point]


def mix(one: str, other: str, part: float) -> str:
    """Return `one` with this part (0 to 1) of `other` in it."""
    pairs = zip(_channels(one), _channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * part):02x}" for a, b in pairs)


def shade(colour: str, part: float = 0.18) -> str:
    """Return the colour as it looks away from the light."""
    return mix(colour, NIGHT, part)


def arc(x: float, y: float, radius: float, start: float, end: float, tall: float = 1.0) -> list[Point]:
    """Points along a circle, degrees clockwise from three o'clock; `tall` squeezes it into an ellipse."""
    steps = max(int(abs(end - start) / 3), 8)
    angles = [radians(start + (end - start) * step / steps) for step in range(steps + 1)]
    return [(x + radius * cos(a), y + radius * tall * sin(a)) for a in angles]


def smooth(points: Points, *, closed: bool = False) -> list[Point]:
    """A curve through all points (Catmull and Rom 1974), as short straight pieces."""
    p = list(points)
    ends = [p[-1], *p, p[0], p[1]] if closed else [p[0], *p, p[-1]]
    made: list[Point] = []
    for a, b, c, d in zip(ends, ends[1:], ends[2:], ends[3:], strict=False):
        for step in range(16):
            t = step / 16
            made.append((_spline(a[0], b[0], c[0], d[0], t), _spline(a[1], b[1], c[1], d[1], t)))
    return made if closed else [*made, p[-1]]


@dataclass(frozen=True)
class Canvas:
    """A picture being drawn, seen through a move, a turn and a scale: `at` gives another view of the same picture."""

    image: Image.Image
    x: float = 0.0
    y: float = 0.0
    turn: float = 0.0
    scale: float = 1.0

    def at(self, x: float, y: float, turn: float = 0.0, scale: float = 1.0) -> Canvas:
        """The view whose origin is at this point, turned clockwise by degrees."""
        (left, top) = self._seen((x, y))
        return replace(self, x=left, y=top, turn=self.turn + turn, scale=self.scale * scale)

    def polygon(self, points: Points, colour: str) -> None:
        placed = [(px * _FINE, py * _FINE) for px, py in map(self._seen, points)]
        ImageDraw.Draw(self.image).polygon(placed, fill=colour)

    def box(self, x: float, y: float, width: float, height: float, colour: str, radius: float = 0.0) -> None:
        """A rectangle from its upper left corner, with round corners."""
        r = min(radius, width / 2, height / 2)
        right, low = x + width, y + height
        if not r:
            self.polygon([(x, y), (right, y), (right, low), (x, low)], colour)
            return
        corners = ((right - r, y + r, 270), (right - r, low - r, 0), (x + r, low - r, 90), (x + r, y + r, 180))
        self.polygon([point for cx, cy, start in corners for point in arc(cx, cy, r, start, start + 90)], colour)

    def disc(self, x: float, y: float, radius: float, colour: str, tall: float = 1.0) -> None:
        """A circle, or with `tall` an ellipse of that share of its width."""
        self.polygon(arc(x, y, radius, 0, 360, tall), colour)

    def line(self, points: Points, colour: str, width: float) -> None:
        """A line with round ends and joints."""
        for (ax, ay), (bx, by) in itertools.pairwise(points):
            length = hypot(bx - ax, by - ay) or 1.0
            sx, sy = (by - ay) / length * width / 2, (ax - bx) / length * width / 2
            self.polygon([(ax + sx, ay + sy), (bx + sx, by + sy), (bx - sx, by - sy), (ax - sx, ay - sy)], colour)
        for px, py in points:
            self.disc(px, py, width / 2, colour)

    def dashes(self, points: Points, colour: str, width: float, length: float = 22.0, gap: float = 20.0) -> None:
        """A dashed line along the points."""
        walked, piece = 0.0, [points[0]]
        for (ax, ay), (bx, by) in itertools.pairwise(points):
            walked += hypot(bx - ax, by - ay)
            if walked % (length + gap) < length:
                piece.append((bx, by))
            elif len(piece) > 1:
                self.line(piece, colour, width)
                piece = [(bx, by)]
            else:
                piece = [(bx, by)]
        if len(piece) > 1:
            self.line(piece, colour, width)

    def ring(self, x: float, y: float, radius: float, colour: str, width: float, start: float = 0.0, end: float = 360.0) -> None:
        """A circle's line, or a part of it, with flat ends."""
        self.polygon([*arc(x, y, radius + width / 2, start, end), *arc(x, y, radius - width / 2, end, start)], colour)

    def arrow(self, points: Points, colour: str, width: float) -> None:
        """A line that ends in a head."""
        self.line(points, colour, width)
        (ax, ay), (bx, by) = points[-2], points[-1]
        head = atan2(by - ay, bx - ax)
        wings = [(bx + 3 * width * cos(head + side), by + 3 * width * sin(head + side)) for side in (0.8 * pi, -0.8 * pi)]
        self.line([wings[0], (bx, by), wings[1]], colour, width)

    def finished(self) -> Image.Image:
        """The picture at its final size, in at most 64 colours."""
        small = self.image.reduce(_FINE)
        return small.quantize(64, method=Image.Quantize.MEDIANCUT, kmeans=2, dither=Image.Dither.NONE)

    def _seen(self, point: Point) -> Point:
        a = radians(self.turn)
        px, py = point[0] * self.scale, point[1] * self.scale
        return self.x + px * cos(a) - py * sin(a), self.y + px * sin(a) + py * cos(a)


def blank(colour: str) -> Canvas:
    """A canvas of one colour."""
    return Canvas(Image.new("RGB", (WIDTH * _FINE, HEIGHT * _FINE), colour))


def _channels(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[at : at + 2], 16) for at in (1, 3, 5))


def _spline(a: float, b: float, c: float, d: float, t: float) -> float:
    return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
