"""The one class through which every process speaks to Asterisk's manager interface (AMI).

`services/acd` reads events with it (user `acd`), everybody who acts on calls sends actions (user `actions`).
Source: https://docs.asterisk.org/Asterisk_22_Documentation/API_Documentation/AMI_Actions/ and telephony.md 4 and 8.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

import structlog
from panoramisk.message import Message

from services.asterisk.ami_link import AmiError, AmiLink, AmiNotConnectedError, PendingAction
from services.settings import Settings

__all__ = [
    "Ami", "AmiActionError", "AmiError", "AmiEvent", "AmiNotConnectedError", "AmiResponse", "AmiTimeoutError",
    "AmiValueError",
]

log = structlog.get_logger(__name__)

EVENTS_HELD: Final = 100_000  # a reader that is further behind loses the link and starts from a snapshot
BACKOFF_S: Final = (0.1, 5.0)  # first and longest pause between two attempts to connect


class AmiTimeoutError(AmiError):
    """Asterisk did not answer in time. Whether it acted is unknown: look before repeating."""

    status_code = 504
    error_id = "asterisk-timeout"
    message = "电话平台响应超时，请稍后再试。"


class AmiActionError(AmiError):
    """Asterisk answered `Response: Error`; `reason` is its own text, read only in `services/asterisk`."""

    status_code = 409
    error_id = "asterisk-refused"
    message = "电话平台拒绝了此操作。"

    def __init__(self, action: str, reason: str) -> None:
        super().__init__(f"{action}: {reason}")
        self.reason = reason


class AmiValueError(AmiError):
    """A header holds a line break or cannot be encoded: it would become a second action."""

    status_code = 422
    error_id = "asterisk-invalid-value"
    message = "输入中含有不允许的字符。"


@dataclass(frozen=True, slots=True)
class AmiEvent:
    """One event. A header that came several times holds its values joined by line feeds."""

    name: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class AmiResponse:
    """The answer to an action and, for a list, its events without the closing one."""

    headers: Mapping[str, str]
    events: tuple[AmiEvent, ...] = ()

    @property
    def message(self) -> str:
        return self.headers.get("Message", "")


class Ami:
    """A link that keeps itself up.

    Entering starts connecting and does not wait for it: `await ami.connected.wait()` does. After each login Asterisk
    tells `FullyBooted`, which is also the first event that `events()` yields after a gap: whoever reads events
    rebuilds its state from a snapshot there. Nothing is repeated after a reconnect.

    Args:
        read_events: True for the one reader of events; False keeps only the news that Asterisk is booted.
        action_timeout_s: how long one action may take.
        ping_interval_s: pause between pings; an unanswered ping (`action_timeout_s`) drops a half-open link.
    """

    def __init__(
        self, host: str, port: int, user: str, secret: str, *,
        read_events: bool = False, action_timeout_s: float = 5.0, ping_interval_s: float = 5.0,
    ) -> None:
        self.connected = asyncio.Event()
        self._address = (host, port)
        self._login = {"Username": user, "Secret": secret, "Events": "on" if read_events else "system"}
        self._read_events = read_events
        self._action_timeout_s = action_timeout_s
        self._ping_interval_s = ping_interval_s
        self._events: asyncio.Queue[AmiEvent] = asyncio.Queue(EVENTS_HELD)
        self._link: AmiLink | None = None
        self._task: asyncio.Task[None] | None = None

    @classmethod
    def for_events(cls, settings: Settings) -> Self:
        return cls(
            settings.asterisk_host, settings.ami_port, settings.ami_events_user, settings.ami_events_secret,
            read_events=True, action_timeout_s=settings.ami_action_timeout_s,
        )

    @classmethod
    def for_actions(cls, settings: Settings) -> Self:
        return cls(
            settings.asterisk_host, settings.ami_port, settings.ami_actions_user, settings.ami_actions_secret,
            action_timeout_s=settings.ami_action_timeout_s,
        )

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._keep_connected(), name=f"ami-{self._login['Username']}")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    @property
    def events_waiting(self) -> int:
        return self._events.qsize()

    async def events(self) -> AsyncIterator[AmiEvent]:
        """Every event, in order, for ever. For one reader."""
        while True:
            yield await self._events.get()

    async def action(
        self, name: str, *, timeout_s: float | None = None, **headers: str | int | list[str]
    ) -> AmiResponse:
        """Send one action and wait for its whole answer.

        Raises:
            AmiNotConnectedError: no link, or it broke meanwhile.
            AmiTimeoutError: no answer within `timeout_s` (default: the link's).
            AmiActionError: Asterisk refused.
            AmiValueError: a header holds CR, LF, NUL or what UTF-8 cannot carry.
        """
        link = self._link
        if link is None or not self.connected.is_set():
            raise AmiNotConnectedError(f"{name}: no link to Asterisk")
        return await self._ask(link, name, headers, timeout_s or self._action_timeout_s)

    async def _ask(
        self, link: AmiLink, name: str, headers: Mapping[str, str | int | list[str]], timeout_s: float
    ) -> AmiResponse:
        pending = PendingAction({"Action": name, **{key: _checked(key, value) for key, value in headers.items()}})
        try:
            messages = await asyncio.wait_for(link.send_pending(pending), timeout_s)
        except TimeoutError:
            raise AmiTimeoutError(f"{name}: no answer within {timeout_s} s") from None
        finally:
            link.forget(pending)
        first = _headers(messages[0])
        if first.get("Response") not in ("Success", "Follows", "Goodbye"):
            raise AmiActionError(name, first.get("Message", ""))
        return AmiResponse(first, tuple(AmiEvent(m.event, _headers(m)) for m in messages[1:-1]))

    async def _keep_connected(self) -> None:
        pause_s, told = BACKOFF_S[0], ""
        while True:
            lost, booted = asyncio.Event(), asyncio.Event()
            try:
                if await self._serve(lost, booted):
                    pause_s, told = BACKOFF_S[0], ""
            except (OSError, TimeoutError, AmiError) as error:
                if told != str(error):
                    told = str(error)
                    log.warning("ami_not_connected", error=told, user=self._login["Username"])
            finally:
                self._drop()
            await asyncio.sleep(pause_s * random.uniform(0.5, 1.0))
            pause_s = min(pause_s * 2, BACKOFF_S[1])

    async def _serve(self, lost: asyncio.Event, booted: asyncio.Event) -> bool:
        """Connect, log in, and ping until the link is lost. Return True if it had been up."""

        def dispatch(message: Message) -> None:
            if message.event == "FullyBooted":
                booted.set()
            self._take(message)

        loop = asyncio.get_running_loop()
        connecting = loop.create_connection(lambda: AmiLink(dispatch, lost.set), *self._address)
        _, link = await asyncio.wait_for(connecting, self._action_timeout_s)
        self._link = link
        await self._ask(link, "Login", self._login, self._action_timeout_s)
        async with asyncio.timeout(self._action_timeout_s * 12):  # Asterisk loads its modules meanwhile
            await _first_of(booted, lost)
        if lost.is_set():
            return False
        self.connected.set()
        log.info("ami_connected", user=self._login["Username"])
        while not lost.is_set():
            try:
                await asyncio.wait_for(lost.wait(), self._ping_interval_s)
            except TimeoutError:
                await self._ask(link, "Ping", {}, self._action_timeout_s)
        log.warning("ami_link_lost", user=self._login["Username"])
        return True

    def _take(self, message: Message) -> None:
        if not self._read_events:
            return
        try:
            self._events.put_nowait(AmiEvent(message.event, _headers(message)))
        except asyncio.QueueFull:
            log.error("ami_reader_too_slow")
            self._drop()

    def _drop(self) -> None:
        self.connected.clear()
        link, self._link = self._link, None
        if link is not None:
            link.abort()


async def _first_of(*events: asyncio.Event) -> None:
    tasks = [asyncio.create_task(event.wait(), name="ami-first-of") for event in events]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


def _checked(name: str, value: str | int | list[str]) -> str | list[str]:
    if isinstance(value, list):
        return [str(_checked(name, item)) for item in value]
    text = str(value)
    if any(c in text for c in "\r\n\0") or any(0xD800 <= ord(c) <= 0xDFFF for c in text):
        raise AmiValueError(f"header {name} holds a character that AMI cannot carry")
    return text


def _headers(message: Message) -> dict[str, str]:
    return {
        key: "\n".join(value) if isinstance(value, list) else str(value)
        for key, value in message.items()
        if key != "content"
    }
