"""A DNS server of our own on loopback, over UDP and TCP: it answers from a table, and fails where it is told to."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from types import TracebackType

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

SILENT, BROKEN = "silent", "broken"
Zone = Mapping[tuple[str, str], Sequence[str] | str]
"""(name, type) -> values as a zone file spells them; SILENT: no answer at all; BROKEN: SERVFAIL."""


class NameServer:
    """`async with NameServer(zone) as server`: `server.place` is "127.0.0.1:PORT"; `server.asked` are the questions, TCP marked by +tcp."""

    def __init__(self, zone: Zone) -> None:
        self.zone = zone
        self.asked: list[tuple[str, str]] = []
        self.place = ""

    async def __aenter__(self) -> NameServer:
        loop = asyncio.get_running_loop()
        self._tcp = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = self._tcp.sockets[0].getsockname()[1]
        self._udp, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(self), local_addr=("127.0.0.1", port))
        self.place = f"127.0.0.1:{port}"
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._udp.close()
        self._tcp.close()
        await self._tcp.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        size = int.from_bytes(await reader.readexactly(2), "big")
        reply = self.reply(await reader.readexactly(size), over_tcp=True)
        if reply:
            writer.write(len(reply).to_bytes(2, "big") + reply)
            await writer.drain()
        writer.close()

    def reply(self, query: bytes, *, over_tcp: bool) -> bytes:
        asked = dns.message.from_wire(query)
        question = asked.question[0]
        name, kind = question.name.to_text(omit_final_dot=True).lower(), dns.rdatatype.to_text(question.rdtype)
        self.asked.append((name, f"{kind}+tcp" if over_tcp else kind))
        answer = dns.message.make_response(asked)
        found = self.zone.get((name, kind))
        if found == SILENT:
            return b""
        if found == BROKEN:
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif found is None and not any(known == name for known, _ in self.zone):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        elif alias := self.zone.get((name, "CNAME")):
            answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", "CNAME", *alias))
            target = dns.name.from_text(alias[0])
            values = self.zone.get((alias[0].rstrip("."), kind), ())
            if values:
                answer.answer.append(dns.rrset.from_text(target, 60, "IN", kind, *values))
        elif found:
            answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *found))
        wire = answer.to_wire()
        if not over_tcp and len(wire) > 512:
            answer.answer.clear()
            answer.flags |= dns.flags.TC
            wire = answer.to_wire()
        return wire


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, server: NameServer) -> None:
        self._server = server

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if reply := self._server.reply(data, over_tcp=False):
            self._transport.sendto(reply, addr)  # type: ignore[attr-defined]
