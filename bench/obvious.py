"""The obvious ways to compose the measured letter: Jinja over MJML, EmailMessage, dkimpy."""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

import dkim
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from jinja2 import Environment
from mjml import mjml2html

from bench.letters_for_compose import Letter
from composer.library import OpenLibrary
from composer.library.compile import document
from composer.library.opening import read_files
from composer.render.dkim import Signer


class Obvious:
    """Holds the letter's templates as an ordinary program would: read once, one cached Jinja template each."""

    def __init__(self, opened: OpenLibrary) -> None:
        layouts, modules = read_files(opened.sources)
        layout = next(file for file in layouts if file.layout.name == "newsletter")
        styles = {slot.name: slot.style for slot in layout.layout.slots}
        names = list(styles)
        blocks = [(module, "plain", styles[names[min(place, 1)]], "") for place, module in enumerate(modules)]
        self.source = document(layout, blocks, "fi")
        plain = Environment(autoescape=True)
        self.template = plain.from_string(self.source)
        frame = opened.compiled.frames["newsletter", "fi"]
        bodies = [opened.compiled.fragments[module.module.name, "fi", "plain", style] for module, _, style, _ in blocks]
        self.html_source = mjml2html(self.source, fonts={})
        self.html = plain.from_string(self.html_source)
        self.text_source = "\n\n----\n\n".join((frame.text_open.strip(), *(body.text.strip() for body in bodies), frame.text_close.strip()))
        self.text = Environment(autoescape=False).from_string(self.text_source)

    def mjml(self, letter: Letter) -> str:
        """Merge into MJML, then compile it, for every recipient."""
        return str(mjml2html(self.template.render(values(letter)), fonts={}))

    def fragments(self, letter: Letter) -> str:
        """Merge into HTML that was compiled once."""
        return self.html.render(values(letter))

    def message(self, letter: Letter) -> bytes:
        """The same, with the text part, as an EmailMessage of the standard library."""
        newsletter, person, envelope = letter
        fields = values(letter)
        made = EmailMessage(policy=SMTP)
        made["From"] = f"{envelope.sender_name} <{envelope.sender_address}>"
        made["To"] = person.address
        made["Subject"] = newsletter.subject
        made["Date"] = format_datetime(envelope.date)
        made["Message-ID"] = envelope.message_id
        made["List-Id"] = f"{envelope.list_name} <{envelope.list_id}>"
        made["List-Unsubscribe"] = f"<{envelope.unsubscribe_header_url}>"
        made["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        made["Auto-Submitted"] = "auto-generated"
        made["Feedback-ID"] = envelope.feedback_id
        made.set_content(self.text.render(fields))
        made.add_alternative(self.html.render(fields), subtype="html")
        return made.as_bytes()


def values(letter: Letter) -> dict[str, str]:
    """The merge values."""
    newsletter, person, envelope = letter
    fields = {name: getattr(person, name) for name in ("first_name", "last_name", "company", "role", "region", "stage")}
    fields |= {
        name: getattr(envelope, name)
        for name in (
            "title",
            "sender_name",
            "postal_address",
            "privacy_url",
            "site",
            "unsubscribe_url",
            "preferences_url",
            "why_url",
            "view_url",
        )
    }
    fields |= {"pictures": envelope.pictures_url, "subject": newsletter.subject, "preheader": newsletter.preheader}
    fields["greeting"] = f"Hei {person.first_name}," if person.first_name else "Hei,"
    # One template has one set of values: where ours has a link and a call to action per block, this way makes do with one.
    fields["link"] = "https://www.example.com/bench/1?utm_source=newsletter&utm_medium=email&utm_campaign=weekly&utm_content=bench.m1.1"
    fields["cta"] = "Katso suunnitelmat rinnakkain"
    return fields


def pem_of(signer: Signer) -> bytes:
    return signer.key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())


def dkimpy_signs(data: bytes, pem: bytes) -> bytes:
    """Sign with the usual Python package."""
    signed: bytes = dkim.sign(data, b"composer", b"example.com", pem, canonicalize=(b"relaxed", b"simple"))
    return signed
