"""The one list of what must hold of a letter: every check's id, its law in one sentence, and whether a breach stops the letter.

Where a law is judged is read off the tables that judge it: PIECE in check_piece and check_frame (tier one, when the library is
compiled), QUICK in check_head and check_decision (tier two, every letter), WHOLE in check_head, check_bytes, check_page and
check_twin (tier three, over the final bytes). Sources: RFC numbers as named; the rest is docs/checks.md's introduction.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Law:
    """`stops`: a letter that breaks it must not leave. `elsewhere`: who holds it where a letter's own bytes cannot tell."""

    name: str
    says: str
    stops: bool = True
    elsewhere: str = ""


LAWS = (
    Law("W01", "Lines end with CRLF, and CR and LF stand nowhere else (RFC 5322 section 2.1)."),
    Law("W02", "No line is longer than 998 bytes (RFC 5322 section 2.1.1)."),
    Law("W03", "Every header field that may stand once stands once (RFC 5322 section 3.6, RFC 2369)."),
    Law("W04", "The date can be read and is the decided time."),
    Law("W05", "The Message-ID is <id@domain> (RFC 5322 section 3.6.4)."),
    Law(
        "W06",
        "The Message-ID is the one that was fixed for this person and edition when the letter was planned.",
        elsewhere="that no other letter has it is held by UNIQUE in the outbox",
    ),
    Law("W07", "From holds one address, the sender's."),
    Law("W08", "To holds one address, the recipient's; there is no Cc and no Bcc."),
    Law("W09", "Encoded words have at most 75 characters, their lines and all body lines at most 76 (RFC 2045, 2047)."),
    Law("W10", "Header and body are ASCII; the local part has at most 64 characters and the domain 255 (RFC 5321, 6531)."),
    Law("W11", "There is no header field and no head line that we do not write."),
    Law("A01", "From is our own domain, and no mailbox provider's."),
    Law("A02", "Where a DKIM key is configured, its signature is there and verifies on the very bytes that are handed over (RFC 6376)."),
    Law("A03", "The signature's domain is the From domain, or lies above or below it (DMARC alignment, RFC 9989)."),
    Law("A04", "It covers From twice, To, Subject, Date, Message-ID and every List-* and Feedback-ID field, and has no l= (RFC 8058)."),
    Law("A05", "It is rsa-sha256 with 2048 bits or more; ed25519-sha256 may stand beside it (RFC 8301, 8463)."),
    Law("A06", "The envelope sender's domain is the From domain or lies under it (SPF alignment)."),
    Law("A07", "The envelope sender is the letter's own signed return path where inbound.address is set, else the sender (RFC 3464)."),
    Law("U01", "List-Unsubscribe holds one https address, and beside it at most mailto (RFC 8058 section 3.1)."),
    Law("U02", "List-Unsubscribe stands in the clear: no encoded word, no space inside the brackets (RFC 2369)."),
    Law("U03", "List-Unsubscribe-Post is List-Unsubscribe=One-Click (RFC 8058 section 3.1)."),
    # A note: our own headers are never folded at 76; only programs that write the mail anew could break a longer one.
    Law("U04", "The unsubscribe address has at most 74 characters; shorten web.base_url.", stops=False),
    Law("U05", "The unsubscribe address is opaque: no mail address, and a token of 128 bits or more."),
    Law("U06", "List-Unsubscribe holds the token of this person and this list, and no other."),
    Law("U07", "Beside it stands the mail address that unsubscribes this person where inbound.address is set, else none (RFC 2369)."),
    Law("L01", "List-Id is a phrase and <label.domain>, at most 255 characters (RFC 2919)."),
    Law("L02", "Feedback-ID is a:b:c:Sender with a Sender of 5 to 15 characters, and names no person.", stops=False),
    Law("S01", "The subject is not empty and holds no placeholder."),
    Law("S02", "The subject does not pretend to be a reply or a forward."),
    Law("S03", "The display name is the sender's name, without the recipient's and without pictures."),
    Law("S04", "The subject has at most 60 characters: phones show no more.", stops=False),
    Law("M01", "The body is multipart/alternative: text, then HTML (RFC 2046)."),
    Law("M02", "Both parts say, decoded, what the templates say when they are rendered in the plain way."),
    Law("M03", "Both parts are UTF-8 and say so, in quoted-printable or base64."),
    Law("M04", "The HTML has at most 100,000 bytes, or Gmail cuts off its end."),
    Law("M05", "The message has at most 200,000 bytes."),
    Law("M06", "The text part has at least a fifth as many words as the HTML, and all its numbers and dates.", stops=False),
    Law("H01", "The page's language is the newsletter's (WCAG 3.1.1)."),
    Law("H02", "The page has a title (WCAG 2.4.2)."),
    Law("H03", "The page names its character set."),
    Law("H04", 'Every table that is no table of data has role="presentation", also inside Outlook comments (WCAG 1.3.1).'),
    Law("H05", "Every picture has an alternative text, a width and a height, and comes by https."),
    Law("H06", "Nothing is carried inside an address: no data:, no cid:."),
    Law("H07", "There is no script, form, frame, outside style or handler."),
    Law("H08", "There is one h1, it is first, and no level is skipped (WCAG 1.3.1)."),
    Law("H09", "Styles have at most 16 kB; conditional comments are closed, and in both views every element of the layout ends."),
    Law("H10", "No field or key is left open, and nothing says None, NaN or undefined."),
    Law(
        "H11",
        "Contrast is 4.5:1 or more, light and inverted; text has 14 px or more (WCAG 1.4.3).",
        elsewhere="`composer modules lint`: a module that breaks it is not compiled",
    ),
    Law("K01", "Links lead to https, mailto or tel."),
    Law("K02", "The words of a link say where it leads: no 'click here', no 'lue lisää'."),
    Law("K03", "Links to our own site carry utm_source, utm_medium, utm_campaign and utm_content."),
    Law("K04", "No link holds the recipient's mail address or id."),
    Law("K05", "No link goes through a shortener."),
    Law(
        "K06",
        "What a block leads to exists and is in stock.",
        stops=False,
        elsewhere="at the claim the rules `stock` and `dates` leave out what cannot be had or is over; "
        "`composer check --dns` looks up the hosts of links. No page is fetched",
    ),
    Law("B01", "The unsubscribe link is in HTML and in text."),
    Law("B02", "The preferences link is in HTML and in text."),
    Law("B03", "The why link is in HTML and in text."),
    Law("B04", "One unsubscribe link stands near the top and one at the end."),
    Law("B05", "The sender's name and postal address are in HTML and in text."),
    Law("B06", "The privacy link is in HTML and in text."),
    Law("B07", "No link in the body is the one-click address: programs that follow every link would unsubscribe."),
    Law("C01", "There are blocks, and all are different."),
    Law("C02", "There are as many blocks as the layout wants, four to six unless it says otherwise."),
    Law("C03", "Every block is a module of the approved library, valid at its hour, in the letter's language, for the reader's level."),
    Law(
        "C04",
        "No block is something the reader bought, returned, complained about or excluded.",
        elsewhere="the claim decides again, by every rule, from the data of that second (composer/decide/eligibility)",
    ),
    Law("C05", "HTML and text carry the same blocks in the same order."),
    Law("C06", "There is no invisible picture, but one that counts opens where the reader consents to it."),
    Law(
        "C07",
        "Clicks are measured, by links in sight and a hidden one, only where the reader's level, and so their consent, allows it.",
    ),
    Law("C08", "The preheader has 40 to 140 characters and is not the subject.", stops=False),
    Law("C09", "Every block has words of its own: nothing depends on pictures."),
    Law(
        "C10",
        "Now: consent holds, nothing suppresses, the cap is free, the level is unchanged, the hour is allowed.",
        elsewhere="the claim, in its own transaction, and once more before DATA (composer/pipeline/claiming.py, interlock.py)",
    ),
    Law(
        "O01",
        "TLS was used.",
        elsewhere="the SMTP transport sends nothing without it (`smtp.start_tls`); `composer check --dns` looks at the records",
    ),
    Law(
        "O02",
        "Complaints and hard bounces stop a campaign that draws too many.",
        elsewhere="the campaign's `guards`, when a notice comes in and every few seconds of a run (composer/pipeline/guarding.py)",
    ),
    Law(
        "O03",
        "An opt-out holds at once.",
        elsewhere="POST, mail and complaint commit before they answer; the sender looks again before every DATA",
    ),
    Law("O04", "One-click is a POST that answers 2xx without redirect or cookie; GET changes nothing.", elsewhere="tests/web"),
    Law(
        "O05",
        "Only a failed delivery of the 5.1.1 kind suppresses an address at once, others after repeated failures, delays never.",
        elsewhere="composer/dispatch/reply_words.py, composer/dispatch/mail/severity.py and composer/dispatch/suppression.py",
    ),
    Law("O06", "Audience = sent + skipped + failed + unknown + waiting.", elsewhere="`composer check` and tests/path"),
)

BY_NAME = {law.name: law for law in LAWS}
