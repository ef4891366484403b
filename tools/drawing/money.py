"""Scenes of money: what comes in, what goes out, and when."""

from __future__ import annotations

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


def _coins(c: Canvas, x: float, y: float, height: int, radius: float = 52) -> None:
    for coin in range(height):
        top = y - coin * radius * 0.46
        c.disc(x, top + radius * 0.24, radius, shade(OCHRE, 0.28), 0.34)
        c.box(x - radius, top, 2 * radius, radius * 0.24, shade(OCHRE, 0.28))
        c.disc(x, top, radius, OCHRE, 0.34)
        c.disc(x, top, radius * 0.68, mix(OCHRE, SNOW, 0.3), 0.34)


def months() -> Canvas:
    c = blank(SAND)
    c.box(0, 500, 1232, 116, shade(SAND, 0.12))
    heights = (150, 190, 172, 230, 206, 262, 228, 276, 300, 262, 318, 340)
    for month, height in enumerate(heights):
        x, last = 112 + month * 86, month == 11
        c.polygon([(x + 58, 520), (x + 58, 500), (x + 92, 520)], shade(SAND, 0.22))
        colour = CLAY if last else (FOREST, LEAF)[month % 2]
        c.box(x, 512 - height, 58, height, colour, 6)
        c.box(x + 42, 512 - height, 16, height, shade(colour, 0.2), 6)
        if not last:
            c.box(x - 6, 500 - height, 70, 20, mix(colour, SNOW, 0.6), 6)
    lid = c.at(1052, 118, -16)
    lid.box(0, 0, 78, 22, CLAY, 6)
    c.arrow(smooth([(1000, 60), (1036, 56), (1076, 78)])[:-6], CLAY, 7)
    c.box(80, 512, 1072, 10, PINE, 5)
    return c


def cash_river() -> Canvas:
    c = blank(mix(LEAF, SAND, 0.6))
    upper = [(-40, 130), (220, 170), (440, 250), (616, 282), (800, 250), (1020, 160), (1280, 100)]
    lower = [(1280, 560), (1020, 500), (800, 390), (616, 338), (440, 372), (220, 470), (-40, 520)]
    for part, colour in ((0.0, mix(LEAF, SAND, 0.25)), (0.09, mix(STEEL, SKY, 0.1)), (0.3, mix(STEEL, SKY, 0.5)), (0.6, SKY)):
        banks = list(zip(upper, lower[::-1], strict=True))
        high = [(x, a + (b - a) * part / 2) for (x, a), (_, b) in banks]
        low = [(x, b - (b - a) * part / 2) for (x, a), (_, b) in banks]
        c.polygon(smooth(high) + smooth(low[::-1]), colour)
    for x, y, r in (
        (110, 300, 25),
        (268, 336, 22),
        (430, 300, 19),
        (560, 312, 15),
        (668, 304, 15),
        (800, 328, 20),
        (950, 290, 25),
        (1110, 350, 29),
    ):
        c.disc(x + 4, y + 6, r, mix(STEEL, SKY, 0.2), 0.8)
        c.disc(x, y, r, shade(OCHRE, 0.2), 0.8)
        c.disc(x, y - 4, r, OCHRE, 0.8)
        c.disc(x, y - 4, r * 0.62, mix(OCHRE, SNOW, 0.35), 0.8)
    for x, y, size in (
        (110, 66, 1.0),
        (190, 90, 0.7),
        (420, 130, 0.9),
        (610, 150, 1.1),
        (690, 176, 0.7),
        (860, 90, 1.0),
        (560, 500, 1.2),
        (650, 470, 0.8),
        (360, 560, 0.9),
        (850, 560, 1.0),
        (90, 600, 0.9),
    ):
        _tree(c.at(x, y, 0, size))
    return c


def _tree(c: Canvas) -> None:
    c.disc(16, 30, 34, shade(mix(LEAF, SAND, 0.6), 0.16), 0.4)
    c.box(-5, 6, 10, 26, shade(CLAY, 0.4))
    c.disc(0, -14, 34, FOREST)
    c.polygon([*arc(0, -14, 34, -50, 110), *smooth([(-12, 18), (10, -8), (22, -40)])], PINE)


def empty_chair() -> Canvas:
    wall = mix(BLUSH, SNOW, 0.35)
    c = blank(wall)
    c.box(0, 520, 1232, 96, shade(wall, 0.12))
    c.box(760, 76, 300, 190, shade(wall, 0.12), 14)
    c.box(748, 64, 300, 190, PAPER, 14)
    c.box(748, 64, 300, 44, FOREST, 14)
    c.box(748, 90, 300, 18, FOREST)
    for day in range(15):
        x, y = 784 + day % 5 * 58, 140 + day // 5 * 40
        c.box(x - 17, y - 12, 34, 26, mix(PAPER, PINE, 0.1), 6)
        if day < 12:
            c.line([(x - 11, y - 8), (x + 11, y + 9)], CLAY, 5)
    c.box(640, 372, 470, 24, PINE, 8)
    for x in (664, 1060):
        c.box(x, 396, 26, 150, FOREST)
    c.box(858, 262, 150, 94, SLATE, 10)
    c.box(868, 272, 130, 74, STEEL, 6)
    c.box(922, 356, 22, 18, SLATE)
    c.disc(388, 560, 150, shade(wall, 0.2), 0.16)
    for foot in (-112, -56, 56, 112):
        c.line([(380, 508), (380 + foot, 552)], PINE, 16)
        c.disc(380 + foot, 558, 14, SLATE)
    c.box(366, 408, 28, 110, SLATE)
    c.box(196, 150, 56, 250, FOREST, 28)
    c.box(228, 150, 24, 250, PINE, 12)
    c.box(210, 372, 340, 50, FOREST, 24)
    c.box(210, 398, 340, 24, PINE, 12)
    for x, height in ((330, 4), (454, 7)):
        _coins(c, x, 352, height, 56)
    return c


