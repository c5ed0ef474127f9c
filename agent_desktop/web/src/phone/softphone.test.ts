import { describe, expect, test } from "vitest";
import { initialPhone, type PhoneEvent, type PhoneState, transition, websocketAddress } from "./softphone";

const having = (...events: PhoneEvent[]): PhoneState => events.reduce(transition, initialPhone);
const started: PhoneEvent[] = [{ type: "started" }, { type: "registered" }];
const ringing: PhoneEvent[] = [...started, { type: "invited", from: "138" }];
const talking: PhoneEvent[] = [...ringing, { type: "answered" }, { type: "confirmed" }];

describe("line", () => {
  test("registers, is lost and comes back", () => {
    expect(having({ type: "started" }).line).toBe("connecting");
    expect(having(...started).line).toBe("registered");
    expect(having(...started, { type: "disconnected" }).line).toBe("lost");
    expect(having(...started, { type: "disconnected" }, { type: "registered" }).line).toBe("registered");
  });

  test("a refusal is not painted over by the socket that closes behind it", () => {
    expect(having({ type: "started" }, { type: "refused" }, { type: "disconnected" }).line).toBe("refused");
  });

  test("a lost socket leaves the call alone", () => {
    expect(having(...talking, { type: "disconnected" })).toEqual({
      line: "lost",
      call: { at: "talking", from: "138", muted: false },
    });
  });

  test("stopping forgets everything", () => {
    expect(having(...talking, { type: "stopped" })).toEqual(initialPhone);
  });
});

describe("call", () => {
  test("rings, is answered, talks, ends", () => {
    expect(having(...ringing).call).toEqual({ at: "ringing", from: "138" });
    expect(having(...ringing, { type: "answered" }).call).toEqual({ at: "answering", from: "138" });
    expect(having(...talking).call).toEqual({ at: "talking", from: "138", muted: false });
    expect(having(...talking, { type: "ended", why: "remote" }).call).toEqual({ at: "idle", ended: "remote" });
  });

  test("a caller who gives up while it rings", () => {
    expect(having(...ringing, { type: "ended", why: "cancelled" }).call).toEqual({ at: "idle", ended: "cancelled" });
  });

  test("no microphone ends the answering with its reason", () => {
    const { call } = having(...ringing, { type: "answered" }, { type: "ended", why: "microphone" });
    expect(call).toEqual({ at: "idle", ended: "microphone" });
  });

  test("mute survives hold and return", () => {
    const muted = [...talking, { type: "muted" }, { type: "held" }] satisfies PhoneEvent[];
    expect(having(...muted).call).toEqual({ at: "hold", from: "138", muted: true });
    expect(having(...muted, { type: "resumed" }).call).toEqual({ at: "talking", from: "138", muted: true });
    expect(having(...muted, { type: "unmuted" }, { type: "resumed" }).call).toEqual({
      at: "talking",
      from: "138",
      muted: false,
    });
  });

  test("a second invitation does not replace the call", () => {
    expect(having(...talking, { type: "invited", from: "139" })).toEqual(having(...talking));
  });

  const late: PhoneEvent[] = [
    { type: "answered" },
    { type: "confirmed" },
    { type: "held" },
    { type: "resumed" },
    { type: "muted" },
    { type: "ended", why: "remote" },
  ];
  test.each(late)("%o after the end changes nothing", (event) => {
    const ended = having(...talking, { type: "ended", why: "local" });
    expect(transition(ended, event)).toBe(ended);
  });
});

test("the phone's socket follows the page", () => {
  expect(websocketAddress("/sip", "https://desk.example/desk")).toBe("wss://desk.example/sip");
  expect(websocketAddress("wss://pbx.example:8089/ws", "http://127.0.0.1/")).toBe("wss://pbx.example:8089/ws");
});
