"""The story of `make demo`: one real call from the first ring to a closed ticket, told step by step as it happens.

Runs against a started instance (`make up`). The caller is `services/phone`, the agent presses the buttons of the real
page in a headless Chromium. Each step is checked; the first that fails says what is missing and how to mend it.
"""

import asyncio
import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from playwright.async_api import Error as BrowserError
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from ops.desk_browser import ChromiumMissingError, Desk, browser
from services.agents.model import Agent, AgentSkill, Role
from services.calls.model import Call
from services.customers.lookup import CallerProfile, find_caller
from services.customers.model import CustomerPhone
from services.db import Database
from services.phone.call import CallEndedError, CallRefusedError, PhoneCall
from services.phone.ear import Ear, PromptNotHeardError
from services.phone.library import PromptLibrary
from services.phone.listening import write_wav
from services.phone.phone import SipPhone
from services.phone.tone import purity, tone
from services.phone.transactions import SipTimeoutError
from services.settings import Settings, get_settings
from services.tickets.model import Ticket, TicketEvent

AGENT_HZ, CALLER_HZ = 700, 400  # two voices that can be told apart
HEARD = 0.5  # share of the agent's voice in the sound when he is heard


class DemoError(Exception):
    """A step failed."""


@dataclass(slots=True)
class Story:
    """Prints each step with the seconds since the start."""

    began: float = field(default_factory=time.monotonic)

    def tell(self, text: str) -> None:
        print(f"{time.monotonic() - self.began:6.1f} s  {text}", flush=True)

    @contextmanager
    def step(self, text: str, mend: str) -> Iterator[None]:
        """Tell the step when it is done; turn its failure into one sentence that helps."""
        try:
            yield
        except (
            AssertionError, BrowserError, CallEndedError, CallRefusedError, ChromiumMissingError, LookupError, OSError,
            PromptNotHeardError, SipTimeoutError, SQLAlchemyError, TimeoutError,
        ) as error:  # fmt: skip
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise DemoError(f"{text}\n  what happened: {reason}\n  how to mend it: {mend}") from error
        self.tell(text)


async def main(settings: Settings) -> int:
    story = Story()
    print("演示：一通电话，从拨打 95598 到工单办结 / one call, from dialling to a closed ticket", flush=True)
    database = Database(settings, pool_size=2)
    try:
        person, staff_no, ticket_no = await _play(settings, story, database)
    except DemoError as error:
        print(f"\nFAILED 失败：{error}\n  more: ./hotline status, make logs", file=sys.stderr)
        return 1
    finally:
        await database.close()
    _next_steps(settings, person, staff_no, ticket_no)
    return 0


async def _play(settings: Settings, story: Story, database: Database) -> tuple[CallerProfile, str, str]:
    with story.step("演示城市里找到一位来电客户和一位座席 / a caller and an agent of the demo city", "make up"):
        (person,) = await find_quiet_residents(database, 1)
        staff_no = await find_agent(database)
    library = PromptLibrary.load([settings.runtime_sounds_dir])
    voice = settings.instance_dir / "agent-voice.wav"
    write_wav(voice, tone(AGENT_HZ, 2.0))
    async with contextlib.AsyncExitStack() as stack:
        with story.step(f"座席 {staff_no} 的浏览器已登录，话机已注册 / agent's phone registered", "make up; make logs"):
            chromium = await stack.enter_async_context(browser(voice))
            desk = await Desk.open(chromium, settings, staff_no)
            await desk.phone_registered()
        stack.push_async_callback(_log_out, desk)
        with story.step("座席按下“就绪” / the agent is ready", "./hotline status: acd and asterisk must be up"):
            await desk.ready()
        phone = await stack.enter_async_context(SipPhone((settings.asterisk_host, settings.sip_port)))
        with story.step("客户拨打 95598，已接通 / the customer calls and is answered", "./hotline status: asterisk"):
            call = await phone.call("95598", person.number)
        stack.push_async_callback(call.hang_up)
        ear = await stack.enter_async_context(Ear(call, library.listener))
        await _through_the_menu(story, call, ear, library)
        await _at_the_desk(story, call, desk)
        ticket_no = await desk.ticket_no()
        await _after_the_call(story, call, desk, person)
    await _timeline(story, database, ticket_no)
    return person, staff_no, ticket_no


async def _through_the_menu(story: Story, call: PhoneCall, ear: Ear, library: PromptLibrary) -> None:
    mend = "the IVR does not speak or does not take keys: see var/*/log/ivr.log"
    for prompt, key in (("welcome", "2"), ("menu.billing", "0"), ("queue.enter", None)):
        with story.step(f"听到 / heard: {library.text(prompt)}", mend):
            await ear.hears(prompt)
        if key is not None:
            with story.step(f"按键 / pressed: {key}", mend):
                await call.press(key)


async def _at_the_desk(story: Story, call: PhoneCall, desk: Desk) -> None:
    mend = "see var/*/log/acd.log and desktop.log"
    with story.step("座席电脑振铃 / the desk rings", mend):
        await desk.rings()
    with story.step("来电弹屏 / screen pop:", mend):
        pop = await desk.pop()
    for name, text in (
        ("客户 customer", pop["caller"]),
        ("话术 greeting", pop["greeting"]),
        ("经过 path", pop["path"]),
    ):
        print(f"          {name}: {text}", flush=True)
    with story.step("座席接听，客户听到座席的声音 / answered, the caller hears the agent", "see asterisk's log: media"):
        await desk.answer()
        await _until(lambda: purity(_latest(call), AGENT_HZ) > HEARD, "the agent is not heard")
    call.say(tone(CALLER_HZ, 60))
    with story.step("保持，客户听到音乐 / on hold, the caller hears music", "see asterisk's log: musiconhold"):
        await desk.hold()
        await _until(lambda: purity(_latest(call), AGENT_HZ) < HEARD / 4 and any(_latest(call)), "no music")
    with story.step("取回，继续通话 / back from hold", mend):
        await desk.resume()
        await _until(lambda: purity(_latest(call), AGENT_HZ) > HEARD, "the agent is not heard again")


