"""Tier three: every fault is seen in the final bytes alone, by its own check and by no other.

What changes a body after it was rendered is also no longer what the templates mean, so M02 may stand beside it there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from bench.made_letters import CAMPAIGN, KEY, SCHEDULED
from composer.domain.level import Level
from composer.domain.tokens import Purpose, Subject, mail_token, make_token, tagged
from composer.render import WHOLE
from composer.render.received import read_head
from tests.checks.faults import (
    AINO,
    SOMEBODY_ELSE,
    Case,
    Edit,
    ahead,
    blocks,
    both,
    envelope,
    fragment,
    frame,
    from_gmail,
    good,
    head,
    message,
    newsletter,
    page,
    parts,
    raw,
    rendered,
    returning_to,
    token,
)  # fmt: skip
from tests.checks.signed import by_dkimpy, signed, signers
from tests.checks.test_every import WEAK

OURS = "https://www.example.com"
PICTURE = 'src="https://letters.example.com/pictures/a.png"'
QUOTED = b"charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
MINUTE = "What one idle minute costs the whole plant"
LOOK = "What it costs and what it saves"


def swap(kind: str, other: Purpose) -> Edit:
    """Put somebody else's token behind one of our addresses, in the envelope and so in both parts."""
    return lambda case: envelope(**{kind: getattr(case.made.envelope, kind).rpartition("/")[0] + "/" + token(other)})(case)


SAME = Subject(AINO.number, CAMPAIGN, SCHEDULED)


def mail_token_of_another(kind: str, other: Purpose, whose: Subject = SOMEBODY_ELSE) -> Edit:
    """Put another token behind the + of one of our mail addresses, in the envelope and so in the letter."""
    return lambda case: envelope(**{kind: tagged("bounces@example.com", mail_token(KEY, other, whose))})(case)


def link_of_page(kind: str, new: str = f"{OURS}/") -> Edit:
    """Lead a link of the frame elsewhere, in HTML only."""
    return lambda case: page(f'href="{getattr(case.made.envelope, kind)}"', f'href="{new}"', -1)(case)


def content_of_second(change: Callable[[str], str]) -> Edit:
    """Change how the campaign tells of the second block, in HTML only."""

    def edit(case: Case) -> Case:
        second = case.made.newsletter.blocks[1].module.replace("/", ".") + ".2"
        return page(second, change(second), -1)(case)

    return edit


def behind(more: bytes) -> Edit:
    """Put something behind the closing boundary, where no part is."""
    return lambda case: message(data=case.made.message.data + more)(case)


def signed_once(case: Case) -> Case:
    """Sign every field there is, once: a second From could be added."""
    data = case.made.message.data
    names = [name.encode() for name, _ in read_head(data).fields]
    with_key = signed(case, signers()[:1]).context
    return replace(message(data=by_dkimpy(data, (b"relaxed", b"simple"), names) + b"\r\n" + data)(case), context=with_key)


def wrong_sign(case: Case) -> Case:
    url = case.made.envelope.unsubscribe_header_url
    return envelope(unsubscribe_header_url=url[:-1] + ("A" if url[-1] != "A" else "B"))(case)


def readable(case: Case) -> Case:
    unread = replace(case, context=replace(case.context, speaks_of=None))
    return envelope(unsubscribe_header_url="https://letters.example.com/u/aino")(unread)


def one_click(case: Case) -> Case:
    return fragment(str, lambda words: f"{words}\n{case.made.envelope.unsubscribe_header_url}")(case)


