"""Instead of leaving, and after it: fewer letters, a pause, a reason. Strangers learn nothing, neither by words nor by time."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event as listening
from sqlalchemy import select, update
from starlette.testclient import TestClient

from composer.domain.choices import FREQUENCIES, REASONS
from composer.domain.tokens import Purpose
from composer.pipeline.report import report
from composer.store.consents import as_much, suppression_version
from composer.store.engine import reading, sqlite_file, writing
from composer.store.tables import ConsentLedgerRow, EventRow, RecipientRow
from composer.web.even import FRESH_SECONDS, KEPT, MOST_SECONDS, Even
from tests.web.world import NOW, World

WISHES = {
    "fewer": [{"frequency": one} for one in ("", *FREQUENCIES)],
    "pause": [{"for": "1"}, {"for": "3"}, {"for": "0"}, {"until": "2026-12-24"}],
    "reason": [{"reason": one} for one in REASONS],
}
NONSENSE = {
    "fewer": [{}, {"frequency": "hourly"}, {"for": "1"}],
    "pause": [{}, {"for": "4"}, {"until": "2026-03-03"}, {"until": "2027-03-05"}, {"until": "soon"}, {"until": "2026-02-30"}],
}
ALL = [(wish, form) for wish, forms in WISHES.items() for form in forms]


def url(world: World, wish: str, recipient: int = 2, purpose: Purpose = Purpose.unsubscribe_body) -> str:
    return f"/u/{world.token(purpose, recipient)}?wish={wish}"


@pytest.mark.parametrize("frequency", FREQUENCIES)
def test_one_press_asks_for_fewer_and_another_takes_it_back(world: World, client: TestClient, frequency: str) -> None:
    answer = client.post(url(world, "fewer"), data={"frequency": frequency})
    assert answer.status_code == 200
    assert world.recipient().frequency == frequency
    assert "letters" in world.granted(), "nobody has left"
    assert 'name="frequency" value=""' in answer.text
    client.post(url(world, "fewer"), data={"frequency": ""})
    assert world.recipient().frequency == ""
    assert world.recipient(1).frequency == "", "nobody else is touched"


@pytest.mark.parametrize(
    ("form", "until"),
    [
        ({"for": "1"}, datetime(2026, 4, 1, 21, tzinfo=UTC)),  # 2 April begins in Helsinki
        ({"for": "2"}, datetime(2026, 5, 1, 21, tzinfo=UTC)),
        ({"until": "2026-12-24"}, datetime(2026, 12, 23, 22, tzinfo=UTC)),
        ({"until": "2026-03-04"}, datetime(2026, 3, 3, 22, tzinfo=UTC)),
        ({"until": "2027-03-04"}, datetime(2027, 3, 3, 22, tzinfo=UTC)),
    ],
)
def test_a_pause_ends_where_a_day_begins_on_the_persons_clock(
    world: World, client: TestClient, form: dict[str, str], until: datetime
) -> None:
    assert client.post(url(world, "pause", 1), data=form).status_code == 200
    assert world.recipient(1).paused_until == until
    client.post(url(world, "pause", 1), data={"for": "0"})
    assert world.recipient(1).paused_until is None


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/Los_Angeles", ""])
def test_both_pages_name_the_same_day_on_which_a_pause_ends(world: World, client: TestClient, zone: str) -> None:
    with writing(world.app.engine) as db:
        db.execute(update(RecipientRow).values(time_zone=zone))
    assert "15 April 2026" in client.post(url(world, "pause"), data={"until": "2026-04-15"}).text
    assert "15 April 2026" in client.get(f"/p/{world.token(Purpose.preferences)}").text


def test_a_reason_is_one_press_after_leaving_and_stays_with_the_letter(world: World, client: TestClient) -> None:
    left = client.post(f"/u/{world.token(Purpose.unsubscribe_body)}").text
    assert left.index("You have unsubscribed") < left.index('name="reason"'), "it has happened before anything is asked"
    for reason in ("often", "unfit"):
        answer = client.post(url(world, "reason"), data={"reason": reason})
        assert (answer.status_code, 'name="reason"' in answer.text) == (200, False)
    with reading(world.app.engine) as db:
        rows = db.execute(select(EventRow.__table__)).all()  # type: ignore[attr-defined]
    assert [(row.kind, row.value) for row in rows] == [("unsubscribed", "unfit")], "the last word counts"
    client.post(f"/u/{world.token(Purpose.unsubscribe_body, 1)}")
    assert report(world.app, "weekly")["left"] == {"": 1, "unfit": 1}
    assert report(world.app, "energy")["left"] == {}


def test_a_reason_without_leaving_is_nobodys(world: World, client: TestClient, unchanged: Callable[[], None]) -> None:
    assert client.post(url(world, "reason"), data={"reason": "often"}).status_code == 200


@pytest.mark.parametrize(("wish", "form"), [(wish, form) for wish, forms in NONSENSE.items() for form in forms])
def test_a_form_that_is_none_of_ours_changes_nothing(
    world: World, client: TestClient, unchanged: Callable[[], None], wish: str, form: dict[str, str]
) -> None:
    known = client.post(url(world, wish), data=form)
    unknown = client.post(f"/u/{'A' * 36}?wish={wish}", data=form)
    assert (known.status_code, known.content) == (422, unknown.content)
    broken = client.post(url(world, wish), content=b"\xff%%", headers={"content-type": "multipart/form-data"})
    assert broken.status_code == 422


@pytest.mark.parametrize("wish", ["", "Fewer", "fewer ", "erase", "fewer%00", "reason&wish=", "../fewer"])
def test_any_other_word_in_the_link_leaves(world: World, client: TestClient, wish: str) -> None:
    client.post(url(world, wish), data={"frequency": "weekly"})
    assert "letters" not in world.granted()


@pytest.mark.parametrize(("wish", "form"), ALL)
@pytest.mark.parametrize("recipient", [1, 2])
def test_strangers_are_answered_like_everybody(world: World, client: TestClient, recipient: int, wish: str, form: dict[str, str]) -> None:
    known = client.post(url(world, wish, recipient), data=form)
    before = world.dump()
    for token in ("A" * 36, "x", world.token(Purpose.why), world.token(Purpose.unsubscribe_header, 99)):
        unknown = client.post(f"/u/{token}?wish={wish}", data=form)
        assert (unknown.status_code, unknown.content, dict(unknown.headers)) == (200, known.content, dict(known.headers))
    assert world.dump() == before


@pytest.mark.parametrize("wish", ["fewer", "pause", "reason"])
def test_looking_changes_nothing_and_looks_the_same_for_a_stranger(
    world: World, client: TestClient, unchanged: Callable[[], None], wish: str
) -> None:
    for method in ("GET", "HEAD", "OPTIONS"):
        client.request(method, url(world, wish))
    assert client.get(url(world, wish)).text == client.get(f"/u/nobody?wish={wish}").text


def test_the_page_for_leaving_has_one_button_and_what_is_offered_instead_are_links(world: World, client: TestClient) -> None:
    page = client.get(f"/u/{world.token(Purpose.unsubscribe_body)}").text
    assert (page.count("<button"), page.count("<form"), page.count("<input")) == (1, 1, 0)
    assert page.index("<button") < page.index("wish=fewer") < page.index("wish=pause")


def test_repeating_a_wish_writes_nothing(world: World, client: TestClient) -> None:
    for wish, form in (("fewer", {"frequency": "weekly"}), ("pause", {"until": "2026-12-24"})):
        client.post(url(world, wish), data=form)
        before = world.dump()
        client.post(url(world, wish), data=form)
        assert world.dump() == before


@pytest.mark.parametrize(("wish", "form"), [("fewer", {"frequency": "weekly"}), ("pause", {"for": "2"})])
def test_a_wish_tells_every_sender(world: World, client: TestClient, wish: str, form: dict[str, str]) -> None:
    with reading(world.app.engine) as db:
        before = suppression_version(db)
    client.post(url(world, wish), data=form)
    with reading(world.app.engine) as db:
        assert suppression_version(db) > before


def test_the_ledger_keeps_which_words_were_answered(world: World, client: TestClient) -> None:
    client.post(f"/u/{world.token(Purpose.unsubscribe_body)}?l=sv")
    with reading(world.app.engine) as db:
        rows = db.execute(select(ConsentLedgerRow.__table__).where(ConsentLedgerRow.source == "unsubscribe")).all()  # type: ignore[attr-defined,arg-type]
    assert [row.wording for row in rows] == ["unsubscribe-2 sv"]


class Course:
    """A clock that only sleeping and working move."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def even(self) -> Even:
        return Even(lambda: self.now, self._sleep)

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def do(self, even: Even, seconds: float, *, wrote: bool, measure: float = 0.0) -> float:
        """How long an answer takes whose work takes so long."""
        began = self.now

        def work() -> bool:
            self.now += seconds
            return wrote

        def as_much() -> None:
            self.now += measure

        asyncio.run(even.do(work, as_much))
        return self.now - began


