"""The packages we use, used the obvious way: `python obvious_way.py MATERIAL PORT LETTERS FOLDER`.

For each letter: Jinja over MJML (one cached template), mjml-python, EmailMessage, aiosmtplib on one connection, and the row's new
state by SQLModel, committed letter by letter into SQLite (WAL, synchronous FULL). Prints what its start cost, and what sending did.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path

import aiosmtplib
from jinja2 import Environment
from mjml import mjml2html
from sqlalchemy import Engine, event
from sqlmodel import Field, Session, SQLModel, create_engine, select

from bench.letters_for_compose import SEND_AT


class Letter(SQLModel, table=True):
    """A letter that waits."""

    number: int | None = Field(default=None, primary_key=True)
    address: str
    state: str = Field(default="planned", index=True)
    fields: str


def opened(file: Path) -> Engine:
    """A database as durable as ours."""
    engine = create_engine(f"sqlite:///{file}")

    @event.listens_for(engine, "connect")
    def durable(connection: object, _record: object) -> None:
        for pragma in ("journal_mode = WAL", "synchronous = FULL"):
            connection.execute(f"PRAGMA {pragma}")  # type: ignore[attr-defined]

    SQLModel.metadata.create_all(engine)
    return engine


async def send(material: dict[str, object], engine: Engine, port: int) -> int:
    """Send all that is planned; return how many."""
    html = Environment(autoescape=True).from_string(str(material["mjml"]))
    text = Environment(autoescape=False).from_string(str(material["text"]))
    sent = 0
    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False) as client:
        with Session(engine) as session:
            for letter in session.exec(select(Letter).where(Letter.state == "planned")).all():
                fields = json.loads(letter.fields)
                message = EmailMessage(policy=SMTP)
                message["From"], message["To"], message["Subject"] = material["from"], letter.address, fields["subject"]
                message["Date"], message["Message-ID"] = format_datetime(SEND_AT), fields["message_id"]
                message["List-Unsubscribe"] = f"<{fields['header_url']}>"
                message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
                message.set_content(text.render(fields))
                message.add_alternative(mjml2html(html.render(fields), fonts={}), subtype="html")
                await client.send_message(message)
                letter.state = "sent"
                session.add(letter)
                session.commit()
                sent += 1
    return sent


def main() -> None:
    """Plan the letters, then send them."""
    material = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    engine = opened(Path(sys.argv[4]) / "obvious.db")
    started, wall = time.process_time(), time.perf_counter()
    with Session(engine) as session:
        session.add_all([Letter(address=one["to"], fields=json.dumps(one)) for one in material["readers"][: int(sys.argv[3])]])
        session.commit()
    sent = asyncio.run(send(material, engine, int(sys.argv[2])))
    print(json.dumps({"start": started, "seconds": time.perf_counter() - wall, "sent": sent}))


if __name__ == "__main__":
    main()
