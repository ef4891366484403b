"""Scenes of the shop floor."""

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
    Point,
    arc,
    blank,
    mix,
    shade,
    smooth,
)


def bottleneck() -> Canvas:
    c = blank(MIST)
    c.box(126, 96, 1000, 620, shade(MIST, 0.13), 28)
    c.box(106, 76, 1000, 620, PAPER, 28)
    for column in range(1, 6):
        c.box(226 + column * 146, 76, 3, 600, mix(PAPER, PINE, 0.08))
    rows: tuple[tuple[str, tuple[tuple[float, float], ...]], ...] = (
        (MINT, ((250, 130), (520, 180), (840, 110))),
        (LEAF, ((250, 90), (470, 120), (760, 190))),
        (CLAY, ((250, 150), (406, 196), (608, 118), (732, 210), (948, 120))),
        (MINT, ((420, 120), (700, 90), (880, 140))),
        (LEAF, ((540, 150), (800, 100))),
    )
    for number, (colour, bars) in enumerate(rows):
        y = 126 + number * 98
        hot = number == 2
        c.disc(172, y + 30, 20, CLAY if hot else mix(PAPER, PINE, 0.2))
        for place, (x, width) in enumerate(bars):
            filled = mix(CLAY, OCHRE, 0.45) if hot and place % 2 else colour
            c.box(x, y, width, 60, filled, 14)
    c.box(229, 312, 7, 80, CLAY, 3)
    return c


def _gear(c: Canvas, radius: float, teeth: int, colour: str, turn: float = 0.0, hub: str = PAPER) -> None:
    tooth: list[Point] = []
    for number in range(teeth):
        start = 2 * pi * number / teeth + turn
        step = 2 * pi / teeth
        for part, r in ((0.0, radius - 15), (0.14, radius + 15), (0.42, radius + 15), (0.56, radius - 15)):
            tooth.append((r * cos(start + part * step), r * sin(start + part * step)))
    c.at(12, 14).polygon(tooth, shade(SAND, 0.16))
    c.polygon(tooth, colour)
    c.disc(0, 0, radius * 0.72, mix(colour, SNOW, 0.12))
    for number in range(5):
        a = 2 * pi * number / 5 + turn
        c.disc(radius * 0.45 * cos(a), radius * 0.45 * sin(a), radius * 0.14, colour)
    c.disc(0, 0, radius * 0.2, hub)
    c.disc(0, 0, radius * 0.1, shade(colour, 0.3))


def gears() -> Canvas:
    c = blank(SAND)
    c.box(0, 520, 1232, 96, shade(SAND, 0.1))
    c.box(150, 60, 960, 500, shade(SAND, 0.16), 60)
    c.box(130, 44, 960, 500, PAPER, 60)
    for x, y in ((182, 96), (1038, 96), (182, 492), (1038, 492)):
        c.disc(x, y, 13, shade(SAND, 0.25))
        c.disc(x - 2, y - 2, 9, SAND)
    _gear(c.at(400, 300), 176, 18, FOREST, 0.02)
    _gear(c.at(663, 236), 96, 10, CLAY, 0.27)
    _gear(c.at(868, 336), 132, 14, LEAF, 0.13)
    return c


def _mould(c: Canvas, x: float, *, full: bool) -> None:
    c.box(x, 440, 190, 110, STEEL, 10)
    c.box(x + 130, 440, 60, 110, shade(STEEL), 10)
    c.box(x + 40, 428, 110, 34, shade(STEEL, 0.45), 6)
    if full:
        c.box(x + 48, 434, 94, 22, OCHRE, 5)
        c.box(x + 60, 438, 44, 9, "#fbe29a", 4)


