"""The section of the configuration that tells how long what is kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator

from composer.sections._section import Section
from composer.spans import Span, off

Kept = Annotated[Span | None, BeforeValidator(off)]
"""How long; None: for as long as the installation lives."""


class Retention(Section):
    events: Kept = timedelta(days=730)
    letters: Kept = timedelta(days=730)
    consents: Kept = timedelta(days=1825)
    signups: Kept = timedelta(days=30)
    tombstones: Kept = None
    backups: Kept = timedelta(days=90)
