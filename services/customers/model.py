"""Who the customer is and where electricity reaches him (domain.md 4.3, 10.3)."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.db import Model, word
from services.grid.model import AreaClass, Station, Transformer


class ImportantClass(StrEnum):
    """Legal class of important users (V-40)."""

    NONE = "none"
    SPECIAL = "special"  # 特级
    FIRST = "first"  # 一级
    SECOND = "second"  # 二级


class Customer(Model):
    __tablename__ = "customers"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(16))  # resident | business
    important_class: Mapped[ImportantClass] = mapped_column(word(ImportantClass), default=ImportantClass.NONE)
    life_support: Mapped[bool] = mapped_column(default=False)
    sensitive: Mapped[bool] = mapped_column(default=False)
    nuisance: Mapped[bool] = mapped_column(default=False)
    remark: Mapped[str] = mapped_column(default="")

    phones: Mapped[list["CustomerPhone"]] = relationship(lazy="raise", back_populates="customer")
    accounts: Mapped[list["Account"]] = relationship(lazy="raise", back_populates="customer")


class CustomerPhone(Model):
    """A number by which a customer may call; one number may belong to several customers."""

    __tablename__ = "customer_phones"

    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), primary_key=True)
    number: Mapped[str] = mapped_column(String(20), primary_key=True, index=True)
    primary: Mapped[bool] = mapped_column(default=False)

    customer: Mapped[Customer] = relationship(lazy="raise", back_populates="phones")


class Premise(Model):
    """A supply address behind one transformer area (台区)."""

    __tablename__ = "premises"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    address: Mapped[str] = mapped_column(String(200))
    street: Mapped[str] = mapped_column(String(60), index=True)
    landmark: Mapped[str] = mapped_column(String(80), default="")
    area_class: Mapped[AreaClass] = mapped_column(word(AreaClass))
    longitude: Mapped[float]
    latitude: Mapped[float]
    station_id: Mapped[int] = mapped_column(ForeignKey("stations.id"))
    transformer_id: Mapped[int] = mapped_column(ForeignKey("transformers.id"), index=True)

    station: Mapped[Station] = relationship(lazy="raise")
    transformer: Mapped[Transformer] = relationship(lazy="raise")


class Account(Model):
    """An electricity account (户号, 10 digits). Money is in fen; a negative balance is arrears."""

    __tablename__ = "accounts"
    __table_args__ = (
        CheckConstraint("account_no ~ '^[0-9]{10}$'", name="account_no_digits"),
        Index("ix_accounts_customer_id", "customer_id"),
    )

    account_no: Mapped[str] = mapped_column(String(10), primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    premise_id: Mapped[int] = mapped_column(ForeignKey("premises.id"))
    tariff_class: Mapped[str] = mapped_column(String(24))  # residential | commercial | ... (7.1)
    meter_no: Mapped[str] = mapped_column(String(16))
    meter_online: Mapped[bool] = mapped_column(default=True)
    meter_powered: Mapped[bool] = mapped_column(default=True)
    meter_seen_at: Mapped[datetime | None]
    cut_off_for_arrears: Mapped[bool] = mapped_column(default=False)
    balance_fen: Mapped[int] = mapped_column(BigInteger)
    opened_on: Mapped[date]

    customer: Mapped[Customer] = relationship(lazy="raise", back_populates="accounts")
    premise: Mapped[Premise] = relationship(lazy="raise")
