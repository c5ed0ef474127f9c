"""The grid from substation to transformer area, the supply stations (供电所) that look after it, and their crews."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Identity, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.db import Model, word


class AreaClass(StrEnum):
    """Decides the arrival limit: 45 min, 90 min, 2 h (T-04)."""

    URBAN = "urban"
    RURAL = "rural"
    REMOTE = "remote"


class Station(Model):
    """A supply station (供电所), the unit that owns tickets of its district."""

    __tablename__ = "stations"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)
    county: Mapped[str] = mapped_column(String(40))
    area_class: Mapped[AreaClass] = mapped_column(word(AreaClass))
    phone: Mapped[str] = mapped_column(String(20), default="")


class Substation(Model):
    __tablename__ = "substations"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)


class Feeder(Model):
    """A 10 kV line."""

    __tablename__ = "feeders"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)
    substation_id: Mapped[int] = mapped_column(ForeignKey("substations.id"))

    substation: Mapped[Substation] = relationship(lazy="raise")


class Transformer(Model):
    """A public or dedicated transformer and the area it supplies (台区)."""

    __tablename__ = "transformers"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    feeder_id: Mapped[int] = mapped_column(ForeignKey("feeders.id"), index=True)
    station_id: Mapped[int] = mapped_column(ForeignKey("stations.id"), index=True)
    dedicated: Mapped[bool] = mapped_column(default=False)

    feeder: Mapped[Feeder] = relationship(lazy="raise")
    station: Mapped[Station] = relationship(lazy="raise")


class Crew(Model):
    """A repair crew (抢修班组) of a station."""

    __tablename__ = "crews"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)
    station_id: Mapped[int] = mapped_column(ForeignKey("stations.id"), index=True)
    phone: Mapped[str] = mapped_column(String(20))

    station: Mapped[Station] = relationship(lazy="raise")


class CrewShift(Model):
    """Roster: who of a crew is on duty from when to when; `leader` answers the crew's phone."""

    __tablename__ = "crew_shifts"
    __table_args__ = (CheckConstraint("from_at < to_at", name="runs_forward"),)

    crew_id: Mapped[int] = mapped_column(ForeignKey("crews.id"), primary_key=True)
    from_at: Mapped[datetime] = mapped_column(primary_key=True)
    to_at: Mapped[datetime]
    leader: Mapped[str] = mapped_column(String(20))
    members: Mapped[int]