def test_who_writes_nothing_waits_for_as_long_as_writers_took() -> None:
    course = Course()
    even = course.even()
    writers = [course.do(even, took, wrote=True) for took in (0.004, 0.009, 0.006)]
    assert course.slept == [], "who leaves is never kept waiting"
    strangers = {round(course.do(even, 0.001, wrote=False), 6) for _ in range(60)}
    assert strangers == set(writers)


def test_of_posts_that_write_nothing_one_a_minute_measures_what_writing_costs() -> None:
    course = Course()
    even = course.even()
    assert course.do(even, 0.001, wrote=False, measure=0.005) == pytest.approx(0.006)
    strangers = [course.do(even, 0.001, wrote=False, measure=5.0) for _ in range(500)]
    assert strangers == pytest.approx([0.006] * 500), "a flood of guesses costs the disk nothing"
    course.now += FRESH_SECONDS
    assert course.do(even, 0.001, wrote=False, measure=0.010) == pytest.approx(0.011)


def test_a_writer_that_waited_for_long_keeps_no_stranger_as_long_and_is_forgotten() -> None:
    course = Course()
    even = course.even()
    course.do(even, 30.0, wrote=True)
    assert course.do(even, 0.001, wrote=False) == pytest.approx(MOST_SECONDS)
    for _ in range(KEPT):
        course.do(even, 0.002, wrote=True)
    assert course.do(even, 0.001, wrote=False) == pytest.approx(0.002)


