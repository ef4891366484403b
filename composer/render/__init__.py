"""PURE. Newsletter to message: HTML, text twin, MIME bytes, and the checks on those bytes."""

from __future__ import annotations

from composer.render.check import CHECKS, check
from composer.render.envelope import Envelope
from composer.render.letter import render
from composer.render.press import Press
from composer.render.sample import sample_page

__all__ = ["CHECKS", "Envelope", "Press", "check", "render", "sample_page"]
