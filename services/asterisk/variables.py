"""Channel variables shared with `asterisk_conf/`; a test checks that both sides use the same names."""

from typing import Final

# Set by the IVR before it gives the call back to the dialplan.
IVR_DONE: Final = "IVR_DONE"  # "1" = the IVR ended on purpose; missing = it died, the dialplan takes over
NEXT: Final = "HOTLINE_NEXT"  # queue | message | hangup
QUEUE: Final = "HOTLINE_QUEUE"  # queue code, see services/queues/model.py
QUEUE_POSITION: Final = "HOTLINE_QUEUE_POSITION"  # empty, or the place a callback keeps
QUEUE_PRIORITY: Final = "QUEUE_PRIO"  # Asterisk's own name
QUEUED_AT: Final = "HOTLINE_QUEUED_AT"  # ISO 8601: when this caller's wait began; a callback keeps it
TICKET_NO: Final = "HOTLINE_TICKET_NO"

# The IVR's first act: Asterisk's limit of the call in seconds; until then it is `ivr_silence_s`.
CALL_LIMIT: Final = "TIMEOUT(absolute)"

# Set by the dialplan.
CALL_ID: Final = "HOTLINE_CALL_ID"  # Linkedid of the conversation
CALLBACK_ID: Final = "HOTLINE_CALLBACK_ID"  # row in callbacks, on the Local channel that waits in the queue
STAFF_NO: Final = "HOTLINE_STAFF_NO"

ALL: Final = (
    IVR_DONE, NEXT, QUEUE, QUEUE_POSITION, QUEUE_PRIORITY, QUEUED_AT, TICKET_NO, CALL_ID, CALLBACK_ID, STAFF_NO,
)
