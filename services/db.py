"""SQLAlchemy base, engine and unit of work. One request, job or batch of facts is one transaction."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from sqlalchemy import DateTime, MetaData
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
    type_annotation_map = {datetime: DateTime(timezone=True)}


class Database:
    """The engine of one process and the only place where transactions begin and commit."""

    def __init__(self, settings: Settings, *, pool_size: int = 5) -> None:
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
