import { expect, test } from "vitest";
import type { Schemas } from "../api/client";
import { type Desk, keepPop, patchDesk, type ServerMessage, withAgent } from "./patch";

const AT = "2026-11-21T10:00:00.000Z";

const agent = (status: Schemas["AgentStatus"]): Desk["agent"] => ({
  staff_no: "3001",
  name: "李敏",
  status,
  pause_reason: null,
  since: AT,
  call_id: null,
  phone_registered: true,
  wrap_up_until: null,
  actions: [],
});

const call = (call_id: string, phase: Schemas["CallPhase"]): Schemas["CallView"] => ({
  call_id,
  direction: "inbound",
  phase,
  caller: "138****2048",
  queue: "repair",
  queue_name: "故障抢修",
  intent: null,
  intent_label: "",
  priority: 0,
  verified_level: 0,
  started_at: AT,
  queued_at: AT,
  connected_at: null,
  agent_left_at: null,
  ended_at: null,
  end_reasons: [],
});

const ticket = (ticket_no: string) => ({ ticket_no, version: 1 }) as Schemas["Draft"];

const pop = (call_id: string, ticket_no: string): Schemas["Pop"] => ({
  call: call(call_id, "ringing"),
  customer: null,
  accounts: [],
  outage: null,
  tickets: [],
  recent: [],
  path: [],
  ticket: ticket(ticket_no),
  greeting: { text: "", ask: [], apologise: false },
});

const desk = (change: Partial<Desk> = {}): Desk => ({
  server_time: AT,
  agent: agent("ready"),
  call: null,
  pop: null,
  ticket: null,
  unfinished: [],
  queues: [],
  today: { calls: 0, average_talk_s: null, satisfaction_percent: null },
  ...change,
});

const changed = (staff_no: string, status: Schemas["AgentStatus"]): ServerMessage => ({
  op: "agent_changed",
  seq: 2,
  data: { ...agent(status), staff_no },
});

test("a pop brings call and ticket in one step", () => {
  const patched = patchDesk(desk(), { op: "pop", seq: 2, data: pop("1.1", "A") });
  expect(patched.desk.call?.call_id).toBe("1.1");
  expect(patched.desk.ticket?.ticket_no).toBe("A");
  expect(patched.refetch).toBe(false);
});

test("a new state of this agent is taken and the rest asked for; a colleague's is not", () => {
  expect(patchDesk(desk(), changed("3001", "talking"))).toMatchObject({
    desk: { agent: { status: "talking" } },
    refetch: true,
  });
  expect(patchDesk(desk(), changed("3001", "ready")).refetch).toBe(false);
  expect(patchDesk(desk(), changed("3002", "talking"))).toEqual({ desk: desk(), refetch: false });
});

test("only the call on the screen changes its phase", () => {
  const known = desk({ call: call("1.1", "talking") });
  const ended = (call_id: string): ServerMessage => ({ op: "call_ended", seq: 2, data: { call_id } });
  expect(patchDesk(known, ended("1.1")).desk.call?.phase).toBe("ended");
  expect(patchDesk(known, ended("9.9"))).toEqual({ desk: known, refetch: false });
});

test("what is known of the caller stays with the ticket of his call, not with the next one", () => {
  const known = desk({ pop: pop("1.1", "A"), ticket: ticket("A") });
  expect(keepPop(known, desk({ ticket: ticket("A") })).pop?.call.call_id).toBe("1.1");
  expect(keepPop(known, desk({ ticket: ticket("B") })).pop).toBeNull();
  expect(keepPop(known, desk()).pop).toBeNull();
  expect(keepPop(known, desk({ pop: pop("2.2", "A"), ticket: ticket("A") })).pop?.call.call_id).toBe("2.2");
  expect(keepPop(undefined, desk({ ticket: ticket("A") })).pop).toBeNull();
});

test("an answer that was read before the live message does not undo it", () => {
  const known = desk({ agent: agent("ready") });
  const earlier = { ...agent("paused"), since: "2026-11-21T09:59:59.000Z" };
  const later = { ...agent("ringing"), since: "2026-11-21T10:00:01.000Z" };
  expect(withAgent(known, earlier).agent.status).toBe("ready");
  expect(withAgent(known, later).agent.status).toBe("ringing");
  expect(withAgent(known, { ...agent("ready"), wrap_up_until: AT }).agent.wrap_up_until).toBe(AT);
});
