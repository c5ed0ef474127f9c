"""Callers by sipp: one scenario of keys, a rate, a number of calls; what failed (SIPp 3.6, INFO digits).

The scenario is written here because it differs only in its keys and pauses.
"""

import csv
import subprocess
from dataclasses import dataclass
from pathlib import Path

HEAD = """<?xml version="1.0" encoding="UTF-8" ?>
<scenario name="caller">
<send retrans="500"><![CDATA[
INVITE sip:{number}@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:[field0]@[local_ip]:[local_port]>;tag=[pid]c[call_number]
To: <sip:{number}@[remote_ip]:[remote_port]>
Call-ID: [call_id]
CSeq: 1 INVITE
Contact: <sip:[field0]@[local_ip]:[local_port]>
Max-Forwards: 70
Content-Type: application/sdp
Content-Length: [len]

v=0
o=- 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [local_ip]
t=0 0
m=audio {rtp_port} RTP/AVP 8
a=rtpmap:8 PCMA/8000
]]></send>
<recv response="100" optional="true"/>
<recv response="180" optional="true"/>
<recv response="183" optional="true"/>
<recv response="200" rrs="true"/>
<send><![CDATA[
ACK [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:[field0]@[local_ip]:[local_port]>;tag=[pid]c[call_number]
To: <sip:{number}@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
CSeq: 1 ACK
Max-Forwards: 70
Content-Length: 0

]]></send>
"""
REQUEST = """<send retrans="500"><![CDATA[
{method} [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:[field0]@[local_ip]:[local_port]>;tag=[pid]c[call_number]
To: <sip:{number}@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
CSeq: {cseq} {method}
Max-Forwards: 70
{body}
]]></send>
<recv response="200"/>
"""
KEY = "Content-Type: application/dtmf-relay\nContent-Length: [len]\n\nSignal={key}\nDuration=80"
EMPTY = "Content-Length: 0\n"
PAUSE = '<pause milliseconds="{ms}"/>\n'
WAIT_FOR_BYE = """<recv request="BYE"/>
<send><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>
"""
DEAD_RTP_PORT = 9  # discard: nobody listens, the benchmark is about calls


@dataclass(frozen=True, slots=True, kw_only=True)
class Callers:
    """`keys` are pressed `pause_ms` apart; then the caller hangs up, or waits for the far end's BYE."""

    number: str
    keys: str
    pause_ms: int = 300
    hangs_up: bool = False

    def scenario(self) -> str:
        parts = [HEAD.format(number=self.number, rtp_port=DEAD_RTP_PORT)]
        for cseq, key in enumerate(self.keys, start=2):
            parts.append(PAUSE.format(ms=self.pause_ms))
            parts.append(REQUEST.format(method="INFO", number=self.number, cseq=cseq, body=KEY.format(key=key)))
        if self.hangs_up:
            parts.append(PAUSE.format(ms=self.pause_ms))
            parts.append(REQUEST.format(method="BYE", number=self.number, cseq=len(self.keys) + 2, body=EMPTY))
        else:
            parts.append(WAIT_FOR_BYE)
        return "".join([*parts, "</scenario>\n"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    calls: int
    failed: int


def run(
    callers: Callers, *, server: tuple[str, int], rate: int, calls: int, numbers: list[str], folder: Path
) -> Outcome:
    """Offer `calls` calls at `rate` a second and wait for the last one.

    Raises:
        RuntimeError: sipp did not run at all.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "caller.xml").write_text(callers.scenario(), encoding="utf-8")
    (folder / "numbers.csv").write_text("SEQUENTIAL\n" + "".join(f"{n};\n" for n in numbers), encoding="utf-8")
    statistics = folder / "sipp.csv"
    statistics.unlink(missing_ok=True)
    host, port = server
    command = [
        "sipp", f"{host}:{port}", "-sf", "caller.xml", "-inf", "numbers.csv", "-i", host, "-r", str(rate),
        "-m", str(calls), "-l", str(calls), "-recv_timeout", "10000", "-timeout", f"{calls // rate + 60}s",
        "-trace_stat", "-stf", str(statistics.resolve()), "-fd", "1", "-nostdin",
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=calls // rate + 90)
    if not statistics.exists():
        raise RuntimeError(f"sipp did not run: {done.stderr[-500:]}")
    with statistics.open(newline="") as lines:
        last = list(csv.DictReader(lines, delimiter=";"))[-1]
    return Outcome(calls=int(last["TotalCallCreated"]), failed=calls - int(last["SuccessfulCall(C)"]))
