import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { backOff, type Envelope, Live, liveAddress, parseEnvelope, Sequence } from "./live";

const message = (op: string, seq: number | null): Envelope => ({ op, data: {}, seq });

describe("sequence", () => {
  test("messages in order are handed on", () => {
    const sequence = new Sequence();
    expect(
      ["snapshot", "pop", "pong", "agent_changed"].map((op, index) => sequence.judge(message(op, index + 1))),
    ).toEqual(["deliver", "deliver", "deliver", "deliver"]);
  });

  test("a gap asks for a resync once and holds everything back until the snapshot", () => {
    const sequence = new Sequence();
    sequence.judge(message("snapshot", 1));
    expect(sequence.judge(message("pop", 3))).toBe("resync");
    expect(sequence.judge(message("pop", 4))).toBe("ignore");
    expect(sequence.judge(message("snapshot", 9))).toBe("deliver");
    expect(sequence.judge(message("pop", 10))).toBe("deliver");
  });

  test("a repeated message is a gap too", () => {
    const sequence = new Sequence();
    sequence.judge(message("snapshot", 1));
    sequence.judge(message("pop", 2));
    expect(sequence.judge(message("pop", 2))).toBe("resync");
  });

  test("a pong that skips a number betrays the lost message", () => {
    const sequence = new Sequence();
    sequence.judge(message("snapshot", 1));
    expect(sequence.judge(message("pong", 3))).toBe("resync");
  });

  test("deltas before the first snapshot are not handed on", () => {
    expect(new Sequence().judge(message("agent_changed", 1))).toBe("resync");
  });
});

test.each([
  [0, 500],
  [1, 1000],
  [3, 4000],
  [4, 5000],
  [99, 5000],
])("back-off of attempt %i is %i ms", (attempt, wait) => expect(backOff(attempt)).toBe(wait));

test.each([["garbage"], ["null"], ["[]"], ['{"seq":1}'], ['{"op":7}'], [new Blob()]])("%s is no message", (frame) =>
  expect(parseEnvelope(frame)).toBeNull(),
);

test("the address follows the page's own scheme", () => {
  expect(liveAddress("https://desk.example/desk?x=1", "desk")).toBe("wss://desk.example/ws?view=desk");
  expect(liveAddress("http://127.0.0.1:18080/board", "board")).toBe("ws://127.0.0.1:18080/ws?view=board");
});

/** The browser's WebSocket, as far as `Live` uses it. */
class ScriptedSocket {
  static readonly OPEN = 1;
  static made: ScriptedSocket[] = [];
  readyState = 0;
  readonly sent: string[] = [];
  onopen: () => void = () => {};
  onmessage: (event: { data: string }) => void = () => {};
  onclose: (event: { code: number }) => void = () => {};
  constructor(readonly url: string) {
    ScriptedSocket.made.push(this);
  }
  send(text: string) {
    this.sent.push(JSON.parse(text).op);
  }
  close() {
    this.readyState = 3;
  }
  open() {
    this.readyState = 1;
    this.onopen();
  }
  says(op: string, seq: number) {
    this.onmessage({ data: JSON.stringify({ op, data: {}, seq }) });
  }
  drops(code: number) {
    this.onclose({ code });
  }
}

describe("connection", () => {
  const heard: string[] = [];
  let live: Live;
  const socket = (): ScriptedSocket => {
    const last = ScriptedSocket.made.at(-1);
    if (!last) throw new Error("no socket was opened");
    return last;
  };
  const connect = () => {
    socket().open();
    socket().says("snapshot", 1);
  };

  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal("WebSocket", ScriptedSocket);
    ScriptedSocket.made = [];
    heard.length = 0;
    live = new Live("ws://desk/ws", ({ op }) => heard.push(op));
    live.start();
  });
  afterEach(() => {
    live.stop();
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  test("it is live with the snapshot, not before", () => {
    socket().open();
    expect(live.current().at).toBe("connecting");
    socket().says("snapshot", 1);
    expect(live.current().at).toBe("live");
    expect(heard).toEqual(["snapshot"]);
  });

  test("a pong gives the round trip and keeps the connection", () => {
    connect();
    vi.advanceTimersByTime(40);
    socket().says("pong", 2);
    expect(live.current()).toMatchObject({ at: "live", latencyMs: 40 });
    vi.advanceTimersByTime(4000);
    expect(live.current().at).toBe("live");
  });

  test("silence after a ping counts as lost", () => {
    connect();
    vi.advanceTimersByTime(3000);
    expect(live.current().at).toBe("lost");
  });

  test("each failed attempt waits longer, a snapshot starts over", () => {
    socket().drops(1006);
    vi.advanceTimersByTime(499);
    expect(ScriptedSocket.made).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(ScriptedSocket.made).toHaveLength(2);
    socket().drops(1006);
    vi.advanceTimersByTime(999);
    expect(ScriptedSocket.made).toHaveLength(2);
    vi.advanceTimersByTime(1);
    connect();
    socket().drops(1012);
    vi.advanceTimersByTime(500);
    expect(ScriptedSocket.made).toHaveLength(4);
  });

  test("a lost message makes it ask for a resync", () => {
    connect();
    socket().says("pop", 5);
    expect(socket().sent).toContain("resync");
    expect(heard).toEqual(["snapshot"]);
  });

  test.each([
    [4401, "loggedOut"],
    [4403, "loggedOut"],
    [4409, "elsewhere"],
  ])("close code %i is final", (code, at) => {
    connect();
    socket().drops(code);
    vi.advanceTimersByTime(60_000);
    expect(live.current().at).toBe(at);
    expect(ScriptedSocket.made).toHaveLength(1);
  });

  test("a late close of the old socket does not disturb the new one", () => {
    connect();
    const old = socket();
    live.start();
    connect();
    old.drops(1006);
    expect(live.current().at).toBe("live");
  });
});
