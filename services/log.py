"""How a process writes its log: one JSON object a line, the call's id bound where there is one, no local variables."""

import logging

import structlog


def configure() -> None:
    """Once, first thing in a `__main__`. A traceback shows lines of code only: locals hold numbers and names."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )
