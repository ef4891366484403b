"""The section about signing up: how long a confirmation holds."""

from __future__ import annotations

from datetime import timedelta

from composer.sections._section import Section
from composer.spans import Span


class Signup(Section):
    link_holds: Span = timedelta(days=3)
