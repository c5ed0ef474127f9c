"""Rows that the rules need from the first day: queues, and the time limits of tickets (domain.md 4.6).

Limits whose value domain.md calls unverified carry its default; they change by a row with a later `valid_from`.
"""

from datetime import date

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

HELLO = "您好，{company}，工号{staff_no}。"

QUEUES = [
    # code, name, answer target s, wrap-up s, greeting
    ("emergency", "应急险情", 5, 30, HELLO + "请您先远离危险地点，请告诉我现场的位置和情况。"),
    ("repair", "故障抢修", 20, 30, HELLO + "{surname}您好，请问是{address}停电吗？"),
    ("billing", "电费咨询", 20, 30, HELLO + "{surname}您好，请问您要咨询电费的哪方面问题？"),
    ("business", "业务办理", 20, 45, HELLO + "{surname}您好，请问您要办理什么业务？"),
    ("complaint", "投诉举报", 20, 60, HELLO + "{surname}您好，给您带来不便非常抱歉，请您说一下具体情况。"),
    ("key_account", "重点客户", 12, 45, HELLO + "{surname}您好，请问有什么可以帮您？"),
    ("general_service", "综合服务", 20, 30, HELLO + "{surname}您好，请问有什么可以帮您？"),
]

DAY = 24 * 60
LIMITS = [
    # key, type, milestone, counted from, area, minutes, working days
    ("T-02", "FAULT", "dispatch", "accepted", None, 2, None),
    ("T-03", "FAULT", "take", "dispatched", None, 3, None),
    ("T-04", "FAULT", "arrive", "accepted", "urban", 45, None),
    ("T-04", "FAULT", "arrive", "accepted", "rural", 90, None),
    ("T-04", "FAULT", "arrive", "accepted", "remote", 120, None),
    ("T-05", "FAULT", "restore", "arrived", "urban", 180, None),
    ("T-05", "FAULT", "restore", "arrived", "rural", 240, None),
    ("T-05", "FAULT", "restore", "arrived", "remote", 240, None),
    ("T-09", "FAULT", "callback", "done", None, DAY, None),
    ("T-28", "COMPLAINT", "dispatch", "accepted", None, 20, None),
    ("T-12", "COMPLAINT", "contact", "accepted", None, DAY, None),
    ("T-14", "COMPLAINT", "answer", "accepted", None, None, 5),
    ("T-30", "COMPLAINT", "callback", "done", None, None, 1),
    ("T-28", "REPORT", "dispatch", "accepted", None, 20, None),
    ("T-15", "REPORT", "answer", "accepted", None, None, 9),
    ("T-28", "OPINION", "dispatch", "accepted", None, 20, None),
    ("T-16", "OPINION", "answer", "accepted", None, None, 9),
    ("T-28", "SUGGEST", "dispatch", "accepted", None, 20, None),
    ("T-16", "SUGGEST", "answer", "accepted", None, None, 9),
    ("T-28", "CONSULT", "dispatch", "accepted", None, 20, None),
    ("T-17", "CONSULT", "answer", "accepted", None, None, 2),
    ("T-28", "SERVICE_REQ", "dispatch", "accepted", None, 20, None),
    ("T-27", "SERVICE_REQ", "answer", "accepted", None, None, 5),
    ("R5-12", "URGE", "dispatch", "accepted", None, 10, None),
]


def upgrade() -> None:
    queues = sa.table(
        "queues", *(sa.column(name) for name in ("code", "name", "answer_target_s", "wrap_up_s", "greeting"))
    )
    op.bulk_insert(queues, [dict(zip(queues.c.keys(), row, strict=True)) for row in QUEUES])
    names = ("key", "type", "milestone", "counted_from", "area_class", "minutes", "working_days", "valid_from")
    limits = sa.table("ticket_limits", *(sa.column(name) for name in names))
    since = date(2024, 1, 1)
    op.bulk_insert(limits, [dict(zip(names, (*row, since), strict=True)) for row in LIMITS])


def downgrade() -> None:
    op.execute("DELETE FROM ticket_limits")
    op.execute("DELETE FROM queues")
