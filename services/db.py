"""SQLAlchemy base, engine and unit of work. One request, job or batch of facts is one transaction."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import DateTime, Enum, MetaData
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase

from services.settings import Settings


class Model(DeclarativeBase):
    """Base of all tables; relationships are loaded explicitly (`lazy="raise"`)."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: DateTime(timezone=True)}


def word(enum: type[StrEnum], length: int = 24) -> Enum:
    """A column that holds one word of `enum`: text in the database with a CHECK, the enum in Python."""
    return Enum(
        enum,
        native_enum=False,
        create_constraint=True,
        length=length,
        name=re.sub(r"(?<!^)(?=[A-Z])", "_", enum.__name__).lower(),
        values_callable=lambda members: [member.value for member in members],
    )


class Database:
    """The engine of one process and the only place where transactions begin and commit."""

    def __init__(self, settings: Settings, *, pool_size: int = 5) -> None:
        import services.models  # noqa: F401  foreign keys name tables of modules that this process may not use

        self.engine: AsyncEngine = create_async_engine(
            settings.database_url,
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_timeout=2,  # seconds
            pool_pre_ping=True,
            connect_args={"connect_timeout": 2},
        )
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """Commit at the end, roll back on any exception."""
        async with self._sessions() as session, session.begin():
            yield session

    async def close(self) -> None:
        await self.engine.dispose()
