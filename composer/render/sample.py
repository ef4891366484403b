"""One module inside the letter's frame, with made-up values: what its author looks at."""

from __future__ import annotations

from composer.render.fields import FIELDS, PERSON_FIELDS
from composer.render.links import block_link
from composer.render.press import Press

_PERSON = dict(zip(PERSON_FIELDS, ("Maria", "Example", "Example Works", "operations", "Pirkanmaa", "evaluate"), strict=True))


def sample_page(press: Press, module: str, language: str, variant: str, url: str, sender_name: str, site: str) -> str:
    """Return the HTML of a letter with this one block, addressed to nobody real. Links of the frame lead to `site`."""
    frame = press.frame("newsletter", language)
    values = {name: site for name in FIELDS if name.endswith("_url")} | _PERSON
    values |= {"site": site, "pictures": f"{site}/pictures", "sender_name": sender_name, "postal_address": "...", "title": module, "subject": module, "preheader": ""}
    values["greeting"] = press.line(frame.texts["greeting_named"], values)
    return press.html(frame, [press.fragment(module, language, variant)], values, [block_link(url, site, "sample", module)])
