"""Scenes where people meet and learn."""

from __future__ import annotations

from math import cos, pi, sin

from tools.drawing.canvas import (
    BLUSH,
    CLAY,
    FOREST,
    LEAF,
    MIST,
    NIGHT,
    OCHRE,
    PAPER,
    PINE,
    SAND,
    SKY,
    SLATE,
    SNOW,
    STEEL,
    Canvas,
    arc,
    blank,
    mix,
    shade,
    smooth,
)


def _person(c: Canvas, coat: str, skin: str, helmet: str, side: int) -> None:
    """Someone from the waist up, standing at the origin; `side` is where they reach: 1 to the right, -1 to the left."""
    c.polygon([(-104, 0), (-104, -150), *arc(-44, -170, 60, 180, 270), *arc(44, -170, 60, 270, 360), (104, -150), (104, 0)], coat)
    c.polygon([(30, 0), (30, -230), *arc(44, -170, 60, 270, 360), (104, -150), (104, 0)], shade(coat, 0.18))
    c.box(-104, -104, 208, 26, mix(OCHRE, SNOW, 0.3))
    c.box(-26, -262, 52, 44, shade(skin, 0.12), 18)
    c.disc(0, -308, 66, skin)
    c.polygon(arc(0, -318, 76, 180, 360), helmet)
    c.box(-88 if side < 0 else -80, -326, 168, 18, shade(helmet, 0.2), 9)
    c.box(-10, -400, 20, 70, shade(helmet, 0.2), 10)
    c.line(smooth([(side * 70, -176), (side * 122, -108), (side * 172, -140)]), shade(coat, 0.1), 52)


def handover() -> Canvas:
    c = blank(mix(SAND, OCHRE, 0.2))
    c.polygon([(660, 0), (1232, 0), (1232, 616), (560, 616)], mix(PINE, NIGHT, 0.3))
    c.disc(130, 130, 62, mix(OCHRE, SNOW, 0.15))
    c.ring(130, 130, 84, mix(mix(SAND, OCHRE, 0.2), OCHRE, 0.35), 8)
    c.disc(1080, 130, 58, mix(OCHRE, SNOW, 0.6))
    c.disc(1108, 112, 52, mix(PINE, NIGHT, 0.3))
    for x, y in ((800, 90), (900, 60), (960, 190), (1180, 240), (760, 200)):
        c.disc(x, y, 4, mix(OCHRE, SNOW, 0.6))
    _person(c.at(330, 616, 0, 1.12), LEAF, mix(BLUSH, CLAY, 0.25), OCHRE, 1)
    _person(c.at(890, 616, 0, 1.12), CLAY, mix(CLAY, NIGHT, 0.45), PAPER, -1)
    board = c.at(610, 438, -4)
    board.box(-84, -118, 168, 216, shade(CLAY, 0.5), 14)
    board.box(-68, -98, 136, 182, PAPER, 8)
    board.box(-34, -130, 68, 30, STEEL, 10)
    for row in range(4):
        board.box(-50, -70 + row * 38, 22, 22, (LEAF, LEAF, OCHRE, mix(PAPER, PINE, 0.15))[row], 5)
        board.box(-16, -65 + row * 38, 66 - 12 * (row % 2), 12, mix(PAPER, PINE, 0.2), 6)
    for x, y, skin in ((536, 458, mix(BLUSH, CLAY, 0.25)), (686, 446, mix(CLAY, NIGHT, 0.45))):
        c.disc(x, y, 29, skin)
    return c


