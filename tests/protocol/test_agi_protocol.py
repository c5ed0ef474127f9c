"""FastAGI bytes: what we write is what Asterisk's parser reads, whatever stands in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.agi.protocol import COMMAND_LIMIT_BYTES, ProtocolError, encode_command, parse_header, parse_reply, quote

printable = st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]), max_size=120)


def parse_args(line: str) -> list[str]:
    """`res_agi.c: parse_args` in a few lines: quotes toggle, a backslash takes the next character as it is."""
    words: list[str] = []
    word, quoted, escaped, begun = "", False, False, False
    for character in line:
        if escaped:
            word, escaped, begun = word + character, False, True
        elif character == "\\":
            escaped = True
        elif character == '"':
            quoted, begun = not quoted, True
        elif character in " \t" and not quoted:
            if begun:
                words.append(word)
            word, begun = "", False
        else:
            word, begun = word + character, True
    return [*words, word] if begun else words


@given(st.lists(printable, max_size=5))
def test_asterisk_reads_the_arguments_that_were_meant(arguments: list[str]) -> None:
    line = encode_command("SET VARIABLE", *arguments).decode()
    assert line.endswith("\n")
    assert parse_args(line[:-1]) == ["SET", "VARIABLE", *arguments]


@given(printable, st.sampled_from("\r\n\0"), printable)
def test_no_value_carries_a_second_command(before: str, forbidden: str, after: str) -> None:
    with pytest.raises(ValueError, match="line break"):
        quote(before + forbidden + after)


def test_a_command_longer_than_asterisks_buffer_is_refused() -> None:
    with pytest.raises(ValueError, match="2000"):
        encode_command("SET VARIABLE", "A", "x" * COMMAND_LIMIT_BYTES)


@given(st.binary(max_size=300))
def test_any_line_is_a_reply_or_none(line: bytes) -> None:
    reply = parse_reply(line)
    assert reply is None or 0 <= reply.code <= 999


@given(st.binary(max_size=300))
def test_any_line_is_a_header_or_refused(line: bytes) -> None:
    try:
        name, value = parse_header(line)
    except ProtocolError:
        return
    assert name.startswith("agi_")
    assert value == value.strip()


@pytest.mark.parametrize(
    ("line", "value", "data"),
    [
        (b"200 result=0\n", 0, None),
        (b"200 result=1 (13800000000)\n", 1, "13800000000"),
        (b"200 result=1 (a (b) c)\n", 1, "a (b) c"),
        (b"200 result=1 ()\n", 1, ""),
        (b"200 result=49 endpos=800\n", 49, None),
        (b"200 result=-1 endpos=0\n", -1, None),
        (b"200 result=0 (timeout) endpos=16000\n", 0, "timeout"),
        (b"200 result=\n", -1, None),
    ],
)
def test_results_as_asterisk_writes_them(line: bytes, value: int, data: str | None) -> None:
    reply = parse_reply(line)
    assert reply is not None
    assert (reply.code, reply.value, reply.data) == (200, value, data)
