"""The text twin a module has in a style: its own, or the one the style gives to all modules."""

from __future__ import annotations

import re
from collections.abc import Mapping

from composer.library.brand import LINKS, Look
from composer.library.module_file import ModuleFile
from composer.library.texts import KEY
from composer.render.fields import LINK_FIELDS, problems

_LINKED = re.compile(r"\{\{\s*(" + "|".join(LINK_FIELDS) + r")\s*\}\}|https://|mailto:|tel:")


def twin(module: ModuleFile, look: Look) -> str:
    """Return the template of the module's text twin in this style.

    A style with a `text` says there what it leaves of a module: a line that asks for a key this module has no words for is
    left out, and [[ links ]] stands for those lines of the module's own twin that lead somewhere, so that no link is lost.
    """
    if not look.text:
        return module.text
    links = "\n".join(line for line in module.text.split("\n") if _LINKED.search(line))
    spoken = _spoken(module.texts)
    lines = [links if key == LINKS else line for line in look.text.split("\n") for key in [_key(line)] if _says(line, spoken)]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def check_twin(module: ModuleFile, looks: Mapping[str, Look]) -> None:
    """Check the twins that the styles make of the module's own: one that was whole may be torn when lines are taken from it."""
    for style, look in looks.items():
        for problem in problems(twin(module, look)) if look.text else ():
            said = f"the text twin of style '{style}' takes the lines with links from this one: {problem.message}"
            module.source.at_key(("text",), f"{said}; begin and end a condition on one line")
            break


def _spoken(texts: Mapping[tuple[str, str], Mapping[str, str]]) -> frozenset[str]:
    """The keys that every language has words for."""
    return frozenset.intersection(*(frozenset(key for key, text in words.items() if text.strip()) for words in texts.values()))


def _key(line: str) -> str:
    match = KEY.fullmatch(line.strip())
    return match[1] if match else ""


def _says(line: str, spoken: frozenset[str]) -> bool:
    return all(key in spoken or key == LINKS for key in KEY.findall(line))
