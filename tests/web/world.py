"""A small world to look at pages in: two people, a campaign on the letters list, one on a topic list, and their letters."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import insert, select
from sqlmodel import SQLModel, col
from starlette.testclient import TestClient

from composer.app import App
from composer.domain.audience import Person
from composer.domain.consent import ConsentRow, State
from composer.domain.level import Level
from composer.domain.newsletter import Block, Newsletter
from composer.domain.reasons import Arm, Source
from composer.domain.sentence import say
from composer.domain.service_letter import Kind
from composer.domain.signup import SignUp, dump_signup
from composer.domain.tokens import Purpose, Subject, make_token, survey_token
from composer.pipeline.service_letters import confirm_token, queue
from composer.store.campaigns import create_campaign, make_edition
from composer.store.consents import append, granted
from composer.store.decisions import dump_newsletter
from composer.store.engine import reading, writing
from composer.store.recipients import address_key
from composer.store.service_letters import find
from composer.store.tables import OutboxRow, RecipientRow
from composer.web.app import make_web

NOW = datetime(2026, 3, 3, 9, 30, tzinfo=UTC)
SCHEDULED = datetime(2026, 3, 2, 6, tzinfo=UTC)
BEFORE = datetime(2025, 1, 1, tzinfo=UTC)
NASTY = '<script>alert("x")</script>{{ 7*7 }}'
"""What a hostile import might hold in any text."""


@dataclass(frozen=True)
class World:
    """The installation with what is needed to ask for its pages. Recipient 1 is Aino (fi), 2 is Bob (en) with hostile texts."""

    app: App
    inbox: Path
    weekly: int
    energy: int

    def token(self, purpose: Purpose, recipient: int = 2, campaign: int | None = None) -> str:
        return make_token(self.app.keys, purpose, Subject(recipient, campaign or self.weekly, SCHEDULED))

    def confirmation(self, number: int = 1) -> str:
        """The token of a sign-up; the first one waits in this world."""
        with reading(self.app.engine) as db:
            letter = find(db, number)
        assert letter is not None
        return confirm_token(self.app, letter)

    def granted(self, recipient: int = 2) -> frozenset[str]:
        with reading(self.app.engine) as db:
            return granted(db, [recipient]).get(recipient, frozenset())

    def recipient(self, number: int = 2) -> RecipientRow:
        with reading(self.app.engine) as db:
            row = db.execute(select(*RecipientRow.__table__.columns).where(col(RecipientRow.number) == number)).one()  # type: ignore[attr-defined]
            return RecipientRow(**row._asdict())

    def dump(self) -> dict[str, list[str]]:
        """Every row of every table, as text."""
        with reading(self.app.engine) as db:
            return {table.name: sorted(str(tuple(row)) for row in db.execute(table.select())) for table in SQLModel.metadata.sorted_tables}

    def client(self, now: datetime = NOW, **web: object) -> TestClient:
        """A browser without a memory. `web` changes settings; unlimited requests where it says nothing."""
        section = self.app.settings.web.model_copy(update={"rate_limit": None, "token_limit": None, **web})
        app = dataclasses.replace(self.app, settings=self.app.settings.model_copy(update={"web": section}))
        return TestClient(make_web(app, inbox=self.inbox, clock=lambda: now), base_url="http://pages.example.com", follow_redirects=False)


def newsletter(
    recipient_id: str, number: int, *, level: Level = Level.standard, arm: Arm = Arm.personal, subject: str = "Three ideas"
) -> Newsletter:
    """A decided letter of four blocks, one of them a try-out, from modules that no library has."""
    kinds = (Source.pinned, Source.ranked, Source.explored, Source.popular)
    blocks = tuple(
        Block(
            module=f"guide/thing-{place}",
            variant="plain",
            position=place,
            slot="hero",
            source=source,
            score=0.1,
            probability=0.5,
            terms=(("affinity", 0.8), ("popularity", 0.1), ("module", 0.3)),
            values=(("affinity", 0.7), ("own_clicks", 0.5)),
            reasons=(say("You often buy {what}.", what=NASTY), say("Popular with other readers.")),
        )
        for place, source in enumerate(kinds, start=1)
    )
    return Newsletter(
        recipient_id,
        number,
        "weekly@2026-03-02T06:00Z",
        arm,
        level,
        "en",
        "newsletter",
        blocks,
        subject,
        "Read on",
        datetime(2026, 3, 2, 7, tzinfo=UTC),
        (say("{when} is the first time at which it may come.", when=say("{day} {time}", day=say("Monday"), time="09:00")),),
    )


def eml(to: str, subject: str, message_id: str, body: str, day: int = 2) -> bytes:
    """A letter as the built-in inbox stores it."""
    return (
        f"From: Example Company <letters@example.com>\r\nTo: {to}\r\nSubject: {subject}\r\nMessage-ID: {message_id}\r\n"
        f"Date: Mon, {day:02} Mar 2026 07:00:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n"
        f"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHello,\r\n\r\nthree ideas.\r\n"
        f"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html><head><title>x</title></head><body>{body}</body></html>\r\n--b--\r\n"
    ).encode()


def _people(app: App) -> list[dict[str, object]]:
    shared = {
        "draw_key": 1,
        "country": "FI",
        "region": "Uusimaa",
        "role": "engineer",
        "stage": "use",
        "created_at": BEFORE,
        "topics": "",
        "daypart": "",
        "level": "premium",
    }
    return [
        {
            **shared,
            "recipient_id": "r1",
            "address": "aino@example.com",
            "address_key": address_key(app.key, "aino@example.com"),
            "first_name": "Aino",
            "last_name": "Aalto",
            "company": "Example Oy",
            "language": "fi",
            "time_zone": "Europe/Helsinki",
        },
        {
            **shared,
            "recipient_id": "r2",
            "address": "bob@example.com",
            "address_key": address_key(app.key, "bob@example.com"),
            "first_name": NASTY,
            "last_name": NASTY,
            "company": NASTY,
            "language": "en",
            "time_zone": "",
            "topics": f"{NASTY},energy-saving",
        },
    ]


def make_world(app: App, inbox: Path) -> World:
    """Fill an empty installation and its inbox."""
    inbox.mkdir()
    with writing(app.engine) as db:
        db.execute(insert(RecipientRow), _people(app))
        waiting = SignUp("cara@example.com", "en", topics=(NASTY,), lists=("letters",))
        queue(db, app, Kind.confirm, waiting.address, None, dump_signup(waiting), NOW, "en")
        weekly = create_campaign(db, {"name": "weekly", "window": "now"}, BEFORE)
        energy = create_campaign(db, {"name": "energy", "list": "topic:energy-saving"}, BEFORE)
        for number in (1, 2):
            append(
                db,
                [
                    (number, ConsentRow(purpose, State.granted, "import", BEFORE))
                    for purpose in ("letters", "profiling", "topic:energy-saving")
                ],
                BEFORE,
            )
        for campaign in (weekly, energy):
            edition = make_edition(db, campaign.number, SCHEDULED)
            db.execute(
                insert(OutboxRow),
                [
                    {
                        "edition": edition.number,
                        "recipient": number,
                        "state": "accepted",
                        "message_id": f"<{campaign.name}-{number}@example.com>",
                        "send_at": SCHEDULED,
                        "decision": dump_newsletter(newsletter(f"r{number}", number, subject=f"Three ideas {NASTY}")),
                    }
                    for number in (1, 2)
                ],
            )
    world = World(app, inbox, weekly.number, energy.number)
    links = "".join(
        f'<a href="https://x.example/{path}/{world.token(purpose)}">{path}</a>'
        for path, purpose in (("w", Purpose.why), ("p", Purpose.preferences), ("u", Purpose.unsubscribe_body))
    )
    (inbox / "0000001.eml").write_bytes(eml("Bob <bob@example.com>", "Three ideas", "<weekly-2@example.com>", links + "<script>x</script>"))
    (inbox / "0000002.eml").write_bytes(
        eml("Aino <aino@example.com>", "Kolme =?utf-8?q?ideaa?=", "<weekly-1@example.com>", "<p>Hei</p>", 3)
    )
    return world


def asked(world: World, recipient: int = 2) -> str:
    """Send one more letter, with a question for stars, and return the path of its page."""
    language = "fi" if recipient == 1 else "en"
    decided = newsletter(f"r{recipient}", recipient)
    block = dataclasses.replace(decided.blocks[0], module="review/how-is-it-going")
    decided = dataclasses.replace(decided, language=language, blocks=(block, *decided.blocks[1:]))
    at = SCHEDULED + timedelta(days=recipient)
    with writing(world.app.engine) as db:
        edition = make_edition(db, world.weekly, at)
        row = {"edition": edition.number, "recipient": recipient, "message_id": f"<asked-{recipient}@example.com>", "send_at": at}
        made_for = Person(f"r{recipient}", recipient, "", language, "", "", "", "", "", "", Level.standard)
        decision = dump_newsletter(decided, made_for)
        db.execute(insert(OutboxRow).values(**row, state="accepted", frozen=True, decision=decision))
    return f"/s/{survey_token(world.app.keys.newest_first[0], Subject(recipient, world.weekly, at), 1)}"