@pytest.fixture
def commits(world: World) -> Iterator[list[str]]:
    """What the database is told: one word for each statement that writes or begins to."""
    told: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        told.append(statement.split()[0] + (" IMMEDIATE" if "IMMEDIATE" in statement else ""))

    listening.listen(world.app.engine, "before_cursor_execute", note)
    yield told
    listening.remove(world.app.engine, "before_cursor_execute", note)


def test_the_measure_reaches_the_disk_and_leaves_everything_as_it_is(world: World, unchanged: Callable[[], None]) -> None:
    log = sqlite_file(world.app.engine)
    log = log.with_name(f"{log.name}-wal")
    with world.app.engine.connect() as db:
        db.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    assert log.stat().st_size == 0
    with writing(world.app.engine) as db:
        as_much(db)
    assert log.stat().st_size > 0


def test_guesses_hold_the_delivery_up_once_a_minute_at_most(client: TestClient, commits: list[str]) -> None:
    for guess in range(30):
        client.post(f"/u/guess{guess}")
    assert commits.count("BEGIN IMMEDIATE") == 1
    assert commits.count("UPDATE") == 2, "as much as a word of the ledger costs, and nothing is another after it"


def test_a_strangers_answer_is_as_much_work_as_everybodys(world: World) -> None:
    """Many posts on a clock that counts work, not time: a unit for each statement, a hundred for a commit that has to reach the disk.

    A thousand units are a second to the page.
    """
    done = {"work": 0.0, "to write": 0.0}

    def statement(_c: object, _cursor: object, text: str, *_: object) -> None:
        done["work"] += 1
        done["to write"] += text.startswith(("INSERT", "UPDATE"))

    def commit(_: object) -> None:
        done["work"] += 100 * (done["to write"] > 0)
        done["to write"] = 0

    async def sleep(seconds: float) -> None:
        done["work"] += round(1_000 * seconds)

    listening.listen(world.app.engine, "before_cursor_execute", statement)
    listening.listen(world.app.engine, "commit", commit)
    took: dict[str, list[float]] = {"written": [], "repeated": [], "stranger": []}
    with world.client() as client:
        site = client.app.state.site  # type: ignore[attr-defined]
        client.app.state.site = dataclasses.replace(site, even=Even(lambda: done["work"] / 1_000, sleep))  # type: ignore[attr-defined]
        for turn in range(30):
            form = {"frequency": ("weekly", "monthly")[turn % 2]}
            for kind in took:
                token = "B" * 36 if kind == "stranger" else world.token(Purpose.unsubscribe_body)
                before = done["work"]
                assert client.post(f"/u/{token}?wish=fewer", data=form).status_code == 200
                took[kind].append(done["work"] - before)
    assert min(took["written"]) > 100
    assert set(took["repeated"]) <= set(took["written"])
    assert set(took["stranger"]) <= set(took["written"])


def test_a_pause_that_is_over_is_one_day_after_the_last_of_it(world: World, client: TestClient) -> None:
    page = client.get(url(world, "pause")).text
    assert f'min="{NOW.date() + timedelta(days=1)}"' in page
