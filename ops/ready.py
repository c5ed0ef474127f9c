"""Does a part of the system really answer? Asked over the network, so it serves the local run and the containers.

`python -m ops.ready PART` ends with 0 when it does: the healthcheck of docker-compose.yml.
"""

import socket
import sys
from collections.abc import Callable
from urllib.error import URLError
from urllib.request import urlopen

import redis
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from services.acd.lock import LEASE
from services.settings import Settings, get_settings

ANSWER_S = 2


def redis_answers(settings: Settings) -> bool:
    try:
        with redis.Redis.from_url(settings.redis_url, socket_timeout=ANSWER_S) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def ivr_answers(settings: Settings) -> bool:
    """It accepts FastAGI connections."""
    try:
        socket.create_connection((settings.ivr_host, settings.agi_port), timeout=ANSWER_S).close()
    except OSError:
        return False
    return True


def acd_serves(settings: Settings) -> bool:
    """One ACD process reads events and gives signs of life."""
    try:
        with redis.Redis.from_url(settings.redis_url, socket_timeout=ANSWER_S) as client:
            return bool(client.exists(LEASE))
    except redis.RedisError:
        return False


def worker_beats(settings: Settings) -> bool:
    """Procrastinate's workers register themselves and beat in the database."""
    engine = create_engine(settings.database_url, connect_args={"connect_timeout": ANSWER_S})
    try:
        with engine.connect() as connection:
            beat = text("SELECT 1 FROM procrastinate_workers WHERE last_heartbeat > now() - interval '30 seconds'")
            return connection.execute(beat).first() is not None
    except SQLAlchemyError:
        return False
    finally:
        engine.dispose()


def desktop_answers(settings: Settings) -> bool:
    """It serves pages; its own `/healthz` also tells of everything behind it, which is not this question."""
    try:
        with urlopen(f"http://{settings.host}:{settings.desktop_port}/api/v1/me", timeout=ANSWER_S):
            return True
    except URLError as error:
        return getattr(error, "code", None) == 401  # nobody is logged in: it answers
    except OSError:
        return False


CHECKS: dict[str, Callable[[Settings], bool]] = {
    "redis": redis_answers,
    "ivr": ivr_answers,
    "acd": acd_serves,
    "worker": worker_beats,
    "desktop": desktop_answers,
}


if __name__ == "__main__":
    sys.exit(0 if CHECKS[sys.argv[1]](get_settings()) else 1)
