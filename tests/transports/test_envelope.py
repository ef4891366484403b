"""Envelopes and bodies: exactly one mailbox or a refusal, exactly the bytes or a refusal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.domain.message import Message
from composer.domain.outcome import Verdict
from composer.transports._envelope import Envelope, carried, looked_through, offers_of, stuffed
from tests.transports.faults import FaultServer
from tests.transports.sending import BODY, letter, send

PIECES = [b".", b"..", b"a", b"\r", b"\n", b"\r\n", b"\r\n.", b" ", b"\xc3\xa4", b"x" * 9]


@given(st.lists(st.sampled_from([b".", b"..", b"a", b"", b".a", b" ", b"\xc3\xa4"]), min_size=1, max_size=12))
def test_dots_are_doubled_on_the_way_and_nothing_else_is_touched(lines: list[bytes]) -> None:
    data = b"".join(line + b"\r\n" for line in lines)
    sent = stuffed(data, looked_through(data)[1]) + b".\r\n"
    assert sent.endswith(b"\r\n.\r\n")
    received = [line[1:] if line.startswith(b".") else line for line in sent.removesuffix(b".\r\n").split(b"\r\n")]
    assert b"\r\n".join(received) == data
    assert b"\r\n.\r\n" not in (b"\r\n" + sent)[:-3]


@given(st.lists(st.sampled_from(PIECES), max_size=30))
def test_a_bare_line_break_or_a_leading_dot_is_never_overlooked(pieces: list[bytes]) -> None:
    data = b"".join(pieces)
    plain = data.replace(b"\r\n", b"")
    fit = data.endswith(b"\r\n") and b"\r" not in plain and b"\n" not in plain
    assert looked_through(data)[0] == fit
    if fit:
        assert looked_through(data)[1] == any(line.startswith(b".") for line in data.split(b"\r\n"))


@pytest.mark.parametrize("ending", [b"\n.\r\n", b"\r.\r\n", b"\n.\n", b"\r\n.\n", b"\r.\r", b"\n\n.\r\n"])
async def test_no_text_can_end_a_letter_and_begin_another(ending: bytes) -> None:
    inside = b"Hello" + ending + b"MAIL FROM:<evil@example.net>\r\nRCPT TO:<victim@example.com>\r\nDATA\r\nboo\r\n"
    async with FaultServer() as server:
        outcome = await send(server, letter(data=BODY + inside))
    assert (outcome.verdict, server.taken, server.connections) == (Verdict.refused, [], 0)


@given(
    st.lists(st.sampled_from([b".", b"\r\n", b"a", b".\r\nQUIT\r\n", b"\r\n.\r\nMAIL FROM:<x@example.net>\r\n"]), min_size=1, max_size=20)
)
def test_a_body_of_whole_lines_has_one_end(pieces: list[bytes]) -> None:
    data = b"".join(pieces) + b"\r\n"
    sent = stuffed(data) + b".\r\n"
    assert (b"\r\n" + sent).find(b"\r\n.\r\n") == len(sent) - 3


REFUSED = [
    "nobody",
    "@example.com",
    "reader@",
    "a b@example.com",
    " a@example.com",
    "a@example.com ",
    "a@example.com NOTIFY=NEVER",
    "a@example.com> NOTIFY=NEVER",
    "a@example.com>\r\nRCPT TO:<b@example.com",
    "a@example.com\r\nDATA",
    "a@example.com\n",
    "a\x00@example.com",
    "a@exam\x7fple.com",
    "<a@example.com>",
    "a@b@example.com",
    '"a@example.com',
    'a"b@example.com',
    '"a"b"@example.com',
    '"a\r\nb"@example.com',
    "a..b@example.com",
    ".a@example.com",
    "a.@example.com",
    "a,b@example.com",
    "a;b@example.com",
    "a(comment)@example.com",
    "@one.example,@two.example:a@example.com",
    "a@-example.com",
    "a@example..com",
    "a@example.com.",
    "a@exa mple.com",
    "a@[192.0.2.1",
    "a@" + "x" * 64 + ".example",
    "x" * 65 + "@example.com",
    "ä" * 33 + "@example.com",
    "a@" + ".".join(["x" * 60] * 5),
    "a\u202eb@example.com",
    "a\u200bb@example.com",
    "a\u2028b@example.com",
    "a\ud800b@example.com",
    "a@ex\u202eample.com",
    "a@\u2603\ufe0f.example",
]


@pytest.mark.parametrize("address", REFUSED, ids=ascii)
async def test_what_is_not_exactly_one_mailbox_is_refused_before_anything_is_said(address: str) -> None:
    async with FaultServer() as server:
        outcomes = [await send(server, letter(address)), await send(server, Message("<a@x>", address, "aino@example.com", "", BODY))]
        assert [outcome.verdict for outcome in outcomes] == [Verdict.refused] * 2
        assert all("an envelope address that SMTP cannot carry" in outcome.text for outcome in outcomes)
        assert not any(part in outcome.text for part in ("example", "NOTIFY") for outcome in outcomes)
        assert server.connections == 0


EXACT = [
    "a@example.com",
    "A.b-C_d+tag=x@Example.COM",
    "-oQ/tmp@example.com",
    "--help@example.com",
    "o'neil@example.com",
    "!#$%&'*+/=?^_`{|}~@example.com",
    '"a b"@example.com',
    '"a@b.example> NOTIFY=NEVER"@example.com',
    '"quo\\"ted"@example.com',
    '"..."@example.com',
    "x" * 64 + "@example.com",
    "a@" + ".".join(["x" * 62] * 4)[:252],
    "a@xn--exmple-cua.example",
    "a@localhost",
]


@pytest.mark.parametrize("address", EXACT, ids=ascii)
async def test_an_odd_but_lawful_mailbox_gets_the_letter_exactly(address: str) -> None:
    async with FaultServer() as server:
        assert (await send(server, letter(address))).verdict is Verdict.accepted
        commands = [line.removeprefix("(clear) ") for line in server.said]
    assert commands[2:4] == [f"RCPT TO:<{address}>", "DATA"]
    assert [commands[0][:4], commands[1], commands[4]] == ["EHLO", "MAIL FROM:<letters@example.com>", "QUIT"]


@given(
    st.text(alphabet=st.sampled_from('ab.@"\\<>\r\n \t,;:()-=ä\u202e\x00'), max_size=20),
    st.sampled_from(["@example.com", "", "@pöytä.example"]),
)
def test_whatever_is_carried_cannot_leave_its_brackets(local: str, domain: str) -> None:
    try:
        address = carried(local + domain)
    except ValueError:
        return
    assert not set(address) & {"\r", "\n", "\x00", "\t", "\u202e"}
    unquoted = address if not address.startswith('"') else address.rpartition('"')[2]
    assert not set(unquoted) & set('<>" ,;:()')
    assert address.rpartition("@")[2].isascii()


async def test_an_international_domain_goes_as_a_labels_and_needs_nothing_of_the_server() -> None:
    async with FaultServer() as server:
        assert (await send(server, letter("aino@bücher.example"))).verdict is Verdict.accepted
        assert (await send(server, letter("aino@BÜCHER.example"))).verdict is Verdict.accepted
    assert [taken.recipient for taken in server.taken] == ["aino@xn--bcher-kva.example", "aino@xn--bcher-kva.example"]
    assert not any("SMTPUTF8" in line for line in server.said)


async def test_a_local_part_beyond_ascii_is_reported_and_not_tried_for_ever() -> None:
    async with FaultServer() as server:
        refused = await send(server, letter("åsa@bücher.example"))
    assert (refused.verdict, server.taken) == (Verdict.refused, [])
    assert "SMTPUTF8" in refused.text
    async with FaultServer(offers=("SMTPUTF8", "8BITMIME")) as server:
        assert (await send(server, letter("åsa@bücher.example"))).verdict is Verdict.accepted
    assert "(clear) MAIL FROM:<letters@example.com> SMTPUTF8" in server.said
    assert "(clear) RCPT TO:<åsa@xn--bcher-kva.example>" in server.said


async def test_bytes_beyond_ascii_need_a_server_that_takes_them() -> None:
    eight = BODY + "ä\r\n".encode()
    async with FaultServer() as server:
        refused = await send(server, letter(data=eight))
    assert (refused.verdict, server.taken) == (Verdict.refused, [])
    assert "8BITMIME" in refused.text
    async with FaultServer(offers=("8BITMIME",)) as server:
        assert (await send(server, letter(data=eight))).verdict is Verdict.accepted
    assert "(clear) MAIL FROM:<letters@example.com> BODY=8BITMIME" in server.said
    assert server.taken[0].data == eight


async def test_a_letter_over_the_announced_limit_is_refused_before_mail() -> None:
    async with FaultServer(offers=("SIZE 100",)) as server:
        outcome = await send(server)
    assert outcome.verdict is Verdict.refused
    assert f"{len(BODY)} bytes and the server takes 100" in outcome.text
    assert not any("MAIL" in line for line in server.said)


@pytest.mark.parametrize("offer", ["SIZE 5000", "SIZE 0", "SIZE", "SIZE much", "SIZE " + "9" * 5000, "SIZE ²"])
async def test_where_sizes_are_known_the_letter_says_its_own(offer: str) -> None:
    async with FaultServer(offers=(offer,)) as server:
        assert (await send(server)).verdict is Verdict.accepted
    assert f"(clear) MAIL FROM:<letters@example.com> SIZE={len(BODY)}" in server.said


def test_an_envelope_behind_a_body_stays_below_what_proves_the_dot_unsent() -> None:
    from composer.transports._dialogue import TAIL

    longest = "ä" * 32 + "@" + ".".join(["x" * 62] * 3)
    envelope = Envelope(Message("<a@x>", longest, longest, "", BODY + b"\xc3\xa4\r\n"))
    offers = offers_of({"size": "", "smtputf8": "", "8bitmime": ""})
    assert len(b"RSET\r\n" + envelope.mail(offers) + envelope.rcpt() + b"DATA\r\n") < TAIL
