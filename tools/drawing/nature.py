"""Scenes out of doors: weather, seasons, water, trees."""

from __future__ import annotations

from math import cos, pi, sin

from tools.drawing.canvas import (
    BLUSH,
    CLAY,
    FOREST,
    LEAF,
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


def _spruce(c: Canvas, height: float, colour: str, snow: str = "") -> None:
    """A spruce standing at the origin."""
    c.box(-height * 0.03, -height * 0.12, height * 0.06, height * 0.12, shade(CLAY, 0.55))
    for tier in range(3):
        low, top, half = -height * (0.1 + 0.24 * tier), -height * (0.52 + 0.24 * tier), height * (0.26 - 0.055 * tier)
        c.polygon([(0, top), (half, low), (-half, low)], colour)
        c.polygon([(0, top), (half, low), (half * 0.15, low)], shade(colour, 0.22))
        if snow:
            c.polygon(
                [(0, top), (-half, low), (-half * 0.62, low - height * 0.06), (-half * 0.3, low), (half * 0.1, top + height * 0.18)], snow
            )


def _pylon(c: Canvas, height: float, colour: str) -> None:
    h = height
    for side in (-1, 1):
        c.line([(side * h * 0.14, 0), (side * h * 0.035, -h * 0.62), (0, -h)], colour, 7)
        for y, span in ((0.62, 0.24), (0.8, 0.2)):
            c.line([(0, -h * (y + 0.03)), (side * h * span, -h * y), (0, -h * y)], colour, 6)
            c.line([(side * h * span, -h * y), (side * h * span, -h * (y - 0.05))], colour, 5)
    for low, high in ((0.0, 0.22), (0.22, 0.42), (0.42, 0.62)):
        a, b = 0.14 - 0.17 * low, 0.14 - 0.17 * high
        c.line([(-h * a, -h * low), (h * b, -h * high)], colour, 4)
        c.line([(h * a, -h * low), (-h * b, -h * high)], colour, 4)


def storm() -> Canvas:
    c = blank(mix(SLATE, SKY, 0.25))
    c.polygon([*smooth([(-20, 470), (200, 430), (480, 470), (800, 430), (1260, 480)]), (1260, 640), (-20, 640)], mix(PINE, SLATE, 0.35))
    for near, colour, clouds in (
        (0, mix(SLATE, NIGHT, 0.25), ((330, 130, 130), (480, 90, 150), (660, 110, 150), (820, 140, 120), (560, 120, 130))),
        (40, mix(SLATE, NIGHT, 0.55), ((250, 170, 96), (390, 150, 120), (560, 140, 116), (730, 160, 110), (870, 190, 84))),
    ):
        for x, y, r in clouds:
            c.disc(x, y - near * 0.2, r, colour)
        c.box(200, 170 + near, 740, 64 - near / 2, colour, 32)
    for x in range(240, 920, 72):
        for drop in range(3):
            y = 290 + drop * 62 + (x // 72 % 3) * 22
            c.line([(x - drop * 18, y), (x - drop * 18 - 12, y + 34)], mix(SKY, SNOW, 0.2), 6)
    c.polygon([(620, 240), (548, 380), (604, 380), (560, 500), (690, 340), (630, 340), (680, 240)], OCHRE)
    left, right = c.at(120, 560), c.at(1060, 545)
    _pylon(left, 330, NIGHT)
    _pylon(right, 420, NIGHT)
    for side, y1, y2 in ((-1, 0.57, 0.57), (1, 0.57, 0.57), (-1, 0.75, 0.75), (1, 0.75, 0.75)):
        span = 0.24 if y1 < 0.7 else 0.2
        a = (120 + side * 330 * span, 560 - 330 * y1)
        b = (1060 + side * 420 * span, 545 - 420 * y2)
        c.line(smooth([a, ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2 + 70), b]), NIGHT, 3.5)
    c.polygon([*smooth([(-20, 560), (300, 540), (620, 572), (940, 536), (1260, 560)]), (1260, 640), (-20, 640)], PINE)
    for x, size in ((330, 170), (420, 220), (505, 150), (760, 190), (850, 240), (930, 160), (20, 200), (1200, 230)):
        _spruce(c.at(x, 590, 7), size, mix(PINE, FOREST, 0.5))
    return c


def summer() -> Canvas:
    c = blank(mix(SKY, SNOW, 0.2))
    c.disc(930, 130, 70, mix(OCHRE, SNOW, 0.3))
    c.polygon(
        [*smooth([(-20, 250), (200, 190), (430, 240), (700, 200), (960, 244), (1260, 190)]), (1260, 300), (-20, 300)], mix(LEAF, SKY, 0.45)
    )
    c.polygon([*smooth([(-20, 280), (260, 240), (520, 284), (860, 262), (1260, 250)]), (1260, 310), (-20, 310)], LEAF)
    for x in range(40, 1232, 64):
        _spruce(c.at(x, 296), 60 + (x * 7 % 34), FOREST)
    c.box(0, 292, 1232, 330, mix(STEEL, SKY, 0.45))
    for x, y, width in (
        (80, 340, 190),
        (420, 366, 120),
        (860, 326, 150),
        (900, 350, 90),
        (1010, 420, 170),
        (130, 450, 130),
        (880, 540, 220),
        (60, 560, 150),
    ):
        c.box(x, y, width, 9, mix(SKY, SNOW, 0.4), 5)
    for x in (880, 930, 905):
        c.box(x, 312 + (x % 3) * 14, 60, 8, mix(OCHRE, SNOW, 0.5), 4)
    c.polygon([(420, 640), (560, 400), (700, 400), (860, 640)], mix(SAND, CLAY, 0.2))
    for plank in range(1, 8):
        edge = 400 + plank * plank * 3.6 + plank * 4
        part = (edge - 400) / 240
        c.line([(560 - 140 * part, edge), (700 + 160 * part, edge)], mix(SAND, CLAY, 0.45), 4)
    for x in (556, 704):
        c.box(x - 9, 380, 18, 56, shade(CLAY, 0.5), 4)
    for x, colour, hat in ((548, CLAY, False), (716, FOREST, True)):
        chair = c.at(x, 520, 0, 1.18)
        chair.line([(-52, 60), (-40, -20), (-46, -112)], shade(CLAY, 0.5), 9)
        chair.line([(52, 60), (40, -20), (46, -112)], shade(CLAY, 0.5), 9)
        chair.polygon([(-46, -108), (46, -108), (40, -14), (-40, -14)], colour)
        chair.polygon([(-40, -14), (40, -14), (54, 24), (-54, 24)], mix(colour, SNOW, 0.2))
        chair.box(-16, -108, 32, 94, mix(colour, SNOW, 0.55))
        if hat:
            chair.disc(0, -112, 40, mix(OCHRE, SAND, 0.3), 0.3)
            chair.disc(0, -120, 24, OCHRE, 0.75)
            chair.box(-24, -122, 48, 10, CLAY)
    return c


def first_snow() -> Canvas:
    dusk = mix(BLUSH, STEEL, 0.3)
    c = blank(dusk)
    c.disc(890, 350, 250, mix(dusk, OCHRE, 0.18))
    c.disc(890, 350, 160, mix(dusk, OCHRE, 0.36))
    for x, height in ((40, 250), (130, 190), (1080, 230), (1170, 300)):
        _spruce(c.at(x, 480), height, mix(PINE, SLATE, 0.3), mix(SNOW, dusk, 0.15))
    for x in (230, 440, 650, 860):
        c.polygon([(x, 300), (x, 150), (x + 210, 300)], FOREST)
        c.polygon([(x - 12, 160), (x - 6, 138), (x + 14, 138), (x + 232, 296), (x + 214, 312)], SNOW)
        c.box(x, 176, 16, 120, mix(OCHRE, SNOW, 0.35))
    c.box(230, 296, 840, 210, PINE)
    c.box(900, 296, 170, 210, shade(PINE, 0.3))
    c.box(222, 286, 856, 22, SNOW, 11)
    for x in (280, 400, 520, 760, 880):
        c.box(x, 350, 80, 76, OCHRE, 4)
        c.box(x + 37, 350, 6, 76, PINE)
        c.box(x - 4, 424, 88, 12, SNOW, 6)
    c.box(640, 350, 84, 156, CLAY, 4)
    c.disc(708, 436, 6, OCHRE)
    c.polygon([*smooth([(-20, 500), (260, 470), (600, 500), (940, 472), (1260, 500)]), (1260, 640), (-20, 640)], SNOW)
    c.polygon([*smooth([(-20, 566), (320, 540), (700, 572), (1260, 540)]), (1260, 640), (-20, 640)], mix(SNOW, SKY, 0.5))
    for step in range(9):
        c.disc(684 + step * 8 + (step % 2) * 20, 512 + step * 12, 7 + step * 0.5, mix(STEEL, SKY, 0.5), 0.6)
    for number in range(46):
        x, y = (number * 271 + 37) % 1232, (number * 139 + 61) % 460
        c.disc(x, y, 4 + number % 3 * 2, SNOW)
    return c


def rings() -> Canvas:
    c = blank(SAND)
    c.box(0, 500, 1232, 116, mix(LEAF, SAND, 0.55))
    c.at(20, 24).disc(470, 300, 236, shade(SAND, 0.18))
    bark = [(470 + (236 + 9 * sin(k * 1.7)) * cos(k * pi / 40), 300 + (236 + 9 * sin(k * 2.3)) * sin(k * pi / 40)) for k in range(80)]
    c.polygon(smooth(bark, closed=True), shade(CLAY, 0.5))
    tones = (mix(SAND, OCHRE, 0.3), mix(CLAY, SAND, 0.42))
    for number, radius in enumerate((212, 190, 176, 150, 138, 112, 98, 70, 58, 34, 22)):
        wobble = [
            (
                470 - number * 2 + (radius + min(4, radius / 30) * sin(k * 0.9 + number)) * cos(k * pi / 30),
                300 + number + (radius + min(4, radius / 30) * cos(k * 0.7 + number)) * sin(k * pi / 30),
            )
            for k in range(60)
        ]
        c.polygon(smooth(wobble, closed=True), tones[number % 2])
    c.line([(470, 300), (560, 190), (606, 136)], shade(CLAY, 0.3), 5)
    c.disc(930, 540, 130, shade(mix(LEAF, SAND, 0.55), 0.2), 0.22)
    c.polygon(arc(930, 540, 110, 180, 360, 0.5), shade(CLAY, 0.5))
    c.line(smooth([(930, 500), (926, 430), (936, 360), (930, 300)]), LEAF, 13)
    for turn, y, size, colour in ((-58, 390, 1.0, FOREST), (54, 360, 1.2, LEAF), (-34, 312, 1.1, LEAF), (30, 304, 0.9, FOREST)):
        leaf = c.at(931, y, turn, size)
        leaf.polygon(smooth([(0, 0), (-36, -64), (0, -140), (36, -64)], closed=True), colour)
        leaf.line([(0, -10), (0, -108)], mix(colour, SNOW, 0.35), 5)
    return c


def stepping_stones() -> Canvas:
    c = blank(mix(LEAF, SAND, 0.62))
    c.polygon(
        smooth([(-20, 250), (300, 210), (640, 170), (960, 120), (1260, 60)])
        + smooth([(1260, 420), (960, 470), (640, 520), (300, 570), (-20, 640)])
        + [(-20, 640)],
        mix(STEEL, SKY, 0.2),
    )
    c.polygon(
        smooth([(-20, 280), (300, 240), (640, 200), (960, 150), (1260, 90)])
        + smooth([(1260, 390), (960, 440), (640, 490), (300, 540), (-20, 610)]),
        mix(STEEL, SKY, 0.6),
    )
    for x, y, width in (
        (120, 380, 120),
        (330, 300, 90),
        (520, 440, 110),
        (760, 260, 120),
        (930, 400, 130),
        (1080, 220, 100),
        (640, 250, 80),
        (230, 500, 100),
    ):
        c.at(x, y, -8).box(0, 0, width, 8, mix(SKY, SNOW, 0.5), 4)
    spots = ((196, 560, 78), (400, 452, 84), (610, 366, 80), (800, 262, 76), (972, 176, 70))
    for number, (x, y, r) in enumerate(spots):
        stone = [
            (x + (r + 8 * sin(k * 1.3 + number)) * cos(k * pi / 8), y + (r * 0.58 + 5 * cos(k + number)) * sin(k * pi / 8))
            for k in range(16)
        ]
        c.at(10, 18).polygon(smooth(stone, closed=True), mix(STEEL, SLATE, 0.35))
        c.polygon(smooth(stone, closed=True), (mix(PAPER, STEEL, 0.25), OCHRE)[number == 4])
        c.at(-r * 0.1, -r * 0.08).polygon(
            smooth([(x + (px - x) * 0.72, y + (py - y) * 0.72) for px, py in stone], closed=True),
            (mix(PAPER, STEEL, 0.1), mix(OCHRE, SNOW, 0.25))[number == 4],
        )
    for x, y in ((170, 550), (210, 556), (374, 444), (414, 448)):
        shoe = c.at(x, y, 60)
        shoe.disc(0, -8, 9, CLAY, 1.5)
        shoe.disc(0, 18, 7, CLAY)
    for x, y, size in ((90, 130, 150), (220, 110, 110), (470, 110, 130), (760, 70, 90), (1150, 570, 140), (980, 600, 110), (760, 610, 90)):
        _spruce(c.at(x, y + 40), size, FOREST)
    flag = c.at(984, 170)
    flag.line([(0, 0), (0, -120)], PINE, 8)
    flag.polygon([(0, -120), (84, -96), (0, -66)], CLAY)
    return c


def lighthouse() -> Canvas:
    dusk = mix(SLATE, PINE, 0.35)
    c = blank(dusk)
    c.polygon([(626, 176), (-20, 20), (-20, 300)], mix(dusk, OCHRE, 0.28))
    c.polygon([(626, 176), (1260, 70), (1260, 330)], mix(dusk, OCHRE, 0.28))
    for x, y, r in ((120, 420, 3), (300, 60, 4), (470, 40, 3), (820, 60, 3), (960, 30, 4), (1150, 50, 3), (220, 350, 3), (1040, 380, 3)):
        c.disc(x, y, r, mix(OCHRE, SNOW, 0.6))
    c.box(0, 470, 1232, 150, mix(SLATE, NIGHT, 0.35))
    for x, y, width in ((80, 500, 170), (340, 540, 110), (900, 496, 190), (1030, 550, 130), (200, 584, 150), (820, 590, 160)):
        c.box(x, y, width, 8, mix(SLATE, OCHRE, 0.3), 4)
    c.polygon(smooth([(370, 560), (440, 490), (540, 470), (620, 450), (720, 462), (820, 500), (890, 560), (640, 590)], closed=True), NIGHT)
    for part, tone in ((0.0, PAPER), (0.62, shade(PAPER, 0.16))):
        c.polygon([(560 + 132 * part, 472), (692, 472), (664, 222), (588 + 76 * part, 222)], tone)
    for top, low in ((280, 340), (400, 456)):
        a, b = 28 * (top - 222) / 250, 28 * (low - 222) / 250
        for part, tone in ((0.0, CLAY), (0.62, shade(CLAY, 0.2))):
            c.polygon([(588 - a + (76 + 2 * a) * part, top), (664 + a, top), (664 + b, low), (588 - b + (76 + 2 * b) * part, low)], tone)
    c.box(568, 206, 116, 20, PINE, 6)
    c.box(594, 142, 64, 66, OCHRE)
    c.disc(626, 176, 22, mix(OCHRE, SNOW, 0.7))
    c.polygon([(578, 146), (626, 96), (674, 146)], CLAY)
    c.disc(626, 94, 9, PINE)
    c.box(612, 360, 26, 34, PINE, 12)
    boat = c.at(220, 470, -4)
    boat.polygon([(-60, 0), (60, 0), (40, 28), (-44, 28)], CLAY)
    boat.line([(0, 0), (0, -100)], PAPER, 6)
    boat.polygon([(8, -96), (8, -12), (62, -12)], PAPER)
    boat.polygon([(-8, -80), (-8, -12), (-44, -12)], mix(PAPER, STEEL, 0.25))
    return c


SCENES = {
    "first-snow": first_snow,
    "lighthouse": lighthouse,
    "rings": rings,
    "stepping-stones": stepping_stones,
    "storm": storm,
    "summer": summer,
}
