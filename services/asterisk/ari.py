"""Agents' SIP accounts, pushed by ARI into Asterisk's astdb: usable at once, no reload, kept over a restart.

Called by `services/agents/service.py`. An account is three objects named by the staff number: endpoint, auth, aor.
Source: https://docs.asterisk.org/Configuration/Interfaces/Asterisk-REST-Interface-ARI/ARI-Push-Configuration/
"""

import asyncio
from collections.abc import Mapping
from types import TracebackType
from typing import Final, Self

import httpx
import structlog

from services.errors import UnavailableError
from services.settings import Settings

log = structlog.get_logger(__name__)

TRIES: Final = 3
PAUSE_S: Final = 0.2  # before the second try, doubled before the third
TIMEOUT_S: Final = 3.0

AOR: Final = {
    "max_contacts": "1",
    "remove_existing": "yes",  # a new browser takes the place of the old one
    "qualify_frequency": "20",  # seconds; finds a browser that vanished without closing its connection
    "qualify_timeout": "3.0",
    "default_expiration": "120",
    "maximum_expiration": "300",
}
ENDPOINT: Final = {
    "context": "agents",
    "disallow": "all",
    "allow": "alaw,ulaw",  # the trunk's codecs: no transcoding, a third less CPU than Opus (telephony.md 5)
    "webrtc": "yes",
    "dtls_auto_generate_cert": "yes",
    "direct_media": "no",
    "rtp_symmetric": "yes",
    "force_rport": "yes",
    "rewrite_contact": "yes",
    "device_state_busy_at": "1",
    "language": "zh",
    # A browser that died in a call sends nothing: the leg ends and the caller is not left with silence.
    "rtp_timeout": "30",
    "rtp_timeout_hold": "900",
}


class AriError(UnavailableError):
    """Asterisk's REST interface did not answer, or refused."""

    error_id = "phone-account-unavailable"
    message = "暂时无法开通软电话，请稍后再试。"


class Ari:
    """A client of one Asterisk. Every call here may be repeated without harm, and is, up to `TRIES` times."""

    def __init__(self, settings: Settings) -> None:
        self._client = httpx.AsyncClient(
            base_url=f"http://{settings.asterisk_host}:{settings.asterisk_http_port}/ari/asterisk/config/dynamic/res_pjsip",
            auth=(settings.ari_user, settings.ari_secret),
            timeout=TIMEOUT_S,
            trust_env=False,
        )
        self._realm = settings.sip_realm

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def push_agent(self, staff_no: str, password: str) -> None:
        """Create or replace the account; a phone that registered with an older password is cut at its next refresh.

        Raises:
            AriError: Asterisk does not answer or refused.
        """
        await self._put("aor", staff_no, AOR)
        await self._put("auth", staff_no, {"auth_type": "userpass", "username": staff_no, "password": password,
                                           "realm": self._realm})
        await self._put("endpoint", staff_no, {**ENDPOINT, "aors": staff_no, "auth": staff_no,
                                               "callerid": f"{staff_no} <{staff_no}>"})

    async def remove_agent(self, staff_no: str) -> None:
        """Delete the account; one that is not there is no error."""
        for kind in ("endpoint", "auth", "aor"):
            await self._request("DELETE", f"/{kind}/{staff_no}", None, missing_ok=True)

    async def _put(self, kind: str, staff_no: str, fields: Mapping[str, str]) -> None:
        body = {"fields": [{"attribute": name, "value": value} for name, value in fields.items()]}
        await self._request("PUT", f"/{kind}/{staff_no}", body)

    async def _request(self, method: str, path: str, body: object, *, missing_ok: bool = False) -> None:
        detail = ""
        for attempt in range(TRIES):
            if attempt:
                await asyncio.sleep(PAUSE_S * attempt)
            try:
                response = await self._client.request(method, path, json=body)
            except httpx.HTTPError as error:
                detail = type(error).__name__
                continue
            if response.is_success or (missing_ok and response.status_code == 404):
                return
            detail = f"status {response.status_code}"
            if response.status_code < 500:
                break
        log.error("ari_failed", method=method, kind=path.split("/")[1], detail=detail)
        raise AriError(f"{method} {path}: {detail}")
