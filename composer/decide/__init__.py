"""Deciding: who gets what, when and why. Pure: no I/O, no clock, no stream of random numbers.

Read compose.py first: it is the order of the decision.
"""

from composer.decide.compose import decide
from composer.decide.decided import Decided

__all__ = ["Decided", "decide"]
