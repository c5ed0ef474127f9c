"""The screen pop: everything about a caller, read when the agent's phone starts to ring (docs/contracts.md section 7).

Called by `hub.py` (pushed) and `desk.py` (asked for). One short transaction of indexed reads; it never waits for
Asterisk. A caller whom the IVR could not look up (I-01, no data in time) is looked up here again by number.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from agent_desktop import words
from agent_desktop.drafts import draft_of
from agent_desktop.greeting import address_as, asks, greeting, late
from agent_desktop.path import Told, path_of
from agent_desktop.schemas.desk import (
    AccountView,
    BillView,
    CallView,
    CustomerView,
    EndReason,
    Flag,
    OutageShape,
    Pop,
    RecentContact,
)
from agent_desktop.ticket_rows import limits_today, rows_of
from services.billing.model import Bill
from services.calls.model import Call, CallEvent, CallPhase
from services.customers.lookup import AccountProfile, accounts_of, find_caller, find_customer
from services.customers.lookup import CustomerView as CustomerProfile
from services.customers.masking import mask_phone
from services.customers.model import CustomerPhone
from services.outages.lookup import OutageView, at_transformers
from services.outages.model import OutageStatus
from services.queues.model import Queue
from services.settings import Settings
from services.tickets.lookup import open_for
from services.tickets.model import Milestone, Ticket, TicketLimit, TicketType

RECENT_CONTACTS = 8
BILLS_SHOWN = 6
REPEATED_CONTACTS = 3  # calls in a month from which the agent is told (R5-15)

FLAGS = {
    "life_support": ("生命支持设备", "danger"),
    "important_special": ("重要客户 特级", "warning"),
    "important_first": ("重要客户 一级", "warning"),
    "important_second": ("重要客户 二级", "warning"),
    "sensitive": ("敏感客户", "warning"),
    "nuisance": ("骚扰记录", "danger"),
}


async def pop_of(session: AsyncSession, settings: Settings, call_id: str, staff_no: str) -> Pop | None:
    """The pop as agent `staff_no` sees it; None when the database knows no such call (yet)."""
    found = await session.execute(
        select(Call, Ticket).outerjoin(Ticket, Ticket.id == Call.ticket_id).where(Call.call_id == call_id)
    )
    row = found.one_or_none()
    if row is None:
        return None
    call, own = row
    now = datetime.now(UTC)
    queues = {str(queue.code): queue for queue in await session.scalars(select(Queue))}
    facts = await facts_of(session, call_id)
    customer, accounts = await _who(session, call)
    outage = await _outage(session, call, accounts, now)
    tickets = await open_for(
        session, customer_id=customer.id if customer else None, account_no=call.account_no,
        number=call.caller_number or None,
    )
    others = [ticket for ticket in tickets if own is None or ticket.ticket_no != own.ticket_no]
    limits = await limits_today(session, settings, now)
    recent, this_month = await _contacts(session, settings, call, customer, now)
    selected = _selected(call, accounts)
    queue = queues.get(call.queue or "")
    notes = [
        note for note, applies in (
            ("life_support", customer is not None and customer.life_support),
            ("outage", outage is not None and outage.status is OutageStatus.IN_FORCE),
            ("repeated", this_month >= REPEATED_CONTACTS),
        ) if applies
    ]
    return Pop(
        call=call_view(call, queue.name if queue else "", settings),
        customer=await _customer(session, customer, call, this_month) if customer else None,
        accounts=await _accounts(session, accounts, selected, limits, now),
        outage=outage_shape(outage) if outage else None,
        tickets=await rows_of(session, settings, [ticket.ticket_no for ticket in others], limits),
        recent=recent,
        path=path_of(facts, {code: queue.name for code, queue in queues.items()}),
        ticket=await draft_of(session, own, limits, settings) if own else None,
        greeting=greeting(
            settings,
            template=queue.greeting if queue else "",
            staff_no=staff_no,
            address=selected.address if selected else "",
            surname=address_as(customer.name if customer else None, customer.kind if customer else ""),
            apologise=late(call.queued_at, call.connected_at, now, settings),
            ask=asks(
                own.type if own else call.ticket_type, own.sub_type if own else call.ticket_sub_type, notes
            ),
        ),
    )


async def facts_of(session: AsyncSession, call_id: str) -> list[Told]:
    rows = await session.execute(
        select(CallEvent.at, CallEvent.kind, CallEvent.data)
        .where(CallEvent.call_id == call_id)
        .order_by(CallEvent.at, CallEvent.seq)
    )
    return [Told(at, kind, data) for at, kind, data in rows]


def call_view(call: Call, queue_name: str, settings: Settings) -> CallView:
    return CallView(
        call_id=call.call_id, direction=call.direction, phase=call.phase, caller=mask_phone(call.caller_number),
        queue=call.queue, queue_name=queue_name, intent=call.intent, intent_label=call.intent_label or "",
        priority=call.queue_priority,
        verified_level=call.verified_level, started_at=call.started_at, queued_at=call.queued_at,
        connected_at=call.connected_at, agent_left_at=call.agent_left_at, ended_at=call.ended_at,
        end_reasons=end_reasons(call, settings),
    )


def end_reasons(call: Call, settings: Settings) -> list[EndReason]:
    """I-12: the customer hangs up first, except a nuisance call and one that stays silent (R3-45, R3-47)."""
    if call.phase not in (CallPhase.TALKING, CallPhase.HOLD) or call.connected_at is None:
        return []
    silent_from = call.connected_at + timedelta(seconds=settings.silent_call_min_s)
    return [
        EndReason(code="nuisance", label=words.END_REASONS["nuisance"], allowed_from=call.connected_at),
        EndReason(code="silent", label=words.END_REASONS["silent"], allowed_from=silent_from),
    ]


def outage_shape(outage: OutageView) -> OutageShape:
    return OutageShape(
        outage_id=outage.id, kind=outage.kind, kind_label=words.OUTAGE_KINDS[outage.kind], status=outage.status,
        area=outage.area, cause=outage.cause, start_at=outage.start_at, expected_end_at=outage.expected_end_at,
        crew_status=words.CREW_STATUSES.get(outage.crew_status, outage.crew_status),
        affected_households=outage.affected_households, reports=outage.reports,
    )


async def _who(session: AsyncSession, call: Call) -> tuple[CustomerProfile | None, Sequence[AccountProfile]]:
    if call.customer_id is not None:
        customer = await find_customer(session, call.customer_id)
        return customer, await accounts_of(session, [call.customer_id])
    caller = await find_caller(session, call.caller_number) if call.caller_number else None
    return (caller.customer, caller.accounts) if caller else (None, ())


def _selected(call: Call, accounts: Sequence[AccountProfile]) -> AccountProfile | None:
    """The account that the call is about: the one that was keyed, else the only one."""
    if call.account_no:
        return next((account for account in accounts if account.account_no == call.account_no), None)
    return accounts[0] if len(accounts) == 1 else None


async def _outage(
    session: AsyncSession, call: Call, accounts: Sequence[AccountProfile], now: datetime
) -> OutageView | None:
    selected = _selected(call, accounts)
    transformers = {selected.transformer_id} if selected else {account.transformer_id for account in accounts}
    outages = await at_transformers(session, transformers, now)
    return outages[0] if outages else None


async def _customer(session: AsyncSession, customer: CustomerProfile, call: Call, this_month: int) -> CustomerView:
    number = call.caller_number or await session.scalar(
        select(CustomerPhone.number)
        .where(CustomerPhone.customer_id == customer.id)
        .order_by(CustomerPhone.primary.desc())
        .limit(1)
    )
    return CustomerView(
        customer_id=customer.id, name=customer.name, masked_phone=mask_phone(number or ""), kind=customer.kind,
        flags=flags_of(customer.flags), contacts_this_month=this_month, remark=customer.remark,
    )


def flags_of(codes: Sequence[str]) -> list[Flag]:
    """The most dangerous first."""
    known = [(code, *FLAGS[code]) for code in codes if code in FLAGS]
    flags = [Flag.model_validate({"code": code, "label": label, "tone": tone}) for code, label, tone in known]
    return sorted(flags, key=lambda flag: flag.tone != "danger")


async def _accounts(
    session: AsyncSession, accounts: Sequence[AccountProfile], selected: AccountProfile | None,
    limits: Sequence[TicketLimit], now: datetime,
) -> list[AccountView]:
    if not accounts:
        return []
    oldest = (now - timedelta(days=31 * (BILLS_SHOWN + 1))).date()
    shown = (
        select(Bill)
        .where(Bill.account_no.in_([account.account_no for account in accounts]), Bill.month > oldest)
        .order_by(Bill.month.desc())
    )
    bills: defaultdict[str, list[BillView]] = defaultdict(list)
    for bill in await session.scalars(shown):
        bills[bill.account_no].append(BillView.model_validate(bill))
    return [
        _account(account, bills[account.account_no][:BILLS_SHOWN], account is selected, limits) for account in accounts
    ]


def _account(
    account: AccountProfile, bills: list[BillView], selected: bool, limits: Sequence[TicketLimit]
) -> AccountView:
    meter = "在线" if account.meter_online else "离线"
    if not account.meter_powered:
        meter += " 失电上报"
    return AccountView(
        account_no=account.account_no, address=account.address, landmark=account.landmark,
        station=account.station_name, transformer=account.transformer_name, feeder=account.feeder_name,
        area_label=words.AREAS[account.area_class], arrival_limit_min=_arrival_limit_min(account, limits),
        tariff_label=words.TARIFFS.get(account.tariff_class, account.tariff_class), meter_no=account.meter_no,
        meter_label=meter, balance_fen=account.balance_fen, cut_off_for_arrears=account.cut_off_for_arrears,
        bills=bills, selected=selected,
    )


def _arrival_limit_min(account: AccountProfile, limits: Sequence[TicketLimit]) -> int | None:
    """T-04."""
    return next(
        (
            limit.minutes for limit in limits
            if limit.type is TicketType.FAULT and limit.milestone is Milestone.ARRIVE
            and limit.area_class is account.area_class
        ),
        None,
    )


async def _contacts(
    session: AsyncSession, settings: Settings, call: Call, customer: CustomerProfile | None, now: datetime
) -> tuple[list[RecentContact], int]:
    """Earlier contacts of this customer or number, newest first, and how many there were this month with this one."""
    same = []
    if customer is not None:
        same.append(Call.customer_id == customer.id)
    if call.caller_number:
        same.append(Call.caller_number == call.caller_number)
    if not same:
        return [], 1
    month = now.astimezone(settings.zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    this_month = func.count().filter(Call.started_at >= month).over()
    rows = (
        await session.execute(
            select(Call, Ticket, this_month)
            .outerjoin(Ticket, Ticket.id == Call.ticket_id)
            .where(
                or_(*same), Call.call_id != call.call_id,
                Call.started_at > now - timedelta(days=settings.reports_days),
            )
            .order_by(Call.started_at.desc())
            .limit(RECENT_CONTACTS)
        )
    ).all()
    return [_contact(contact, ticket) for contact, ticket, _ in rows], (rows[0][2] if rows else 0) + 1


def _contact(call: Call, ticket: Ticket | None) -> RecentContact:
    by_agent = call.connected_at is not None
    return RecentContact(
        at=call.started_at,
        channel="电话" if by_agent else "语音自助",
        matter=words.TICKET_TYPES[ticket.type] if ticket else "",
        result=words.TICKET_STATUSES[ticket.status] if ticket else words.OUTCOMES.get(call.outcome, ""),  # type: ignore[arg-type]
        satisfaction=words.SATISFACTION.get(call.satisfaction or 0, "—"),
    )
