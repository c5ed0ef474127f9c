"""`hotline status`: asks each process itself, then Asterisk about its phones, queues and channels.

Sources: AMI PJSIPShowEndpoints, PJSIPShowContacts, QueueStatus, CoreShowChannels; `/healthz` of the desktop.
"""

import asyncio
from collections.abc import Awaitable, Callable

import httpx
import redis.asyncio as redis
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from services.acd.lock import LEASE
from services.asterisk import channels, queue
from services.asterisk.ami import Ami
from services.asterisk.ami_link import AmiError
from services.cli.database import opened
from services.settings import Settings

Print = Callable[[str], None]
_WAIT_S = 3.0
_MISSING = "does not answer"


async def run(settings: Settings, tell: Print) -> int:
    """Return 0 when every process answers."""
    checks: dict[str, Awaitable[str]] = {
        "postgres": _postgres(settings),
        "redis": _redis(settings),
        "asterisk": _listens(settings.asterisk_host, settings.ami_port),
        "ivr": _listens(settings.ivr_host, settings.agi_port),
        "acd": _acd(settings),
        "worker": _worker(settings),
        "desktop": _desktop(settings),
    }
    answers = await asyncio.gather(*(_answer(check) for check in checks.values()))
    tell(f"instance {settings.instance}")
    for name, (ok, answer) in zip(checks, answers, strict=True):
        tell(f"  {name:9} {'up' if ok else 'DOWN':5} {answer}")
    all_up = all(ok for ok, _ in answers)
    try:
        async with Ami.for_actions(settings) as ami:
            await asyncio.wait_for(ami.connected.wait(), _WAIT_S)
            await _phones(ami, tell)
            await _queues(ami, tell)
            await _channels(ami, tell)
    except (AmiError, TimeoutError):
        tell("asterisk: no answer over AMI")
        all_up = False
    if not all_up:
        tell("something is down: make logs, or python -m ops.stack start")
    return 0 if all_up else 1


async def _answer(check: Awaitable[str]) -> tuple[bool, str]:
    try:
        return True, await asyncio.wait_for(check, _WAIT_S)
    except (OSError, TimeoutError, SQLAlchemyError, RedisError, httpx.HTTPError, LookupError) as error:
        return False, str(error) if isinstance(error, LookupError) else f"{_MISSING} ({type(error).__name__})"


async def _postgres(settings: Settings) -> str:
    async with opened(settings) as database, database.transaction() as session:
        waiting = await session.scalar(text("SELECT count(*) FROM calls WHERE ended_at IS NULL"))
        revision = await session.scalar(text("SELECT version_num FROM alembic_version"))
    return f"port {settings.postgres_port}, schema {revision}, {waiting} calls open"


async def _redis(settings: Settings) -> str:
    async with redis.Redis(host=settings.host, port=settings.redis_port) as client:
        desks = [key async for key in client.scan_iter("hotline:desk:*")]
    return f"port {settings.redis_port}, {len(desks)} desks connected"


async def _listens(host: str, port: int) -> str:
    _, writer = await asyncio.open_connection(host, port)
    writer.close()
    await writer.wait_closed()
    return f"port {port}"


async def _acd(settings: Settings) -> str:
    """The one ACD that serves renews a lease in Redis; standbys do not."""
    async with redis.Redis(host=settings.host, port=settings.redis_port) as client:
        left_ms = await client.pttl(LEASE)
    if left_ms <= 0:
        raise LookupError("nobody holds the lease: no ACD process reads Asterisk's events")
    return f"holds the lease ({left_ms} ms left)"


async def _worker(settings: Settings) -> str:
    async with opened(settings) as database, database.transaction() as session:
        alive = "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - interval '30 seconds'"
        workers = await session.scalar(text(alive))
        jobs = await session.scalar(text("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'"))
    if not workers:
        raise LookupError("no heartbeat")
    return f"{workers} alive, {jobs} jobs waiting"


async def _desktop(settings: Settings) -> str:
    address = f"http://{settings.host}:{settings.desktop_port}"
    async with httpx.AsyncClient(timeout=_WAIT_S, trust_env=False) as client:
        answer = await client.get(f"{address}/healthz")
    if answer.status_code != httpx.codes.OK:
        raise LookupError(f"{address}/healthz says {answer.status_code}: {answer.text[:200]}")
    return address


async def _phones(ami: Ami, tell: Print) -> None:
    response = await ami.action("PJSIPShowEndpoints")
    tell("phones")
    for event in response.events:
        if event.name == "EndpointList":
            name, state = event.headers.get("ObjectName", ""), event.headers.get("DeviceState", "")
            contacts = event.headers.get("Contacts", "").strip(", ")
            tell(f"  {name:10} {state:14} {contacts or 'not registered'}")


async def _queues(ami: Ami, tell: Print) -> None:
    snapshot = await queue.snapshot(ami)
    tell("queues")
    for name in sorted({member.queue for member in snapshot.members} | {entry.queue for entry in snapshot.entries}):
        tell(f"  {name}")
        for member in (member for member in snapshot.members if member.queue == name):
            pause = f"paused ({member.paused_reason})" if member.paused else "ready"
            call = ", in call" if member.in_call else ""
            tell(f"    {member.staff_no}  penalty {member.penalty}  {pause}  {member.status.name.lower()}{call}")
        for entry in (entry for entry in snapshot.entries if entry.queue == name):
            tell(f"    caller {entry.position}  waits {entry.wait_s} s  priority {entry.priority}  {entry.channel}")
    if not snapshot.members and not snapshot.entries:
        tell("  nobody is logged in, nobody waits")


async def _channels(ami: Ami, tell: Print) -> None:
    now = await channels.snapshot(ami)
    tell(f"channels {len(now)}")
    for channel in now:
        state = "up" if channel.up else "ringing"
        where = f"{channel.context},{channel.extension}"
        tell(f"  {channel.channel:28} {state:8} {channel.age_s:5} s  {where:24} {channel.application}")