def ladle() -> Canvas:
    c = blank(PINE)
    c.disc(560, 360, 330, mix(PINE, OCHRE, 0.06))
    c.disc(560, 380, 230, mix(PINE, OCHRE, 0.13))
    c.box(0, 548, 1232, 68, shade(PINE, 0.4))
    for place, full in enumerate((True, True, False, False)):
        _mould(c, 230 + place * 236, full=full)
    c.line([(720, -10), (720, 92)], STEEL, 12)
    pot = c.at(720, 200, -32)
    pot.line([(-138, -60), (0, -150), (138, -60)], STEEL, 14)
    pot.polygon([(-150, -60), (150, -60), (120, 140), (84, 168), (-84, 168), (-120, 140)], SLATE)
    pot.polygon([(40, -60), (150, -60), (120, 140), (84, 168), (30, 168)], shade(SLATE, 0.25))
    pot.box(-164, -78, 328, 36, STEEL, 12)
    pot.box(-128, -74, 256, 22, OCHRE, 8)
    pot.polygon([(-164, -78), (-196, -66), (-150, -42)], STEEL)
    c.polygon(smooth([(548, 250), (545, 300), (552, 440)]) + smooth([(572, 440), (566, 300), (580, 244)]), OCHRE)
    c.polygon(smooth([(556, 262), (553, 310), (558, 440)]) + smooth([(564, 440), (560, 310), (566, 258)]), "#fbe29a")
    for x, y, r in ((500, 410, 6), (626, 400, 5), (610, 372, 4), (486, 376, 4), (644, 424, 4)):
        c.disc(x, y, r, OCHRE)
    return c


def parcel(c: Canvas, x: float, y: float, size: float, colour: str, tape: str) -> None:
    """A taped box from the upper left corner of its front."""
    c.box(x, y, size, size * 0.82, colour, 6)
    c.polygon(
        [(x + size, y + 5), (x + size + 0.2 * size, y - 0.1 * size), (x + size * 1.2, y + size * 0.68), (x + size, y + size * 0.82)],
        shade(colour, 0.25),
    )
    c.polygon(
        [(x + 4, y), (x + 0.24 * size, y - 0.12 * size), (x + size * 1.2, y - 0.12 * size), (x + size, y + 2)], mix(colour, SNOW, 0.25)
    )
    c.box(x + size * 0.4, y, size * 0.2, size * 0.3, tape)


def batches() -> Canvas:
    c = blank(BLUSH)
    c.disc(210, 170, 78, shade(BLUSH, 0.08))
    c.disc(206, 164, 74, CLAY)
    c.disc(206, 164, 40, BLUSH)
    c.disc(206, 164, 16, CLAY)
    c.dashes(smooth([(290, 150), (480, 96), (690, 120), (792, 208), (800, 276)]), CLAY, 9, 24, 26)
    c.box(-20, 452, 1272, 34, SLATE)
    c.box(-20, 486, 1272, 16, shade(SLATE, 0.3))
    for x in range(50, 1232, 120):
        c.disc(x, 469, 13, STEEL)
        c.disc(x, 469, 5, SLATE)
    for x in (140, 980):
        c.box(x, 502, 34, 120, shade(SLATE, 0.3))
    for place in range(5):
        hot = place == 3
        parcel(c, 70 + place * 220, 320, 160, CLAY if hot else mix(SAND, OCHRE, 0.35), PAPER if hot else mix(SAND, SNOW, 0.5))
    return c


def lens() -> Canvas:
    c = blank(SKY)
    c.box(0, 540, 1232, 76, shade(SKY, 0.1))
    c.at(16, 16).disc(330, 300, 190, shade(SKY, 0.14))
    c.disc(330, 300, 190, PAPER)
    c.ring(330, 300, 182, SLATE, 18)
    for step in range(11):
        a = (150 + step * 24) * pi / 180
        far = 134 if step % 5 else 122
        c.line([(330 + far * cos(a), 300 + far * sin(a)), (330 + 152 * cos(a), 300 + 152 * sin(a))], SLATE, 6)
    c.ring(330, 300, 150, CLAY, 12, 342, 390)
    c.line([(300, 330), (330, 300), (440, 212)], PINE, 10)
    c.disc(330, 300, 20, PINE)
    c.box(600, 420, 560, 16, SLATE, 4)
    for x in (640, 1090):
        _part(c.at(x, 356), 1.0, STEEL)
    c.at(18, 20).ring(800, 280, 160, shade(SKY, 0.16), 26)
    c.disc(800, 280, 150, mix(SNOW, SKY, 0.4))
    _part(c.at(800, 304), 1.5, LEAF)
    c.ring(800, 280, 160, PINE, 26)
    c.line([(930, 396), (1046, 498)], PINE, 20)
    c.line([(960, 424), (1056, 508)], CLAY, 40)
    c.ring(800, 280, 126, SNOW, 10, 200, 250)
    return c


