"""The grid from substation to transformer area, and the supply stations (供电所) that look after it."""

from enum import StrEnum

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.db import Model


class AreaClass(StrEnum):
    """Decides the arrival limit: 45 min, 90 min, 2 h (T-04)."""

    URBAN = "urban"
    RURAL = "rural"
    REMOTE = "remote"


class Station(Model):
    """A supply station (供电所), the unit that owns tickets of its district."""

    __tablename__ = "stations"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)
    county: Mapped[str] = mapped_column(String(40))
    area_class: Mapped[AreaClass] = mapped_column(String(8))
    phone: Mapped[str] = mapped_column(String(20), default="")


class Substation(Model):
    __tablename__ = "substations"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)


class Feeder(Model):
    """A 10 kV line."""

    __tablename__ = "feeders"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)
    substation_id: Mapped[int] = mapped_column(ForeignKey("substations.id"))

    substation: Mapped[Substation] = relationship(lazy="raise")


class Transformer(Model):
    """A public or dedicated transformer and the area it supplies (台区)."""

    __tablename__ = "transformers"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    feeder_id: Mapped[int] = mapped_column(ForeignKey("feeders.id"), index=True)
    station_id: Mapped[int] = mapped_column(ForeignKey("stations.id"), index=True)
    dedicated: Mapped[bool] = mapped_column(default=False)

    feeder: Mapped[Feeder] = relationship(lazy="raise")
    station: Mapped[Station] = relationship(lazy="raise")
