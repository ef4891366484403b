"""The letterhead: the settings that show in a letter's page, kept so that a letter is shown as it was when they have changed since."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import blake2b

import orjson
from sqlalchemy import Connection

from composer.app import App
from composer.config import Settings
from composer.store.letterheads import find_letterhead

_SHOWN = {"sender": None, "web": {"base_url"}}
"""Section -> its settings that a letter's page shows; None: all of them."""


@dataclass(frozen=True)
class Letterhead:
    """What stands in letters made with these settings."""

    settings: Settings

    @cached_property
    def text(self) -> str:
        """The settings as JSON, the same for the same settings."""
        shown = {section: getattr(self.settings, section).model_dump(mode="json", include=names) for section, names in _SHOWN.items()}
        return orjson.dumps(shown, option=orjson.OPT_SORT_KEYS).decode()

    @cached_property
    def name(self) -> str:
        """What a frozen decision holds of it."""
        return blake2b(self.text.encode(), digest_size=9).hexdigest()


def under_letterhead(app: App, db: Connection, name: str) -> App:
    """The installation as it was when letters had this letterhead, for showing them: what is shown is not signed.

    As it is now where the letter is older than letterheads were kept.
    """
    text = find_letterhead(db, name) if name else None
    kept = orjson.loads(text) if text else {}
    settings = app.settings
    changed = {section: getattr(settings, section).model_copy(update=values) for section, values in kept.items() if section in _SHOWN}
    unsigned = settings.dkim.model_copy(update={"key_file": "", "ed25519_key_file": ""})
    return replace(app, settings=settings.model_copy(update={**changed, "dkim": unsigned}))
