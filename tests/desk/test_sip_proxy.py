"""The softphone's way to Asterisk: both directions, only for people with a phone, both ends close together."""

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from agent_desktop.resources import Resources
from services.settings import Settings
from tests.desk.city import ADMIN, AGENT
from tests.desk.page import Page
from tests.desk.scripted_asterisk import ScriptedAsterisk
from tests.until import until

REGISTER = "REGISTER sip:hotline95598 SIP/2.0\r\nVia: SIP/2.0/WS x.invalid\r\n\r\n"


async def test_messages_go_both_ways(page: Page, asterisk: ScriptedAsterisk) -> None:
    await page.login(AGENT)
    async with page.live("/sip") as phone:
        assert phone.socket.subprotocol == "sip"
        await phone.socket.send(REGISTER)
        assert str(await phone.socket.recv()).startswith("SIP/2.0 200 OK")
        assert asterisk.sip_heard == [REGISTER]
        await asterisk.phones[0].send_text("INVITE sip:3021 SIP/2.0\r\n\r\n")
        assert str(await phone.socket.recv()).startswith("INVITE")


async def test_phone_that_leaves_closes_its_line_to_asterisk(page: Page, asterisk: ScriptedAsterisk) -> None:
    await page.login(AGENT)
    async with page.live("/sip") as phone:
        await phone.socket.send(REGISTER)
        await phone.socket.recv()
    await until(lambda: asterisk.sip_closed, "Asterisk's side is closed")


async def test_asterisk_that_leaves_closes_the_phone(page: Page, asterisk: ScriptedAsterisk) -> None:
    await page.login(AGENT)
    async with page.live("/sip") as phone:
        await phone.socket.send(REGISTER)
        await phone.socket.recv()
        await asterisk.phones[0].close()
        assert await phone.closed() == 1012


async def test_nobody_without_login_or_phone(page: Page, other_page: Page, asterisk: ScriptedAsterisk) -> None:
    async with page.live("/sip") as phone:
        assert await phone.closed() == 4401
    await page.login(ADMIN)
    async with page.live("/sip") as phone:
        assert await phone.closed() == 4403
    await page.login(AGENT)
    async with page.live("/sip", origin="https://evil.example") as phone:
        assert await phone.closed() == 4403
    assert asterisk.phones == []


async def test_other_subprotocols_are_refused(page: Page) -> None:
    await page.login(AGENT)
    with pytest.raises((InvalidStatus, ConnectionClosed)):
        async with page.live("/sip", subprotocols=None) as phone:
            await phone.socket.recv()


async def test_asterisk_away_is_told_as_try_again(page: Page, settings: Settings) -> None:
    await page.login(AGENT)
    settings.asterisk_http_base_port = 1  # nothing listens there
    async with page.live("/sip") as phone:
        assert await phone.closed() == 1012


async def test_logout_and_second_login_cut_the_phone(
    page: Page, other_page: Page, desktop: Resources, asterisk: ScriptedAsterisk
) -> None:
    await page.login(AGENT)
    async with page.live("/sip") as phone:
        await until(lambda: asterisk.phones, "the phone is connected")
        await other_page.login(AGENT)
        assert await phone.closed() == 4409
    async with other_page.live("/sip") as phone:
        await until(lambda: asterisk.phones[1:], "the phone is connected")
        await other_page.post("logout")
        assert await phone.closed() == 4401
    await until(lambda: len(asterisk.sip_closed) == 2, "both lines to Asterisk are closed")
    assert desktop.metrics.sip_connections._value.get() == 0


async def test_garbage_from_the_phone_goes_no_further_than_its_line(page: Page, asterisk: ScriptedAsterisk) -> None:
    await page.login(AGENT)
    async with page.live("/sip") as phone:
        await phone.socket.send("\x00\x01 not sip")
        assert str(await phone.socket.recv()).startswith("SIP/2.0")  # passed on as it is: Asterisk judges
        await phone.socket.send("x" * 200_000)
        assert await phone.closed() in (1009, 1012)
    await page.get("me")
