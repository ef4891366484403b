"""Tier one: every fault of a compiled fragment or frame is seen before any letter is made of it, and by its own check alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from bench.made_letters import opened
from composer.domain.fragment import Fragment, Frame
from composer.render.check_piece import check_frame, check_piece

PICTURE = 'src="{{ pictures }}/a.png"'
LOOK = "What it costs and what it saves"
FRAGMENT = Fragment(
    f'<table role="presentation"><tr><td><h2>{{% if company %}}{{{{ company }}}}: {{% endif %}}a title</h2><p>Three words more.</p>'
    f'<img {PICTURE} alt="" width="600" height="300"><a href="{{{{ link }}}}">{{{{ cta }}}}</a></td></tr></table>',
    "{% if company %}{{ company }}: {% endif %}a title\n\nThree words more.\n\n{{ cta }}: {{ link }}",
    ctas={"": "See what it costs", "renew": "See what it cost last year"},
)
FRAME = opened().compiled.frames["newsletter", "en"]


def ahead(html: str) -> Callable[[Fragment], Fragment]:
    return lambda piece: replace(piece, html=html + piece.html)


def twin(words: str) -> Callable[[Fragment], Fragment]:
    return lambda piece: replace(piece, text=words)


FRAGMENTS: list[tuple[str, str, Callable[[Fragment], Fragment]]] = [
    ("H04", "a layout table that is read out", ahead("<table><tr><td></td></tr></table>")),
    ("H04", "a layout table that only Outlook sees", ahead("<!--[if mso]><table><tr><td></td></tr></table><![endif]-->")),
    ("H04", "a layout table for readers of one company", ahead("{% if company == 'Ab Oy' %}<table></table>{% endif %}")),
    ("H05", "a picture without alternative text", ahead(f'<img {PICTURE} width="600" height="300">')),
    ("H05", "a picture without a height", ahead(f'<img {PICTURE} alt="" width="600">')),
    ("H05", "a picture by http", ahead('<img src="http://www.example.com/a.png" alt="" width="600" height="300">')),
    ("H06", "a background that is carried along", ahead('<div style="background:url(data:image/png;base64,AA)"></div>')),
    ("H07", "a script", ahead("<script>x</script>")),
    ("H07", "a handler for nameless readers", ahead('{% if not first_name %}<p onclick="x()">Hello</p>{% endif %}')),
    ("H08", "an h1", ahead("<h1>Again</h1>")),
    ("H08", "a block that starts at h4", ahead("<h4>Deep</h4>")),
    ("H09", "a conditional comment that is left open", ahead("<!--[if mso]>")),
    ("H09", "a cell that ends without a start", ahead("</td>")),
    ("H10", "None in the words", ahead("<p>None</p>")),
    ("H10", "a key in the text part", twin("[[ title ]] a title, three words more, a call: {{ link }}")),
    ("K01", "a script in a link", ahead(f'<a href="javascript:alert(1)">{LOOK}</a>')),
    ("K01", "http in the text part", twin("A title, three words more: http://elsewhere.example/x")),
    ("K02", "a link that says nothing", ahead('<a href="{{ link }}">Read more</a>')),
    ("K02", "a call of one stage that says nothing", lambda piece: replace(piece, ctas={**piece.ctas, "use": "Lue lisää"})),
    ("K05", "a shortener", ahead(f'<a href="https://bit.ly/x">{LOOK}</a>')),
    ("M06", "a price that the text part does not say", ahead("<p>From 4,711 euros</p>")),
    ("C06", "a picture of one pixel", ahead(f'<img {PICTURE} alt="" width="1" height="1">')),
    ("C09", "a picture and nothing else", lambda piece: replace(piece, html=f'<img {PICTURE} alt="" width="600" height="300">')),
]


def on(old: str, new: str) -> Callable[[Frame], Frame]:
    """Replace `old` everywhere in the frame's templates."""

    def change(frame: Frame) -> Frame:
        names = ("html_start", "html_open", "html_close", "text_open", "text_close")
        changed = replace(frame, **{name: getattr(frame, name).replace(old, new) for name in names})
        assert changed != frame, old
        return changed

    return change


