"""The reader of pages sees what the standard library's parser sees, in both views."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape

from bench.made_letters import made_letter
from composer.render.page import open_comments, outlook, read_page


class Witness(HTMLParser):
    """Tags with their attributes, and where links lead, as the standard library reads them."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.words += data.split()


def tags(html: str) -> list[tuple[str, dict[str, str]]]:
    return [(tag.name, dict(tag.attributes)) for tag in read_page(html).tags]


@pytest.mark.parametrize("number", range(0, 60, 6))
def test_letters_are_read_like_the_standard_library_reads_them(number: int) -> None:
    html = made_letter(number).message.html
    for view in (html, outlook(html)):
        witness = Witness(view)
        assert tags(view) == witness.tags
        page = read_page(view)
        assert [link.href for link in page.links] == [its["href"] for tag, its in witness.tags if tag == "a"]
        shown = "".join(witness.words)
        assert all(word in shown for word in page.visible.split())


def test_outlook_sees_more_tables_than_anybody_else() -> None:
    html = made_letter(0).message.html
    plain, opened = (sum(tag.name == "table" for tag in read_page(view).tags) for view in (html, outlook(html)))
    assert opened > plain > 10


@given(st.text(max_size=80))
def test_escaped_words_are_read_back_as_they_were(words: str) -> None:
    page = read_page(f'<p title="{escape(words)}">{escape(words)}</p>')
    assert page.visible == " ".join(Witness(f"<p>{escape(words)}</p>").words)
    assert len(page.tags) == 1
    assert page.unpaired == 0


@pytest.mark.parametrize(
    ("html", "seen"),
    [
        ("<p>a<!--[if mso]>b<![endif]-->c</p>", "abc"),
        ("<p>a<!--[if !mso]><!-->b<!--<![endif]-->c</p>", "ac"),
        ("<p>a<!--[if !mso | IE]><!-->b<!--<![endif]-->c</p>", "ac"),
        ("<p>a<!-- b -->c</p>", "ac"),
    ],
)
def test_the_view_of_outlook(html: str, seen: str) -> None:
    assert read_page(outlook(html)).visible == seen


@pytest.mark.parametrize(
    ("html", "unpaired"),
    [("<table><tr></tr></table>", 0), ("<table><tr></table>", 1), ("</div>", 1), ("<div><br><img></div>", 0), ("<div", 0)],
)
def test_what_does_not_end_is_counted(html: str, unpaired: int) -> None:
    assert read_page(html).unpaired == unpaired


def test_hidden_words_are_not_visible_and_comments_are_counted() -> None:
    html = '<title>t</title><style>x</style><div style="display: none">a<b>b</b></div>c<img alt="d"><a href="/">f<img alt="e"></a>'
    page = read_page(html)
    assert (page.title, page.hidden, page.visible, page.links[0].words, page.style_bytes) == ("t", "ab", "cf", "f e", 1)
    assert open_comments("<!--[if mso]><![endif]-->") == 0
    assert open_comments("<!--[if mso]>") == 1
