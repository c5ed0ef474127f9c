"""Numbers as carriers send them, and as our tables keep them."""

import pytest

from services.customers.phone_number import normalise


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("13800000001", "13800000001"), ("+8613800000001", "13800000001"), ("8613800000001", "13800000001"),
        ("013800000001", "13800000001"), ("057388880006", "057388880006"), ("+8657388880006", "057388880006"),
        ("+86 573-8888 0006", "057388880006"), ("88880006", "88880006"), ("95598", "95598"), ("", ""),
        ("anonymous", "anonymous"), ("+12025550123", "+12025550123"),
    ],
)
def test_one_subscriber_has_one_spelling(sent: str, kept: str) -> None:
    assert normalise(sent) == kept
    assert normalise(normalise(sent)) == kept
