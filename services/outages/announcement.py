"""The spoken sentence of an outage: place and cause (6.4 R6-03). Times are not in it, see docs/contracts.md section 8.

The worker has it rendered when an outage is written; the IVR plays it between "your area has no power" and the time.
"""


def sentence(area: str, cause: str) -> str:
    """A part of a sentence that goes on, so it ends with a comma: 长安路一带，原因是线路故障，."""
    return f"{area}，原因是{cause}，"