def open_door() -> Canvas:
    c = blank(FOREST)
    c.box(0, 530, 1232, 86, PINE)
    c.polygon([(470, 530), (830, 530), (1010, 616), (330, 616)], mix(OCHRE, SAND, 0.45))
    c.box(446, 54, 400, 480, PINE, 6)
    c.box(470, 78, 352, 452, mix(OCHRE, SNOW, 0.55))
    c.box(470, 420, 352, 110, mix(OCHRE, SAND, 0.45))
    c.box(600, 112, 170, 130, SKY, 6)
    c.box(681, 112, 8, 130, PAPER)
    c.polygon([(600, 242), (600, 214), (650, 190), (700, 220), (770, 196), (770, 242)], LEAF)
    c.box(596, 238, 178, 12, PAPER, 4)
    c.box(560, 384, 250, 18, CLAY, 4)
    for x in (578, 776):
        c.box(x, 400, 14, 110, shade(CLAY, 0.3))
    c.box(600, 316, 100, 66, PINE, 6)
    c.box(606, 322, 88, 52, mix(SKY, SNOW, 0.4), 3)
    c.polygon([(590, 386), (710, 386), (704, 376), (596, 376)], STEEL)
    c.polygon([(738, 384), (782, 384), (776, 346), (744, 346)], PAPER)
    for turn in (-36, 0, 36):
        leaf = c.at(760, 348, turn)
        leaf.polygon(smooth([(0, 0), (-13, -34), (0, -74), (13, -34)], closed=True), LEAF)
    c.polygon([(470, 78), (470, 530), (330, 586), (330, 40)], CLAY)
    c.polygon([(470, 78), (470, 530), (458, 535), (458, 74)], shade(CLAY, 0.35))
    for top, low in ((0.1, 0.44), (0.54, 0.9)):
        left, right = 356.0, 436.0
        edge = [
            (x, 40 + 38 * (x - 330) / 140 + (546 - 94 * (x - 330) / 140) * part)
            for x, part in ((left, top), (right, top), (right, low), (left, low))
        ]
        c.polygon(edge, shade(CLAY, 0.16))
    c.disc(444, 318, 11, OCHRE)
    c.box(930, 150, 140, 110, mix(FOREST, SNOW, 0.16), 8)
    c.disc(1000, 205, 30, OCHRE)
    c.box(900, 470, 220, 20, shade(CLAY, 0.4), 6)
    for x in (916, 1090):
        c.box(x, 488, 14, 62, shade(CLAY, 0.5))
    c.box(940, 410, 130, 62, STEEL, 12)
    c.box(984, 392, 42, 26, shade(STEEL, 0.3), 8)
    c.box(992, 400, 26, 18, FOREST, 4)
    c.box(160, 470, 70, 90, PAPER, 8)
    for turn, colour in ((-40, LEAF), (-12, mix(LEAF, SNOW, 0.2)), (14, LEAF), (42, mix(LEAF, SNOW, 0.2))):
        leaf = c.at(195, 474, turn)
        leaf.polygon(smooth([(0, 0), (-30, -84), (0, -190), (30, -84)], closed=True), colour)
    return c


def coffee_table() -> Canvas:
    c = blank(mix(SAND, PAPER, 0.3))
    for row in range(5):
        c.box(0, row * 124, 1232, 3, shade(SAND, 0.07))
        c.box(200 + (row % 2) * 380, row * 124, 3, 124, shade(SAND, 0.07))
        c.box(800 + (row % 2) * 200, row * 124, 3, 124, shade(SAND, 0.07))
    for number in range(6):
        angle = number * 60 + 20
        away = 350 if number == 5 else 268
        seat = c.at(616 + away * cos(angle * pi / 180), 308 + away * sin(angle * pi / 180), angle + 90)
        colour = CLAY if number == 5 else (LEAF, SLATE)[number % 2]
        seat.at(0, 0).box(-62, -46, 132, 112, shade(SAND, 0.2), 30)
        seat.box(-66, -52, 132, 112, colour, 30)
        seat.box(-66, -66, 132, 34, shade(colour, 0.25), 17)
    c.disc(632, 328, 216, shade(SAND, 0.22))
    c.disc(616, 308, 216, mix(CLAY, SAND, 0.5))
    c.disc(616, 308, 200, mix(CLAY, SAND, 0.62))
    for number in range(6):
        around = (number * 60 + 34) * pi / 180
        x, y = 616 + 142 * cos(around), 308 + 142 * sin(around)
        c.disc(x + 5, y + 6, 40, mix(CLAY, SAND, 0.35))
        c.disc(x, y, 40, PAPER)
        c.disc(x, y, 26, (FOREST, OCHRE, CLAY)[number % 3])
        c.disc(x, y, 20, mix(PINE, CLAY, 0.35))
    paper = c.at(600, 262, 14)
    paper.box(4, 6, 92, 116, mix(CLAY, SAND, 0.35), 6)
    paper.box(0, 0, 92, 116, SNOW, 6)
    paper.line(smooth([(16, 84), (32, 60), (48, 70), (72, 28)]), CLAY, 7)
    c.disc(550, 330, 40, mix(CLAY, SAND, 0.35))
    c.disc(546, 324, 40, MIST)
    for x, y in ((534, 314), (556, 316), (546, 336)):
        c.ring(x, y, 10, mix(OCHRE, CLAY, 0.35), 9)
    return c


