"""What the button of a service letter does, by the letter's kind: one line for each kind that asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy import Connection

from composer.app import App
from composer.domain.service_letter import Kind, ServiceLetter
from composer.domain.signup import Proof
from composer.pipeline.moving import move
from composer.pipeline.signing_up import confirm

Step = Callable[[Connection, App, ServiceLetter, Proof, datetime], object]
"""Does what the letter asked for, in the page's transaction.

Pressed twice it must be done once (store.service_letters.answer tells), for mailbox programs and people press twice.
"""
STEPS: Mapping[Kind, Step] = {Kind.confirm: confirm, Kind.change: move}
