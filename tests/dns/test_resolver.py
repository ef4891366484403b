"""The resolver against a real name server: truncation, aliases, failures, silence, noise."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta

import pytest

from composer.dispatch.deliverability.records import Answer, Question
from composer.errors import UsageError
from composer.sections.dns import Dns, server_and_port
from composer.sources.dns import look_up, open_resolver
from tests.dns.server import CUT, FAILS, GARBAGE, SILENT, Zone, name_server

ZONE: Zone = {
    ("example.com", "TXT"): ('"v=spf1 " "-all"', '"other"'),
    ("odd.example", "TXT"): ('"v=spf1 \\027[2J\\009\\195\\164 -all"',),
    ("example.com", "MX"): ("20 mx2.example.com.", "5 MX1.Example.com."),
    ("nowhere.example", "MX"): ("0 .",),
    ("long.example", "TXT"): (CUT, " ".join(f'"{"x" * 250}"' for _ in range(8))),
    ("alias.example", "CNAME"): ("second.example",),
    ("second.example", "CNAME"): ("example.com",),
    ("round.example", "CNAME"): ("about.example",),
    ("about.example", "CNAME"): ("round.example",),
    ("silent.example", "A"): (SILENT,),
    ("fails.example", "A"): (FAILS,),
    ("noise.example", "A"): (GARBAGE,),
    ("mail.example", "A"): ("192.0.2.7",),
    ("mail.example", "AAAA"): ("2001:db8::7",),
    ("7.2.0.192.in-addr.arpa", "PTR"): ("Mail.Example.",),
}


def ask(zone: Zone, *questions: tuple[str, str], timeout: float = 3) -> tuple[list[Answer], list[tuple[str, str, str]]]:
    with name_server(zone) as server:
        section = Dns(servers=(f"127.0.0.1:{server.port}",), timeout=timedelta(seconds=timeout))
        wanted = [Question(*question) for question in questions]
        answers = asyncio.run(look_up(section, wanted))
        return [answers[question] for question in wanted], server.asked


def one(name: str, kind: str) -> Answer:
    return ask(ZONE, (name, kind))[0][0]


def test_strings_of_a_text_record_are_joined() -> None:
    assert set(one("example.com", "TXT").values) == {"v=spf1 -all", "other"}


def test_a_text_record_holds_no_command_for_a_terminal() -> None:
    assert one("odd.example", "TXT").values == ("v=spf1 \ufffd[2J\ufffd\ufffd\ufffd -all",)


def test_mail_hosts_come_in_their_order_and_in_small_letters() -> None:
    answer = one("example.com", "MX")
    assert answer.values == ("5 mx1.example.com", "20 mx2.example.com")
    assert answer.seconds == 300
    assert one("nowhere.example", "MX").values == ("0 .",)


def test_what_does_not_fit_into_a_datagram_is_asked_again_over_tcp() -> None:
    (answer,), asked = ask(ZONE, ("long.example", "TXT"))
    assert answer.values == ("x" * 2000,)
    assert [way for _, _, way in asked] == ["udp", "tcp"]


def test_a_chain_of_aliases_is_followed() -> None:
    answer = one("alias.example", "MX")
    assert answer.values[0] == "5 mx1.example.com"
    assert answer.alias == "example.com"


def test_addresses_and_names_of_addresses() -> None:
    assert one("mail.example", "AAAA").values == ("2001:db8::7",)
    assert one("7.2.0.192.in-addr.arpa", "PTR").values == ("mail.example",)


@pytest.mark.parametrize(("name", "kind"), [("nobody.example", "A"), ("example.com", "AAAA")])
def test_no_such_name_and_no_such_record_are_answers(name: str, kind: str) -> None:
    assert one(name, kind) == Answer()


@pytest.mark.parametrize(
    ("name", "trouble"),
    [
        ("silent.example", "no answer in time"),
        ("fails.example", "the name servers fail"),
        ("round.example", "its CNAME leads in a circle"),
        ("noise.example", ""),
    ],
)
def test_trouble_is_told_and_never_raised(name: str, trouble: str) -> None:
    answer = ask(ZONE, (name, "A"), timeout=0.3)[0][0]
    assert answer.values == ()
    assert answer.trouble
    assert trouble in answer.trouble


def test_a_question_that_nobody_answers_does_not_hold_up_the_others() -> None:
    begun = time.monotonic()
    answers, _ = ask(
        ZONE, *[("silent.example", "A")], *[(f"n{number}.example", "A") for number in range(50)], ("mail.example", "A"), timeout=1
    )
    assert answers[0].trouble == "no answer in time"
    assert answers[-1].values == ("192.0.2.7",)
    assert time.monotonic() - begun < 4, "dns.timeout is 5 s where nothing is set"


def test_no_server_at_all_is_trouble() -> None:
    with name_server({}) as server:
        port = server.port
    section = Dns(servers=(f"127.0.0.1:{port}",), timeout=timedelta(seconds=0.1))
    question = Question("example.com", "A")
    assert asyncio.run(look_up(section, [question]))[question].trouble


def test_dns_that_is_off_is_not_asked() -> None:
    with pytest.raises(UsageError, match=r"dns\.servers: is off"):
        open_resolver(Dns(servers="off"))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("192.0.2.53", ("192.0.2.53", 53)),
        ("192.0.2.53:5353", ("192.0.2.53", 5353)),
        ("2001:db8::53", ("2001:db8::53", 53)),
        ("[2001:db8::53]:5353", ("2001:db8::53", 5353)),
    ],
)
def test_a_server_is_an_address_and_perhaps_a_port(text: str, place: tuple[str, int]) -> None:
    assert server_and_port(text) == place


@pytest.mark.parametrize("text", ["ns.example.com", "192.0.2.53:0", "192.0.2.53:x", "[2001:db8::53]:99999", ""])
def test_a_server_is_nothing_else(text: str) -> None:
    with pytest.raises(ValueError, match="is no address of a DNS server"):
        Dns(servers=(text,))