def bench() -> Canvas:
    c = blank(SKY)
    c.box(0, 470, 1232, 146, mix(SAND, CLAY, 0.15))
    c.box(326, 46, 580, 300, shade(CLAY, 0.45), 12)
    c.box(344, 64, 544, 264, PINE, 4)
    c.line([(404, 108), (404, 286), (830, 286)], mix(PINE, SNOW, 0.75), 7)
    c.line(smooth([(420, 270), (510, 250), (580, 190), (660, 140), (820, 116)]), OCHRE, 10)
    c.dashes([(420 + x, 270 - x * 0.36) for x in range(0, 400, 4)], mix(PINE, SNOW, 0.5), 6, 14, 14)
    c.disc(660, 140, 15, CLAY)
    c.box(560, 340, 150, 16, shade(CLAY, 0.3), 5)
    for x, colour in ((210, LEAF), (690, CLAY)):
        c.polygon([(x + 20, 590), (x + 350, 590), (x + 400, 612), (x + 70, 612)], shade(mix(SAND, CLAY, 0.15), 0.18))
        for leg in (20, 300):
            c.box(x + leg, 440, 20, 152, SLATE, 4)
        c.box(x, 416, 340, 30, mix(SAND, OCHRE, 0.45), 8)
        c.box(x, 434, 340, 12, shade(mix(SAND, OCHRE, 0.45), 0.2), 4)
        c.box(x + 40, 388, 116, 14, PAPER, 4)
        c.box(x + 34, 402, 126, 14, colour, 4)
        c.box(x + 240, 356, 52, 60, STEEL, 8)
        for pen, (dx, tone) in enumerate(((252, OCHRE), (266, CLAY), (280, FOREST))):
            c.line([(x + dx, 360), (x + dx - 6 + pen * 7, 308 + pen * 6)], tone, 8)
        c.disc(x + 170, 520, 66, colour, 0.3)
        c.box(x + 104, 520, 132, 14, shade(colour, 0.2), 6)
        c.line([(x + 150, 534), (x + 130, 604)], SLATE, 10)
        c.line([(x + 190, 534), (x + 210, 604)], SLATE, 10)
    c.box(1010, 84, 130, 170, PAPER, 6)
    c.box(1071, 84, 8, 170, SKY)
    c.box(1010, 165, 130, 8, SKY)
    c.disc(160, 150, 60, PAPER)
    c.ring(160, 150, 56, SLATE, 9)
    c.line([(160, 112), (160, 150), (186, 164)], PINE, 8)
    return c


def two_shores() -> Canvas:
    c = blank(mix(SKY, SNOW, 0.3))
    c.box(0, 330, 1232, 290, mix(STEEL, SKY, 0.35))
    for row in range(4):
        y = 372 + row * 58
        for wave in range(5):
            x = 380 + wave * 118 + row % 2 * 56
            c.line(smooth([(x, y), (x + 22, y - 9), (x + 44, y), (x + 66, y - 9)]), mix(STEEL, SKY, 0.75), 6)
    left = smooth([(-60, 330), (160, 318), (320, 346), (392, 430), (356, 520), (402, 640)])
    c.polygon([*left, (-60, 660)], LEAF)
    right = smooth([(1292, 330), (1072, 318), (912, 346), (840, 430), (876, 520), (830, 640)])
    c.polygon([*right, (1292, 660)], mix(LEAF, OCHRE, 0.3))
    for x, colour in ((58, FOREST), (910, CLAY)):
        c.box(x, 262, 264, 132, colour)
        for tooth in range(3):
            c.polygon([(x + tooth * 88, 262), (x + tooth * 88, 200), (x + tooth * 88 + 88, 262)], shade(colour, 0.25))
        for window in range(3):
            c.box(x + 22 + window * 82, 296, 54, 40, OCHRE, 4)
        c.box(x + 106, 340, 52, 54, shade(colour, 0.45), 4)
    c.dashes(arc(616, 366, 400, 212, 328, 0.6), PINE, 7, 20, 18)
    c.box(548, 70, 152, 150, shade(SKY, 0.22), 18)
    c.box(540, 60, 152, 150, PAPER, 18)
    c.box(540, 60, 152, 46, PINE, 18)
    c.box(540, 88, 152, 18, PINE)
    for day in range(8):
        x, y = 570 + day % 4 * 31, 134 + day // 4 * 40
        c.disc(x, y, 13 if day == 5 else 9, CLAY if day == 5 else mix(PAPER, PINE, 0.2))
    return c


SCENES = {
    "bench": bench,
    "coffee-table": coffee_table,
    "handover": handover,
    "open-door": open_door,
    "two-shores": two_shores,
}
