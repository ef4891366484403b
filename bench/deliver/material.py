"""The letters that the others send: the same document of four blocks, its MJML compiled once, and what differs for each reader.

`python -m bench.deliver.material FILE LETTERS` writes them as JSON: `mjml` and `html` with Jinja's fields, `text`, and the same
as Django and handlebars spell it; `readers` are the merge values. A process of its own: the senders start small.
"""

from __future__ import annotations

import json
import re
import sys
from itertools import islice
from pathlib import Path

from bench.letters_for_compose import heavy, heavy_letters
from bench.obvious import Obvious, values

_OUTPUT = re.compile(r"\{\{\s*(.*?)\s*\}\}")
_TEST = re.compile(r"\{%\s*(if\s+(\w+)|else|endif)\s*%\}")


def write(file: Path, letters: int) -> None:
    """Write the material for so many letters."""
    obvious = Obvious(heavy())
    html, text = obvious.html_source, obvious.text_source
    readers = []
    for newsletter, person, envelope in islice(heavy_letters(), letters):
        fields = values((newsletter, person, envelope))
        fields |= {"to": person.address, "message_id": envelope.message_id, "header_url": envelope.unsubscribe_header_url}
        readers.append(fields)
    found = {
        "from": "Example Company <letters@example.com>",
        "mjml": obvious.source,
        "html": html,
        "text": text,
        "django": {"html": django(html), "text": "{% autoescape off %}" + django(text) + "{% endautoescape %}"},
        "handlebars": {"html": handlebars(html), "text": handlebars(text)},
        "readers": readers,
    }
    file.write_text(json.dumps(found), encoding="utf-8")


def django(template: str) -> str:
    """`a or 'b'` is `a|default:'b'` there."""
    return _OUTPUT.sub(lambda found: "{{ " + "|default:".join(re.split(r"\s+or\s+", found[1])) + " }}", template)


def handlebars(template: str) -> str:
    """`a or 'b'` is a call of a helper there, a test a block."""

    def output(found: re.Match[str]) -> str:
        first, *others = re.split(r"\s+or\s+", found[1])
        return "{{" + (" ".join(("or", first, *others)) if others else first) + "}}"

    def test(found: re.Match[str]) -> str:
        return "{{#if " + found[2] + "}}" if found[2] else {"else": "{{else}}", "endif": "{{/if}}"}[found[1]]

    return _TEST.sub(test, _OUTPUT.sub(output, template))


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]))