async def _after_the_call(story: Story, call: PhoneCall, desk: Desk, person: CallerProfile) -> None:
    mend = "see var/*/log/desktop.log"
    with story.step("座席填写答复，已自动保存 / the agent writes, saved by itself", mend):
        await desk.fill("accept_content", "客户咨询本月电费")
        await desk.fill("handle_opinion", "已告知客户余额与本月电费，客户表示清楚")
        await desk.saved()
    with story.step("客户挂机，座席进入话后处理 / the customer hangs up, wrap-up begins", mend):
        await call.hang_up()
        await desk.shows("wrap_up")
    with story.step("一次办结，工单关闭 / the ticket is closed at first contact", mend):
        await desk.close_ticket()
    with story.step("话后完成，座席就绪 / wrap-up finished, ready again", mend):
        await desk.finish_wrap_up()
        await desk.shows("ready")


async def _timeline(story: Story, database: Database, ticket_no: str) -> None:
    with story.step(f"工单 {ticket_no} 的时间线 / the ticket's timeline:", "./hotline status: postgres"):
        ticket, call, events = await _closed_ticket(database, ticket_no)
    for event in events:
        print(f"          {event.seq:2}  {event.at:%H:%M:%S} UTC  {event.actor:8} {event.kind}", flush=True)
    print(f"          {ticket.type} {ticket.sub_type} {ticket.status}; call {call.call_id} {call.outcome}", flush=True)


async def _closed_ticket(database: Database, ticket_no: str) -> tuple[Ticket, Call, list[TicketEvent]]:
    """Wait until the call is over and its one ticket closed."""
    for _ in range(100):
        async with database.transaction() as session:
            ticket = (await session.scalars(select(Ticket).where(Ticket.ticket_no == ticket_no))).one()
            call = await session.get(Call, ticket.origin_call_id)
            if call is not None and call.ended_at and call.ticket_id == ticket.id and ticket.closed_at:
                events = select(TicketEvent).where(TicketEvent.ticket_id == ticket.id).order_by(TicketEvent.seq)
                return ticket, call, list(await session.scalars(events))
        await asyncio.sleep(0.1)
    raise LookupError(f"ticket {ticket_no} is {ticket.status}, its call {'over' if call and call.ended_at else 'open'}")


async def find_quiet_residents(database: Database, count: int) -> list[CallerProfile]:
    """People with one account, in credit, without an outage or an open ticket."""
    found: list[CallerProfile] = []
    async with database.transaction() as session:
        mobile = CustomerPhone.number.regexp_match("^1[0-9]{10}$")
        numbers = await session.scalars(select(CustomerPhone.number).where(mobile).order_by(CustomerPhone.number))
        for number in numbers.all():
            person = await find_caller(session, number)
            quiet = person and len(person.accounts) == 1 and not person.outages and not person.tickets
            if person and quiet and not person.customer.flags and person.accounts[0].balance_fen > 0:
                found.append(person)
            if len(found) == count:
                return found
    raise LookupError(f"the demo city has {len(found)} quiet residents, {count} are needed")


async def find_agent(database: Database) -> str:
    """The first agent who serves billing calls."""
    async with database.transaction() as session:
        query = select(Agent.staff_no).join(AgentSkill).where(Agent.role == Role.AGENT, AgentSkill.queue == "billing")
        staff_no = await session.scalar(query.order_by(AgentSkill.penalty, Agent.staff_no).limit(1))
    if staff_no is None:
        raise LookupError("no agent of the demo city serves billing calls")
    return staff_no


async def _log_out(desk: Desk) -> None:
    """Also after a failed step: nobody is left in a queue."""
    with contextlib.suppress(BrowserError, AssertionError):
        await desk.log_out()


def _latest(call: PhoneCall) -> bytes:
    return bytes(call.heard.pcm[-8000:])  # half a second


async def _until(condition: Callable[[], bool], missing: str, timeout_s: float = 8) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise LookupError(missing)
        await asyncio.sleep(0.05)


def _next_steps(settings: Settings, person: CallerProfile, staff_no: str, ticket_no: str) -> None:
    address = f"http://{settings.host}:{settings.desktop_port}"
    print(f"""
系统在运行 / everything keeps running
  座席与班长页面  {address}   密码 / password {settings.demo_password}
  座席 agents     {staff_no}, 3002 …   班长 supervisor 2001   管理员 admin 1001
  接口 API        {address}/openapi.json   健康 health {address}/healthz
  电话 SIP        {settings.host}:{settings.sip_port} (UDP, A-law)，任意号码呼入 / call in with any number
接下来试试 / try next
  ./hotline status                                  各进程与 Asterisk / processes and Asterisk
  ./hotline call --digits 2,1 --number {person.number}     自助查余额 / balance by keys
  ./hotline ticket {ticket_no}                 工单时间线 / the ticket's timeline
  make logs · make test · make bench · make down""")


if __name__ == "__main__":
    sys.exit(asyncio.run(main(get_settings())))
