"""Two of our phones call each other, over a wire that loses packets, and a scripted server that challenges."""

import asyncio
import math
import random
import struct
from collections.abc import AsyncIterator

import pytest

from services.phone.call import CallEndedError, CallRefusedError, PhoneCall
from services.phone.ear import Ear, PromptNotHeardError
from services.phone.listening import Listener
from services.phone.message import SipRequest, parse
from services.phone.phone import SipPhone
from services.phone.transactions import Address, response_to
from tests.until import until


def tone(hz: float, seconds: float) -> bytes:
    count = int(seconds * 8000)
    return struct.pack(f"<{count}h", *(int(8000 * math.sin(2 * math.pi * hz * n / 8000)) for n in range(count)))


def strength(pcm: bytes, hz: float) -> float:
    """Mean amplitude at one frequency, 0 to 32767."""
    samples = struct.unpack(f"<{len(pcm) // 2}h", pcm)
    turns = [2 * math.pi * hz * n / 8000 for n in range(len(samples))]
    across = sum(sample * math.cos(turn) for sample, turn in zip(samples, turns, strict=True))
    along = sum(sample * math.sin(turn) for sample, turn in zip(samples, turns, strict=True))
    return 2 * math.hypot(across, along) / max(1, len(samples))


class LossyWire(asyncio.DatagramProtocol):
    """Stands between two phones and swallows the first copy of every SIP message."""

    def __init__(self, far: Address) -> None:
        self.far = far
        self.near: Address | None = None
        self.seen: set[bytes] = set()

    transport: asyncio.DatagramTransport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if addr[1] != self.far[1]:
            self.near = addr
        if data not in self.seen:
            self.seen.add(data)
            return
        target = self.near if addr[1] == self.far[1] else self.far
        if target is not None:
            self.transport.sendto(data, target)


async def _answer(phone: SipPhone) -> PhoneCall:
    call = await phone.next_call()
    await call.answer()
    return call


@pytest.fixture
async def bob() -> AsyncIterator[SipPhone]:
    async with SipPhone(("127.0.0.1", 9), user="bob") as phone:
        yield phone


async def test_both_hear_each_other_and_the_keys_arrive(bob: SipPhone) -> None:
    async with SipPhone(bob.address, user="alice") as alice:
        answering = asyncio.create_task(_answer(bob))
        call = await alice.call("95598", "13800000000")
        called = await answering
        assert (called.called_number, called.remote_number) == ("95598", "13800000000")
        await asyncio.gather(call.play(tone(400, 0.6)), called.play(tone(700, 0.6)))
        await until(lambda: strength(bytes(called.heard.pcm), 400) > 2000, "Bob hears Alice")
        await until(lambda: strength(bytes(call.heard.pcm), 700) > 2000, "Alice hears Bob")
        assert strength(bytes(call.heard.pcm), 400) < 200
        await asyncio.gather(call.press("12"), call.press("2#"))
        assert called.keys_heard == "122#"
        await called.hang_up()
        await asyncio.wait_for(call.ended.wait(), 5)
        assert called.ended_by_us and not call.ended_by_us
        with pytest.raises(CallEndedError):
            await call.press("1")


async def test_hold_silences_and_resume_lets_talk(bob: SipPhone) -> None:
    async with SipPhone(bob.address) as alice:
        answering = asyncio.create_task(_answer(bob))
        call = await alice.call("95598")
        called = await answering
        await called.hold()
        assert call.on_hold
        packets = called.heard.packets
        await call.play(tone(400, 0.2))
        assert called.heard.packets <= packets + 1
        await called.resume()
        assert not call.on_hold
        await until(lambda: called.heard.packets > packets + 5, "audio flows again")


async def test_every_message_lost_once_is_sent_again(bob: SipPhone) -> None:
    loop = asyncio.get_running_loop()
    wire = LossyWire(bob.address)
    transport, _ = await loop.create_datagram_endpoint(lambda: wire, local_addr=("127.0.0.1", 0))
    wire.transport = transport
    try:
        async with SipPhone(transport.get_extra_info("sockname")) as alice:
            answering = asyncio.create_task(_answer(bob))
            call = await alice.call("95598")
            called = await answering
            await called.hang_up()
            await asyncio.wait_for(call.ended.wait(), 5)
    finally:
        transport.close()


