/**
 * The agent's phone: the only file that knows JsSIP.
 *
 * Two machines run side by side, because a call outlives a lost socket: media flows between the browser and
 * Asterisk, so a dropped WebSocket changes `line` and never touches `call`.
 *
 *   line:  off ──start──► connecting ──► registered ◄──► lost (JsSIP comes back by itself, 1 to 5 s)
 *                              └───────► refused (wrong password: somebody logged in elsewhere)
 *
 *   call:  idle ──INVITE──► ringing ──answer──► answering ──► talking ◄──► hold
 *            ▲                 │ reject, cancel      │ no microphone      │
 *            └─────────────────┴─────────────────────┴────────────────────┘ (`idle.ended` says why)
 */
import { debug, UA, WebSocketInterface } from "jssip";
import { C } from "jssip/lib/JsSIP";
import type { RTCSession } from "jssip/lib/RTCSession";

export type Line = "off" | "connecting" | "registered" | "lost" | "refused";
export type CallEnd = "remote" | "local" | "cancelled" | "microphone" | "failed";
export type PhoneCall =
  | { at: "idle"; ended: CallEnd | null }
  | { at: "ringing"; from: string }
  | { at: "answering"; from: string }
  | { at: "talking"; from: string; muted: boolean }
  | { at: "hold"; from: string; muted: boolean };
export type PhoneState = { line: Line; call: PhoneCall };

export type PhoneEvent =
  | { type: "started" | "registered" | "disconnected" | "refused" | "stopped" }
  | { type: "invited"; from: string }
  | { type: "answered" | "confirmed" | "held" | "resumed" | "muted" | "unmuted" }
  | { type: "ended"; why: CallEnd };

export const initialPhone: PhoneState = { line: "off", call: { at: "idle", ended: null } };

/** The next state; an event that does not fit (a late `confirmed` after the end) changes nothing. */
export function transition(state: PhoneState, event: PhoneEvent): PhoneState {
  const { line, call } = state;
  switch (event.type) {
    case "started":
      return { line: "connecting", call };
    case "registered":
      return { line: "registered", call };
    case "disconnected":
      return line === "off" || line === "refused" ? state : { line: "lost", call };
    case "refused":
      return { line: "refused", call };
    case "stopped":
      return initialPhone;
    case "invited":
      return call.at === "idle" ? { line, call: { at: "ringing", from: event.from } } : state;
    case "answered":
      return call.at === "ringing" ? { line, call: { at: "answering", from: call.from } } : state;
    case "confirmed":
      return call.at === "ringing" || call.at === "answering"
        ? { line, call: { at: "talking", from: call.from, muted: false } }
        : state;
    case "held":
      return call.at === "talking" ? { line, call: { ...call, at: "hold" } } : state;
    case "resumed":
      return call.at === "hold" ? { line, call: { ...call, at: "talking" } } : state;
    case "muted":
    case "unmuted":
      return call.at === "talking" || call.at === "hold"
        ? { line, call: { ...call, muted: event.type === "muted" } }
        : state;
    case "ended":
      return call.at === "idle" ? state : { line, call: { at: "idle", ended: event.why } };
  }
}

export type PhoneAccount = {
  uri: string;
  password: string;
  /** Absolute or relative to the page. */
  websocketUrl: string;
  /** Read at every answer, so that a changed headset works from the next call on. */
  microphone: () => MediaTrackConstraints;
};

const REGISTER_EXPIRES_S = 60;
const RECOVERY_MIN_S = 1;
const RECOVERY_MAX_S = 5;
const ANSWER_NEXT_WITHIN_MS = 10_000;

/** `/sip` on an https page becomes `wss://host/sip`. */
export function websocketAddress(url: string, page: string): string {
  const address = new URL(url, page);
  address.protocol = address.protocol.replace("http", "ws");
  return address.href;
}

export class Softphone {
  private state = initialPhone;
  private ua: UA | null = null;
  private session: RTCSession | null = null;
  private answerUntil = 0;
  private readonly listeners = new Set<() => void>();
  private readonly speaker = new Audio();

  constructor(private readonly account: PhoneAccount) {
    this.speaker.autoplay = true;
    debug.disable();
  }

