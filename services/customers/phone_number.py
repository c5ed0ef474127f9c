"""Telephone numbers as the carrier sends them and as our tables keep them. For screens see `masking.py`."""

import re
from typing import Final

MOBILE: Final = re.compile(r"(?:\+?86|0)?(1[3-9][0-9]{9})")
FIXED: Final = re.compile(r"(?:\+?86)(0?)([1-9][0-9]{8,11})")


def normalise(number: str) -> str:
    """The number as it stands in `customer_phones`: a mobile with 11 digits, a fixed line with its area code.

    The country code and the trunk prefix before a mobile go; what is no number of ours stays as it came.
    """
    digits = re.sub(r"[\s()-]", "", number)
    if mobile := MOBILE.fullmatch(digits):
        return mobile[1]
    if fixed := FIXED.fullmatch(digits):
        return f"0{fixed[2]}"
    return digits
