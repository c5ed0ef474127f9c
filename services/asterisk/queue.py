"""Members and callers of app_queue: the only reader of AMI's queue texts.

Called by `services/agents/service.py` (what an agent asks for) and `services/acd` (snapshot, wrap-up, missed calls).
Source: apps/app_queue.c of Asterisk 22 (manager_add_queue_member, manager_remove_queue_member, manager_queues_status).
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from services.asterisk.ami import Ami, AmiActionError, AmiEvent
from services.asterisk.ami_link import AmiError

INTERFACE_PREFIX: Final = "PJSIP/"

ALREADY_THERE: Final = "Already there"
NOT_THERE: Final = "Not there"
NO_SUCH_QUEUE: Final = "No such queue"
NO_SUCH_MEMBER: Final = "Interface not found"


class QueueNotFoundError(AmiError):
    status_code = 404
    error_id = "no-such-queue"
    message = "电话平台上没有这个队列，请联系管理员。"


class MemberNotFoundError(AmiError):
    """The agent is in no queue: not logged in, or logged out meanwhile."""

    status_code = 409
    error_id = "not-logged-in"
    message = "您尚未签入，请先签入。"


class DeviceState(IntEnum):
    """`Status` of a member, from include/asterisk/devicestate.h."""

    UNKNOWN = 0
    NOT_IN_USE = 1
    IN_USE = 2
    BUSY = 3
    INVALID = 4
    UNAVAILABLE = 5
    RINGING = 6
    RINGING_IN_USE = 7
    ON_HOLD = 8

    @property
    def reachable(self) -> bool:
        """Whether a phone is registered there."""
        return self not in (DeviceState.UNKNOWN, DeviceState.INVALID, DeviceState.UNAVAILABLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueMember:
    """An agent in one queue. `paused_reason` is empty unless paused."""

    queue: str
    staff_no: str
    penalty: int
    paused: bool
    paused_reason: str
    status: DeviceState
    in_call: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueEntry:
    """A caller who waits. `position` is 1-based; `wait_s` has whole seconds, as app_queue counts."""

    queue: str
    position: int
    channel: str
    channel_id: str
    wait_s: int
    priority: int


@dataclass(frozen=True, slots=True)
class QueueSnapshot:
    members: tuple[QueueMember, ...]
    entries: tuple[QueueEntry, ...]

    def members_of(self, staff_no: str) -> list[QueueMember]:
        return [member for member in self.members if member.staff_no == staff_no]


def interface(staff_no: str) -> str:
    return INTERFACE_PREFIX + staff_no


def staff_no_of(interface_or_channel: str) -> str | None:
    """Agent of `PJSIP/1001` or of the channel `PJSIP/1001-0000002a`; None for anything else."""
    if not interface_or_channel.startswith(INTERFACE_PREFIX):
        return None
    name, dash, _ = interface_or_channel.removeprefix(INTERFACE_PREFIX).rpartition("-")
    staff_no = name if dash else interface_or_channel.removeprefix(INTERFACE_PREFIX)
    return staff_no if staff_no.isdecimal() else None


def device_state(text: str) -> DeviceState:
    try:
        return DeviceState(int(text))
    except ValueError:
        return DeviceState.UNKNOWN


async def add_member(ami: Ami, staff_no: str, queue: str, penalty: int, *, reason: str) -> None:
    """Put an agent into a queue, paused with `reason`. One who is there keeps his pause and gets the penalty.

    Raises:
        QueueNotFoundError: the queue is not in queues.conf.
    """
    try:
        await ami.action(
            "QueueAdd", Queue=queue, Interface=interface(staff_no), MemberName=staff_no, Penalty=penalty,
            Paused="true", Reason=reason, StateInterface=interface(staff_no),
        )
    except AmiActionError as error:
        if error.reason.endswith(ALREADY_THERE):
            await ami.action("QueuePenalty", Queue=queue, Interface=interface(staff_no), Penalty=penalty)
            return
        raise _named(error) from None


async def remove_member(ami: Ami, staff_no: str, queue: str) -> None:
    """Take an agent out of a queue; one who is not there is no error."""
    try:
        await ami.action("QueueRemove", Queue=queue, Interface=interface(staff_no))
    except AmiActionError as error:
        if not error.reason.endswith(NOT_THERE):
            raise _named(error) from None


async def pause(ami: Ami, staff_no: str, paused: bool, reason: str = "") -> None:
    """Pause or unpause an agent in all his queues.

    Raises:
        MemberNotFoundError: he is in no queue.
    """
    try:
        await ami.action(
            "QueuePause", Interface=interface(staff_no), Paused="true" if paused else "false", Reason=reason
        )
    except AmiActionError as error:
        raise _named(error) from None


async def snapshot(ami: Ami, staff_no: str | None = None) -> QueueSnapshot:
    """All members and callers, or one agent's memberships."""
    response = await (ami.action("QueueStatus", Member=interface(staff_no)) if staff_no else ami.action("QueueStatus"))
    members = [_member(event) for event in response.events if event.name == "QueueMember"]
    entries = [_entry(event) for event in response.events if event.name == "QueueEntry"]
    return QueueSnapshot(tuple(m for m in members if m is not None), tuple(entries))


def _named(error: AmiActionError) -> AmiError:
    if error.reason.endswith(NO_SUCH_QUEUE):
        return QueueNotFoundError(str(error))
    if error.reason.startswith(NO_SUCH_MEMBER):
        return MemberNotFoundError(str(error))
    return error


def _member(event: AmiEvent) -> QueueMember | None:
    headers = event.headers
    staff_no = staff_no_of(headers.get("Location", ""))
    if staff_no is None:
        return None
    paused = headers.get("Paused") == "1"
    return QueueMember(
        queue=headers.get("Queue", ""),
        staff_no=staff_no,
        penalty=_number(headers.get("Penalty", "")),
        paused=paused,
        paused_reason=headers.get("PausedReason", "") if paused else "",
        status=device_state(headers.get("Status", "")),
        in_call=headers.get("InCall") == "1",
    )


def _entry(event: AmiEvent) -> QueueEntry:
    headers = event.headers
    return QueueEntry(
        queue=headers.get("Queue", ""),
        position=_number(headers.get("Position", "")),
        channel=headers.get("Channel", ""),
        channel_id=headers.get("Uniqueid", ""),
        wait_s=_number(headers.get("Wait", "")),
        priority=_number(headers.get("Priority", "")),
    )


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else 0
