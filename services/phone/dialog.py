"""One SIP dialog: tags, sequence numbers and the requests that carry them (RFC 3261 section 12).

Owned by `PhoneCall`. There is no proxy between this phone and its server, so routes are not kept.
"""

import secrets
from dataclasses import dataclass, field

from services.phone.message import SipRequest, SipResponse, address_of, cseq_of, headers
from services.phone.transactions import Address

AGENT = "hotline95598 phone"
ALLOWED = "INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, NOTIFY, UPDATE"


def new_tag() -> str:
    return secrets.token_hex(6)


@dataclass(slots=True, kw_only=True)
class Dialog:
    """Both ends of a call as SIP sees them; `local` and `remote` are From and To values with their tags."""

    call_id: str
    local: str
    remote: str
    target: str  # URI that requests go to
    contact: str  # our own URI
    via: Address
    peer: Address
    sequence: int = field(default_factory=lambda: secrets.randbelow(10_000) + 1)

    def request(
        self,
        method: str,
        body: bytes = b"",
        *,
        sequence: int | None = None,
        branch: str | None = None,
        more: tuple[tuple[str, str], ...] = (),
    ) -> SipRequest:
        """The next request. An ACK or CANCEL names the `sequence` of the INVITE, a CANCEL its `branch` too."""
        if sequence is None:
            self.sequence += 1
            sequence = self.sequence
        host, port = self.via
        fields = [
            ("via", f"SIP/2.0/UDP {host}:{port};branch={branch or 'z9hG4bK' + secrets.token_hex(8)};rport"),
            ("max-forwards", "70"),
            ("from", self.local),
            ("to", self.remote),
            ("call-id", self.call_id),
            ("cseq", f"{sequence} {method}"),
            ("contact", f"<{self.contact}>"),
            ("allow", ALLOWED),
            ("user-agent", AGENT),
            *more,
        ]
        if body:
            fields.append(("content-type", "application/sdp"))
        return SipRequest(method=method, uri=self.target, headers=headers(fields), body=body)

    def established(self, response: SipResponse) -> None:
        """Take the other side's tag and contact from its 2xx."""
        self.remote = response.headers.first("to") or self.remote
        contact = response.headers.first("contact")
        if contact:
            self.target = address_of(contact)

    def acknowledge(self, response: SipResponse) -> SipRequest:
        """The ACK of a 2xx, a transaction of its own."""
        return self.request("ACK", sequence=cseq_of(response)[0])
