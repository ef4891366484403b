"""Scenes of systems: locks, sockets, servers, screens."""

from __future__ import annotations

from math import cos, pi, sin

from tools.drawing.canvas import (
    BLUSH,
    CLAY,
    FOREST,
    LEAF,
    MINT,
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
from tools.drawing.factory import parcel


def keys() -> Canvas:
    c = blank(SAND)
    for turn, colour in ((62, STEEL), (38, OCHRE), (14, CLAY), (-10, LEAF)):
        for shift, tone in ((12, shade(SAND, 0.16)), (0, colour)):
            k = c.at(770 + shift, 92 + shift, turn)
            k.ring(0, 0, 46, tone, 30)
            k.box(-15, 56, 30, 350, tone, 8)
            for y, width in ((290, 56), (334, 38), (372, 56)):
                k.box(0, y, width, 24, tone, 4)
        c.at(770, 92, turn).box(3, 62, 12, 344, shade(colour, 0.18), 4)
    c.ring(770, 92, 74, SLATE, 11)
    for shift, tone in ((14, shade(SAND, 0.16)), (0, FOREST)):
        b = c.at(shift, shift)
        metal = STEEL if not shift else tone
        b.ring(360, 236, 98, metal, 40, 180, 360)
        b.box(242, 230, 40, 90, metal)
        b.box(438, 230, 40, 90, metal)
        b.box(200, 290, 320, 250, tone, 34)
    c.polygon([*arc(486, 324, 34, 270, 360), *arc(486, 506, 34, 0, 90), (440, 540), (440, 290)], shade(FOREST, 0.25))
    c.disc(360, 390, 36, PINE)
    c.polygon([(344, 400), (376, 400), (388, 478), (332, 478)], PINE)
    c.ring(360, 236, 110, mix(STEEL, SNOW, 0.4), 8, 200, 250)
    return c


def sockets() -> Canvas:
    c = blank(SKY)
    c.line(smooth([(-30, 470), (120, 480), (220, 400), (300, 318), (390, 308)]), shade(SKY, 0.16), 34)
    c.line(smooth([(-30, 450), (120, 460), (220, 380), (300, 308), (390, 300)]), FOREST, 34)
    c.line(smooth([(1262, 180), (1120, 150), (1020, 210), (940, 296), (850, 310)]), shade(SKY, 0.16), 34)
    c.line(smooth([(1262, 160), (1120, 132), (1020, 200), (940, 292), (850, 300)]), CLAY, 34)
    for shift, tone in ((14, shade(SKY, 0.16)), (0, "")):
        p = c.at(shift, shift)
        p.box(330, 204, 190, 192, tone or FOREST, 34)
        p.box(500, 190, 36, 220, tone or PINE, 10)
        for y in (246, 334):
            p.box(530, y, 76, 24, tone or STEEL, 8)
        p.box(700, 190, 190, 220, tone or CLAY, 34)
        p.box(700, 190, 56, 220, tone or mix(CLAY, NIGHT, 0.3), 14)
    c.box(354, 222, 120, 20, mix(FOREST, SNOW, 0.25), 10)
    c.box(776, 210, 90, 20, mix(CLAY, SNOW, 0.3), 10)
    for y in (242, 330):
        c.box(700, y, 40, 32, NIGHT, 6)
    for turn in range(-2, 3):
        a = turn * 0.5 - pi / 2
        c.line([(652 + 108 * cos(a), 240 + 108 * sin(a)), (652 + 150 * cos(a), 240 + 150 * sin(a))], OCHRE, 12)
        c.line([(652 + 108 * cos(a), 360 - 108 * sin(a)), (652 + 150 * cos(a), 360 - 150 * sin(a))], OCHRE, 12)
    return c


def _brick(c: Canvas, x: float, y: float, studs: int, colour: str) -> None:
    """A building brick from its upper left front corner, two studs deep."""
    width, tall, dx, dy = studs * 88.0, 96.0, 56.0, -40.0
    c.polygon([(x, y), (x + dx, y + dy), (x + width + dx, y + dy), (x + width, y)], mix(colour, SNOW, 0.22))
    c.box(x, y, width, tall, colour)
    c.polygon([(x + width, y), (x + width + dx, y + dy), (x + width + dx, y + dy + tall), (x + width, y + tall)], shade(colour, 0.28))
    for stud in range(studs):
        sx, sy = x + 44 + stud * 88 + dx / 2, y + dy / 2
        c.disc(sx, sy, 27, shade(colour, 0.18), 0.46)
        c.box(sx - 27, sy - 20, 54, 20, shade(colour, 0.18))
        c.disc(sx, sy - 20, 27, mix(colour, SNOW, 0.36), 0.46)


def bricks() -> Canvas:
    c = blank(MIST)
    c.box(0, 520, 1232, 96, shade(MIST, 0.12))
    c.polygon([(960, 560), (1020, 520), (1130, 540), (1050, 578), (300, 578), (240, 560)], shade(MIST, 0.24))
    _brick(c, 250, 464, 3, FOREST)
    _brick(c, 514, 464, 5, LEAF)
    _brick(c, 250, 368, 2, OCHRE)
    _brick(c, 426, 368, 2, STEEL)
    _brick(c, 778, 368, 2, FOREST)
    c.dashes([(618, 300 + step) for step in range(0, 60, 2)], CLAY, 6, 12, 12)
    c.dashes([(760, 300 + step) for step in range(0, 60, 2)], CLAY, 6, 12, 12)
    _brick(c.at(590, 196, -7), 0, 0, 2, CLAY)
    return c


def night_replay() -> Canvas:
    c = blank(NIGHT)
    c.disc(980, 150, 70, mix(OCHRE, SNOW, 0.6))
    c.disc(1010, 130, 62, NIGHT)
    for x, y, r in ((120, 90, 4), (260, 170, 3), (520, 60, 4), (700, 120, 3), (860, 60, 3), (1130, 240, 4), (1090, 60, 3), (70, 260, 3)):
        c.disc(x, y, r, mix(OCHRE, SNOW, 0.6))
    c.box(0, 540, 1232, 76, shade(PINE, 0.35))
    for rack, x in enumerate((150, 350)):
        c.box(x, 150, 180, 400, SLATE, 12)
        c.box(x + 146, 150, 34, 400, shade(SLATE, 0.35), 12)
        for unit in range(5):
            y = 176 + unit * 72
            late = (rack, unit) == (1, 2)
            c.box(x + 18, y, 116, 52, NIGHT, 8)
            for light in range(3):
                c.disc(x + 40 + light * 24, y + 26, 7, CLAY if late else (LEAF, MINT, mix(OCHRE, LEAF, 0.4))[(unit + light + rack) % 3])
            c.box(x + 112, y + 14, 8, 24, STEEL, 4)
    c.ring(760, 346, 140, mix(NIGHT, LEAF, 0.35), 22)
    c.arrow(arc(760, 346, 140, -20, 262)[:-1], LEAF, 14)
    letter = c.at(760, 346, -8)
    letter.box(-86, -56, 172, 116, PAPER, 12)
    letter.polygon([(-86, -50), (0, 22), (86, -50), (76, -56), (-76, -56)], mix(SAND, PAPER, 0.3))
    letter.line([(-80, -50), (0, 20), (80, -50)], mix(SAND, CLAY, 0.3), 6)
    c.line([(538, 346), (590, 346)], CLAY, 10)
    return c


def play() -> Canvas:
    c = blank(BLUSH)
    c.box(0, 500, 1232, 116, shade(BLUSH, 0.13))
    c.polygon([(520, 548), (740, 548), (820, 576), (600, 576)], shade(BLUSH, 0.25))
    c.polygon([(560, 430), (672, 430), (690, 544), (542, 544)], STEEL)
    c.polygon([(640, 430), (672, 430), (690, 544), (650, 544)], shade(STEEL, 0.25))
    c.box(490, 536, 252, 16, STEEL, 8)
    c.box(262, 54, 708, 406, PINE, 26)
    c.box(284, 76, 664, 362, mix(FOREST, LEAF, 0.3), 12)
    for x, height in ((330, 90), (420, 150), (510, 120), (600, 190), (690, 168), (780, 230), (870, 206)):
        c.box(x, 400 - height, 54, height, mix(FOREST, LEAF, 0.55), 6)
    c.box(312, 402, 608, 10, mix(FOREST, SNOW, 0.3), 5)
    c.box(312, 402, 230, 10, OCHRE, 5)
    c.disc(542, 407, 14, OCHRE)
    c.disc(616, 238, 92, PAPER)
    c.polygon([(588, 186), (588, 290), (676, 238)], CLAY)
    c.box(1010, 420, 96, 118, OCHRE, 14)
    c.box(1076, 420, 30, 118, shade(OCHRE, 0.2), 12)
    c.ring(1112, 474, 30, OCHRE, 15, -90, 90)
    c.disc(1058, 424, 46, mix(PINE, CLAY, 0.3), 0.2)
    for x in (1036, 1074):
        c.line(smooth([(x, 380), (x - 10, 356), (x + 8, 332), (x - 2, 308)]), mix(BLUSH, SNOW, 0.6), 8)
    pot = c.at(140, 540)
    for turn in (-48, -16, 18, 46):
        leaf = pot.at(0, -90, turn)
        leaf.polygon(smooth([(0, 0), (-26, -80), (0, -170), (26, -80)], closed=True), (LEAF, FOREST)[turn > 0])
    pot.polygon([(-56, -100), (56, -100), (42, 0), (-42, 0)], CLAY)
    pot.polygon([(14, -100), (56, -100), (42, 0), (10, 0)], shade(CLAY, 0.2))
    return c


def unplug() -> Canvas:
    c = blank(MIST)
    c.box(0, 480, 1232, 136, shade(MIST, 0.12))
    c.polygon([(250, 520), (800, 520), (900, 560), (330, 560)], shade(MIST, 0.24))
    c.box(290, 120, 480, 330, PINE, 22)
    c.box(312, 142, 436, 284, mix(SKY, SNOW, 0.3), 10)
    c.polygon([(230, 450), (830, 450), (880, 516), (180, 516)], STEEL)
    c.polygon([(180, 516), (880, 516), (868, 534), (192, 534)], shade(STEEL, 0.3))
    for row in range(3):
        c.box(300 - row * 12, 460 + row * 14, 460 + row * 24, 8, mix(STEEL, SNOW, 0.35), 4)
    c.box(440, 506, 180, 10, mix(STEEL, SNOW, 0.35), 5)
    shield = (
        smooth([(530, 190), (480, 212), (452, 214)])
        + smooth([(452, 214), (456, 300), (530, 372), (604, 300), (608, 214)])
        + smooth([(608, 214), (580, 212), (530, 190)])
    )
    c.polygon(shield, CLAY)
    c.polygon([(530, 190), *smooth([(530, 190), (580, 212), (608, 214)]), *smooth([(608, 214), (604, 300), (530, 372)])], shade(CLAY, 0.15))
    c.line([(504, 256), (556, 316)], SNOW, 13)
    c.line([(556, 256), (504, 316)], SNOW, 13)
    c.box(846, 470, 22, 36, NIGHT, 4)
    for shift, tone in ((12, shade(MIST, 0.22)), (0, OCHRE)):
        p = c.at(shift, shift)
        p.line(smooth([(1260, 330), (1180, 300), (1120, 360), (1100, 430), (1040, 452)]), tone, 20)
        plug = p.at(1030, 456, 166)
        plug.box(-20, -30, 84, 60, tone if shift else SLATE, 10)
        plug.box(60, -22, 40, 44, tone if shift else mix(STEEL, SNOW, 0.3), 6)
    return c


def family_tree() -> Canvas:
    c = blank(MIST)
    c.box(0, 540, 1232, 76, shade(MIST, 0.1))
    places = {"melt": (150, 300), "a": (430, 150), "b": (430, 440), "c": (720, 96), "d": (720, 270), "e": (720, 460)}
    ways = (("melt", "a"), ("melt", "b"), ("a", "c"), ("a", "d"), ("b", "d"), ("b", "e"))
    hot = {("melt", "a"), ("a", "d"), ("a", "c")}
    for one, other in sorted(ways, key=lambda way: way in hot):
        (ax, ay), (bx, by) = places[one], places[other]
        steps = [step / 24 for step in range(25)]
        way = [(ax + (bx - ax) * t, ay + (by - ay) * t * t * (3 - 2 * t)) for t in steps]
        c.line(way, CLAY if (one, other) in hot else STEEL, 10)
    for number, (name, y) in enumerate((("c", 96), ("d", 270), ("e", 460))):
        c.line(smooth([places[name], (840, y), (900, (118, 284, 450)[number])]), CLAY if name != "e" else STEEL, 10)
    x, y = places["melt"]
    c.disc(x + 6, y + 10, 92, shade(MIST, 0.18))
    c.disc(x, y, 92, SLATE)
    c.disc(x, y, 70, CLAY)
    c.disc(x, y, 46, OCHRE)
    c.polygon([*arc(x, y, 46, 190, 280), *arc(x, y, 34, 280, 190)], mix(OCHRE, SNOW, 0.5))
    for name in "abcde":
        x, y = places[name]
        colour = STEEL if name in "be" else CLAY
        c.disc(x + 4, y + 6, 40, shade(MIST, 0.18))
        c.disc(x, y, 40, SNOW)
        c.ring(x, y, 36, colour, 10)
        c.disc(x, y, 12, colour)
    for number, top in enumerate((48, 214, 380)):
        warm = number < 2
        parcel(c, 916, top, 140, CLAY if warm else mix(SAND, OCHRE, 0.35), PAPER if warm else mix(SAND, SNOW, 0.5))
    return c


SCENES = {
    "bricks": bricks,
    "family-tree": family_tree,
    "keys": keys,
    "night-replay": night_replay,
    "play": play,
    "sockets": sockets,
    "unplug": unplug,
}
