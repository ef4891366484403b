"""Scenes of the desk: papers, notes, words."""

from __future__ import annotations

from math import cos, pi, sin

from tools.drawing.canvas import (
    BLUSH,
    CLAY,
    FOREST,
    LEAF,
    MIST,
    OCHRE,
    PAPER,
    PINE,
    SAND,
    SKY,
    SNOW,
    STEEL,
    Canvas,
    arc,
    blank,
    mix,
    shade,
    smooth,
)

_GREY = mix(PAPER, PINE, 0.2)


def _sheet(c: Canvas, width: float, height: float, shadow: str, colour: str = PAPER) -> None:
    c.box(14, 16, width, height, shadow, 14)
    c.box(0, 0, width, height, colour, 14)


def invoices() -> Canvas:
    c = blank(MIST)
    for x, turn in ((196, -2), (716, 2)):
        s = c.at(x, 70, turn)
        _sheet(s, 330, 600, shade(MIST, 0.16))
        s.box(30, 34, 120, 22, FOREST if x < 300 else OCHRE, 6)
        s.disc(286, 46, 20, mix(FOREST, SNOW, 0.55) if x < 300 else mix(OCHRE, SNOW, 0.5))
        for row in range(5):
            odd = row == 3
            s.box(30, 100 + row * 84, 270, 56, mix(CLAY, PAPER, 0.62) if odd else mix(PAPER, PINE, 0.07), 10)
            s.box(48, 120 + row * 84, 110 + 14 * (row % 3), 14, CLAY if odd else _GREY, 7)
            s.box(236 if x < 300 or not odd else 206, 120 + row * 84, 46 if x < 300 or not odd else 76, 14, CLAY if odd else _GREY, 7)
    for row in range(5):
        y = 196 + row * 84
        if row == 3:
            c.line([(548, y), (590, y)], CLAY, 9)
            c.line([(650, y + 4), (692, y + 4)], CLAY, 9)
            c.line([(604, y - 16), (636, y + 18)], CLAY, 9)
            c.line([(636, y - 16), (604, y + 18)], CLAY, 9)
        else:
            c.line([(548, y), (692, y + 4)], LEAF, 9)
    return c


def margin_notes() -> Canvas:
    c = blank(BLUSH)
    page = c.at(300, 60, -3)
    _sheet(page, 560, 640, shade(BLUSH, 0.14))
    page.box(56, 52, 250, 30, PINE, 8)
    for row in range(11):
        y = 122 + row * 42
        page.box(56, y, (330, 318, 334, 300, 326, 210)[row % 6], 14, _GREY, 7)
    page.box(52, 198, 342, 30, mix(OCHRE, PAPER, 0.45), 6)
    page.box(56, 206, 334, 14, mix(PINE, OCHRE, 0.4), 7)
    page.line(smooth([(430, 150), (420, 190), (404, 212), (420, 236), (430, 276)]), CLAY, 7)
    page.line(smooth([(450, 186), (470, 176), (490, 190), (510, 178), (530, 188)]), CLAY, 7)
    page.line(smooth([(450, 222), (474, 212), (498, 226), (516, 216)]), CLAY, 7)
    page.ring(470, 362, 34, CLAY, 7, 20, 350)
    page.line(smooth([(432, 372), (410, 380), (396, 396)]), CLAY, 7)
    page.line([(446, 470), (462, 490), (506, 440)], LEAF, 9)
    pen = c.at(1010, 150, 122)
    _pencil(pen, 400, CLAY, shade(BLUSH, 0.14))
    return c


def _pencil(c: Canvas, length: float, colour: str, shadow: str) -> None:
    """A pencil along the x axis, its point at the right end."""
    c.at(-16, -10).polygon([(0, -22), (length - 70, -22), (length, 0), (length - 70, 22), (0, 22)], shadow)
    c.box(-50, -22, 54, 44, mix(BLUSH, CLAY, 0.25), 12)
    c.box(-8, -22, 34, 44, STEEL)
    c.box(26, -22, length - 96, 44, colour)
    c.box(26, 4, length - 96, 18, shade(colour, 0.22))
    c.polygon([(length - 70, -22), (length, 0), (length - 70, 22)], SAND)
    c.polygon([(length - 22, -7), (length, 0), (length - 22, 7)], PINE)


def messy_table() -> Canvas:
    c = blank(mix(SKY, SNOW, 0.35))
    ground = mix(SKY, SNOW, 0.35)
    c.box(0, 520, 1232, 96, shade(ground, 0.1))
    s = c.at(96, 96, -4)
    _sheet(s, 420, 420, shade(ground, 0.16))
    s.box(0, 0, 420, 62, OCHRE, 14)
    s.box(0, 40, 420, 22, OCHRE)
    for row in range(5):
        for column in range(3):
            lost, odd = (row, column) in ((1, 2), (3, 0)), (row, column) in ((2, 1), (4, 2))
            slip, turn = ((row * 7 + column * 11) % 5 - 2) * 5, ((row * 5 + column * 3) % 5 - 2) * 2.2
            cell = s.at(34 + column * 124 + slip, 92 + row * 64, turn)
            cell.box(
                0, 0, 96 - 9 * ((row + column) % 3), 38, mix(PAPER, PINE, 0.05) if lost else mix(CLAY, PAPER, 0.5) if odd else _GREY, 8
            )
    c.arrow(smooth([(560, 330), (610, 300), (672, 308)]), CLAY, 12)
    c.box(724, 130, 440, 310, shade(ground, 0.16), 22)
    c.box(708, 112, 440, 310, PINE, 22)
    c.box(728, 132, 400, 270, SNOW, 10)
    c.polygon([(868, 422), (988, 422), (1012, 520), (844, 520)], FOREST)
    c.box(800, 508, 256, 22, PINE, 11)
    for row in range(5):
        y = 152 + row * 48
        c.box(748, y, 120, 28, mix(PAPER, PINE, 0.16), 8)
        c.box(884, y, (210, 150, 186, 96, 130)[row], 28, CLAY if row == 3 else (FOREST, LEAF)[row % 2], 8)
    return c


