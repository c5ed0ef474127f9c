"""SIP transactions over one UDP socket: what is lost is sent again, what comes twice is answered the same.

Owned by `SipPhone`. Source: RFC 3261 section 17 (timers A to K) and 13.3.1.4 (the 200 of an INVITE is repeated
until its ACK). Nothing here knows what a call is.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Self

import structlog

from services.phone.message import (
    Headers,
    MalformedMessageError,
    SipRequest,
    SipResponse,
    cseq_of,
    headers,
    parameter,
    parse,
)

T1_S: Final = 0.5
T2_S: Final = 4.0
GIVE_UP_S: Final = 64 * T1_S

Address = tuple[str, int]
log = structlog.get_logger(__name__)


class SipTimeoutError(TimeoutError):
    """The other side did not answer within the time of its transaction."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A request that waits for its answer."""

    request: SipRequest
    source: Address


class Transactions(asyncio.DatagramProtocol):
    """Requests out, requests in. `on_request` gets each new request once; repeats never reach it."""

    def __init__(self, on_request: Callable[[Incoming], None], on_ack: Callable[[SipRequest], None]) -> None:
        self._on_request = on_request
        self._on_ack = on_ack
        self._transport: asyncio.DatagramTransport | None = None
        self._closed = asyncio.Event()
        self._waiting: dict[tuple[str, str], asyncio.Queue[SipResponse]] = {}
        self._acks: dict[tuple[str, int], tuple[bytes, Address]] = {}
        self._answers: dict[tuple[str, str], bytes | None] = {}

    async def open(self, host: str, port: int) -> Self:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(host, port))
        return self

    async def close(self) -> None:
        if self._transport is not None:
            self._transport.close()
            await self._closed.wait()

    @property
    def address(self) -> Address:
        assert self._transport is not None, "open() first"
        host, port = self._transport.get_extra_info("sockname")[:2]
        return str(host), int(port)

    # ---- requests out

    async def request(
        self,
        request: SipRequest,
        destination: Address,
        *,
        on_provisional: Callable[[SipResponse], None] = lambda response: None,
        patience_s: float = GIVE_UP_S,
    ) -> SipResponse:
        """Send, repeat while nothing comes, return the final response. A refused INVITE is acknowledged here.

        After its first provisional response an INVITE may take `patience_s`.

        Raises:
            SipTimeoutError: no final response in time.
        """
        key = (request.branch, request.method)
        answers: asyncio.Queue[SipResponse] = asyncio.Queue()
        self._waiting[key] = answers
        loop = asyncio.get_running_loop()
        invite = request.method == "INVITE"
        deadline, interval, proceeding = loop.time() + GIVE_UP_S, T1_S, False
        try:
            self.send(request.encode(), destination)
            while True:
                left = deadline - loop.time()
                if left <= 0:
                    raise SipTimeoutError(f"no final response to {request.method}")
                try:
                    wait_s = left if proceeding and invite else min(interval, left)
                    response = await asyncio.wait_for(answers.get(), wait_s)
                except TimeoutError:
                    if not (proceeding and invite):
                        self.send(request.encode(), destination)
                        interval = interval * 2 if invite else min(interval * 2, T2_S)
                    continue
                if response.status >= 200:
                    if invite and response.status >= 300:
                        self.acknowledge(ack_for_refusal(request, response), destination)
                    return response
                if invite and not proceeding:
                    deadline = loop.time() + patience_s
                proceeding = True
                on_provisional(response)
        finally:
            self._waiting.pop(key, None)

    def acknowledge(self, ack: SipRequest, destination: Address) -> None:
        """Send an ACK now, and again whenever the response it answers is repeated."""
        call = (ack.headers.first("call-id"), cseq_of(ack)[0])
        self._acks[call] = (ack.encode(), destination)
        asyncio.get_running_loop().call_later(GIVE_UP_S, self._acks.pop, call, None)
        self.send(ack.encode(), destination)

    def send(self, datagram: bytes, destination: Address) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(datagram, destination)

    # ---- requests in

    def respond(self, incoming: Incoming, response: SipResponse) -> None:
        """Answer a request; a final answer is kept and sent again if the request is repeated."""
        self._answers[_server_key(incoming.request)] = response.encode()
        self.send(response.encode(), incoming.source)

    def connection_lost(self, exc: Exception | None) -> None:
        self._closed.set()

    def error_received(self, exc: Exception) -> None:
        """A closed port at the other side (ICMP). The transaction's own timer tells its caller."""

    def datagram_received(self, data: bytes, addr: Address) -> None:
        try:
            message = parse(data)
        except MalformedMessageError as error:
            log.debug("sip_datagram_ignored", reason=str(error), bytes=len(data))
            return
        if isinstance(message, SipResponse):
            self._response(message)
        elif message.method == "ACK":
            self._on_ack(message)
        else:
            self._new_request(message, (addr[0], addr[1]))

    def _response(self, response: SipResponse) -> None:
        number, method = cseq_of(response)
        waiting = self._waiting.get((response.branch, method))
        if waiting is not None:
            waiting.put_nowait(response)
        elif method == "INVITE" and response.status >= 200:
            again = self._acks.get((response.headers.first("call-id"), number))
            if again is not None:
                self.send(*again)

    def _new_request(self, request: SipRequest, source: Address) -> None:
        key = _server_key(request)
        if key in self._answers:
            known = self._answers[key]
            if known is not None:
                self.send(known, source)
            return
        self._answers[key] = None
        asyncio.get_running_loop().call_later(GIVE_UP_S * 4, self._answers.pop, key, None)
        self._on_request(Incoming(request, source))


def response_to(
    request: SipRequest, status: int, reason: str, *, tag: str = "", contact: str = "", body: bytes = b""
) -> SipResponse:
    """A response with the headers that RFC 3261 8.2.6 copies, our tag and contact, and an SDP body if given."""
    copied = [(name, value) for name, value in request.headers.fields if name in ("via", "from", "call-id", "cseq")]
    to = request.headers.first("to")
    if tag and not parameter(to, "tag"):
        to += f";tag={tag}"
    fields = [*copied, ("to", to)]
    if contact:
        fields.append(("contact", f"<{contact}>"))
    if body:
        fields.append(("content-type", "application/sdp"))
    return SipResponse(status=status, reason=reason, headers=headers(fields), body=body)


def ack_for_refusal(invite: SipRequest, response: SipResponse) -> SipRequest:
    """The ACK inside the INVITE's own transaction (RFC 3261 17.1.1.3)."""
    number, _ = cseq_of(invite)
    fields = Headers(
        (
            ("via", invite.headers.first("via")),
            ("from", invite.headers.first("from")),
            ("to", response.headers.first("to")),
            ("call-id", invite.headers.first("call-id")),
            ("cseq", f"{number} ACK"),
            ("max-forwards", "70"),
        )
    )
    return SipRequest(method="ACK", uri=invite.uri, headers=fields)


def _server_key(request: SipRequest) -> tuple[str, str]:
    return request.headers.first("via"), request.method
