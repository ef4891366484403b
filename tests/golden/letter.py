"""The golden letters: one fixed newsletter in each language, as HTML, as text and as the bytes that are sent."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from composer.render import render
from tests.render.letters import ENVELOPE, newsletter, opened, person, press

FOLDER = Path(__file__).parent

ASKING = replace(ENVELOPE, survey_urls={6: f"{ENVELOPE.base_url}/s/{'s' * 40}"})
"""The last block asks a question."""


def golden() -> dict[str, bytes]:
    """File name -> what it must hold."""
    made: dict[str, bytes] = {}
    for language in ("en", "fi"):
        message = render(newsletter(language=language), person(), press(), ASKING, opened().library)
        # One tag a line: a review sees which one changed.
        made[f"letter.{language}.html"] = (message.html.replace("><", ">\n<") + "\n").encode()
        made[f"letter.{language}.txt"] = message.text.encode()
        made[f"letter.{language}.eml"] = message.data
    return made