def report() -> Canvas:
    c = blank(SAND)
    desk = c.at(0, 0)
    desk.polygon([(0, 616), (0, 80), (1232, 0), (1232, 616)], mix(SAND, CLAY, 0.22))
    page = c.at(380, 46, 4)
    _sheet(page, 430, 610, shade(mix(SAND, CLAY, 0.22), 0.2))
    page.box(46, 48, 220, 28, PINE, 8)
    for row, colour in enumerate((LEAF, LEAF, CLAY)):
        y = 124 + row * 132
        page.disc(80, y + 44, 34, mix(colour, PAPER, 0.72))
        if row < 2:
            page.line([(66, y + 45), (76, y + 56), (96, y + 32)], colour, 8)
        else:
            page.ring(80, y + 44, 13, colour, 8)
        page.box(140, y + 18, 244, 15, _GREY, 7)
        page.box(140, y + 50, 180, 15, _GREY, 7)
    _pencil(c.at(936, 130, 82), 380, OCHRE, shade(mix(SAND, CLAY, 0.22), 0.2))
    c.at(12, 14).disc(210, 330, 112, shade(mix(SAND, CLAY, 0.22), 0.2))
    c.ring(324, 330, 40, FOREST, 24)
    c.disc(210, 330, 112, FOREST)
    c.disc(210, 330, 92, mix(PINE, CLAY, 0.25))
    c.polygon([*arc(210, 330, 92, 190, 280), *arc(210, 330, 76, 280, 190)], mix(PINE, CLAY, 0.5))
    return c


def speech() -> Canvas:
    c = blank(mix(SKY, SNOW, 0.25))
    for x, y, width, height, colour, tail in (
        (150, 84, 520, 250, FOREST, 250),
        (600, 250, 470, 230, CLAY, 900),
        (240, 396, 330, 160, OCHRE, 330),
    ):
        flip = -1 if tail > 600 else 1
        for shift, tone in ((14, shade(SKY, 0.12)), (0, colour)):
            b = c.at(shift, shift)
            b.box(x, y, width, height, tone, 56)
            b.polygon([(tail, y + height - 8), (tail + 70 * flip, y + height - 8), (tail - 16 * flip, y + height + 52)], tone)
    for number in range(5):
        _star(c.at(232 + number * 90, 206), 38, OCHRE if number < 4 else mix(FOREST, OCHRE, 0.35))
    for row, width in enumerate((330, 360, 220)):
        c.box(662, 312 + row * 44, width, 18, mix(CLAY, SNOW, 0.75), 9)
    for dot in range(3):
        c.disc(345 + dot * 60, 476, 17, PAPER)
    return c


def _star(c: Canvas, radius: float, colour: str) -> None:
    rays = [(radius if k % 2 == 0 else radius * 0.45, k * pi / 5) for k in range(10)]
    c.polygon([(r * sin(a), -r * cos(a)) for r, a in rays], colour)


def thank_you() -> Canvas:
    c = blank(BLUSH)
    back = c.at(250, 190, -7)
    back.box(18, 20, 560, 360, shade(BLUSH, 0.16), 16)
    back.box(0, 0, 560, 360, mix(CLAY, BLUSH, 0.25), 16)
    back.polygon([(0, 20), (280, 216), (560, 20), (544, 0), (16, 0)], CLAY)
    card = c.at(560, 66, 6)
    card.box(16, 18, 400, 480, shade(BLUSH, 0.18), 16)
    card.box(0, 0, 400, 480, PAPER, 16)
    card.line(smooth([(200, 430), (196, 350), (206, 280), (200, 220)]), LEAF, 10)
    for turn, y in ((-52, 356), (48, 318)):
        leaf = card.at(201, y, turn)
        leaf.polygon(smooth([(0, 0), (-24, -44), (0, -96), (24, -44)], closed=True), LEAF)
        leaf.line([(0, -6), (0, -74)], FOREST, 4)
    for petal in range(7):
        p = card.at(200, 172, petal * 360 / 7)
        p.polygon(smooth([(0, -14), (-36, -66), (0, -110), (36, -66)], closed=True), (CLAY, mix(CLAY, OCHRE, 0.45))[petal % 2])
    card.disc(200, 172, 36, OCHRE)
    for number in range(8):
        a = number * pi / 4
        card.disc(200 + 19 * cos(a), 172 + 19 * sin(a), 4, shade(OCHRE, 0.4))
    return c


SCENES = {
    "invoices": invoices,
    "margin-notes": margin_notes,
    "messy-table": messy_table,
    "report": report,
    "speech": speech,
    "thank-you": thank_you,
}
