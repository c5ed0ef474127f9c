"""One TCP connection to Asterisk's manager interface, from bytes to whole messages and answered actions.

Used by `ami.py` only. panoramisk brings the formatting, the parsing and the matching of answers by ActionID;
this subclass of its protocol replaces what fails in real use (telephony.md, section 8): text is decoded only when a
message is whole, nothing is kept for a later connection, and no message can break the connection.
"""

from asyncio import BaseTransport, Future, Transport
from collections.abc import Callable, Iterator
from typing import Any, Final, cast

import structlog
from panoramisk.actions import Action
from panoramisk.ami_protocol import AMIProtocol
from panoramisk.message import Message

from services.errors import UnavailableError

log = structlog.get_logger(__name__)

END_OF_MESSAGE: Final = b"\r\n\r\n"
MESSAGE_LIMIT_BYTES: Final = 1 << 20  # far above any real message; beyond it the peer does not speak AMI


class AmiError(UnavailableError):
    """Asterisk could not be asked, or refused."""

    error_id = "asterisk-unavailable"
    message = "电话平台暂时不可用，请稍后再试。"


class AmiNotConnectedError(AmiError):
    """There is no link, or it broke before the answer came; the action is not repeated by anybody."""

    error_id = "asterisk-not-connected"
    message = "与电话平台的连接已断开，请稍后再试。"


class AmiProtocolError(AmiError):
    """The peer does not speak AMI."""


class MessageFramer:
    """Cuts a byte stream into messages. A UTF-8 character may be split over two reads."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[str]:
        """Yield each message completed by `data`, without its closing blank line.

        Raises:
            AmiProtocolError: no end of message within `MESSAGE_LIMIT_BYTES`.
        """
        searched = max(0, len(self._buffer) - len(END_OF_MESSAGE) + 1)
        self._buffer += data
        begin = 0
        while (end := self._buffer.find(END_OF_MESSAGE, max(begin, searched))) >= 0:
            text = bytes(self._buffer[begin:end]).decode("utf-8", "replace").strip("\r\n")
            begin = end + len(END_OF_MESSAGE)
            if text:
                yield text
        del self._buffer[:begin]
        if len(self._buffer) > MESSAGE_LIMIT_BYTES:
            raise AmiProtocolError("no end of message")


class PendingAction(Action):  # type: ignore[misc]  # panoramisk has no types
    """An action whose future becomes the list of all its messages, or an error when the link breaks.

    Asterisk itself says which answers are lists (`EventList: start`), so nothing is guessed from the text.
    """

    future: Future[list[Message]]

    def add_message(self, message: Message) -> bool:
        """Return True when this was the last message."""
        self.responses.append(message)
        listing = str(self.responses[0].get("EventList", "")).lower() == "start"
        if listing and str(message.get("EventList", "")).lower() not in ("complete", "cancelled"):
            return False
        if not self.future.done():
            self.future.set_result(self.responses)
        return True

    def fail(self, error: AmiError) -> None:
        if not self.future.done():
            self.future.set_exception(error)
            self.future.exception()  # whoever waited may be gone; that is no news


class AmiLink(AMIProtocol):  # type: ignore[misc]  # panoramisk has no types
    """Bytes in, messages out. `dispatch` gets every event; `lost` is called exactly once."""

    encoding = "utf-8"

    def __init__(self, dispatch: Callable[[Message], None], lost: Callable[[], None]) -> None:
        self.dispatch = dispatch
        self._lost = lost
        self._framer = MessageFramer()
        self.closed: bool = False

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)
        self.factory = self  # panoramisk calls `factory.dispatch`

    def data_received(self, data: bytes) -> None:
        try:
            for text in self._framer.feed(data):
                self._receive(text)
        except AmiProtocolError:
            log.warning("ami_peer_speaks_no_ami")
            self.abort()

    def _receive(self, text: str) -> None:
        try:
            message = Message.from_line(text)
            if message is not None:
                self.handle_message(message)
        except (ValueError, TypeError, AttributeError, LookupError):
            # E.g. a header that must be single and came twice. One bad message must not cost the link.
            log.warning("ami_message_malformed")

    def send_pending(self, action: PendingAction) -> Future[list[Message]]:
        return cast("Future[list[Message]]", self.send(action))

    def forget(self, action: PendingAction) -> None:
        """Give an action up; a late answer is dropped."""
        self.responses.pop(action.id, None)

    def connection_lost(self, exc: Any) -> None:
        """Fail everything that waits. Also called by panoramisk with the event `Shutdown`."""
        if self.closed:
            return
        self.closed = True
        cast(Transport, self.transport).abort()
        waiting = list(self.responses.values())
        self.responses.clear()
        for action in waiting:
            action.fail(AmiNotConnectedError("the link broke before the answer"))
        self._lost()

    def abort(self) -> None:
        self.connection_lost(None)
