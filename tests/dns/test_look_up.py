"""Questions to a real DNS server on loopback, and what becomes of those it does not answer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from composer.app import App
from composer.cli import build
from composer.config import Settings
from composer.dispatch.deliverability import Answer
from composer.pipeline.deliverability import deliverability
from composer.sources.dns import look_up, server
from tests.dns.server import BROKEN, SILENT, NameServer, Zone

ZONE: Zone = {
    ("example.com", "MX"): ["20 second.example.com.", "10 First.example.com."],
    ("example.com", "TXT"): ['"v=spf1 " "-all"'],
    ("long.example.com", "TXT"): [f'"{"x" * 250}" "{"y" * 250}" "{"z" * 250}"'],
    ("alias.example.com", "CNAME"): ["host.example.com."],
    ("host.example.com", "A"): ["192.0.2.7"],
    ("silent.example.com", "A"): SILENT,
    ("broken.example.com", "A"): BROKEN,
    ("7.2.0.192.in-addr.arpa", "PTR"): ["mail.example.com."],
}


async def test_answers_come_as_the_judges_want_them() -> None:
    async with NameServer(ZONE) as names:
        found = await look_up(
            [
                ("example.com", "MX"),
                ("example.com", "TXT"),
                ("example.com", "A"),
                ("gone.example.com", "A"),
                ("alias.example.com", "A"),
                ("7.2.0.192.in-addr.arpa", "PTR"),
            ],
            [names.place],
            5,
        )
    assert found == {
        ("example.com", "MX"): Answer(("first.example.com.", "second.example.com.")),
        ("example.com", "TXT"): Answer(("v=spf1 -all",)),
        ("example.com", "A"): Answer(),
        ("gone.example.com", "A"): Answer(),
        ("alias.example.com", "A"): Answer(("192.0.2.7",)),
        ("7.2.0.192.in-addr.arpa", "PTR"): Answer(("mail.example.com.",)),
    }


async def test_an_answer_too_long_for_a_datagram_is_asked_for_again_over_tcp() -> None:
    async with NameServer(ZONE) as names:
        found = await look_up([("long.example.com", "TXT")], [names.place], 5)
        assert ("long.example.com", "TXT+tcp") in names.asked
    assert found["long.example.com", "TXT"].values == ("x" * 250 + "y" * 250 + "z" * 250,)


async def test_silence_and_failure_are_answers_that_say_so_and_hold_nobody_up() -> None:
    async with NameServer(ZONE) as names:
        found = await look_up([("silent.example.com", "A"), ("broken.example.com", "A"), ("host.example.com", "A")], [names.place], 0.3)
    assert found["silent.example.com", "A"].failed == "no DNS server answered in time"
    assert found["broken.example.com", "A"].failed == "the DNS servers refuse or fail to answer"
    assert found["host.example.com", "A"] == Answer(("192.0.2.7",))


async def test_what_is_no_name_is_asked_of_nobody() -> None:
    async with NameServer(ZONE) as names:
        found = await look_up([("a..b", "TXT"), ("x" * 64 + ".example.com", "TXT")], [names.place], 1)
        assert all(answer.failed for answer in found.values())
        assert not names.asked


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("192.0.2.53", ("192.0.2.53", 53)),
        ("192.0.2.53:5353", ("192.0.2.53", 5353)),
        ("2001:db8::53", ("2001:db8::53", 53)),
        ("[2001:db8::53]:5353", ("2001:db8::53", 5353)),
    ],
)
def test_servers_are_written_with_or_without_a_port(text: str, read: tuple[str, int]) -> None:
    assert server(text) == read


SENDER: Zone = {
    ("bounce.example.com", "TXT"): ['"v=spf1 include:s1.example.net -all"'],
    ("s1.example.net", "TXT"): ['"v=spf1 include:s2.example.net -all"'],
    ("s2.example.net", "TXT"): ['"v=spf1 include:s1.example.net ip4:198.51.100.9 -all"'],
    ("_dmarc.example.com", "TXT"): ['"v=DMARC1; p=none; rua=mailto:d@example.com"'],
    ("example.com", "MX"): ["10 mail.example.com."],
    ("bounce.example.com", "MX"): ["10 mail.example.com."],
    ("mail.example.com", "A"): ["198.51.100.7"],
}


def sender(app: App, place: str, **dns: object) -> App:
    app.settings = Settings.model_validate(
        app.settings.model_dump()
        | {
            "folder": app.settings.folder,
            "dns": {"servers": [place], "timeout": "2s", **dns},
            "inbound": {"address": "b@bounce.example.com"},
        }
    )
    return app


async def test_the_whole_sender_is_looked_up_round_by_round_and_circles_end(app: App) -> None:
    async with NameServer(SENDER) as names:
        found = {one.check: one for one in await deliverability(sender(app, names.place, sends_from=["198.51.100.9"]))}
        assert len(names.asked) == len(set(names.asked))
    assert "round in a circle" in found["SPF bounce.example.com"].detail
    assert found["DMARC example.com"].ok
    assert found["alignment of the return path"].ok
    assert "has no name" in found["PTR 198.51.100.9"].detail
    assert found["MX bounce.example.com"].ok


async def test_no_dns_at_all_warns_of_nothing_and_calls_nothing_wrong(app: App) -> None:
    quiet = dict.fromkeys([*SENDER, ("example.com", "TXT"), ("_dmarc.example.com", "TXT")], SILENT)
    async with NameServer(quiet) as names:
        found = await deliverability(sender(app, names.place, timeout="0.2s"))
    assert {one.ok for one in found if one.check.startswith(("SPF", "DMARC", "MX"))} == {None}


async def test_check_tells_the_records_to_add_and_does_not_fail_for_dns(app: App, tmp_path: Path) -> None:
    import asyncio

    async with NameServer({("example.com", "MX"): ["10 mail.example.com."]}) as names:
        file = tmp_path / "config.toml"
        repository = Path(__file__).parent.parent.parent
        file.write_text(
            f'[database]\nurl = "sqlite:///composer.db"\n[dns]\nservers = ["{names.place}"]\n'
            f'[library]\nmodules = "{repository}/modules"\ntemplates = "{repository}/templates"\n'
        )
        run = ["--config", str(file), "check", "--dns"]
        told = await asyncio.to_thread(CliRunner().invoke, build(), [*run, "--json"])
        read = await asyncio.to_thread(CliRunner().invoke, build(), run)
    assert told.exit_code == read.exit_code == 0, told.output
    dmarc = next(row for row in json.loads(told.stdout)["dns"] if row["check"] == "DMARC example.com")
    assert dmarc["ok"] is False
    assert dmarc["record"] == '_dmarc.example.com. IN TXT "v=DMARC1; p=none; rua=mailto:dmarc@example.com"'
    assert f"to put into DNS: {dmarc['record']}" in read.stdout
