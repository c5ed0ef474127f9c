"""Every fault of FastAGI libraries that telephony.md section 8 reproduced, shown absent in ours."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.agi.server import AgiLimits, AgiServer
from ivr.agi.session import AgiCommandError, AgiSession, AgiTimeoutError, CallerHungUp
from tests.protocol.scripted_asterisk import HANG_UP, HEADERS, Caller, call

Script = Callable[[AgiSession], Awaitable[None]]
LIMITS = AgiLimits(header_s=0.3, command_s=0.5, drain_s=0.5)


@asynccontextmanager
async def serving(script: Script) -> AsyncIterator[AgiServer]:
    async with AgiServer("127.0.0.1", 0, {"inbound": script}, LIMITS) as server:
        yield server


async def raw(server: AgiServer, *pieces: bytes, half_close: bool = False) -> bytes:
    """Send pieces as they are; what came back until the server closed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    for piece in pieces:
        writer.write(piece)
        await writer.drain()
    if half_close:
        writer.write_eof()
    try:
        async with asyncio.timeout(5):
            return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


def header(**changes: str) -> bytes:
    return "".join(f"{k}: {v}\n" for k, v in (HEADERS | changes).items()).encode() + b"\n"


async def greets(server: AgiServer) -> bool:
    """The proof that the server is alive: a whole call goes through."""
    caller = Caller(keys=["1"])
    async with asyncio.timeout(5):
        await call(server.port, caller)
    return caller.heard == ["welcome"]


async def greet(session: AgiSession) -> None:
    await session.play("welcome")


async def test_a_health_check_that_connects_and_closes_leaves_the_loop_alive() -> None:
    async with serving(greet) as server:
        for _ in range(20):
            _, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.close()
            await writer.wait_closed()
        assert await greets(server)


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x00\xff" * 300, b"GET / HTTP/1.1\r\n\r\n", b"\n", b"agi_network: yes", b"agi_x: " + b"a" * 20_000,
        b"agi_a: 1\n" * 500, b": no name\n\n",
    ],
)
async def test_garbage_instead_of_a_header_is_closed_and_hurts_nobody(garbage: bytes) -> None:
    async with serving(greet) as server:
        assert await raw(server, garbage) == b""
        assert await greets(server)


async def test_half_a_header_is_closed_after_its_time() -> None:
    async with serving(greet) as server:
        assert await raw(server, b"agi_network: yes\nagi_netw") == b""
        assert await greets(server)


async def test_a_header_in_single_bytes_is_a_header() -> None:
    async with serving(greet) as server:
        head = header()
        answered = await raw(server, *(head[i : i + 1] for i in range(len(head))), half_close=True)
        assert answered.startswith(b'STREAM FILE "welcome"')


async def test_a_name_cut_inside_a_utf8_character_does_not_cost_the_call() -> None:
    names: list[str] = []

    async def handler(session: AgiSession) -> None:
        names.append(session.headers["agi_calleridname"])

    async with serving(handler) as server:
        await raw(server, header().removesuffix(b"\n") + b"agi_calleridname: " + "김철".encode()[:-1] + b"\n\n")
    assert names == ["김\ufffd"]


async def replies(*lines: bytes) -> tuple[list[str | None], BaseException | None]:
    """What three GET VARIABLE give when Asterisk writes these lines, and the exception that ended it."""
    values: list[str | None] = []
    ended: list[BaseException | None] = [None]

    async def handler(session: AgiSession) -> None:
        try:
            for name in "ABC":
                values.append(await session.get_variable(name))
        except (CallerHungUp, AgiTimeoutError, AgiCommandError) as error:
            ended[0] = error

    async with serving(handler) as server:
        await raw(server, header(), *lines, half_close=True)
    return values, ended[0]


async def test_values_belong_to_their_questions() -> None:
    values, ended = await replies(b"200 result=1 (a)\n200 result=1 (b)\n", b"200 result=0\n")
    assert (values, ended) == (["a", "b", None], None)


async def test_a_hangup_line_ends_the_call_and_shifts_no_answer() -> None:
    values, ended = await replies(b"200 result=1 (a)\n", b"HANGUP\n", b"200 result=1 (b)\n200 result=1 (c)\n")
    assert values == ["a"]
    assert isinstance(ended, CallerHungUp)


async def test_the_end_of_the_connection_is_a_hangup() -> None:
    values, ended = await replies(b"200 result=1 (a)\n")
    assert values == ["a"]
    assert isinstance(ended, CallerHungUp)


async def test_half_a_reply_before_the_end_is_no_reply() -> None:
    values, ended = await replies(b"200 result=1 (a)\n200 resu")
    assert values == ["a"]
    assert isinstance(ended, CallerHungUp)


async def test_a_dead_channel_is_a_hangup() -> None:
    _, ended = await replies(b"511 Command Not Permitted on a dead channel or intercept routine\n")
    assert isinstance(ended, CallerHungUp)


async def test_an_unknown_command_is_an_error_of_ours() -> None:
    _, ended = await replies(b"510 Invalid or unknown command\n")
    assert isinstance(ended, AgiCommandError)


async def test_the_usage_of_a_wrong_command_is_read_to_its_end() -> None:
    usage = b"520-Invalid command syntax.  Proper usage follows:\n Usage: GET VARIABLE\n520 End of proper usage.\n"
    _, ended = await replies(usage)
    assert isinstance(ended, AgiCommandError)


