"""PURE. Newsletter to message: HTML, text twin, MIME bytes, and the checks on those bytes."""

from __future__ import annotations

from composer.render.case import Context
from composer.render.check import QUICK, WHOLE, check, disagreement
from composer.render.envelope import Envelope
from composer.render.letter import render
from composer.render.press import Press

__all__ = ["QUICK", "WHOLE", "Context", "Envelope", "Press", "check", "disagreement", "render"]
