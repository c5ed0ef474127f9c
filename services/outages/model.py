"""Planned and fault outages (domain.md 6). An outage hits whole transformer areas."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.db import Model, word


class OutageKind(StrEnum):
    PLANNED = "planned"
    TEMPORARY = "temporary"
    FAULT = "fault"
    CAPACITY = "capacity"
    ORDERLY_USE = "orderly_use"


class OutageStatus(StrEnum):
    PLANNED = "planned"
    IN_FORCE = "in_force"
    ENDED = "ended"
    CANCELLED = "cancelled"


class Outage(Model):
    __tablename__ = "outages"
    __table_args__ = (
        CheckConstraint("(status = 'ended') = (ended_at IS NOT NULL)", name="ended_at"),
        Index("ix_outages_status_start", "status", "start_at"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    kind: Mapped[OutageKind] = mapped_column(word(OutageKind))
    status: Mapped[OutageStatus] = mapped_column(word(OutageStatus))
    feeder_id: Mapped[int] = mapped_column(ForeignKey("feeders.id"))
    area: Mapped[str] = mapped_column(String(200))
    cause: Mapped[str] = mapped_column(String(80))
    start_at: Mapped[datetime]
    expected_end_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    crew_id: Mapped[int | None] = mapped_column(ForeignKey("crews.id"))
    crew_status: Mapped[str] = mapped_column(String(40), default="")
    affected_households: Mapped[int] = mapped_column(default=0)
    # Spoken sentence rendered when the outage was written (design, decision 12); file name without folder.
    announcement: Mapped[str | None] = mapped_column(String(80))

    scope: Mapped[list["OutageTransformer"]] = relationship(lazy="raise")


class OutageTransformer(Model):
    __tablename__ = "outage_transformers"

    outage_id: Mapped[int] = mapped_column(ForeignKey("outages.id"), primary_key=True)
    transformer_id: Mapped[int] = mapped_column(ForeignKey("transformers.id"), primary_key=True, index=True)
