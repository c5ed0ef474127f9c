"""What an agent does with his desk: log in, be ready, pause, end the wrap-up, log out.

Called by `agent_desktop` routes. Asterisk acts first, then the answer goes back; the state that others see is written
by `services/acd` when Asterisk tells it (design, decision 9), so nothing here touches `agent_states`.
"""

import asyncio
from collections import defaultdict
from typing import Final

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from services.agents.commands import DeskCommand
from services.agents.model import AgentSkill, PauseReason
from services.asterisk import queue
from services.asterisk.ami import Ami
from services.asterisk.ari import Ari
from services.asterisk.queue import DeviceState, MemberNotFoundError, QueueMember
from services.bus import COMMANDS, Bus
from services.db import Database
from services.errors import ConflictError, InvalidInputError, UnavailableError

AGENTS_OWN_REASONS: Final = frozenset(
    {PauseReason.REST, PauseReason.MEAL, PauseReason.TRAINING, PauseReason.MEETING}
)
FINISH_LIMIT_S: Final = 2.0  # how long the end of a wrap-up may take to show in Asterisk


class NoSkillsError(ConflictError):
    error_id = "agent-without-skills"
    message = "该工号没有配置任何技能，请联系班长。"


class AgentInCallError(ConflictError):
    error_id = "agent-in-call"
    message = "通话中不能进行此操作，请先结束通话。"


class PhoneNotRegisteredError(ConflictError):
    error_id = "phone-not-registered"
    message = "软电话尚未注册成功，请检查网络和耳麦后再示闲。"


class NotInWrapUpError(ConflictError):
    error_id = "not-in-wrap-up"
    message = "当前不在话后处理状态。"


class PauseReasonError(InvalidInputError):
    error_id = "unknown-pause-reason"
    message = "请选择示忙原因：小休、用餐、培训或会议。"


class AcdUnavailableError(UnavailableError):
    error_id = "acd-unavailable"
    message = "话务状态服务暂时不可用，请稍后再试。"


class SkillsUnavailableError(UnavailableError):
    error_id = "database-unavailable"
    message = "暂时无法读取技能配置，请稍后再签入。"


