/**
 * The live connection: the only file that knows the WebSocket of docs/contracts.md section 7.
 *
 *   connecting ──open──► live ──close, silence──► lost ──0.5, 1, 2, 4, 5, 5 … s──► connecting
 *                          └── 4401, 4403 ► loggedOut  └── 4409 ──► elsewhere (both final until `start`)
 *
 * Messages carry `seq`. A snapshot sets it, every other message must be the next one; a gap drops the message and asks
 * the server to `resync`, and nothing is handed on until the snapshot has come.
 */
export type Envelope = { op: string; data: unknown; seq: number | null };
export type LiveState = {
  at: "connecting" | "live" | "lost" | "loggedOut" | "elsewhere";
  /** Round trip of the last ping, milliseconds. */
  latencyMs: number | null;
  /** When the next attempt starts, epoch milliseconds; set while `lost`. */
  retryAt: number | null;
};

export const BACK_OFF_MS = [500, 1000, 2000, 4000, 5000] as const;
const PING_EVERY_MS = 5000;
/** Silence after a ping that counts as a dead connection. */
const PONG_WITHIN_MS = 3000;
/** Close codes after which connecting again cannot help (agent_desktop/schemas/live.py). */
const FINAL_CLOSES: ReadonlyMap<number, "loggedOut" | "elsewhere"> = new Map([
  [4401, "loggedOut"],
  [4403, "loggedOut"],
  [4409, "elsewhere"],
]);

export type Verdict = "deliver" | "ignore" | "resync";

/** Watches the sequence of one connection. */
export class Sequence {
  private last: number | null = null;
  private waiting = false;

  /** What to do with a message: hand it on, drop it, or drop it and ask for a new snapshot. */
  judge({ op, seq }: Envelope): Verdict {
    if (op === "pong") {
      // A pong that skips a number is the first sign of a lost message.
      if (seq === null || this.waiting || this.last === null || this.advance(seq)) return "deliver";
      this.waiting = true;
      return "resync";
    }
    if (op === "snapshot") {
      this.last = seq;
      this.waiting = false;
      return "deliver";
    }
    if (this.waiting) return "ignore";
    if (seq === null) return "deliver";
    if (this.advance(seq)) return "deliver";
    this.waiting = true;
    return "resync";
  }

  private advance(seq: number): boolean {
    if (this.last === null || seq !== this.last + 1) return false;
    this.last = seq;
    return true;
  }
}

export function backOff(attempt: number): number {
  return BACK_OFF_MS[Math.min(attempt, BACK_OFF_MS.length - 1)] ?? 5000;
}

/** The message of a frame, or null if the server sent something else. */
export function parseEnvelope(frame: unknown): Envelope | null {
  if (typeof frame !== "string") return null;
  try {
    const value: unknown = JSON.parse(frame);
    if (typeof value !== "object" || value === null || !("op" in value) || typeof value.op !== "string") return null;
    return {
      op: value.op,
      data: "data" in value ? value.data : null,
      seq: "seq" in value && typeof value.seq === "number" ? value.seq : null,
    };
  } catch {
    return null;
  }
}

/** `/ws` of the server that served the page; a view asks for its own snapshots and deltas. */
export function liveAddress(page: string, view: "desk" | "board"): string {
  const address = new URL(`/ws?view=${view}`, page);
  address.protocol = address.protocol.replace("http", "ws");
  return address.href;
}

export class Live {
  private state: LiveState = { at: "connecting", latencyMs: null, retryAt: null };
  private socket: WebSocket | null = null;
  private sequence = new Sequence();
  private attempt = 0;
  private pingAt = 0;
  private timers: { retry?: number; ping?: number; pong?: number } = {};
  private readonly listeners = new Set<() => void>();

  constructor(
    private readonly url: string,
    private readonly onMessage: (message: Envelope) => void,
  ) {}

  readonly current = (): LiveState => this.state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  start(): void {
    this.stop();
    this.attempt = 0;
    this.open();
  }

  stop(): void {
    for (const timer of Object.values(this.timers)) window.clearTimeout(timer);
    this.timers = {};
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }

  /** Asks for a new snapshot; messages go on in order until it comes. */
  resync(): void {
    this.send("resync");
  }

  private open(): void {
    this.set({ at: "connecting", latencyMs: null, retryAt: null });
    this.sequence = new Sequence();
    const socket = new WebSocket(this.url);
    this.socket = socket;
    socket.onopen = () => this.ping();
    socket.onmessage = ({ data }) => this.socket === socket && this.received(data);
    socket.onclose = ({ code }) => this.socket === socket && this.closed(code);
  }

  private received(frame: unknown): void {
    const message = parseEnvelope(frame);
    if (!message) return;
    const verdict = this.sequence.judge(message);
    if (verdict === "resync") this.send("resync");
    if (message.op === "pong") {
      window.clearTimeout(this.timers.pong);
      this.set({ ...this.state, latencyMs: Math.round(performance.now() - this.pingAt) });
    }
    if (verdict !== "deliver") return;
    if (message.op === "snapshot") {
      this.attempt = 0;
      this.set({ ...this.state, at: "live", retryAt: null });
    }
    this.onMessage(message);
  }

  private ping(): void {
    this.pingAt = performance.now();
    this.send("ping");
    this.timers.pong = window.setTimeout(() => this.closed(0), PONG_WITHIN_MS);
    this.timers.ping = window.setTimeout(() => this.ping(), PING_EVERY_MS);
  }

  private closed(code: number): void {
    this.stop();
    const final = FINAL_CLOSES.get(code);
    if (final) {
      this.set({ at: final, latencyMs: null, retryAt: null });
      return;
    }
    const wait = backOff(this.attempt);
    this.attempt += 1;
    this.set({ at: "lost", latencyMs: null, retryAt: Date.now() + wait });
    this.timers.retry = window.setTimeout(() => this.open(), wait);
  }

  private send(op: string): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify({ op }));
  }

  private set(state: LiveState): void {
    this.state = state;
    for (const listener of this.listeners) listener();
  }
}
