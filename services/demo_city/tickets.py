"""Tickets of the demo city: open ones of every type in different states with their timelines, and closed history."""

from datetime import datetime, timedelta
from random import Random
from typing import Any, Final, NamedTuple

from psycopg import Connection
from psycopg.types.json import Jsonb

from services.demo_city.people import (
    HOSPITAL,
    ORDINARY,
    REMOTE,
    SENSITIVE,
    TWO_ACCOUNTS,
    UNDER_FAULT_OUTAGE,
    WATER_WORKS,
    WITH_OPEN_FAULT,
    Person,
)
from services.settings import Settings
from services.tickets.numbers import ticket_no

HISTORY: Final = 400  # closed tickets of the last 60 days
HISTORY_DAYS: Final = 60
WITHIN_HISTORY: Final = (
    ("FAULT", "lv", "故障报修", "更换表前熔丝，已恢复供电。"),
    ("CONSULT", "tariff", "咨询阶梯电价", "已按知识库答复。"),
    ("QUERY", "balance", "查询余额和本月电费", "语音自助办结。"),
    ("FAULT", "quality", "电压不稳", "台区三相调整，电压合格。"),
    ("SERVICE_REQ", "meter_abnormal", "反映电表走得快", "现场校验合格，客户认可。"),
    ("PRAISE", "supply_service", "表扬抢修及时", "已转达。"),
    ("OPINION", "outage", "希望提前通知停电", "已列入短信订阅。"),
    ("QUERY", "outage", "查询停电信息", "语音自助办结。"),
)


class Open(NamedTuple):
    """An open ticket: who, what, how far, and how long ago it was accepted."""

    person: Person
    type: str
    sub_type: str
    status: str
    urgency: str
    minutes_ago: int
    content: str
    form: dict[str, Any]
    owner: str | None


# What happened before each state, with the minutes since acceptance.
STEPS: Final = (
    ("opened", "DRAFT", 0),
    ("submitted", "TO_DISPATCH", 1),
    ("dispatched", "DISPATCHED", 2),
    ("taken", "ACCEPTED", 4),
    ("assigned", "ASSIGNED", 6),
    ("arrived", "ON_SITE", 31),
    ("finished", "DONE", 70),
    ("approved", "TO_CALLBACK", 75),
)
OPEN: Final = (
    Open(
        WITH_OPEN_FAULT,
        "FAULT",
        "lv",
        "ON_SITE",
        "normal",
        48,
        "客户反映家中无电，邻居有电，空开合不上。",
        {"scope": "one", "indoor_breaker": "tripped", "meter_display": "lit"},
        "城东抢修二队",
    ),
    Open(
        UNDER_FAULT_OUTAGE,
        "FAULT",
        "lv",
        "ON_SITE",
        "normal",
        50,
        "客户反映整栋楼停电。",
        {"scope": "building"},
        "城东抢修一队",
    ),
    Open(
        REMOTE,
        "FAULT",
        "quality",
        "DISPATCHED",
        "normal",
        12,
        "客户反映电压低，灯暗，水泵启动不了。",
        {"scope": "area", "symptom": "电压低"},
        "白岭供电所",
    ),
    Open(
        HOSPITAL,
        "FAULT",
        "quality",
        "ASSIGNED",
        "urgent",
        9,
        "院区一路电源闪断，已切换备用电源。",
        {"scope": "one", "symptom": "电压闪变"},
        "城东抢修一队",
    ),
    Open(
        SENSITIVE,
        "COMPLAINT",
        "supply_quality",
        "ACCEPTED",
        "important",
        26 * 60,
        "一个月内停电三次，没有提前通知，要求说明原因。",
        {"emotion": "agitated", "secrecy": "none", "level": "general"},
        "城东供电所",
    ),
    Open(
        ORDINARY,
        "SERVICE_REQ",
        "meter_abnormal",
        "ACCEPTED",
        "normal",
        2 * 24 * 60,
        "客户认为电表走得快，申请校验。",
        {},
        "计量班",
    ),
    Open(
        TWO_ACCOUNTS,
        "CONSULT",
        "tariff",
        "DISPATCHED",
        "normal",
        5 * 60,
        "咨询两处房产能否合并计算阶梯电量。",
        {},
        "城东供电所",
    ),
    Open(
        WATER_WORKS,
        "SERVICE_REQ",
        "capacity_increase",
        "ACCEPTED",
        "normal",
        30 * 60,
        "申请增容200千伏安。",
        {"applicant_role": "agent"},
        "城东供电所",
    ),
    Open(ORDINARY, "SUGGEST", "service_channel", "TO_DISPATCH", "normal", 15, "建议停电短信写明恢复时间。", {}, None),
    Open(
        REMOTE,
        "REPORT",
        "theft",
        "DISPATCHED",
        "important",
        20 * 60,
        "举报邻村有人绕越电表用电。",
        {"anonymous": True, "secrecy": "secret"},
        "稽查班",
    ),
    Open(
        SENSITIVE, "OPINION", "outage", "DISPATCHED", "normal", 3 * 60, "希望检修安排避开晚饭时间。", {}, "城东供电所"
    ),
    Open(
        WITH_OPEN_FAULT,
        "PRAISE",
        "supply_service",
        "TO_DISPATCH",
        "normal",
        6 * 60,
        "表扬上次抢修师傅态度好。",
        {},
        None,
    ),
    Open(
        WITH_OPEN_FAULT,
        "FAULT",
        "lv",
        "TO_CALLBACK",
        "normal",
        24 * 60,
        "总开关跳闸，师傅已更换。",
        {"scope": "one"},
        "城东抢修二队",
    ),
)
INSERT: Final = """
    INSERT INTO tickets (
        ticket_no, type, sub_type, status, urgency, automatic, source_channel, order_class, calling_no, contact_name,
        contact_phone, contact_addr, customer_id, account_no, station_id, transformer_id, area_class, accept_staff,
        accept_content, handle_opinion, form, filled_by_machine, disposition, urge_count, current_owner, first_owner,
        accepted_at, dispatched_at, arrived_at, done_at, closed_at, satisfaction, outage_id, updated_at, version)
    SELECT %(ticket_no)s, %(type)s, %(sub_type)s, %(status)s, %(urgency)s, false, 'phone', '', phone.number,
        left(customer.name, 40), phone.number, premise.address, customer.id, account.account_no, premise.station_id,
        premise.transformer_id, premise.area_class, '3002', %(content)s, %(opinion)s, %(form)s, '[]', %(disposition)s,
        0, %(owner)s, %(first_owner)s, %(accepted_at)s, %(dispatched_at)s, %(arrived_at)s, %(done_at)s, %(closed_at)s,
        %(satisfaction)s, %(outage_id)s, %(accepted_at)s, 1
    FROM accounts AS account JOIN premises AS premise ON premise.id = account.premise_id
    JOIN customers AS customer ON customer.id = account.customer_id
    JOIN customer_phones AS phone ON phone.customer_id = customer.id AND phone.primary
    WHERE account.account_no = %(account_no)s
    RETURNING id
"""


