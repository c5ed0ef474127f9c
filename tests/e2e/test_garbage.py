"""Random bytes and half lines at every door: the server stays alive and the next call is served."""

import asyncio
import random
import socket

import httpx

from services.calls.model import CallOutcome
from services.settings import Settings
from tests.e2e.callers import Alice
from tests.e2e.city import City
from tests.e2e.records import Records
from tests.e2e.stack import Stack

SEED = 95598
HALF = {
    "agi": b"agi_network: yes\nagi_network_script: inbound\nagi_uniqueid: ",
    "http": b"POST /api/v1/login HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{",
    "websocket": b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: bm90IGEga2V5\r\n\r\n\x81\xff\xff\xff",
    "sip": b"INVITE sip:95598@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1\r\nCSeq: x\r\n",
}


async def throw(port: int, payload: bytes) -> None:
    """Connect, say it, leave without waiting for an answer."""
    _, writer = await asyncio.wait_for(asyncio.open_connection("127.0.0.1", port), 5)
    try:
        writer.write(payload)
        await writer.drain()
    except ConnectionError:
        pass  # the server may close on us
    finally:
        writer.transport.abort()


async def test_every_door_survives_garbage_and_the_next_call_is_fine(
    stack: Stack, settings: Settings, alice: Alice, city: City, records: Records
) -> None:
    dice = random.Random(SEED)
    names = ("ivr", "acd", "worker", "desktop", "asterisk")
    pids = {name: await asyncio.to_thread(stack.supervisor.pid, name) for name in names}
    doors = (
        settings.agi_port, settings.audiosocket_port, settings.desktop_port, settings.ami_port,
        settings.asterisk_http_port, settings.asterisk_https_port,
    )  # fmt: skip
    payloads = [b"", b"\n", b"\r\n\r\n", b"\x00" * 64, *HALF.values()]
    payloads += [dice.randbytes(dice.randint(1, 4000)) for _ in range(30)]
    for port in doors:
        await asyncio.gather(*(throw(port, payload) for payload in payloads))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sip:
        for payload in payloads:
            sip.sendto(payload[:60_000], ("127.0.0.1", settings.sip_port))

    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{settings.desktop_port}", trust_env=False) as web:
        for path in ("/healthz", "/openapi.json"):
            assert (await web.get(path)).status_code == 200
        for path in ("/api/v1/login", "/api/v1/desk/pause", "/api/v1/board/listen"):
            answer = await web.post(path, content=dice.randbytes(300), headers={"content-type": "application/json"})
            assert 400 <= answer.status_code < 500, path
    assert {name: await asyncio.to_thread(stack.supervisor.pid, name) for name in names} == pids, "one has died"

    person = await city.resident()
    async with alice.calls(person.number) as caller:
        await caller.hears("menu.main")
        await caller.press("3")
        await caller.hears("menu.outage")
    await records.ended(person.number, CallOutcome.ABANDONED_IN_MENU)
