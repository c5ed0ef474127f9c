"""What a desk asks of the ACD process, over the Redis channel `hotline:commands` (docs/contracts.md, section 6).

Sent by `service.py`, read by `services/acd`. A command is news for a process that runs: nothing is kept for later.
"""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import structlog
from redis.asyncio import Redis

log = structlog.get_logger(__name__)

CHANNEL: Final = "hotline:commands"


class CommandKind(StrEnum):
    WRAP_UP_EXTENDED = "wrap_up_extended"
    WRAP_UP_FINISHED = "wrap_up_finished"


@dataclass(frozen=True, slots=True)
class Command:
    kind: CommandKind
    staff_no: str


async def send(redis: Redis, command: Command) -> bool:
    """Return whether an ACD process heard it. Raises `redis.RedisError` or `OSError` while Redis is down."""
    envelope = {"op": command.kind, "data": {"staff_no": command.staff_no}}
    return int(await redis.publish(CHANNEL, json.dumps(envelope))) > 0


def parse(raw: bytes | str) -> Command | None:
    """Return the command, or None for what this version does not know."""
    try:
        envelope = json.loads(raw)
        return Command(CommandKind(envelope["op"]), str(envelope["data"]["staff_no"]))
    except (ValueError, KeyError, TypeError):
        return None


async def receive(redis: Redis) -> AsyncIterator[Command]:
    """Yield commands until Redis breaks. Raises `redis.RedisError` or `OSError` then."""
    async with redis.pubsub(ignore_subscribe_messages=True) as pubsub:
        await pubsub.subscribe(CHANNEL)
        async for message in pubsub.listen():
            command = parse(message["data"])
            if command is None:
                log.warning("command_not_understood")
                continue
            yield command
