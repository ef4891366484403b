"""A name server of the tests: answers from a table over UDP and TCP, and fails in the ways that real ones do."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

SILENT, FAILS, NOT_THERE, GARBAGE, CUT = "silent", "fails", "not there", "garbage", "cut"
"""What stands in place of records: no answer at all, SERVFAIL, NXDOMAIN, noise, and records that only TCP gives whole."""
Zone = Mapping[tuple[str, str], tuple[str, ...]]
"""(name, type) -> records as zone files write them; a first record `CUT` is no record, and the single words above none at all."""


class NameServer:
    """What was asked of it, how, and where it listens."""

    def __init__(self, zone: Zone) -> None:
        self.zone, self.asked, self.port = zone, list[tuple[str, str, str]](), 0

    def answer(self, wire: bytes, way: str) -> bytes | None:
        """The answer to one message that came by `way`: udp or tcp."""
        query = dns.message.from_wire(wire)
        question = query.question[0]
        name, kind = question.name.to_text(omit_final_dot=True).lower(), dns.rdatatype.to_text(question.rdtype)
        self.asked.append((name, kind, way))
        reply = dns.message.make_response(query, recursion_available=True)
        seen: set[str] = set()
        while (name, "CNAME") in self.zone and kind != "CNAME" and name not in seen:
            seen.add(name)
            target = self.zone[name, "CNAME"][0]
            reply.answer.append(dns.rrset.from_text(f"{name}.", 300, "IN", "CNAME", f"{target}."))
            name = target
        records = self.zone.get((name, kind))
        if records is None:
            if not any(known == name for known, _ in self.zone):
                reply.set_rcode(dns.rcode.NXDOMAIN)
            return reply.to_wire(max_size=65_535)
        if records[0] == SILENT:
            return None
        if records[0] == FAILS:
            reply.set_rcode(dns.rcode.SERVFAIL)
        elif records[0] == GARBAGE:
            return wire[:2] + b"\x81\x80" + b"\xff" * 20
        elif records[0] == CUT and way == "udp":
            reply.flags |= dns.flags.TC
        else:
            reply.answer.append(dns.rrset.from_text(f"{name}.", 300, "IN", kind, *[text for text in records if text != CUT]))
        return reply.to_wire(max_size=65_535)


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, server: NameServer) -> None:
        self.server = server

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport  # asyncio's own datagram transport is no DatagramTransport in 3.11

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        if reply := self.server.answer(data, "udp"):
            self.transport.sendto(reply, address)


@contextmanager
def name_server(zone: Zone) -> Iterator[NameServer]:
    """Serve `zone` on a port of loopback, in a thread of its own."""
    server, loop = NameServer(zone), asyncio.new_event_loop()
    datagrams, streams = _pair_of_sockets()
    server.port = datagrams.getsockname()[1]

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                wire = await reader.readexactly(int.from_bytes(await reader.readexactly(2)))
                if reply := server.answer(wire, "tcp"):
                    writer.write(len(reply).to_bytes(2) + reply)
        writer.close()

    async def serve() -> None:
        transport, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(server), sock=datagrams)
        listener = await asyncio.start_server(talk, sock=streams)
        ready.set()
        await stop.wait()
        listener.close()
        transport.close()
        await asyncio.sleep(0)

    ready, stop = threading.Event(), asyncio.Event()
    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    ready.wait()
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()


def _pair_of_sockets() -> tuple[socket.socket, socket.socket]:
    """A UDP and a TCP socket on the same port."""
    while True:
        streams = socket.create_server(("127.0.0.1", 0))
        datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with suppress(OSError):
            datagrams.bind(streams.getsockname())
            return datagrams, streams
        streams.close()
        datagrams.close()