def _part(c: Canvas, size: float, colour: str) -> None:
    g = c.at(0, 0, 0, size)
    g.polygon([(62 * cos(a * pi / 3), 62 * sin(a * pi / 3)) for a in range(6)], colour)
    g.polygon([(62, 0), (31, 53.7), (-31, 53.7), (0, 0)], shade(colour, 0.15))
    g.disc(0, 0, 34, shade(colour, 0.4))
    g.ring(0, 0, 38, mix(colour, SNOW, 0.4), 8)


def late_order() -> Canvas:
    c = blank(SAND)
    c.box(0, 470, 1232, 146, shade(SAND, 0.12))
    c.polygon([(330, 520), (690, 520), (760, 560), (400, 560)], shade(SAND, 0.24))
    parcel(c, 300, 262, 310, mix(CLAY, OCHRE, 0.3), PAPER)
    c.box(340, 440, 90, 40, PAPER, 5)
    c.at(12, 12).disc(880, 190, 134, shade(SAND, 0.16))
    c.disc(880, 190, 134, FOREST)
    c.disc(880, 190, 112, PAPER)
    c.polygon([(880, 190), *arc(880, 190, 112, -90, 40)], mix(CLAY, PAPER, 0.55))
    for number in range(12):
        a = number * pi / 6
        c.line([(880 + 92 * cos(a), 190 + 92 * sin(a)), (880 + 100 * cos(a), 190 + 100 * sin(a))], PINE, 6)
    c.line([(880, 118), (880, 190), (934, 236)], PINE, 11)
    for stack, height in enumerate((1, 3, 5)):
        x = 800 + stack * 120
        for coin in range(height):
            y = 518 - coin * 24
            c.disc(x, y + 12, 48, shade(OCHRE, 0.28), 0.34)
            c.box(x - 48, y, 96, 12, shade(OCHRE, 0.28))
            c.disc(x, y, 48, OCHRE, 0.34)
            c.disc(x, y, 32, mix(OCHRE, SNOW, 0.3), 0.34)
    return c


def open_factory() -> Canvas:
    c = blank(SKY)
    c.disc(1010, 130, 62, mix(OCHRE, SNOW, 0.35))
    c.box(0, 470, 1232, 146, mix(LEAF, SAND, 0.55))
    c.polygon([(540, 470), (700, 470), (900, 616), (330, 616)], SAND)
    c.box(930, 110, 64, 300, mix(CLAY, PINE, 0.15))
    c.box(970, 110, 24, 300, shade(CLAY, 0.35))
    c.box(920, 96, 84, 26, shade(CLAY, 0.35), 4)
    for x in (150, 390, 630, 870):
        c.polygon([(x, 236), (x, 130), (x + 240, 236)], FOREST)
        c.polygon([(x, 130), (x + 26, 142), (x + 26, 236), (x, 236)], mix(SKY, SNOW, 0.5))
    c.box(150, 232, 960, 240, LEAF)
    c.box(930, 232, 180, 240, shade(LEAF, 0.18))
    c.box(150, 232, 960, 16, PINE)
    c.box(470, 280, 300, 192, PINE)
    c.box(484, 294, 272, 178, mix(OCHRE, SNOW, 0.45))
    c.polygon([(484, 472), (756, 472), (880, 616), (420, 616)], mix(SAND, OCHRE, 0.28))
    _gear(c.at(620, 400, 0, 0.4), 120, 12, mix(CLAY, OCHRE, 0.2), 0, mix(OCHRE, SNOW, 0.45))
    c.box(540, 444, 160, 28, FOREST, 4)
    c.box(462, 262, 316, 34, FOREST, 6)
    for x in (210, 330, 830, 990):
        c.box(x, 310, 74, 84, mix(SKY, SNOW, 0.4), 5)
        c.box(x + 35, 310, 5, 84, FOREST)
    return c


