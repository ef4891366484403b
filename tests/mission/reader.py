"""A reader of one installation: gets real letters, follows their links, and presses buttons as a browser would."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser
from urllib.parse import urlsplit

from starlette.testclient import TestClient

from composer.app import App
from composer.domain.newsletter import Newsletter
from composer.pipeline.deliver import deliver
from composer.pipeline.plan import schedule
from composer.store.campaigns import create_campaign
from composer.store.decisions import load_newsletter
from composer.store.engine import writing
from composer.web.app import make_web
from tests.path.by_hand import ByHand
from tests.path.rows import NOW, outbox

WEEK = timedelta(days=7)


@dataclass
class Form:
    """What a browser would send of a form that nobody touched."""

    action: str
    fields: dict[str, str | list[str]] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    """Of every field and button, chosen or not."""


class Forms(HTMLParser):
    """Reads the forms of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name, value = given.get("name") or "", given.get("value") or ""
        if tag == "form":
            self.found.append(Form(given.get("action") or ""))
            return
        if not self.found:
            return
        self.found[-1].names |= {name} if tag in ("button", "input", "select", "textarea") else set()
        if tag == "select":
            self._select = name
        elif tag == "option" and "selected" in given:
            self.found[-1].fields[self._select] = value
        elif tag == "textarea" and name:
            self.found[-1].fields[name] = ""
        elif tag == "input" and name and (given.get("type") not in ("checkbox", "radio") or "checked" in given):
            before = self.found[-1].fields.get(name)
            several = given.get("type") in ("checkbox", "hidden") and before is not None
            self.found[-1].fields[name] = [*(before if isinstance(before, list) else [str(before)]), value] if several else value


@dataclass
class Letter:
    """One letter as it left, with what was decided for it."""

    mail: EmailMessage
    decided: Newsletter

    @property
    def html(self) -> str:
        part = self.mail.get_body(("html",))
        assert part is not None
        return str(part.get_content())

    def path(self, kind: str) -> str:
        """The path of its first link of a kind: "u", "p", "w", "v", "c", "s" or "o"."""
        found = re.search(rf'https?://[^"/]+/{kind}/[\w-]+(?:\.gif)?[^"]*', self.html)
        assert found is not None, kind
        parts = urlsplit(found[0].replace("&amp;", "&"))
        return parts.path + (f"?{parts.query}" if parts.query else "")

    @property
    def modules(self) -> list[str]:
        return [block.module for block in self.decided.blocks]


@dataclass
class Reader:
    """The only recipient of an installation. Each letter is another campaign's, a week after the last."""

    app: App
    now: datetime = NOW
    letters: int = 0
    taken: ByHand = field(default_factory=lambda: ByHand(lambda _: None))

    def browser(self) -> TestClient:
        return TestClient(make_web(self.app, clock=lambda: self.now), base_url="http://pages.example.com", follow_redirects=False)

    def get(self, path: str) -> str:
        with self.browser() as browser:
            answer = browser.get(path)
        assert answer.status_code == 200
        return answer.text

    def press(self, path: str, **fields: str | list[str]) -> str:
        with self.browser() as browser:
            answer = browser.post(path, data=fields)
        assert answer.status_code == 200
        return answer.text

    def submit(self, path: str, button: str = "", **changes: str | list[str]) -> str:
        """Open a page, change fields of the form that has a field or a button of that name, and send it as a browser would."""
        forms = Forms()
        forms.feed(self.get(path))
        named = set(changes) | ({button} if button else set())
        form = next(form for form in forms.found if named <= form.names)
        action = form.action if form.action.startswith("/") else path.partition("?")[0] + form.action
        return self.press(action, **{**form.fields, **changes})

    async def letter(self, **keys: object) -> Letter | None:
        """The next letter; None where they get none."""
        self.letters += 1
        self.now += WEEK
        name, before = f"letter-{self.letters}", len(self.taken.taken)
        with writing(self.app.engine) as db:
            create_campaign(db, {"name": name, "window": "now", "holdout": "none", "policy": {"explore": 0}, **keys}, self.now)
        schedule(self.app, name, self.now)
        await deliver(self.app, self.clock(), transport=self.taken)
        if len(self.taken.taken) == before:
            return None
        mail = message_from_bytes(self.taken.taken[-1].data, policy=policy.default)
        return Letter(mail, load_newsletter(outbox(self.app.engine)[-1]["decision"]))

    async def must(self, **keys: object) -> Letter:
        found = await self.letter(**keys)
        assert found is not None
        return found

    def clock(self) -> Callable[[], datetime]:
        return lambda: self.now