def write(connection: Connection[Any], settings: Settings, now: datetime) -> None:
    serial = 0

    def number(at: datetime) -> str:
        nonlocal serial
        serial += 1
        return ticket_no(49_990_000 + serial, at, settings.zone)

    for ticket in OPEN:
        _open(connection, ticket, number(now - timedelta(minutes=ticket.minutes_ago)), now)
    _history(connection, number, now)


def _open(connection: Connection[Any], ticket: Open, number: str, now: datetime) -> None:
    accepted_at = now - timedelta(minutes=ticket.minutes_ago)
    reached = [status for _, status, _ in STEPS].index(ticket.status)
    # A ticket of an office goes from accepted to done; only a repair has a crew.
    steps = [step for step in STEPS[: reached + 1] if ticket.type == "FAULT" or step[0] not in ("assigned", "arrived")]
    at = {step: accepted_at + timedelta(minutes=minutes) for step, _, minutes in steps}
    row = connection.execute(
        INSERT,
        {
            "ticket_no": number,
            "type": ticket.type,
            "sub_type": ticket.sub_type,
            "status": ticket.status,
            "urgency": ticket.urgency,
            "content": ticket.content,
            "form": Jsonb(ticket.form),
            "disposition": None,
            "opinion": "已处理，恢复正常。" if "finished" in at else "",
            "owner": ticket.owner,
            "first_owner": ticket.owner if "taken" in at else None,
            "accepted_at": accepted_at,
            "dispatched_at": at.get("dispatched"),
            "arrived_at": at.get("arrived"),
            "done_at": at.get("finished"),
            "closed_at": None,
            "satisfaction": None,
            "account_no": ticket.person.account_no,
            "outage_id": 1 if ticket.person is UNDER_FAULT_OUTAGE else None,
        },
    ).fetchone()
    assert row is not None
    for seq, (step, status, _) in enumerate(steps, start=1):
        data = {"status": status, **({"owner": ticket.owner} if step == "dispatched" else {})}
        _event(connection, row[0], seq, at[step], "3002" if seq <= 3 else (ticket.owner or "")[:24], step, data)


def _history(connection: Connection[Any], number: Any, now: datetime) -> None:
    random = Random(HISTORY)
    accounts = [row[0] for row in connection.execute("SELECT account_no FROM accounts ORDER BY account_no").fetchall()]
    familiar = [person.account_no for person in (ORDINARY, SENSITIVE, WITH_OPEN_FAULT, TWO_ACCOUNTS, HOSPITAL)]
    for index in range(HISTORY):
        type, sub_type, content, result = random.choice(WITHIN_HISTORY)
        accepted_at = now - timedelta(minutes=random.randint(26 * 60, HISTORY_DAYS * 24 * 60))
        at_once = type in ("CONSULT", "QUERY", "PRAISE")
        closed_at = accepted_at + timedelta(minutes=random.randint(3, 8) if at_once else random.randint(60, 20 * 60))
        row = connection.execute(
            INSERT,
            {
                "ticket_no": number(accepted_at),
                "type": type,
                "sub_type": sub_type,
                "status": "CLOSED_FCR" if at_once else "CLOSED",
                "urgency": "normal",
                "content": content,
                "opinion": result,
                "form": Jsonb({}),
                "disposition": "answered" if at_once else None,
                "owner": None,
                "first_owner": None,
                "accepted_at": accepted_at,
                "dispatched_at": None,
                "arrived_at": None,
                "done_at": None,
                "closed_at": closed_at,
                "satisfaction": random.choices((1, 2, 3, None), weights=(80, 8, 2, 10))[0],
                "account_no": random.choice(familiar) if index % 10 == 0 else random.choice(accounts),
                "outage_id": None,
            },
        ).fetchone()
        assert row is not None
        _event(connection, row[0], 1, accepted_at, "3002", "opened", {"type": type, "sub_type": sub_type})
        _event(connection, row[0], 2, closed_at, "3002", "closed", {})


def _event(
    connection: Connection[Any], ticket_id: int, seq: int, at: datetime, actor: str, kind: str, data: dict[str, Any]
) -> None:
    connection.execute(
        "INSERT INTO ticket_events (ticket_id, seq, at, actor, kind, data) VALUES (%s, %s, %s, %s, %s, %s)",
        (ticket_id, seq, at, actor, kind, Jsonb(data)),
    )