  readonly current = (): PhoneState => this.state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  start(): void {
    if (this.ua) return;
    const ua = new UA({
      sockets: [new WebSocketInterface(websocketAddress(this.account.websocketUrl, location.href))],
      uri: this.account.uri,
      password: this.account.password,
      register_expires: REGISTER_EXPIRES_S,
      connection_recovery_min_interval: RECOVERY_MIN_S,
      connection_recovery_max_interval: RECOVERY_MAX_S,
      session_timers: false,
    });
    ua.on("registered", () => this.dispatch({ type: "registered" }));
    ua.on("disconnected", () => this.dispatch({ type: "disconnected" }));
    ua.on("registrationFailed", ({ cause }) =>
      this.dispatch({
        type: cause === C.causes.REJECTED || cause === C.causes.AUTHENTICATION_ERROR ? "refused" : "disconnected",
      }),
    );
    ua.on("newRTCSession", ({ session, originator }: { session: RTCSession; originator: string }) => {
      if (originator !== "remote") return;
      this.invited(session);
    });
    this.ua = ua;
    this.dispatch({ type: "started" });
    ua.start();
  }

  /** Unregisters and ends a call in progress; for logging out, never for a lost connection. */
  stop(): void {
    this.ua?.stop();
    this.ua = null;
    this.session = null;
    this.dispatch({ type: "stopped" });
  }

  /** The supervisor asked to listen: Asterisk calls this phone back, and that one call answers itself. */
  answerNext(): void {
    this.answerUntil = Date.now() + ANSWER_NEXT_WITHIN_MS;
  }

  answer(): void {
    if (this.state.call.at !== "ringing") return;
    this.session?.answer({ mediaConstraints: { audio: this.account.microphone(), video: false } });
    this.dispatch({ type: "answered" });
  }

  /** 486 sends the caller on to the next agent. */
  reject(): void {
    if (this.state.call.at === "ringing") this.session?.terminate({ status_code: 486 });
  }

  hangUp(): void {
    if (this.session && !this.session.isEnded()) this.session.terminate();
  }

  toggleMute(): void {
    const { call } = this.state;
    if (call.at !== "talking" && call.at !== "hold") return;
    if (call.muted) this.session?.unmute({ audio: true });
    else this.session?.mute({ audio: true });
  }

  toggleHold(): void {
    const { call } = this.state;
    if (call.at === "talking") this.session?.hold();
    else if (call.at === "hold") this.session?.unhold();
  }

  press(tone: string): void {
    const { at } = this.state.call;
    if (at === "talking" || at === "hold") this.session?.sendDTMF(tone, { transportType: C.DTMF_TRANSPORT.RFC2833 });
  }

  private invited(session: RTCSession): void {
    if (this.state.call.at !== "idle") {
      session.terminate({ status_code: 486 });
      return;
    }
    this.session = session;
    session.on("peerconnection", ({ peerconnection }) => {
      peerconnection.addEventListener("track", ({ streams }) => {
        this.speaker.srcObject = streams[0] ?? null;
      });
    });
    session.on("confirmed", () => this.dispatch({ type: "confirmed" }));
    session.on("hold", ({ originator }) => originator === "local" && this.dispatch({ type: "held" }));
    session.on("unhold", ({ originator }) => originator === "local" && this.dispatch({ type: "resumed" }));
    session.on("muted", () => this.dispatch({ type: "muted" }));
    session.on("unmuted", () => this.dispatch({ type: "unmuted" }));
    session.on("ended", ({ originator }) => this.ended(originator === "local" ? "local" : "remote"));
    session.on("failed", ({ cause, originator }) => this.ended(whyFailed(cause, originator)));
    this.dispatch({ type: "invited", from: session.remote_identity.uri.user });
    if (Date.now() < this.answerUntil) {
      this.answerUntil = 0;
      this.answer();
    }
  }

  private ended(why: CallEnd): void {
    this.session = null;
    this.speaker.srcObject = null;
    this.dispatch({ type: "ended", why });
  }

  private dispatch(event: PhoneEvent): void {
    const next = transition(this.state, event);
    if (next === this.state) return;
    this.state = next;
    for (const listener of this.listeners) listener();
  }
}

function whyFailed(cause: string, originator: string): CallEnd {
  if (cause === C.causes.USER_DENIED_MEDIA_ACCESS) return "microphone";
  if (cause === C.causes.CANCELED) return "cancelled";
  return originator === "local" ? "local" : "failed";
}

export type Microphone = "granted" | "denied" | "missing";

/** Asks once for the microphone, so that the first call of a shift is not lost to a permission question. */
export async function checkMicrophone(constraints: MediaTrackConstraints): Promise<Microphone> {
  if (!navigator.mediaDevices) return "missing";
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: constraints });
    for (const track of stream.getTracks()) track.stop();
    return "granted";
  } catch (error) {
    return error instanceof DOMException && error.name === "NotAllowedError" ? "denied" : "missing";
  }
}