FAULTS: list[tuple[str, str, Edit]] = [
    ("W01", "a lone CR behind the last part", behind(b"\r")),
    ("W02", "a header line of more than 998 bytes", raw(b"MIME-Version: 1.0", b"MIME-Version: 1.0" + b" " * 999)),
    ("W03", "a second From", head("From", b"From: Example Company <letters@example.com>", beside=True)),
    ("W04", "a second later than was decided", lambda case: replace(case, made=replace(
        case.made, envelope=replace(case.made.envelope, date=case.made.envelope.date.replace(second=30))
    ))),
    ("W05", "two Message-IDs in one", both(envelope(message_id="<a@b> <c@d>"), message(message_id="<a@b> <c@d>"))),
    ("W06", "the Message-ID of another letter", head("Message-ID", b"Message-ID: <other@example.com>")),
    ("W07", "no From", head("From", b'From: "Example Company"')),
    ("W08", "a copy to somebody", head("MIME-Version", b"Cc: <someone@example.com>", beside=True)),
    ("W10", "bytes beyond ASCII in the header", raw(b"MIME-Version: 1.0", "MIME-Version: 1.0 ä".encode())),
    ("W11", "a field that is not ours", head("MIME-Version", b"X-Mailer: composer", beside=True)),
    ("A01", "a sender at a mailbox provider", from_gmail),
    ("A02", "a line behind the last part that was not signed", both(signed, behind(b"x\r\n"))),
    ("A02", "a field changed after signing", both(signed, head("Auto-Submitted", b"Auto-Submitted: no"))),
    ("A03", "a signature by another domain", lambda case: signed(case, signers(domain="example.net"))),
    ("A04", "From is covered once only", signed_once),
    ("A05", "a key of 1024 bits", lambda case: signed(case, WEAK)),
    ("A06", "bounces to a foreign domain", returning_to("elsewhere.example")),
    ("U01", "http", lambda case: envelope(unsubscribe_header_url=case.made.envelope.unsubscribe_header_url.replace("s:", ":"))(case)),
    ("U02", "a space inside the brackets", raw(b"List-Unsubscribe: <https://", b"List-Unsubscribe: <https ://")),
    ("U03", "no List-Unsubscribe-Post", head("List-Unsubscribe-Post", b"")),
    ("U04", "an address of more than 74 characters", lambda case: envelope(
        unsubscribe_header_url=case.made.envelope.unsubscribe_header_url.replace("/u/", "/u/" + "x" * 20 + "/")
    )(case)),
    ("U05", "a readable address, where nobody reads tokens", readable),
    ("A07", "the return path of another letter", mail_token_of_another("return_path", Purpose.return_path)),
    ("A07", "an unsubscribe address as the return path", mail_token_of_another("return_path", Purpose.unsubscribe_mail, SAME)),
    ("U07", "the address that unsubscribes somebody else", mail_token_of_another("unsubscribe_mailto", Purpose.unsubscribe_mail)),
    ("U07", "a return path to unsubscribe at", mail_token_of_another("unsubscribe_mailto", Purpose.return_path, SAME)),
    ("U06", "a token that speaks of somebody else", swap("unsubscribe_header_url", Purpose.unsubscribe_header)),
    ("U06", "a token with one sign changed", wrong_sign),
    ("L01", "no phrase", head("List-Id", b"List-Id: <letters.example.com>")),
    ("L02", "a Feedback-ID of three fields", envelope(feedback_id="made:letters:example")),
    ("S01", "another subject in the bytes than was decided", head("Subject", b"Subject: Something else")),
    ("S02", "a fake reply", newsletter(subject="Fwd: your order")),
    ("S03", "another name than the sender's", head("From", b"From: Aino Virtanen <letters@example.com>")),
    ("S04", "a subject of 80 characters", newsletter(subject="A long line " * 7)),
    ("M01", "mixed instead of alternative", raw(b"multipart/alternative", b"multipart/mixed")),
    ("M02", "one letter of the text changed", raw(b"Why these topics", b"Why those topics")),
    ("M03", "latin-1 declared", raw(b"text/html; charset=utf-8", b"text/html; charset=latin-1")),
    ("M04", "HTML of more than 100,000 bytes", fragment(ahead(f"<p>{'x' * 101_000}</p>"), lambda words: words + "\n" + "word " * 5000)),
    ("M05", "a message of more than 200,000 bytes", fragment(str, lambda words: words + "\n" + "word " * 45_000)),
    ("M06", "a price that the text part does not say", fragment(ahead("<p>From 4,711 euros</p>"))),
    ("H01", "another language", frame('lang="en"', 'lang="fi"')),
    ("H02", "no title", frame("<title>{{ subject }}</title>", "<title> </title>")),
    ("H03", "another character set", frame("harset=UTF-8", "harset=latin-1")),
    ("H04", "a layout table that is read out", fragment(ahead("<table><tr><td></td></tr></table>"))),
    ("H04", "a layout table that only Outlook sees", fragment(ahead("<!--[if mso | IE]><table><tr><td></td></tr></table><![endif]-->"))),
    ("H05", "a picture without alternative text", fragment(ahead(f'<img {PICTURE} width="600" height="300">'))),
    ("H05", "a picture by http", fragment(ahead('<img src="http://www.example.com/a.png" alt="" width="600" height="300">'))),
    ("H05", "a picture without a width", fragment(ahead(f'<img {PICTURE} alt="" height="300">'))),
    ("H06", "a background that is carried along", fragment(ahead("<div style=\"background:url(data:image/png;base64,AA)\"></div>"))),
    ("H07", "a form", fragment(ahead("<form></form>"))),
    ("H07", "a handler", fragment(ahead('<p onclick="x()">A word</p>'))),
    ("H07", "a script that only Outlook sees", fragment(ahead("<!--[if mso]><script>x</script><![endif]-->"))),
    ("H07", "a call out before reading", frame("</head>", '<link rel="prefetch" href="https://www.example.com/a"></head>')),
    ("H08", "a second h1", fragment(ahead("<h1>Again</h1>"))),
    ("H08", "a skipped level", fragment(ahead("<h5>Deep</h5>"))),
    ("H09", "17 kB of style", frame("</head>", f"<style>{'x' * 17_000}</style></head>")),
    ("H09", "a conditional comment that is left open", fragment(lambda html: html + "<!--[if mso]><![endif]--><![endif]-->")),
    ("H09", "a table that never ends", fragment(ahead('<table role="presentation"><tr><td>'))),
    ("H10", "a field left open", fragment(ahead(f"<p>{2 * chr(123)} first_name {2 * chr(125)}</p>".replace("{", "&#123;")))),
    ("H10", "None where a value belongs", fragment(ahead("<p>Dear None,</p>"))),
    ("H10", "undefined in the text part", fragment(str, lambda words: words + "\nundefined")),
    ("K01", "a script in a link", fragment(ahead(f'<a href="javascript:alert(1)">{LOOK}</a>'))),
    ("K01", "http in the text part", fragment(str, lambda words: words + "\nhttp://elsewhere.example/x")),
    ("K02", "a link that says nothing", fragment(ahead('<a href="https://elsewhere.example/x">click here</a>'))),
    ("K02", "the same in Finnish", fragment(ahead('<a href="https://elsewhere.example/x">Lue lisää »</a>'))),
    ("K02", "a link without words", fragment(ahead('<a href="https://elsewhere.example/x"></a>'))),
    ("K03", "a link to our site that no campaign is told by", fragment(ahead(f'<a href="{OURS}/x">{LOOK}</a>'))),
    ("K04", "the reader's address in a link", fragment(ahead(f'<a href="https://elsewhere.example/?to=aino.virtanen%40example.com">{LOOK}</a>'))),
    ("K04", "the reader's id in a link", fragment(ahead(f'<a href="https://elsewhere.example/?reader=r-1001">{LOOK}</a>'))),
    ("K05", "a shortener", fragment(ahead(f'<a href="https://bit.ly/x">{LOOK}</a>'))),
    ("B01", "somebody else's unsubscribe link", swap("unsubscribe_url", Purpose.unsubscribe_body)),
    ("B01", "no unsubscribe link in the text part", lambda case: parts(
        lambda html, words: (html, words.replace(case.made.envelope.unsubscribe_url, ""))
    )(case)),
    ("B02", "no preferences link", link_of_page("preferences_url", "https://elsewhere.example/")),
    ("B02", "somebody else's preferences", swap("preferences_url", Purpose.preferences)),
    ("B03", "no why link", link_of_page("why_url", "https://elsewhere.example/")),
    ("B03", "somebody else's why page", swap("why_url", Purpose.why)),
    ("B04", "no unsubscribe link at the top", lambda case: page(f'href="{case.made.envelope.unsubscribe_url}"', 'href="https://elsewhere.example/"')(case)),
    ("B04", "700 characters ahead of the first unsubscribe link", frame("<body", f"<body><p>{'word ' * 150}</p><x", 1)),
    ("B05", "no postal address", frame("{{ postal_address }}", "")),
    ("B06", "no privacy link", frame("{{ privacy_url }}", "https://elsewhere.example/")),
    ("B07", "the one-click address in the body", one_click),
    ("C01", "a block twice", blocks(lambda found: (*found[:-1], replace(found[0], position=len(found), slot=found[-1].slot)))),
    ("C02", "three blocks where the layout wants four", blocks(lambda found: found[:3])),
    ("C05", "HTML tells of another block than the text", content_of_second(lambda name: name + "x")),
    ("C06", "a picture of one pixel", fragment(ahead(f'<img {PICTURE} alt="" width="1" height="1">'))),
    ("C06", "a second picture of one pixel beside the one that is allowed", lambda case: fragment(
        ahead(f'<img {PICTURE} alt="" width="1" height="1">')
    )(good(Level.standard, opens=True))),
    ("C06", "opens are counted without consent", lambda case: replace(
        good(Level.standard, opens=True), made=replace(good(Level.standard, opens=True).made, person=case.made.person)
    )),
    ("C06", "opens of somebody else are counted", lambda case: rendered(
        envelope(open_url=f"https://letters.example.com/o/{make_token(KEY, Purpose.open, SOMEBODY_ELSE)}.gif")(
            good(Level.standard, opens=True)
        )
    )),
    ("C07", "clicks are measured below the level that allows it", lambda case: replace(
        good(Level.premium), made=replace(good(Level.premium).made, person=case.made.person)
    )),
    ("C08", "a preheader of ten characters", newsletter(preheader="Ten signs.")),
    ("C08", "a preheader that says the subject again", newsletter(subject=MINUTE, preheader=MINUTE)),
    ("C09", "a block without words in the text part", fragment(str, lambda words: "{{ link }}")),
    ("W09", "a body line of 90 characters", raw(QUOTED, QUOTED + b"x" * 90 + b"\r\n")),
]  # fmt: skip
AFTER_RENDERING = {"M02"}


@pytest.mark.parametrize(("name", "does", "edit"), FAULTS, ids=[f"{name}: {does}" for name, does, _ in FAULTS])
def test_the_fault_is_seen_by_its_check_and_by_no_other(name: str, does: str, edit: Edit) -> None:
    seen = edit(good(Level.standard)).seen(WHOLE)
    assert name in seen, does
    assert seen - AFTER_RENDERING <= {name}, does
