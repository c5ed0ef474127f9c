"""What the phone reads from the network: SIP, SDP and RTP written by us and by strangers, and plain garbage."""

import audioop

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.phone.auth import UnsupportedChallengeError, authorization
from services.phone.message import (
    MalformedMessageError,
    SipRequest,
    SipResponse,
    address_of,
    cseq_of,
    headers,
    parameter,
    parse,
    user_of,
)
from services.phone.rtp import FRAME_SAMPLES, RATE_HZ, Heard, MalformedPacketError, RtpPacket
from services.phone.sdp import Direction, NoAudioError, describe, read

TOKENS = st.text("abcdefghijklmnopqrstuvwxyz0123456789-.", min_size=1, max_size=20)
VALUES = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=60).map(str.strip)
INVITE = (
    b"INVITE sip:95598@127.0.0.1 SIP/2.0\r\n"
    b"v: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKa;rport\r\n"
    b'f: "\xe6\x9d\x8e" <sip:13800000000@10.0.0.1>;tag=t1\r\nt: <sip:95598@127.0.0.1>\r\n'
    b"i: call-1\r\nCSeq:  7   INVITE\r\nSubject: first\r\n second\r\nl: 4\r\n\r\nbody and more"
)


def test_compact_names_folded_lines_and_content_length_are_understood() -> None:
    message = parse(INVITE)
    assert isinstance(message, SipRequest)
    assert message.branch == "z9hG4bKa"
    assert message.headers.first("subject") == "first second"
    assert message.body == b"body"
    assert cseq_of(message) == (7, "INVITE")
    caller = message.headers.first("from")
    assert (user_of(address_of(caller)), parameter(caller, "tag")) == ("13800000000", "t1")


def test_a_cut_body_is_refused() -> None:
    with pytest.raises(MalformedMessageError):
        parse(INVITE.replace(b"l: 4", b"l: 400"))


@given(st.binary(max_size=400))
def test_garbage_is_malformed_and_nothing_else(datagram: bytes) -> None:
    with pytest.raises(MalformedMessageError):
        parse(datagram)


@given(st.data())
def test_a_damaged_message_is_read_or_refused(data: st.DataObject) -> None:
    damaged = bytearray(INVITE)
    for _ in range(data.draw(st.integers(1, 6))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    try:
        message = parse(bytes(damaged[: data.draw(st.integers(0, len(damaged)))]))
    except MalformedMessageError:
        return
    assert cseq_of(message)


@given(method=TOKENS, extra=st.lists(st.tuples(TOKENS, VALUES), max_size=5), body=st.binary(max_size=200))
def test_a_request_survives_the_wire(method: str, extra: list[tuple[str, str]], body: bytes) -> None:
    own = [(f"x-{name}", value) for name, value in extra]
    needed = [("via", "SIP/2.0/UDP h;branch=b"), ("from", "<sip:a@h>;tag=1"), ("to", "<sip:b@h>"), ("call-id", "c")]
    request = SipRequest(
        method=method, uri="sip:b@h", headers=headers([*needed, ("cseq", f"1 {method}"), *own]), body=body
    )
    again = parse(request.encode())
    assert isinstance(again, SipRequest)
    assert (again.method, again.uri, again.body) == (method, "sip:b@h", body)
    for name, _ in own:
        assert again.headers.all(name) == [value for key, value in own if key == name]


@given(st.integers(100, 699), VALUES)
def test_a_response_survives_the_wire(status: int, reason: str) -> None:
    fields = [("via", "v"), ("from", "f"), ("to", "t"), ("call-id", "c"), ("cseq", "1 BYE")]
    again = parse(SipResponse(status=status, reason=reason, headers=headers(fields)).encode())
    assert isinstance(again, SipResponse)
    assert (again.status, again.reason) == (status, reason)


@pytest.mark.parametrize("value", ["a\r\nVia: forged", "a\nb", "a\rb"])
def test_a_line_break_in_a_value_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="not a header"):
        headers([("from", value)])


def test_digest_matches_the_example_of_the_rfc() -> None:
    challenge = (
        'Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", '
        'opaque="5ccc069c403ebaf9f0171e9517f40e41"'
    )
    answer = authorization(
        challenge.replace('qop="auth,auth-int", ', ""),
        method="GET",
        uri="/dir/index.html",
        user="Mufasa",
        password="Circle Of Life",
    )
    assert 'response="670fd8c2df070c60b045671b8b24ff02"' in answer  # RFC 2069 with errata, qop left out
    with_quality = authorization(challenge, method="GET", uri="/", user="Mufasa", password="Circle Of Life")
    assert "qop=auth" in with_quality and "nc=00000001" in with_quality
    with pytest.raises(UnsupportedChallengeError):
        authorization('Digest realm="r", nonce="n", algorithm=SHA-256', method="GET", uri="/", user="u", password="p")


def test_session_description_is_read_back() -> None:
    remote = read(describe("127.0.0.1", 40_000, 1, Direction.SEND))
    assert (remote.host, remote.port, remote.event_payload) == ("127.0.0.1", 40_000, 101)
    assert remote.answer is Direction.RECEIVE
    assert not remote.wants_audio


@given(st.binary(max_size=300))
def test_a_strange_description_is_refused(body: bytes) -> None:
    with pytest.raises(NoAudioError):
        read(body)


@given(st.binary(max_size=200))
def test_strange_packets_are_refused_or_read(datagram: bytes) -> None:
    try:
        packet = RtpPacket.parse(datagram)
    except MalformedPacketError:
        return
    assert len(packet.payload) <= len(datagram) - 12


@given(st.integers(0, 127), st.integers(0, 65_535), st.integers(0, 2**32 - 1), st.binary(max_size=160), st.booleans())
def test_a_packet_survives_the_wire(kind: int, sequence: int, timestamp: int, payload: bytes, marker: bool) -> None:
    packet = RtpPacket(
        payload_type=kind, sequence=sequence, timestamp=timestamp, source=9, payload=payload, marker=marker
    )
    assert RtpPacket.parse(packet.encode()) == packet


def _frame(sequence: int, timestamp: int, source: int = 1, level: int = 1000) -> RtpPacket:
    payload = audioop.lin2alaw(level.to_bytes(2, "little", signed=True) * FRAME_SAMPLES, 2)
    return RtpPacket(
        payload_type=8, sequence=sequence % 65_536, timestamp=timestamp % 2**32, source=source, payload=payload
    )


def test_late_packets_are_no_gap_and_pauses_keep_their_length() -> None:
    heard = Heard(started_s=100.0)
    heard.add(_frame(65_535, 2**32 - 160), 100.0)
    heard.add(_frame(65_536, 2**32), 100.3)  # late by 280 ms, sent without a pause; both counters wrap
    assert heard.seconds == pytest.approx(0.04)
    heard.add(_frame(65_537, 2**32 + 160 + RATE_HZ), 101.04)  # a pause of one second
    assert heard.seconds == pytest.approx(1.06)
    heard.add(_frame(65_537, 2**32 + 160 + RATE_HZ), 101.06)  # the same packet twice
    heard.add(_frame(65_000, 17), 101.06)  # one from long ago
    assert heard.seconds == pytest.approx(1.06)
    heard.add(_frame(3, 555, source=2), 103.0)  # another sender: time of arrival counts
    assert heard.seconds == pytest.approx(3.02)
    silence = heard.between(100.1, 100.9)
    assert len(silence) == 2 * int(0.8 * RATE_HZ) and not any(silence)