class AgentService:
    """One per process. Actions of one agent run one after the other; agents do not wait for each other."""

    def __init__(self, ami: Ami, ari: Ari, database: Database, bus: Bus) -> None:
        self._ami = ami
        self._ari = ari
        self._database = database
        self._bus = bus
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def login(self, staff_no: str, phone_password: str) -> None:
        """Open the SIP account and enter the queues of the agent's skills, paused with reason `login`.

        Repeating it is harmless: a member keeps his pause and his call, and a phone its registration as long as the
        password, which belongs to the person's session, is the same.

        Raises:
            NoSkillsError: he has no skill.
            SkillsUnavailableError: the database does not answer.
            AriError, AmiError: Asterisk does not; the queues are left again.
        """
        skills = await self._skills(staff_no)
        if not skills:
            raise NoSkillsError(f"{staff_no} has no skills")
        async with self._locks[staff_no]:
            await self._ari.push_agent(staff_no, phone_password)
            here = {member.queue for member in (await queue.snapshot(self._ami, staff_no)).members}
            try:
                for name, penalty in skills.items():
                    await queue.add_member(self._ami, staff_no, name, penalty, reason=PauseReason.LOGIN)
            except BaseException:
                await asyncio.gather(
                    *(queue.remove_member(self._ami, staff_no, name) for name in skills if name not in here),
                    return_exceptions=True,
                )
                raise
            for name in here - skills.keys():  # a skill was taken away since the last login
                await queue.remove_member(self._ami, staff_no, name)

    async def open_phone(self, staff_no: str, phone_password: str) -> None:
        """Open the SIP account alone, for a person without skills: a supervisor who listens.

        Raises:
            AriError: Asterisk does not answer.
        """
        async with self._locks[staff_no]:
            await self._ari.push_agent(staff_no, phone_password)

    async def logout(self, staff_no: str) -> None:
        """Leave all queues and close the SIP account. Logging out twice is no error.

        Raises:
            AgentInCallError: a call rings or talks at this agent.
        """
        async with self._locks[staff_no]:
            members = (await queue.snapshot(self._ami, staff_no)).members
            if any(_in_call(member) for member in members):
                raise AgentInCallError(f"{staff_no} has a call")
            for member in members:
                await queue.remove_member(self._ami, staff_no, member.queue)
            await self._ari.remove_agent(staff_no)

    async def ready(self, staff_no: str) -> None:
        """Take calls from now on; ends a pause or a wrap-up.

        Raises:
            PhoneNotRegisteredError: no phone would ring.
            MemberNotFoundError: not logged in.
        """
        async with self._locks[staff_no]:
            members = await self._members(staff_no)
            if not all(member.status.reachable for member in members):
                raise PhoneNotRegisteredError(f"{staff_no} has no phone")
            await queue.pause(self._ami, staff_no, False)

    async def pause(self, staff_no: str, reason: str) -> None:
        """Take no further calls. During a call it holds from the end of the wrap-up.

        Raises:
            PauseReasonError: not one of the agent's own reasons.
            MemberNotFoundError: not logged in.
        """
        if reason not in AGENTS_OWN_REASONS:
            raise PauseReasonError(f"reason {reason!r}")
        async with self._locks[staff_no]:
            await queue.pause(self._ami, staff_no, True, reason)

    async def extend_wrap_up(self, staff_no: str) -> None:
        """Ask for `wrap_up_extension_s` more. The new end comes with the event `agent_changed`.

        Raises:
            NotInWrapUpError, AcdUnavailableError
        """
        async with self._locks[staff_no]:
            await self._check_wrap_up(staff_no)
            if not await self._bus.publish(DeskCommand.WRAP_UP_EXTENDED, {"staff_no": staff_no}, channel=COMMANDS):
                raise AcdUnavailableError("Redis does not answer")

    async def finish_wrap_up(self, staff_no: str) -> None:
        """End the wrap-up now: ready, or in the pause asked for during the call.

        Raises:
            NotInWrapUpError
        """
        async with self._locks[staff_no]:
            await self._check_wrap_up(staff_no)
            if await self._bus.publish(DeskCommand.WRAP_UP_FINISHED, {"staff_no": staff_no}, channel=COMMANDS):
                deadline = asyncio.get_running_loop().time() + FINISH_LIMIT_S
                while asyncio.get_running_loop().time() < deadline:
                    if not await self._in_wrap_up(staff_no):
                        return
                    await asyncio.sleep(0.02)
            # Neither Redis nor an ACD: the agent must not be stuck. Nobody remembers another pause either.
            await queue.pause(self._ami, staff_no, False)

    async def _skills(self, staff_no: str) -> dict[str, int]:
        try:
            async with self._database.transaction() as session:
                rows = await session.execute(
                    select(AgentSkill.queue, AgentSkill.penalty).where(AgentSkill.staff_no == staff_no)
                )
                return {str(name): penalty for name, penalty in rows}
        except (SQLAlchemyError, OSError) as error:
            raise SkillsUnavailableError(type(error).__name__) from error

    async def _members(self, staff_no: str) -> tuple[QueueMember, ...]:
        members = (await queue.snapshot(self._ami, staff_no)).members
        if not members:
            raise MemberNotFoundError(f"{staff_no} is in no queue")
        return members

    async def _in_wrap_up(self, staff_no: str) -> bool:
        return any(member.paused_reason == PauseReason.ACW for member in await self._members(staff_no))

    async def _check_wrap_up(self, staff_no: str) -> None:
        if not await self._in_wrap_up(staff_no):
            raise NotInWrapUpError(f"{staff_no} is not in wrap-up")


def _in_call(member: QueueMember) -> bool:
    return member.in_call or (member.status.reachable and member.status is not DeviceState.NOT_IN_USE)