def pairs() -> Canvas:
    c = blank(mix(SKY, SNOW, 0.25))
    ground = mix(SKY, SNOW, 0.25)
    c.box(0, 430, 1232, 186, shade(ground, 0.1))
    heights = (200, 262, 168, 236, 296, 214)
    for person, height in enumerate(heights):
        x, odd = 110 + person * 174, person == 3
        c.polygon([(x + 126, 430), (x + 126, 408), (x + 160, 430)], shade(ground, 0.18))
        for side, (tall, colour) in enumerate(((height, FOREST), (height + (64 if odd else 0), CLAY if odd else LEAF))):
            c.box(x + side * 68, 430 - tall, 58, tall, colour, 8)
            c.box(x + side * 68 + 42, 430 - tall, 16, tall, shade(colour, 0.18), 8)
        if odd:
            c.dashes([(x - 6, 430 - height), *((x - 6 + step, 430 - height) for step in range(4, 140, 4))], PINE, 5, 12, 12)
        coat = CLAY if odd else (SLATE, STEEL)[person % 2]
        c.polygon(arc(x + 63, 572, 58, 180, 360, 0.9), coat)
        c.disc(x + 63, 488, 30, ("#f2cdb4", "#d9a77f", "#8d5f45")[person % 3])
    return c


def payday() -> Canvas:
    c = blank(SKY)
    c.box(0, 520, 1232, 96, shade(SKY, 0.1))
    c.box(266, 110, 480, 440, shade(SKY, 0.16), 26)
    c.box(246, 92, 480, 440, PAPER, 26)
    c.box(246, 92, 480, 96, FOREST, 26)
    c.box(246, 150, 480, 38, FOREST)
    for x in (350, 622):
        c.box(x - 11, 60, 22, 70, PINE, 11)
    for row in range(4):
        for column in range(6):
            x, y = 300 + column * 74, 234 + row * 76
            if (row, column) == (2, 4):
                c.disc(x + 1, y, 40, CLAY)
                c.line([(x - 15, y + 1), (x - 3, y + 13), (x + 18, y - 12)], SNOW, 8)
            elif (row, column) != (3, 5):
                c.box(x - 19, y - 17, 38, 34, mix(PAPER, PINE, 0.1 if column < 5 else 0.04), 8)
    for x, height in ((850, 3), (964, 6), (1078, 4)):
        _coins(c, x, 512, height, 54)
    return c


def scales() -> Canvas:
    c = blank(MIST)
    c.box(0, 530, 1232, 86, shade(MIST, 0.12))
    c.polygon([(540, 540), (710, 540), (790, 570), (600, 570)], shade(MIST, 0.22))
    c.box(600, 110, 32, 420, FOREST)
    c.box(620, 110, 12, 420, PINE)
    c.polygon([(520, 544), (712, 544), (672, 500), (560, 500)], FOREST)
    c.polygon([(640, 544), (712, 544), (672, 500), (640, 500)], PINE)
    beam = c.at(616, 132, 7)
    beam.box(-330, -12, 660, 24, PINE, 12)
    c.disc(616, 132, 30, OCHRE)
    c.disc(616, 132, 14, mix(OCHRE, SNOW, 0.4))
    for side, y in ((-1, 92), (1, 172)):
        x = 616 + side * 322
        low = y + 236
        c.line([(x, y), (x - 118, low)], STEEL, 6)
        c.line([(x, y), (x + 118, low)], STEEL, 6)
        if side < 0:
            c.disc(x, low - 84, 78, SLATE)
            c.disc(x, low - 84, 64, PAPER)
            c.line([(x, low - 126), (x, low - 84), (x + 30, low - 68)], PINE, 8)
        else:
            for dx, height in ((-58, 3), (50, 5)):
                _coins(c, x + dx, low - 12, height, 46)
        c.polygon(arc(x, low, 140, 0, 180, 0.42), LEAF)
        c.polygon([*arc(x, low, 140, 0, 80, 0.42), (x + 40, low)], shade(LEAF, 0.2))
        c.box(x - 146, low - 8, 292, 16, FOREST, 8)
    return c


SCENES = {
    "cash-river": cash_river,
    "empty-chair": empty_chair,
    "months": months,
    "pairs": pairs,
    "payday": payday,
    "scales": scales,
}
