"""An Asterisk for tests in which it is not the subject: queues, channels, SIP accounts over real AMI and ARI.

It answers as app_queue 22 does and keeps what it was asked, so that a test can look.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import uvicorn
from fastapi import FastAPI, Request, Response, WebSocket, WebSocketDisconnect

Headers = dict[str, str]


@dataclass(slots=True)
class Member:
    paused: bool = True
    reason: str = "login"
    status: int = 1


@dataclass(slots=True)
class ScriptedAsterisk:
    ami_port: int
    members: dict[str, dict[str, Member]] = field(default_factory=dict)  # interface → queue → member
    channels: list[Headers] = field(default_factory=list)
    actions: list[Headers] = field(default_factory=list)
    accounts: dict[str, str] = field(default_factory=dict)  # staff number → SIP password
    sip_heard: list[str] = field(default_factory=list)
    sip_closed: list[int] = field(default_factory=list)
    phones: list[WebSocket] = field(default_factory=list)
    writers: set[asyncio.StreamWriter] = field(default_factory=set)
    server: asyncio.Server | None = None

    async def start_manager(self) -> None:
        self.server = await asyncio.start_server(self.manager, "127.0.0.1", self.ami_port)

    async def stop_manager(self) -> None:
        """As if Asterisk died: the port is closed and every link is cut."""
        if self.server is not None:
            self.server.close()
            for writer in list(self.writers):
                writer.close()
            await self.server.wait_closed()
            self.server = None

    def did(self, action: str) -> list[Headers]:
        return [headers for headers in self.actions if headers["Action"] == action]

    def set_status(self, staff_no: str, status: int) -> None:
        for member in self.members[f"PJSIP/{staff_no}"].values():
            member.status = status

    def pause_as(self, staff_no: str, reason: str) -> None:
        for member in self.members[f"PJSIP/{staff_no}"].values():
            member.paused, member.reason = True, reason

    async def manager(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.add(writer)
        writer.write(b"Asterisk Call Manager/11.0.0\r\n")
        try:
            while raw := await reader.readuntil(b"\r\n\r\n"):
                headers = dict(line.split(": ", 1) for line in raw.decode().strip().split("\r\n") if ": " in line)
                self.actions.append(headers)
                writer.write(self._answer(headers).encode())
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.writers.discard(writer)
            writer.close()

    def _answer(self, asked: Headers) -> str:
        action_id = asked.get("ActionID", "")
        match asked["Action"]:
            case "Login":
                booted = _event("FullyBooted", "", {"Status": "Fully Booted"})
                return _response("Success", action_id, "Authentication accepted") + booted
            case "QueueAdd":
                queues = self.members.setdefault(asked["Interface"], {})
                if asked["Queue"] in queues:
                    return _response("Error", action_id, "Unable to add interface: Already there")
                queues[asked["Queue"]] = Member()
            case "QueueRemove":
                self.members.get(asked["Interface"], {}).pop(asked["Queue"], None)
            case "QueuePause":
                if not self.members.get(asked["Interface"]):
                    return _response("Error", action_id, "Interface not found")
                for member in self.members[asked["Interface"]].values():
                    member.paused, member.reason = asked["Paused"] == "true", asked.get("Reason", "")
            case "QueueStatus":
                return self._queue_status(asked, action_id)
            case "CoreShowChannels":
                shown = "".join(_event("CoreShowChannel", action_id, channel) for channel in self.channels)
                return _list(action_id, shown, "CoreShowChannelsComplete")
            case "Hangup":
                if all(channel["Channel"] != asked["Channel"] for channel in self.channels):
                    return _response("Error", action_id, "No such channel")
        return _response("Success", action_id, "OK")

    def _queue_status(self, asked: Headers, action_id: str) -> str:
        shown = ""
        for interface, queues in self.members.items():
            if asked.get("Member", interface) != interface:
                continue
            for queue, member in queues.items():
                shown += _event("QueueMember", action_id, {
                    "Queue": queue, "Name": interface, "Location": interface, "StateInterface": interface,
                    "Membership": "dynamic", "Penalty": "0", "CallsTaken": "0", "LastCall": "0", "InCall": "0",
                    "Status": str(member.status), "Paused": "1" if member.paused else "0",
                    "PausedReason": member.reason,
                })
        return _list(action_id, shown, "QueueStatusComplete")

    def web(self) -> FastAPI:
        app = FastAPI()
        kind = "/ari/asterisk/config/dynamic/res_pjsip/{kind}/{name}"

        @app.put(kind)
        async def put(kind: str, name: str, request: Request) -> Response:
            fields = {field["attribute"]: field["value"] for field in (await request.json())["fields"]}
            if kind == "auth":
                self.accounts[name] = fields["password"]
            return Response(status_code=200)

        @app.delete(kind)
        async def delete(kind: str, name: str) -> Response:
            self.accounts.pop(name, None)
            return Response(status_code=204)

        @app.websocket("/ws")
        async def sip(socket: WebSocket) -> None:
            await socket.accept(subprotocol="sip")
            self.phones.append(socket)
            try:
                while True:
                    text = await socket.receive_text()
                    self.sip_heard.append(text)
                    await socket.send_text(f"SIP/2.0 200 OK\r\nX-Heard: {len(text)}\r\n\r\n")
            except WebSocketDisconnect as left:
                self.sip_closed.append(left.code)

        return app


def _response(kind: str, action_id: str, message: str) -> str:
    return f"Response: {kind}\r\nActionID: {action_id}\r\nMessage: {message}\r\n\r\n"


def _event(name: str, action_id: str, headers: Headers) -> str:
    lines = "".join(f"{key}: {value}\r\n" for key, value in headers.items())
    of_action = f"ActionID: {action_id}\r\n" if action_id else ""
    return f"Event: {name}\r\n{of_action}{lines}\r\n"


def _list(action_id: str, events: str, closing: str) -> str:
    start = f"Response: Success\r\nActionID: {action_id}\r\nEventList: start\r\nMessage: list follows\r\n\r\n"
    count = events.count("Event: ")
    return start + events + _event(closing, action_id, {"EventList": "Complete", "ListItems": str(count)})


@asynccontextmanager
async def scripted_asterisk(ami_port: int, http_port: int) -> AsyncIterator[ScriptedAsterisk]:
    asterisk = ScriptedAsterisk(ami_port)
    await asterisk.start_manager()
    async with serving(asterisk.web(), http_port):
        yield asterisk
    await asterisk.stop_manager()


@asynccontextmanager
async def serving(app: FastAPI, port: int) -> AsyncIterator[None]:
    """Serve an application over a real socket for the length of a `with`."""
    server = uvicorn.Server(uvicorn.Config(
        app, host="127.0.0.1", port=port, log_level="error", ws="websockets-sansio", lifespan="on",
        timeout_graceful_shutdown=2, ws_max_size=65536,
    ))
    task = asyncio.create_task(server.serve(), name=f"serve-{port}")
    while not server.started:
        if task.done():
            task.result()
        await asyncio.sleep(0.01)
    try:
        yield
    finally:
        server.should_exit = True
        await task