async def test_busy_is_an_error_with_its_status(bob: SipPhone) -> None:
    async with SipPhone(bob.address) as alice:
        calling = asyncio.create_task(alice.call("95598"))
        (await bob.next_call()).reject(486)
        with pytest.raises(CallRefusedError, match="486 Busy Here"):
            await calling


async def test_giving_up_while_it_rings_cancels_the_call(bob: SipPhone) -> None:
    async with SipPhone(bob.address) as alice:
        calling = asyncio.create_task(alice.call("95598"))
        called = await bob.next_call()
        calling.cancel()
        await asyncio.wait_for(called.ended.wait(), 5)
        with pytest.raises(asyncio.CancelledError):
            await calling
        with pytest.raises(CallEndedError):
            await called.answer()


async def test_garbage_between_two_calls_changes_nothing(bob: SipPhone) -> None:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, remote_addr=bob.address)
    for datagram in (b"", b"\r\n\r\n", b"INVITE", bytes(range(256)), b"INVITE sip:x SIP/2.0\r\nVia: x\r\n\r\n"):
        transport.sendto(datagram)
    transport.close()
    async with SipPhone(bob.address) as alice:
        answering = asyncio.create_task(_answer(bob))
        call = await alice.call("95598")
        await call.hang_up()
        await asyncio.wait_for((await answering).ended.wait(), 5)


class Registrar(asyncio.DatagramProtocol):
    """Challenges every REGISTER once and keeps what it was told."""

    def __init__(self) -> None:
        self.requests: list[SipRequest] = []

    transport: asyncio.DatagramTransport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        request = parse(data)
        assert isinstance(request, SipRequest)
        self.requests.append(request)
        if request.headers.first("authorization"):
            reply = response_to(request, 200, "OK").encode()
        else:
            challenge = b'WWW-Authenticate: Digest realm="r", nonce="n", qop="auth"\r\n\r\n'
            reply = response_to(request, 401, "Unauthorized").encode().removesuffix(b"\r\n") + challenge
        self.transport.sendto(reply, addr)


@pytest.mark.parametrize("password", ["secret", None])
async def test_a_challenge_is_answered_with_the_password(password: str | None) -> None:
    loop = asyncio.get_running_loop()
    registrar = Registrar()
    transport, _ = await loop.create_datagram_endpoint(lambda: registrar, local_addr=("127.0.0.1", 0))
    registrar.transport = transport
    try:
        async with SipPhone(transport.get_extra_info("sockname"), user="8001", password=password) as phone:
            if password is None:
                with pytest.raises(CallRefusedError, match="401"):
                    await phone.register()
            else:
                await phone.register()
                again = registrar.requests[-1].headers
                assert 'username="8001"' in again.first("authorization") and again.first("expires") == "300"
    finally:
        transport.close()


async def test_the_ear_tells_prompts_while_they_are_spoken(bob: SipPhone) -> None:
    generator = random.Random(95598)
    prompts = {
        name: b"".join(int(generator.gauss(0, 3000)).to_bytes(2, "little", signed=True) for _ in range(8000))
        for name in ("welcome", "menu", "goodbye")
    }
    async with SipPhone(bob.address) as alice:
        answering = asyncio.create_task(_answer(bob))
        call = await alice.call("95598")
        called = await answering
        async with Ear(call, Listener(prompts)) as ear:
            speaking = asyncio.create_task(called.play(prompts["welcome"] + prompts["menu"]))
            await ear.hears("menu")
            assert not speaking.done(), "told only after the prompt was over"
            await speaking
            await called.play(bytes(1600) + prompts["welcome"])
            await ear.hears("welcome")
            with pytest.raises(PromptNotHeardError, match="welcome"):
                await ear.hears("goodbye", timeout_s=0.1)
            await called.hang_up()
            assert [prompt.prompt async for prompt in ear.prompts()] == ["welcome", "menu", "welcome"]
