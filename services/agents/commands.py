"""What a desk asks of the ACD process, over the Redis channel `hotline:commands` (docs/contracts.md, section 6).

Sent by `service.py`, read by `services/acd`. A command is news for a process that runs: nothing is kept for later.
"""

from enum import StrEnum


class DeskCommand(StrEnum):
    """The `op`; its data is `{staff_no}`."""

    WRAP_UP_EXTENDED = "wrap_up_extended"
    WRAP_UP_FINISHED = "wrap_up_finished"
