"""One call of `SipPhone`, outgoing or incoming: ring, talk, press keys, play, hold, hang up.

Tests, the demo and `hotline call` hold it. The other side may end it at any moment: then `ended` is set, and
what is done afterwards raises `CallEndedError`.
"""

import asyncio
from enum import StrEnum

import structlog

from services.phone.dialog import Dialog
from services.phone.message import SipResponse, address_of, parameter, user_of
from services.phone.rtp import DIGITS, Heard, RtpStream
from services.phone.sdp import Direction, NoAudioError, describe, read
from services.phone.transactions import (
    GIVE_UP_S,
    T1_S,
    T2_S,
    Incoming,
    SipTimeoutError,
    Transactions,
    response_to,
)

log = structlog.get_logger(__name__)


class CallState(StrEnum):
    """CALLING ─► RINGING ─► UP ─► ENDED. An incoming call starts at RINGING; any state may go to ENDED."""

    CALLING = "calling"
    RINGING = "ringing"
    UP = "up"
    ENDED = "ended"


class CallEndedError(RuntimeError):
    """The call is over, or not yet what was asked of it."""


class CallRefusedError(RuntimeError):
    """The called side answered with a final response other than 2xx."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(f"{status} {reason}")
        self.status = status


class PhoneCall:
    """A call. `invite` is the request that began an incoming one."""

    def __init__(
        self, transactions: Transactions, dialog: Dialog, rtp: RtpStream, invite: Incoming | None = None
    ) -> None:
        self.dialog = dialog
        self.state = CallState.CALLING if invite is None else CallState.RINGING
        self.rang = asyncio.Event()
        self.answered = asyncio.Event()
        self.ended = asyncio.Event()
        self.ended_by_us = False
        self.on_hold = False  # the other side holds us
        self._transactions = transactions
        self._rtp = rtp
        self._invite = invite
        self._acknowledged = asyncio.Event()
        self._descriptions = 0

    # ---- what the person at the phone does

    @property
    def heard(self) -> Heard:
        return self._rtp.heard

    @property
    def keys_heard(self) -> str:
        """Keys that the other side pressed."""
        return self._rtp.keys_heard

    @property
    def called_number(self) -> str:
        return user_of(self._invite.request.uri if self._invite else self.dialog.target)

    @property
    def remote_number(self) -> str:
        return user_of(address_of(self.dialog.remote))

    async def press(self, digits: str) -> None:
        """Press keys one after the other; returns when the last is up. Keys pressed meanwhile follow them.

        Raises:
            CallEndedError: the call ended before all keys were sent.
            ValueError: a character is not on the keypad.
        """
        if not digits or any(digit not in DIGITS for digit in digits):
            raise ValueError(f"not on a keypad: {digits!r}")
        self._must_be_up()
        pressed = [self._rtp.press(digit) for digit in digits]
        await asyncio.wait(pressed)
        if any(key.cancelled() for key in pressed):
            raise CallEndedError("the call ended while keys were pressed")

    def say(self, pcm: bytes) -> None:
        """Begin to speak, after what is being spoken: 8 kHz, 16-bit, mono."""
        self._must_be_up()
        self._rtp.play(pcm)

    async def play(self, pcm: bytes) -> None:
        """Speak. Returns when it is spoken or the call has ended."""
        self.say(pcm)
        await self._rtp.played()

    def stop_playing(self) -> None:
        self._rtp.stop_playing()

    async def answer(self) -> None:
        """Accept an incoming call; returns when the caller has confirmed it.

        Raises:
            CallEndedError: it was cancelled, or never confirmed.
            NoAudioError: it offers no audio that we know; it is refused.
        """
        if self._invite is None or self.state is not CallState.RINGING:
            raise CallEndedError(f"nothing to answer: {self.state}")
        try:
            remote = read(self._invite.request.body)
        except NoAudioError:
            self.reject(488, "Not Acceptable Here")
            raise
        self._rtp.connect(remote)
        self._up()
        await self._repeat_until_acknowledged(self._response(self._invite, 200, "OK", self._describe(remote.answer)))

    def reject(self, status: int = 486, reason: str = "Busy Here") -> None:
        if self._invite is not None and self.state is CallState.RINGING:
            self._transactions.respond(self._invite, self._response(self._invite, status, reason))
            self.finish()

    async def hold(self) -> None:
        """Raises: CallRefusedError, CallEndedError, SipTimeoutError."""
        await self._renegotiate(Direction.SEND)

    async def resume(self) -> None:
        await self._renegotiate(Direction.BOTH)

    async def hang_up(self) -> None:
        """End the call. A lost BYE is repeated; a dead other side does not keep us."""
        self.reject()
        if self.state is not CallState.UP:
            return
        self.ended_by_us = True
        bye = self.dialog.request("BYE")
        self.finish()
        try:
            await self._transactions.request(bye, self.dialog.peer)
        except SipTimeoutError:
            log.warning("bye_unanswered")

    # ---- what the other side does; called by SipPhone

    def invitation(self) -> bytes:
        """Our session description for the first INVITE."""
        return self._describe(Direction.BOTH)

    def provisional(self, response: SipResponse) -> None:
        """It rings there, perhaps with early media."""
        if response.status == 100:
            return
        self.rang.set()
        self.state = CallState.RINGING
        if response.body:
            try:
                self._rtp.connect(read(response.body))
            except NoAudioError:
                log.warning("early_media_unreadable")

    def accepted(self, response: SipResponse) -> None:
        """The 2xx to our INVITE. Raises: NoAudioError."""
        self.dialog.established(response)
        self._transactions.acknowledge(self.dialog.acknowledge(response), self.dialog.peer)
        self._up()
        self._rtp.connect(read(response.body))

    def ring(self) -> None:
        """Tell the caller that it rings here."""
        assert self._invite is not None
        self._transactions.respond(self._invite, self._response(self._invite, 180, "Ringing"))

    def cancelled(self) -> None:
        """The caller gave up before we answered."""
        self.reject(487, "Request Terminated")

    def acknowledged(self) -> None:
        self._acknowledged.set()

    def take(self, incoming: Incoming) -> None:
        """A request within this call."""
        match incoming.request.method:
            case "BYE":
                self._transactions.respond(incoming, self._response(incoming, 200, "OK"))
                self.finish()
            case "INVITE" | "UPDATE":
                self._offered(incoming)
            case "INFO" | "NOTIFY" | "OPTIONS" | "MESSAGE":
                self._transactions.respond(incoming, self._response(incoming, 200, "OK"))
            case _:
                self._transactions.respond(incoming, self._response(incoming, 405, "Method Not Allowed"))

    def finish(self) -> None:
        self.state = CallState.ENDED
        self._rtp.close()
        self.ended.set()

    # ---- within

    def _up(self) -> None:
        self.state = CallState.UP
        self.answered.set()

    def _must_be_up(self) -> None:
        if self.state is not CallState.UP:
            raise CallEndedError(f"the call is {self.state}")

    def _response(self, incoming: Incoming, status: int, reason: str, body: bytes = b"") -> SipResponse:
        tag = parameter(self.dialog.local, "tag")
        return response_to(incoming.request, status, reason, tag=tag, contact=self.dialog.contact, body=body)

    def _describe(self, direction: Direction) -> bytes:
        self._descriptions += 1
        return describe(self.dialog.via[0], self._rtp.port, self._descriptions, direction)

    async def _repeat_until_acknowledged(self, answer: SipResponse) -> None:
        assert self._invite is not None
        waited_s, interval_s = 0.0, T1_S
        self._transactions.respond(self._invite, answer)
        while waited_s < GIVE_UP_S:
            try:
                await asyncio.wait_for(self._acknowledged.wait(), interval_s)
                return
            except TimeoutError:
                self._transactions.respond(self._invite, answer)
            waited_s, interval_s = waited_s + interval_s, min(interval_s * 2, T2_S)
        await self.hang_up()
        raise CallEndedError("the answer was never acknowledged")

    def _offered(self, incoming: Incoming) -> None:
        """The other side changes the session (hold, new address) or only asks for our description."""
        body = incoming.request.body
        answer = b""
        if body:
            try:
                remote = read(body)
            except NoAudioError:
                self._transactions.respond(incoming, self._response(incoming, 488, "Not Acceptable Here"))
                return
            self.on_hold = not remote.wants_audio
            self._rtp.connect(remote)
            answer = self._describe(remote.answer)
        elif incoming.request.method == "INVITE":
            answer = self._describe(Direction.BOTH)
        self._transactions.respond(incoming, self._response(incoming, 200, "OK", answer))

    async def _renegotiate(self, direction: Direction) -> None:
        self._must_be_up()
        invite = self.dialog.request("INVITE", self._describe(direction))
        response = await self._transactions.request(invite, self.dialog.peer)
        if response.status >= 300:
            raise CallRefusedError(response.status, response.reason)
        self._transactions.acknowledge(self.dialog.acknowledge(response), self.dialog.peer)
        self._rtp.connect(read(response.body))
