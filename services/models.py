"""Imports every table so that `Model.metadata` is complete; for Alembic and for processes that start."""

from services.agents import model as agents
from services.auth import model as auth
from services.billing import model as billing
from services.callbacks import model as callbacks
from services.calls import model as calls
from services.customers import model as customers
from services.grid import model as grid
from services.notices import model as notices
from services.outages import model as outages
from services.queues import model as queues
from services.tickets import model as tickets

__all__ = [
    "agents", "auth", "billing", "callbacks", "calls", "customers", "grid", "notices", "outages", "queues", "tickets",
]
