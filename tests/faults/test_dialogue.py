"""What mail servers do to us, row by row: every letter is delivered, refused with its reason, or waits; on both databases."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import datetime, timedelta

import pytest
from sqlalchemy import update
from sqlmodel import col

from composer.app import App
from composer.domain.campaign import CampaignState
from composer.pipeline.campaigns import change_state
from composer.pipeline.deliver import DeliveryReport, deliver
from composer.store.campaigns import get_campaign
from composer.store.consents import is_suppressed
from composer.store.engine import reading, writing
from composer.store.recipients import address_key
from composer.store.tables import RecipientRow
from tests.faults.server import Server, Terms
from tests.path.conftest import at, delivering, installation, library, planned, towards  # noqa: F401 - fixtures
from tests.path.rows import KEY, NOW, outbox, states


def letters_to(app: App, *domains: str) -> dict[str, str]:
    """Plan a letter to one person at each domain; domain -> address."""
    planned(app, len(domains))
    addresses = {domain: f"r{place}@{domain}" for place, domain in enumerate(domains, 1)}
    with writing(app.engine) as db:
        for place, address in enumerate(addresses.values(), 1):
            row = update(RecipientRow).where(col(RecipientRow.recipient_id) == f"r{place}")
            db.execute(row.values(address=address, address_key=address_key(KEY, address)))
    return addresses


async def rounds(app: App, server: Server, most: int = 12, **smtp: object) -> list[DeliveryReport]:
    """Deliver again and again, the clock moved on to what is due, until nothing waits."""
    towards(app, server.port, **{"timeout": timedelta(seconds=2), "dot_timeout": timedelta(seconds=2), **smtp})
    clock, reports = NOW, list[DeliveryReport]()
    for _ in range(most):
        reports.append(await deliver(app, at(clock)))
        waiting = [row["due_at"] for row in outbox(app.engine) if row["due_at"] and row["state"] != "accepted"]
        if not waiting:
            return reports
        clock = max(clock + timedelta(seconds=1), *waiting)
    return reports


def suppressed(app: App, address: str) -> bool:
    with reading(app.engine) as db:
        return bool(is_suppressed(db, [address_key(KEY, address)]))


def taken(server: Server) -> Counter[str]:
    return Counter(letter.recipient for letter in server.taken)


@pytest.mark.parametrize(
    "terms",
    [Terms(busy=2), Terms(letters=2), Terms(most=2)],
    ids=["at connect", "after 2 letters on a connection", "too many connections"],
)
async def test_421_brings_all_letters_later_and_none_twice(installation: App, terms: Terms) -> None:  # noqa: F811
    people = letters_to(installation, *[f"d{n}.example.com" for n in range(8)])
    async with Server(terms) as server:
        await rounds(installation, server, connections=4)
    assert states(installation) == {"accepted": 8}
    assert taken(server) == dict.fromkeys(people.values(), 1)


async def test_421_in_the_middle_of_a_letter_closes_the_connection_and_the_letter_comes_later(installation: App) -> None:  # noqa: F811
    people = letters_to(installation, "rcpt-421-x1.example.com", "data-421-x1.example.com", "example.com")
    async with Server() as server:
        await rounds(installation, server, connections=1)
    assert states(installation) == {"accepted": 3}
    assert taken(server) == dict.fromkeys(people.values(), 1)
    assert server.connections >= 3


async def test_greylisting_is_retried_with_growing_gaps_and_stops_no_other_domain(installation: App) -> None:  # noqa: F811
    domains = ("rcpt-450-x2.example.com", "rcpt-451-x3.example.net", "rcpt-452-x1.example.org", "example.com")
    people = letters_to(installation, *domains)
    async with Server() as server:
        towards(installation, server.port)
        clock, gaps = NOW, dict[str, list[float]]()
        assert (await deliver(installation, at(clock))).counts["accepted"] == 1
        for _ in range(4):
            waiting = {row["recipient"]: row["due_at"] for row in outbox(installation.engine) if row["state"] == "try_later"}
            for person, due in waiting.items():
                gaps.setdefault(person, []).append((due - clock).total_seconds())
            clock = max([clock, *waiting.values()])
            await deliver(installation, at(clock))
    assert states(installation) == {"accepted": 4}
    assert taken(server) == dict.fromkeys(people.values(), 1)
    assert [server.tries[people[domain]] for domain in domains] == [3, 4, 2, 1]
    for grew in gaps.values():
        assert grew == sorted(grew)
    assert len({found[0] for found in gaps.values()}) > 1  # jitter: deferred together, they do not come back together


@pytest.mark.parametrize("code", [550, 551, 553])
async def test_an_unknown_user_is_tried_once_and_suppressed(installation: App, code: int) -> None:  # noqa: F811
    people = letters_to(installation, f"rcpt-{code}.example.com", "example.com")
    async with Server() as server:
        await rounds(installation, server)
    assert states(installation) == {"accepted": 1, "refused": 1}
    assert server.tries[people[f"rcpt-{code}.example.com"]] == 1
    assert [suppressed(installation, address) for address in people.values()] == [True, False]
    assert outbox(installation.engine)[0]["reason"].startswith(str(code))


@pytest.mark.parametrize("domain", ["rcpt-552.example.com", "rcpt-554.example.com", "data-554.example.com", "dot-554.example.com"])
async def test_a_refusal_by_policy_or_quota_is_not_retried_and_suppresses_nobody(installation: App, domain: str) -> None:  # noqa: F811
    people = letters_to(installation, domain, "example.com")
    async with Server() as server:
        await rounds(installation, server)
    assert states(installation) == {"accepted": 1, "refused": 1}
    assert server.tries[people[domain]] == 1
    assert not suppressed(installation, people[domain])


async def test_451_after_the_dot_comes_again_with_the_same_message_id(installation: App) -> None:  # noqa: F811
    people = letters_to(installation, "dot-451-x1.example.com", "dot-452-x2.example.com")
    async with Server() as server:
        await rounds(installation, server)
    assert states(installation) == {"accepted": 2}
    assert [server.tries[address] for address in people.values()] == [2, 3]
    planned_ids = {row["message_id"] for row in outbox(installation.engine)}
    assert {letter.message_id for letter in server.taken} == planned_ids
    assert taken(server) == dict.fromkeys(people.values(), 1)


@pytest.mark.parametrize("fault", ["drop", "silence"])
async def test_lost_before_the_dot_is_accepted_exactly_once(installation: App, fault: str) -> None:  # noqa: F811
    stages = ("rcpt", "data", "body") if fault == "drop" else ("rcpt", "data")
    people = letters_to(installation, *[f"{stage}-{fault}-x1.example.com" for stage in stages], "example.com")
    async with Server() as server:
        await rounds(installation, server, timeout=timedelta(seconds=0.4), dot_timeout=timedelta(seconds=0.4))
    assert states(installation) == {"accepted": len(people)}
    # A break in the body is after our "body begun": it may have been taken, so it counts as in doubt, and comes once more.
    assert taken(server) == dict.fromkeys(people.values(), 1)


@pytest.mark.parametrize("fault", ["drop", "silence", "garbage"])
async def test_lost_after_the_dot_is_unknown_then_retried_once_with_the_same_bytes(installation: App, fault: str) -> None:  # noqa: F811
    people = letters_to(installation, f"dot-{fault}-x1.example.com", f"dot-{fault}.example.net", "example.com")
    async with Server() as server:
        await rounds(installation, server, dot_timeout=timedelta(seconds=0.4))
    assert states(installation) == {"accepted": 2, "unknown": 1}
    assert list(taken(server).values()) == [2, 2, 1] or taken(server) == dict(zip(people.values(), (2, 2, 1), strict=True))
    assert len({(letter.recipient, letter.digest, letter.message_id) for letter in server.taken}) == 3
    (unknown,) = [row for row in outbox(installation.engine) if row["state"] == "unknown"]
    assert unknown["due_at"] is None
    assert unknown["reason"]


async def test_a_slow_server_is_waited_for_up_to_the_deadline_of_the_step_and_the_other_connections_go_on(installation: App) -> None:  # noqa: F811
    letters_to(installation, "rcpt-silence-x1.example.com", "dot-slow.example.com", *[f"d{n}.example.com" for n in range(6)])
    async with Server() as server:
        started = asyncio.get_running_loop().time()
        reports = await rounds(installation, server, timeout=timedelta(seconds=1.5), dot_timeout=timedelta(seconds=5), connections=2)
        assert reports[0].counts["accepted"] == 7
        silent = next(at_ for name, at_ in server.seen.items() if "silence" in name)
        others = [letter.data_at for letter in server.taken if "silence" not in letter.recipient]
    assert max(others) - silent < 1.5  # nobody waited for the silent one
    assert asyncio.get_running_loop().time() - started > 1.5
    assert states(installation) == {"accepted": 8}


@pytest.mark.parametrize("stage", ["rcpt", "data", "dot"])
async def test_what_is_not_smtp_too_long_or_doubled_shifts_no_later_answer(installation: App, stage: str) -> None:  # noqa: F811
    """The letter after each odd answer goes to a refusing mailbox: a shifted answer would call it accepted."""
    domains = [f"{stage}-{fault}-x1.d{n}.example.com" for n, fault in enumerate(("garbage", "huge", "twice"))]
    people = letters_to(installation, *[name for n, odd in enumerate(domains) for name in (odd, f"rcpt-550.d{n}.example.org")])
    async with Server() as server:
        await rounds(installation, server, connections=1)
    rows = {row["reason"][:3] or row["state"] for row in outbox(installation.engine)[1::2]}
    assert rows == {"550"}
    assert states(installation) == {"accepted": 3, "refused": 3}
    most = 2 if stage == "dot" else 1  # after the dot it may have been taken
    assert all(1 <= taken(server)[people[odd]] <= most for odd in domains)


async def test_every_letter_has_one_recipient_and_one_refusal_is_that_letters_own(installation: App) -> None:  # noqa: F811
    letters_to(installation, "example.com", "rcpt-550.example.com", "d.example.com")
    async with Server() as server:
        await rounds(installation, server, connections=1)
    assert [row["state"] for row in outbox(installation.engine)] == ["accepted", "refused", "accepted"]
    assert server.said.count("(clear) RCPT") == server.said.count("(clear) MAIL") == 3
    assert server.said.count("(clear) DATA") == 2 + ("PIPELINING" in server.terms.offers and server.said.count("(clear) DATA") - 2)


@pytest.mark.parametrize("host", ["nosuch.invalid", "127.0.0.1"], ids=["the name is not found", "nobody listens"])
async def test_where_no_server_is_found_all_letters_wait_and_go_later(installation: App, host: str) -> None:  # noqa: F811
    letters_to(installation, *[f"d{n}.example.com" for n in range(5)])
    async with Server() as server:
        towards(installation, server.port if host == "nosuch.invalid" else 1, host=host)
        report = await deliver(installation, at())
        assert report.counts["refused"] == report.counts["unknown"] == report.counts["accepted"] == 0
        assert set(states(installation)) <= {"planned", "try_later"}
        assert {row["attempts"] for row in outbox(installation.engine)} == {0}  # nobody's fault, nobody's try
        await rounds(installation, server)
    assert states(installation) == {"accepted": 5}


async def test_without_smtputf8_a_domain_goes_as_a_label_and_a_local_part_that_cannot_is_refused_once(installation: App) -> None:  # noqa: F811
    people = letters_to(installation, "xn--mnchen-3ya.example.com", "example.com", "example.net")
    with writing(installation.engine) as db:
        odd = "jürgen@example.net"
        row = update(RecipientRow).where(col(RecipientRow.recipient_id) == "r3")
        db.execute(row.values(address=odd, address_key=address_key(KEY, odd)))
    async with Server(Terms(offers=("PIPELINING", "8BITMIME"))) as server:
        await rounds(installation, server)
    assert [row["state"] for row in outbox(installation.engine)] == ["accepted", "accepted", "refused"]
    assert set(taken(server)) == {people["xn--mnchen-3ya.example.com"], people["example.com"]}
    assert "cannot be written to" in outbox(installation.engine)[2]["reason"]  # its header cannot hold that address


def paused(app: App) -> bool:
    with reading(app.engine) as db:
        return get_campaign(db, "weekly").state is CampaignState.paused


def resume(app: App) -> None:
    change_state(app, "weekly", "resume")


@pytest.mark.parametrize(
    ("terms", "cause"),
    [
        (Terms(), "does not offer STARTTLS"),
        (Terms(certificate="trusted", stripped=True), "does not offer STARTTLS"),
        (Terms(certificate="self-signed"), "certificate"),
        (Terms(certificate="expired"), "certificate"),
        (Terms(certificate="wrong-name"), "certificate"),
    ],
    ids=["none offered", "stripped", "self-signed", "expired", "wrong name"],
)
async def test_tls_trouble_pauses_the_run_names_the_cause_and_nothing_leaves(
    installation: App,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    terms: Terms,
    cause: str,
) -> None:
    from tests.transports.faults import CERTIFICATES

    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATES / "authority.pem"))
    letters_to(installation, "example.com", "example.net", "example.org")
    async with Server(terms) as server:
        towards(installation, server.port, start_tls="required", username="user", password="secret", connections=2)
        report = await deliver(installation, at())
        assert cause in report.paused
        assert ("TLS" in report.paused) or ("certificate" in report.paused)
        assert (server.taken, [word for word in server.said if "AUTH" in word or "MAIL" in word]) == ([], [])
        assert states(installation) == {"planned": 3}
        assert paused(installation)
        resume(installation)
        await rounds(installation, server, start_tls="off", username="", connections=2)
    assert states(installation) == {"accepted": 3}


async def test_a_refused_sign_in_pauses_the_run_and_marks_nobody(installation: App) -> None:  # noqa: F811
    letters_to(installation, *[f"d{n}.example.com" for n in range(6)])
    async with Server(Terms(auth="535 5.7.8 authentication failed")) as server:
        towards(installation, server.port, username="user", password="secret", connections=2)
        report = await deliver(installation, at())
        assert "535" in report.paused
        assert server.connections <= 2  # nobody who waited for a connection knocked again
        assert states(installation) == {"planned": 6}
        assert paused(installation)
    async with Server(Terms(auth="235 2.7.0 welcome")) as good:
        resume(installation)
        await rounds(installation, good, username="user", password="secret")
    assert states(installation) == {"accepted": 6}


async def test_a_machine_asleep_past_the_hour_sends_or_expires_by_the_campaigns_rule(installation: App) -> None:  # noqa: F811
    letters_to(installation, "example.com", "example.net")
    late: datetime = NOW + timedelta(days=2)
    async with Server() as server:
        await deliver(towards(installation, server.port), at(late))
    assert states(installation) == {"accepted": 2}  # the default: late, but sent


async def test_a_machine_asleep_past_what_the_campaign_allows_says_so_for_every_letter(installation: App) -> None:  # noqa: F811
    planned(installation, 3, expires="1d")
    async with Server() as server:
        report = await deliver(towards(installation, server.port), at(NOW + timedelta(days=2)))
    assert (server.taken, report.counts) == ([], {"expired": 3})
    assert all(row["reason"] for row in outbox(installation.engine))
