"""Who works in the demo centre: agents with skills for every queue, supervisors, unit handlers, crews, an admin."""

from datetime import datetime, timedelta
from typing import Final, NamedTuple

from services.agents.model import Role
from services.demo_city.grid import STATIONS, crews
from services.queues.model import QueueCode

AGENT_NAMES: Final = (
    "李敏", "张倩", "王磊", "刘洋", "陈静", "杨帆", "黄蓉蓉", "赵欣", "吴迪", "周婷", "徐超",
    "孙悦", "马丽", "朱琳", "胡波", "郭佳", "何雪", "高翔", "林芳", "罗杰",
)
NARROW: Final = (
    (QueueCode.EMERGENCY, QueueCode.REPAIR), (QueueCode.REPAIR, QueueCode.GENERAL),
    (QueueCode.BILLING, QueueCode.GENERAL), (QueueCode.BUSINESS, QueueCode.GENERAL),
    (QueueCode.COMPLAINT, QueueCode.GENERAL), (QueueCode.KEY_ACCOUNT, QueueCode.BILLING),
)
SHIFT_HOURS: Final = 12


class StaffRow(NamedTuple):
    staff_no: str
    name: str
    role: Role
    station_id: int | None
    crew_id: int | None


def staff() -> list[StaffRow]:
    rows = [StaffRow("1001", "管理员", Role.ADMIN, None, None)]
    rows += [StaffRow(f"200{n}", name, Role.SUPERVISOR, None, None) for n, name in enumerate(("宋雅琴", "唐伟"), 1)]
    rows += [StaffRow(f"210{n}", name, Role.SHIFT_LEADER, None, None) for n, name in enumerate(("许慧", "韩冬"), 1)]
    rows += [StaffRow(f"30{n:02d}", name, Role.AGENT, None, None) for n, name in enumerate(AGENT_NAMES, 1)]
    rows += [StaffRow(f"40{n:02d}", f"受理员{n:02d}", Role.UNIT_HANDLER, n, None) for n in range(1, STATIONS + 1)]
    rows += [
        StaffRow(f"50{crew_id:02d}", f"班长{crew_id:02d}", Role.CREW, station_id, crew_id)
        for crew_id, _, station_id, _ in crews()
    ]
    return rows


def skills() -> list[tuple[str, QueueCode, int]]:
    """(staff no, queue, penalty): the first four serve every queue, the others two well and the rest as overflow."""
    rows = []
    for n in range(1, len(AGENT_NAMES) + 1):
        best = tuple(QueueCode) if n <= 4 else NARROW[(n - 5) % len(NARROW)]
        rows += [(f"30{n:02d}", queue, 0 if queue in best else 5) for queue in QueueCode]
    return rows


def shifts(now: datetime, days: int = 14) -> list[tuple[int, datetime, datetime, str, int]]:
    """(crew, from, to, leader, members): the two crews of a station take turns of twelve hours from 8 o'clock local."""
    start = now.replace(hour=8, minute=0, second=0, microsecond=0) - timedelta(days=1)
    rows = []
    for crew_id, name, _, _ in crews():
        for turn in range(crew_id % 2, days * 2, 2):
            begin = start + timedelta(hours=SHIFT_HOURS * turn)
            rows.append((crew_id, begin, begin + timedelta(hours=SHIFT_HOURS), f"{name}班长", 4))
    return rows