def shelves() -> Canvas:
    c = blank(MIST)
    c.box(0, 556, 1232, 60, shade(MIST, 0.12))
    colours = (mix(SAND, OCHRE, 0.5), CLAY, LEAF, SAND, mix(CLAY, SAND, 0.5), STEEL)
    for level, y in enumerate((214, 384, 554)):
        x = 170.0
        for place in range(7):
            width = (112, 132, 104, 120, 108, 128, 112)[(place + 3 * level) % 7]
            tall = (112, 92, 120, 100, 84, 116, 104)[(place * 2 + level) % 7]
            if (level, place) == (1, 3):
                c.dashes([(x + step, y - tall) for step in range(0, int(width), 4)], CLAY, 5, 12, 12)
                c.dashes([(x, y - tall + step) for step in range(0, int(tall), 4)], CLAY, 5, 12, 12)
                c.dashes([(x + width, y - tall + step) for step in range(0, int(tall), 4)], CLAY, 5, 12, 12)
            else:
                colour = colours[(place * 5 + level * 2) % 6]
                c.box(x, y - tall, width, tall, colour, 4)
                c.box(x + width * 0.74, y - tall, width * 0.26, tall, shade(colour, 0.14), 4)
                c.box(x + width * 0.3, y - tall, width * 0.16, tall * 0.3, mix(colour, SNOW, 0.5))
            x += width + 8
        c.box(130, y, 972, 20, FOREST, 3)
        c.box(130, y + 14, 972, 6, PINE)
    for x in (130, 1078):
        c.box(x, 60, 24, 556, PINE)
    return c


def wrench() -> Canvas:
    c = blank(BLUSH)
    c.box(-10, 330, 1252, 150, STEEL)
    c.box(-10, 430, 1252, 50, shade(STEEL, 0.25))
    c.box(-10, 346, 1252, 14, mix(STEEL, SNOW, 0.4))
    for x in (250, 1010):
        c.box(x - 70, 290, 70, 230, SLATE, 10)
        c.box(x + 6, 290, 70, 230, SLATE, 10)
        c.box(x - 24, 290, 24, 230, shade(SLATE, 0.3), 10)
        c.box(x + 52, 290, 24, 230, shade(SLATE, 0.3), 10)
    c.disc(630, 404, 104, shade(STEEL, 0.35))
    c.disc(626, 398, 100, SLATE)
    tool = c.at(626, 398, -34)
    for shift, colour in ((16, shade(BLUSH, 0.2)), (0, CLAY)):
        t = tool.at(shift * 0.3, shift)
        t.box(80, -36, 450, 72, colour, 36)
        t.polygon([*arc(0, 0, 126, -140, 140), (-96, 62), *arc(0, 0, 62, 90, -90), (-96, -62)], colour)
    tool.box(130, -10, 330, 20, mix(CLAY, NIGHT, 0.25), 10)
    tool.disc(492, 0, 15, BLUSH)
    tool.polygon([(68 * cos(a * pi / 3), 68 * sin(a * pi / 3)) for a in range(6)], OCHRE)
    tool.disc(0, 0, 40, mix(OCHRE, SNOW, 0.35))
    return c


SCENES = {
    "batches": batches,
    "bottleneck": bottleneck,
    "gears": gears,
    "ladle": ladle,
    "late-order": late_order,
    "lens": lens,
    "open-factory": open_factory,
    "shelves": shelves,
    "wrench": wrench,
}
