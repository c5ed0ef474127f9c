"""Makes the state right again after a gap: on start, after each reconnect and after Asterisk's own restart.

Truth is what Asterisk shows now (CoreShowChannels, QueueStatus). What was known before, in memory or in the database,
tells what must have happened meanwhile; those facts carry the time of the resync, because nobody saw the real one.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.acd import legs, queueing, talking
from services.acd.membership import pause_is, phone_lost
from services.acd.state import Centre, LegRole, LiveAgent, LiveCall, role_of
from services.agents.model import PauseReason
from services.asterisk.channels import Channel
from services.asterisk.events import ChannelCreated
from services.asterisk.queue import DeviceState, QueueEntry, QueueMember, QueueSnapshot
from services.calls import facts
from services.calls.model import CallPhase


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownCall:
    """A call that the database holds as not ended."""

    call_id: str
    phase: CallPhase
    started_at: datetime
    queue: str | None = None
    queued_at: datetime | None = None
    connected_at: datetime | None = None
    staff_no: str | None = None
    callback_id: int | None = None


def resync(
    centre: Centre, channels: Iterable[Channel], queues: QueueSnapshot, known: Iterable[KnownCall],
    wrap_ups: Mapping[str, datetime], now: datetime,
) -> None:
    """Bring `centre` to what Asterisk shows: `channels` and `queues`.

    `known` are the database's open calls, empty while it does not answer; `wrap_ups` its ends of wrap-ups by staff_no.
    """
    conversations: defaultdict[str, list[Channel]] = defaultdict(list)
    for channel in channels:
        conversations[channel.call_id].append(channel)
    from_database = {call.call_id: call for call in known}
    _end_what_is_gone(centre, conversations, from_database, now)
    for call_id, group in conversations.items():
        call = centre.calls.get(call_id) or _begin(centre, call_id, group, from_database.get(call_id))
        if call:
            _match_legs(centre, call, group, now)
    entries = {entry.channel_id: entry for entry in queues.entries}
    for call in list(centre.calls.values()):
        _match_queue(centre, call, entries, now)
        _match_talks(centre, call, conversations[call.call_id], from_database.get(call.call_id), now)
    _match_agents(centre, queues.members, wrap_ups, now)


def _end_what_is_gone(
    centre: Centre, present: Mapping[str, list[Channel]], known: Mapping[str, KnownCall], now: datetime
) -> None:
    for call in [call for call in centre.calls.values() if call.call_id not in present]:
        legs.end(centre, call, now, resync=True)
    for call_id in known.keys() - present.keys():
        centre.tell(facts.call_ended(call_id, now, "acd", by="system", resync=True))


def _begin(centre: Centre, call_id: str, group: list[Channel], known: KnownCall | None) -> LiveCall | None:
    """Take up a conversation that is not in memory; None for one that is no call of ours."""
    if known:
        call = LiveCall(
            call_id=call_id, started_at=known.started_at, callback_id=known.callback_id, queue=known.queue,
            last_agent=known.staff_no if known.connected_at else None,
        )
        if known.phase in (CallPhase.QUEUED, CallPhase.RINGING):
            call.joined_at = known.queued_at
        elif known.phase in (CallPhase.TALKING, CallPhase.HOLD) and known.staff_no and known.connected_at:
            call.talks[known.staff_no] = known.connected_at
        centre.calls[call_id] = call
        return call
    first = next((channel for channel in group if channel.channel_id == call_id), None)
    if first is None:
        return None
    callback = first.channel.removeprefix("Local/").partition(f"@{legs.CALLBACKS}")
    if callback[1] or role_of(first.channel, first=True) is LegRole.CALLER:
        return legs.begin(centre, _created(first, callback[0] if callback[1] else ""))
    return None


def _match_legs(centre: Centre, call: LiveCall, group: list[Channel], now: datetime) -> None:
    here = {channel.channel_id for channel in group}
    for channel in group:
        leg = legs.add_leg(centre, call, _created(channel, ""))
        if channel.up:
            legs.answered(centre, call, leg, now)
    for leg in [leg for leg in call.legs.values() if leg.channel_id not in here]:
        legs.ended(centre, call, leg, now)


def _match_queue(centre: Centre, call: LiveCall, entries: Mapping[str, QueueEntry], now: datetime) -> None:
    entry = next((entries[channel_id] for channel_id in call.legs if channel_id in entries), None)
    if entry is None:
        if call.joined_at and not any(leg.staff_no and leg.up for leg in call.legs.values()):
            call.queue_left_at = call.queue_left_at or now
            queueing.settle_queue_exit(centre, call, now)
    elif call.joined_at is None or call.queue != entry.queue:
        for staff_no in list(call.talks):
            talking.left(centre, call, staff_no, now, by="transfer")
        call.queue, call.joined_at = entry.queue, now - timedelta(seconds=entry.wait_s)
        centre.tell(
            facts.queue_joined(
                call.call_id, call.joined_at, queue=entry.queue, position=entry.position, channel=entry.channel
            )
        )


def _match_talks(
    centre: Centre, call: LiveCall, group: list[Channel], known: KnownCall | None, now: datetime
) -> None:
    bridged = {channel.channel_id for channel in group if channel.bridge_id}
    agents = {leg.staff_no: leg for leg in call.legs.values() if leg.staff_no}
    for staff_no in [staff_no for staff_no in call.talks if staff_no not in agents]:
        talking.left(centre, call, staff_no, now, by="agent")
    for staff_no, leg in agents.items():
        if not leg.up:
            call.rings.setdefault(staff_no, now)
        elif not call.talks and leg.channel_id in bridged:
            centre.tell(
                facts.agent_connected(
                    call.call_id, now, staff_no=staff_no, queue=call.queue, wait_ms=queueing.waited_ms(call, now)
                )
            )
            call.talks[staff_no], call.last_agent = now, staff_no
            call.joined_at = call.queue_left_at = None
    if known and known.phase is CallPhase.HOLD and known.staff_no in agents:
        agents[known.staff_no].held = True


def _match_agents(
    centre: Centre, members: Iterable[QueueMember], wrap_ups: Mapping[str, datetime], now: datetime
) -> None:
    of_agent: defaultdict[str, list[QueueMember]] = defaultdict(list)
    for member in members:
        of_agent[member.staff_no].append(member)
    for staff_no in centre.agents.keys() | of_agent.keys():
        agent, mine = centre.agent(staff_no), of_agent[staff_no]
        agent.queues = {member.queue for member in mine}
        agent.phone = mine[0].status if mine else DeviceState.UNKNOWN
        agent.wrapping = None
        pause_is(agent, any(m.paused for m in mine), next((m.paused_reason for m in mine if m.paused), ""))
        if agent.pause_reason == PauseReason.ACW:
            _match_wrap_up(centre, agent, wrap_ups.get(staff_no), now)
        elif agent.pause_reason == PauseReason.PHONE_LOST:
            agent.restore_until = agent.restore_until or now + timedelta(seconds=centre.rules.phone_restore_s)
        elif mine and not agent.phone.reachable:
            phone_lost(centre, agent, now)


def _match_wrap_up(centre: Centre, agent: LiveAgent, until: datetime | None, now: datetime) -> None:
    agent.wrap_up_until = agent.wrap_up_until or until or now + centre.rules.wrap_up(None)
    agent.wrap_up_from = agent.wrap_up_from or agent.wrap_up_until - centre.rules.wrap_up(None)


def _created(channel: Channel, callback_id: str) -> ChannelCreated:
    return ChannelCreated(
        at=datetime.now().astimezone() - timedelta(seconds=channel.age_s), channel=channel.channel,
        channel_id=channel.channel_id, call_id=channel.call_id,
        context=legs.CALLBACKS if callback_id else legs.CALLERS,
        extension=callback_id,  # the number dialled at first is not shown any more
        caller_number=channel.caller_number,
    )
