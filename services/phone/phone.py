"""A telephone: calls with any caller's number, registers, is called. SIP over UDP, A-law, RFC 4733 digits.

Used by `hotline call`, the demo, the benchmarks, the tests, and as the carrier's side of the trunk. A caller
behind the trunk does not register (the carrier is known by its address); a desk phone does.
"""

import asyncio
import secrets
from types import TracebackType
from typing import Self

import structlog

from services.phone.auth import authorization
from services.phone.call import CallRefusedError, PhoneCall
from services.phone.dialog import Dialog, new_tag
from services.phone.message import SipRequest, SipResponse, address_of, cseq_of
from services.phone.rtp import RtpStream
from services.phone.sdp import NoAudioError
from services.phone.transactions import Address, Incoming, Transactions, response_to

log = structlog.get_logger(__name__)


class SipPhone:
    """One phone on one UDP port, for any number of calls. Use it as `async with`."""

    def __init__(
        self,
        server: Address,
        *,
        user: str = "phone",
        password: str | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self.user = user
        self.incoming: asyncio.Queue[PhoneCall] = asyncio.Queue()
        self._server = server
        self._password = password
        self._bind: Address = (host, port)
        self._transactions = Transactions(self._request, self._ack)
        self._calls: dict[str, PhoneCall] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        await self._transactions.open(*self._bind)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        calls = [call for call in self._calls.values() if not call.ended.is_set()]
        try:
            async with asyncio.timeout(2):
                await asyncio.gather(*(call.hang_up() for call in calls), *self._tasks)
        except TimeoutError:
            log.warning("phone_closed_with_open_calls", calls=len(calls))
        finally:
            await self._transactions.close()

    @property
    def address(self) -> Address:
        return self._transactions.address

    async def register(self, expires_s: int = 300) -> None:
        """Tell the server where this phone is; 0 s takes it back.

        Raises:
            CallRefusedError: wrong password or unknown user.
            SipTimeoutError: no server.
        """
        host, port = self._server
        dialog = self._dialog(f"sip:{host}:{port}", local_user=self.user, remote=f"sip:{self.user}@{host}")
        more = (("expires", str(expires_s)),)
        response = await self._authorized(dialog, "REGISTER", b"", more=more)
        if response.status >= 300:
            raise CallRefusedError(response.status, response.reason)

    async def call(self, number: str, caller_id: str | None = None, *, ring_s: float = 60.0) -> PhoneCall:
        """Call a number and wait, ringing for `ring_s` at most, until it is answered.

        The called side sees `caller_id`, or this phone's own user. Cancelling the coroutine cancels the call.

        Raises:
            CallRefusedError: a final response other than 2xx.
            NoAudioError: answered, but with no audio that we know.
            SipTimeoutError: no answer.
        """
        host, port = self._server
        target = f"sip:{number}@{host}:{port}"
        dialog = self._dialog(target, local_user=caller_id or self.user, remote=target)
        rtp = await RtpStream().open(self._bind[0])
        call = PhoneCall(self._transactions, dialog, rtp)
        self._keep(call)
        try:
            response = await self._authorized(dialog, "INVITE", call.invitation(), call=call, patience_s=ring_s)
            if response.status >= 300:
                raise CallRefusedError(response.status, response.reason)
            try:
                call.accepted(response)
            except NoAudioError:
                await call.hang_up()
                raise
        except BaseException:
            call.finish()
            raise
        return call

    async def next_call(self, timeout_s: float = 30.0) -> PhoneCall:
        """The next incoming call, ringing. Raises: TimeoutError."""
        return await asyncio.wait_for(self.incoming.get(), timeout_s)

    # ---- requests out

    def _dialog(self, target: str, *, local_user: str, remote: str) -> Dialog:
        host, port = self.address
        return Dialog(
            call_id=secrets.token_hex(12),
            local=f"<sip:{local_user}@{host}>;tag={new_tag()}",
            remote=f"<{remote}>",
            target=target,
            contact=f"sip:{self.user}@{host}:{port}",
            via=self.address,
            peer=self._server,
        )

    async def _authorized(
        self,
        dialog: Dialog,
        method: str,
        body: bytes,
        *,
        more: tuple[tuple[str, str], ...] = (),
        call: PhoneCall | None = None,
        patience_s: float = 32.0,
    ) -> SipResponse:
        """Send a request that opens a dialog; answer one challenge if there is a password for it."""
        request = dialog.request(method, body, more=more)
        response = await self._cancellable(dialog, request, call, patience_s)
        if response.status not in (401, 407) or self._password is None:
            return response
        asked, given = (
            ("www-authenticate", "authorization")
            if response.status == 401
            else ("proxy-authenticate", "proxy-authorization")
        )
        credentials = authorization(
            response.headers.first(asked), method=method, uri=dialog.target, user=self.user, password=self._password
        )
        again = dialog.request(method, body, more=(*more, (given, credentials)))
        return await self._cancellable(dialog, again, call, patience_s)

    async def _cancellable(
        self, dialog: Dialog, request: SipRequest, call: PhoneCall | None, patience_s: float
    ) -> SipResponse:
        if call is None:
            return await self._transactions.request(request, dialog.peer)
        waiting = asyncio.create_task(
            self._transactions.request(request, dialog.peer, on_provisional=call.provisional, patience_s=patience_s),
            name="sip-invite",
        )
        try:
            return await asyncio.shield(waiting)
        except asyncio.CancelledError:
            self._hold(asyncio.create_task(self._cancel(dialog, request, waiting), name="sip-cancel"))
            raise

    async def _cancel(self, dialog: Dialog, invite: SipRequest, waiting: asyncio.Task[SipResponse]) -> None:
        """CANCEL an INVITE (RFC 3261 9.1); if the answer was faster, acknowledge it and hang up."""
        number, _ = cseq_of(invite)
        cancel = dialog.request("CANCEL", sequence=number, branch=invite.branch)
        try:
            await self._transactions.request(cancel, dialog.peer)
            response = await asyncio.wait_for(waiting, 5.0)
            if response.status < 300:
                dialog.established(response)
                self._transactions.acknowledge(dialog.acknowledge(response), dialog.peer)
                await self._transactions.request(dialog.request("BYE"), dialog.peer)
        except TimeoutError:
            log.warning("cancel_unanswered")

    def _keep(self, call: PhoneCall) -> None:
        self._calls = {known: old for known, old in self._calls.items() if not old.ended.is_set()}
        self._calls[call.dialog.call_id] = call

    def _hold(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # ---- requests in

    def _request(self, incoming: Incoming) -> None:
        request = incoming.request
        call = self._calls.get(request.headers.first("call-id"))
        if request.method == "CANCEL":
            self._transactions.respond(incoming, response_to(request, 200 if call else 481, "OK" if call else "Gone"))
            if call is not None:
                call.cancelled()
        elif call is not None and not call.ended.is_set():
            call.take(incoming)
        elif request.method == "INVITE" and call is None:
            self._hold(asyncio.create_task(self._called(incoming), name="sip-called"))
        elif request.method in ("OPTIONS", "NOTIFY"):
            self._transactions.respond(incoming, response_to(request, 200, "OK"))
        else:
            self._transactions.respond(incoming, response_to(request, 481, "Call/Transaction Does Not Exist"))

    def _ack(self, ack: SipRequest) -> None:
        call = self._calls.get(ack.headers.first("call-id"))
        if call is not None:
            call.acknowledged()

    async def _called(self, incoming: Incoming) -> None:
        request = incoming.request
        host, port = self.address
        remote = request.headers.first("from")
        dialog = Dialog(
            call_id=request.headers.first("call-id"),
            local=f"{request.headers.first('to')};tag={new_tag()}",
            remote=remote,
            target=address_of(request.headers.first("contact") or remote),
            contact=f"sip:{self.user}@{host}:{port}",
            via=self.address,
            peer=incoming.source,
        )
        rtp = await RtpStream().open(self._bind[0])
        call = PhoneCall(self._transactions, dialog, rtp, incoming)
        self._keep(call)
        call.ring()
        self.incoming.put_nowait(call)
