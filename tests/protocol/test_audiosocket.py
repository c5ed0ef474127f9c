"""AudioSocket against a scripted Asterisk: frames in any pieces, garbage, half frames, pacing, keys, endings."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.speech import stream as stream_module
from ivr.speech.audiosocket import (
    FRAME_BYTES,
    AudioSocketError,
    Decoder,
    Frame,
    Kind,
    call_uuid,
    encode,
)
from ivr.speech.stream import BACKLOG_FRAMES, AudioEnded, AudioStream, SpeechServer

audio = st.binary(max_size=FRAME_BYTES // 2).map(lambda half: Frame(Kind.AUDIO, half + half))
frames = st.one_of(
    audio,
    st.just(Frame(Kind.HANGUP)),
    st.uuids().map(lambda uuid: Frame(Kind.ID, uuid.bytes)),
    st.sampled_from("0123456789*#ABCD").map(lambda key: Frame(Kind.DTMF, key.encode())),
    st.binary(max_size=1).map(lambda code: Frame(Kind.ERROR, code)),
)


@given(st.lists(frames, max_size=20), st.lists(st.integers(1, 700), max_size=60))
def test_frames_come_whole_out_of_any_pieces(sent: list[Frame], sizes: list[int]) -> None:
    data = b"".join(encode(frame) for frame in sent)
    decoder, at = Decoder(), 0
    got: list[Frame] = []
    for size in [*sizes, len(data) + 1]:
        got += decoder.feed(data[at : at + size])
        at += size
    assert got == sent
    assert not decoder.waiting


@given(st.binary(max_size=2000))
def test_random_bytes_are_frames_or_refused(data: bytes) -> None:
    decoder = Decoder()
    try:
        for frame in decoder.feed(data):
            assert frame.kind in Kind
    except AudioSocketError:
        return


@pytest.mark.parametrize(
    "wrong", [b"\x02\x00\x00", b"\x00\x00\x01", b"\x01\x00\x0f", b"\x03\x00\x02", b"\x10\x00\x03", b"\x10\xff\xff"]
)
def test_what_asterisk_never_writes_is_refused(wrong: bytes) -> None:
    with pytest.raises(AudioSocketError):
        list(Decoder().feed(wrong))


def test_the_first_frame_must_be_an_id() -> None:
    with pytest.raises(AudioSocketError):
        call_uuid(Frame(Kind.HANGUP))


@asynccontextmanager
async def paired() -> AsyncIterator[tuple[AudioStream, asyncio.StreamReader, asyncio.StreamWriter]]:
    """Our stream and Asterisk's end of it."""
    call = uuid4()
    async with SpeechServer("127.0.0.1", 0) as server, server.expect(call) as arrival, asyncio.timeout(10):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(encode(Frame(Kind.ID, call.bytes)))
        yield await arrival, reader, writer
        writer.close()


def tone(number: int) -> bytes:
    return bytes([number % 251, 0]) * (FRAME_BYTES // 2)


async def test_sound_and_keys_arrive_in_order() -> None:
    async with paired() as (ours, _, writer):
        for number in range(5):
            writer.write(encode(Frame(Kind.AUDIO, tone(number))))
        writer.write(encode(Frame(Kind.DTMF, b"1")) + encode(Frame(Kind.DTMF, b"#")))
        assert [await ours.heard() for _ in range(5)] == [tone(number) for number in range(5)]
        assert [await ours.key(), await ours.key()] == ["1", "#"]


async def test_sound_goes_out_in_whole_frames_at_its_own_pace() -> None:
    async with paired() as (ours, reader, _):
        pcm = b"".join(tone(number) for number in range(15)) + b"\1\0"

        async def listen() -> tuple[list[bytes], float]:
            got = [await reader.readexactly(3 + FRAME_BYTES) for _ in range(16)]
            return got, asyncio.get_running_loop().time()

        began = asyncio.get_running_loop().time()
        (got, ended), _ = await asyncio.gather(listen(), ours.play(pcm))
        assert [data[:3] for data in got] == [b"\x10\x01\x40"] * 16
        assert b"".join(data[3:] for data in got) == pcm.ljust(16 * FRAME_BYTES, b"\0")
        assert ended - began >= 15 * 0.02 - 0.001  # never early; late is the machine's business


async def test_barge_in_stops_the_sound() -> None:
    async with paired() as (ours, reader, _):
        talking = asyncio.create_task(ours.play(tone(1) * 500))
        await reader.readexactly(3 + FRAME_BYTES)
        talking.cancel()
        await asyncio.wait({talking})
        ours.finish()
        rest = await reader.read()
        assert rest.endswith(encode(Frame(Kind.HANGUP)))
        assert len(rest) < 100 * FRAME_BYTES


async def test_stale_sound_is_dropped_oldest_first() -> None:
    async with paired() as (ours, _, writer):
        for number in range(BACKLOG_FRAMES + 10):
            writer.write(encode(Frame(Kind.AUDIO, tone(number))))
        writer.write(encode(Frame(Kind.DTMF, b"5")))
        assert await ours.key() == "5"  # everything before it has arrived
        assert await ours.heard() == tone(10)


@pytest.mark.parametrize("ending", [b"", encode(Frame(Kind.HANGUP)), b"\x77\x00\x00"])
async def test_every_ending_is_one_ending(ending: bytes) -> None:
    async with paired() as (ours, _, writer):
        writer.write(encode(Frame(Kind.AUDIO, tone(1))) + ending)
        await writer.drain()
        writer.write_eof()
        await ours.ended.wait()
        assert await ours.heard() == tone(1)
        with pytest.raises(AudioEnded):
            await ours.heard()
        with pytest.raises(AudioEnded):
            await ours.play(tone(1))


async def test_half_a_frame_and_then_nothing_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_module, "HALF_FRAME_LIMIT_S", 0.05)
    async with paired() as (ours, _, writer):
        writer.write(b"\x10\x01")
        await ours.ended.wait()


async def test_the_call_goes_back_to_the_agi_with_a_hangup_frame() -> None:
    async with paired() as (ours, reader, _):
        ours.finish()
        assert await reader.read() == encode(Frame(Kind.HANGUP))


async def refused(server: SpeechServer, data: bytes) -> bool:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(data)
    writer.write_eof()
    try:
        async with asyncio.timeout(5):
            return await reader.read() == b""
    except ConnectionError:
        return True
    finally:
        writer.close()


async def test_nobody_else_takes_a_call_and_garbage_hurts_nobody() -> None:
    call = uuid4()
    async with SpeechServer("127.0.0.1", 0) as server, server.expect(call) as arrival, asyncio.timeout(10):
        assert await refused(server, b"")
        assert await refused(server, b"GET / HTTP/1.1\r\n\r\n")
        assert await refused(server, encode(Frame(Kind.AUDIO, tone(1))))
        assert await refused(server, encode(Frame(Kind.ID, UUID(int=1).bytes)))
        assert not arrival.done()
        _, writer = await asyncio.open_connection("127.0.0.1", server.port)
        for byte in encode(Frame(Kind.ID, call.bytes)):
            writer.write(bytes([byte]))
            await writer.drain()
        assert not (await arrival).ended.is_set()
        assert await refused(server, encode(Frame(Kind.ID, call.bytes)))  # a second claim on the same call
        writer.close()


@settings(max_examples=30, deadline=None)
@given(st.binary(max_size=400))
def test_random_bytes_never_kill_the_server(data: bytes) -> None:
    async def story() -> None:
        async with SpeechServer("127.0.0.1", 0) as server:
            assert await refused(server, data)
            assert await refused(server, b"")

    asyncio.run(story())
