"""`python -m agent_desktop`: serves the agent's and the supervisor's pages on `settings.desktop_port`."""

import logging

import structlog
import uvicorn

from agent_desktop.app import create_app
from services.settings import get_settings

DRAIN_S = 5  # how long requests may take to end when the process is stopped
WEBSOCKET_LIMIT_BYTES = 65536


def main() -> None:
    settings = get_settings()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )
    uvicorn.run(
        create_app(settings),
        host=settings.host,
        port=settings.desktop_port,
        loop="uvloop",
        ws="websockets-sansio",
        ws_max_size=WEBSOCKET_LIMIT_BYTES,
        ws_per_message_deflate=False,  # a pop is a few KB on a local network; compressing it costs more than sending
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=DRAIN_S,
    )


if __name__ == "__main__":
    main()
