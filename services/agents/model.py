"""People who work in the centre, their skills, and their derived state (design, decision 9).

Only the ACD process writes `agent_states`, after Asterisk confirmed; everybody else asks Asterisk to act.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Identity, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.db import Model, word
from services.queues.model import QueueCode


class Role(StrEnum):
    AGENT = "agent"
    SHIFT_LEADER = "shift_leader"
    SUPERVISOR = "supervisor"
    UNIT_HANDLER = "unit_handler"
    CREW = "crew"
    ADMIN = "admin"


class AgentStatus(StrEnum):
    """What a desk shows.

    OFFLINE ──login──► PAUSED ◄──► READY ──AgentCalled──► RINGING ──AgentConnect──► TALKING ◄──► HOLD
                          ▲          ▲                        │ (missed → READY)        │
                          └──────────┴───────── WRAP_UP ◄─────┴──────── AgentComplete ──┘
    """

    OFFLINE = "offline"
    PAUSED = "paused"
    READY = "ready"
    RINGING = "ringing"
    TALKING = "talking"
    HOLD = "hold"
    WRAP_UP = "wrap_up"


class PauseReason(StrEnum):
    """Sent to Asterisk as QueuePause Reason. ACW is set by the ACD, the others by the agent."""

    LOGIN = "login"  # 签入准备
    ACW = "ACW"  # 话后处理
    REST = "rest"  # 小休
    MEAL = "meal"  # 用餐
    TRAINING = "training"  # 培训
    MEETING = "meeting"  # 会议
    MISSED = "missed"  # 漏接自动示忙
    PHONE_LOST = "phone_lost"  # 话机断线


class Agent(Model):
    """A member of staff; `staff_no` (工号) is the login, the SIP endpoint and the queue interface PJSIP/staff_no."""

    __tablename__ = "agents"

    staff_no: Mapped[str] = mapped_column(String(8), primary_key=True)
    name: Mapped[str] = mapped_column(String(20))
    role: Mapped[Role] = mapped_column(word(Role))
    password_hash: Mapped[str]
    station_id: Mapped[int | None] = mapped_column(ForeignKey("stations.id"))
    crew_id: Mapped[int | None] = mapped_column(ForeignKey("crews.id"))
    active: Mapped[bool] = mapped_column(default=True)

    skills: Mapped[list["AgentSkill"]] = relationship(lazy="raise")


class AgentSkill(Model):
    """Membership of a queue while the agent is logged in; penalty 0 is the best skill."""

    __tablename__ = "agent_skills"

    staff_no: Mapped[str] = mapped_column(ForeignKey("agents.staff_no"), primary_key=True)
    queue: Mapped[QueueCode] = mapped_column(word(QueueCode), ForeignKey("queues.code"), primary_key=True)
    penalty: Mapped[int] = mapped_column(default=0)


class AgentState(Model):
    __tablename__ = "agent_states"

    staff_no: Mapped[str] = mapped_column(ForeignKey("agents.staff_no"), primary_key=True)
    status: Mapped[AgentStatus] = mapped_column(word(AgentStatus), default=AgentStatus.OFFLINE)
    pause_reason: Mapped[str | None] = mapped_column(String(16))
    since: Mapped[datetime]
    call_id: Mapped[str | None] = mapped_column(String(32))
    phone_registered: Mapped[bool] = mapped_column(default=False)
    wrap_up_until: Mapped[datetime | None]


class AgentStateInterval(Model):
    """History of states, one interval each; reports are computed from here, never from app_queue."""

    __tablename__ = "agent_state_intervals"
    __table_args__ = (
        Index(
            "uq_agent_state_intervals_running", "staff_no", unique=True,
            postgresql_where=text("to_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    staff_no: Mapped[str] = mapped_column(ForeignKey("agents.staff_no"), index=True)
    status: Mapped[AgentStatus] = mapped_column(word(AgentStatus))
    pause_reason: Mapped[str | None] = mapped_column(String(16))
    call_id: Mapped[str | None] = mapped_column(String(32))
    from_at: Mapped[datetime]
    to_at: Mapped[datetime | None]