async def test_a_usage_without_an_end_does_not_loop() -> None:
    _, ended = await replies(b"520-Invalid command syntax.  Proper usage follows:\n Usage: x\n")
    assert isinstance(ended, CallerHungUp)


async def test_a_value_with_a_line_break_does_not_answer_the_next_question() -> None:
    values, _ = await replies(b"200 result=1 (a\nrest of a)\n200 result=1 (b)\n200 result=1 (c)\n")
    assert values[1:] == ["b", "c"]


async def test_trying_is_not_the_reply() -> None:
    values, _ = await replies(b"100 result=0 Trying...\n200 result=1 (a)\n200 result=0\n200 result=0\n")
    assert values == ["a", None, None]


async def test_a_peer_that_never_answers_is_left_after_the_commands_time() -> None:
    ended: list[str] = []

    async def handler(session: AgiSession) -> None:
        try:
            await session.get_variable("A")
        except AgiTimeoutError as error:
            ended.append(str(error))
        with pytest.raises(CallerHungUp):  # a late reply must not answer this one
            await session.get_variable("B")

    async with serving(handler) as server:
        await raw(server, header())
        assert await greets_in_time(server)
    assert ended[0] == "GET VARIABLE"


async def greets_in_time(server: AgiServer) -> bool:
    return await raw(server, header()) != b""


async def test_a_missing_prompt_is_not_a_hangup() -> None:
    sessions: list[AgiSession] = []

    async def handler(session: AgiSession) -> None:
        sessions.append(session)
        await session.play("lost", "welcome")

    caller = Caller(missing=frozenset({"lost"}))
    async with serving(handler) as server:
        await call(server.port, caller)
    assert caller.heard == ["welcome"]
    assert sessions[0].missing_prompts == ["lost"]


async def test_a_hangup_during_a_prompt_is_a_hangup() -> None:
    ended: list[str] = []

    async def handler(session: AgiSession) -> None:
        try:
            await session.play("welcome", "menu")
        except CallerHungUp:
            ended.append("hung up")

    async with serving(handler) as server:
        await call(server.port, Caller(barge_in={"welcome": HANG_UP}))
    assert ended == ["hung up"]


async def test_keys_pressed_during_a_prompt_answer_the_next_questions() -> None:
    answers: list[str] = []

    async def handler(session: AgiSession) -> None:
        await session.play("welcome", "menu")
        answers.append(await session.digits(["enter"], limit=3))

    caller = Caller(keys=["2", "#"], barge_in={"welcome": "1"})
    async with serving(handler) as server:
        await call(server.port, caller)
    assert answers == ["12"]
    assert caller.heard == ["welcome"]


async def test_a_handler_that_fails_ends_only_its_own_call() -> None:
    async def handler(session: AgiSession) -> None:
        if session.caller_number == "1":
            raise ZeroDivisionError
        await session.play("welcome")

    async with serving(handler) as server:
        slow = Caller(keys=["1"])
        await asyncio.gather(call(server.port, Caller(number="1")), call(server.port, slow))
        assert slow.heard == ["welcome"]


async def test_an_unknown_script_is_closed() -> None:
    async with serving(greet) as server:
        assert await raw(server, header(agi_network_script="nobody")) == b""
        assert await greets(server)


async def test_leaving_lets_a_call_finish_and_takes_no_new_one() -> None:
    answered = asyncio.Event()
    go_on = asyncio.Event()

    async def handler(session: AgiSession) -> None:
        answered.set()
        await go_on.wait()
        await session.play("welcome")

    caller = Caller()
    server = AgiServer("127.0.0.1", 0, {"inbound": handler}, AgiLimits(drain_s=5))
    async with server:
        running = asyncio.create_task(call(server.port, caller))
        await answered.wait()
        port = server.port
        leaving = asyncio.create_task(server.drain())
        await asyncio.sleep(0)
        with pytest.raises(OSError):
            await asyncio.open_connection("127.0.0.1", port)
        go_on.set()
        await leaving
        await running
    assert caller.heard == ["welcome"]


async def test_leaving_cuts_a_call_that_does_not_end() -> None:
    answered = asyncio.Event()

    async def handler(session: AgiSession) -> None:
        answered.set()
        await asyncio.Event().wait()

    async with serving(handler) as server:
        running = asyncio.create_task(call(server.port, Caller()))
        await answered.wait()
        await server.drain()
        await running
        assert server.active == 0


@settings(max_examples=50, deadline=None)
@given(st.lists(st.binary(max_size=200), max_size=5))
def test_random_bytes_never_kill_the_server(pieces: list[bytes]) -> None:
    async def story() -> None:
        async with serving(greet) as server:
            await raw(server, *pieces, half_close=True)
            assert await greets(server)

    asyncio.run(story())


@settings(max_examples=50, deadline=None)
@given(st.lists(st.binary(max_size=80), max_size=5))
def test_random_replies_end_the_call_and_nothing_else(lines: list[bytes]) -> None:
    async def story() -> None:
        async with serving(greet) as server:
            await raw(server, header(), *(line + b"\n" for line in lines), half_close=True)
            assert await greets(server)

    asyncio.run(story())