def at_the_end(html: str) -> Callable[[Frame], Frame]:
    return lambda frame: replace(frame, html_close=html + frame.html_close)


def later(frame: Frame) -> Frame:
    """Put 700 characters ahead of the first unsubscribe link."""
    start, body, rest = frame.html_open.partition("<body") if "<body" in frame.html_open else ("", "", frame.html_open)
    end = rest.index(">") + 1 if body else 0
    return replace(frame, html_open=start + body + rest[:end] + f"<p>{'word ' * 140}</p>" + rest[end:])


FRAMES: list[tuple[str, str, Callable[[Frame], Frame]]] = [
    ("H01", "another language", on('lang="en"', 'lang="fi"')),
    ("H02", "no title", on("<title>{{ subject }}</title>", "<title></title>")),
    ("H03", "another character set", on("harset=UTF-8", "harset=latin-1")),
    ("H04", "a layout table that is read out", at_the_end("<table></table>")),
    ("H05", "a picture without alternative text", at_the_end(f'<img {PICTURE} width="600" height="300">')),
    ("H07", "a call out before reading", on("</head>", '<link rel="prefetch" href="https://www.example.com/a"></head>')),
    ("H08", "a second h1", at_the_end("<h1>Again</h1>")),
    ("H09", "16 kB of style", on("</head>", f"<style>{'x' * 16_000}</style></head>")),
    ("H10", "NaN in the words", at_the_end("<p>NaN</p>")),
    ("K01", "a link by http", at_the_end(f'<a href="http://www.example.com">{LOOK}</a>')),
    ("K02", "a link that says nothing", at_the_end('<a href="{{ site }}">here</a>')),
    ("B01", "no unsubscribe address in the text part", lambda frame: replace(
        frame, **{name: getattr(frame, name).replace("{{ unsubscribe_url }}", "") for name in ("text_open", "text_close")}
    )),
    ("B02", "no preferences link", on("{{ preferences_url }}", "{{ site }}")),
    ("B03", "no why link", on("{{ why_url }}", "{{ site }}")),
    ("B04", "700 characters ahead of the first unsubscribe link", later),
    ("B05", "no postal address", on("{{ postal_address }}", "")),
    ("B06", "no privacy link", on("{{ privacy_url }}", "{{ site }}")),
]  # fmt: skip


@pytest.mark.parametrize(("name", "does", "change"), FRAGMENTS, ids=[f"{name}: {does}" for name, does, _ in FRAGMENTS])
def test_a_fault_of_a_fragment_is_seen(name: str, does: str, change: Callable[[Fragment], Fragment]) -> None:
    piece = change(FRAGMENT)
    assert {finding.check for finding in check_piece(piece.html, piece.text, piece.ctas)} == {name}, does


@pytest.mark.parametrize(("name", "does", "change"), FRAMES, ids=[f"{name}: {does}" for name, does, _ in FRAMES])
def test_a_fault_of_a_frame_is_seen(name: str, does: str, change: Callable[[Frame], Frame]) -> None:
    assert {finding.check for finding in check_frame(change(FRAME), "en")} == {name}, does


def test_a_twin_without_words_is_seen_beside_what_it_does_not_say() -> None:
    assert {finding.check for finding in check_piece(FRAGMENT.html, "--", FRAGMENT.ctas)} == {"C05", "M06"}


def test_pieces_without_fault_have_no_finding() -> None:
    assert check_piece(FRAGMENT.html, FRAGMENT.text, FRAGMENT.ctas) == ()
    for (_, language), frame in opened().compiled.frames.items():
        assert check_frame(frame, language) == ()
    broken = [
        (key, finding.check)
        for key, piece in opened().compiled.fragments.items()
        for finding in check_piece(piece.html, piece.text, piece.ctas)
        if finding.blocks
    ]
    assert broken == []
