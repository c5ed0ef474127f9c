import { expect, test } from "vitest";
import type { Schemas } from "../api/client";
import { type Board, type BoardAgent, patchBoard, worstFirst } from "./patch";

const AT = "2026-11-21T10:00:00.000Z";

const agent = (staff_no: string, change: Partial<BoardAgent> = {}): BoardAgent => ({
  staff_no,
  name: "",
  status: "ready",
  pause_reason: null,
  since: AT,
  call_id: null,
  phone_registered: true,
  wrap_up_until: null,
  actions: [],
  queue: null,
  queue_name: "",
  skills: [],
  level: "good",
  ...change,
});

const board = (agents: BoardAgent[]): Board => ({
  server_time: AT,
  totals: {
    calls: 0,
    solved_by_machine_percent: null,
    service_level_percent: null,
    in_menu: 0,
    waiting: 0,
    talking: 0,
    logged_in: 0,
    ready: 0,
    wrap_up: 0,
    paused: 0,
    open_tickets: 0,
  },
  queues: [],
  agents,
  calls: [],
  tickets: [],
  alerts: [],
  quarters: [],
});

const entered = (call_id: string, phase: Schemas["CallPhase"]): Schemas["ServerMessage"] => ({
  op: "call_changed",
  seq: 2,
  data: {
    call_id,
    phase,
    caller: "138****0000",
    queue: null,
    staff_no: null,
    intent_label: "",
    position: "主菜单",
    started_at: AT,
    phase_since: AT,
    flags: [],
  },
});

test("a call appears, moves and goes", () => {
  const menu = patchBoard(board([]), entered("1.1", "menu"));
  expect(menu.calls.map(({ phase }) => phase)).toEqual(["menu"]);
  const queued = patchBoard(menu, entered("1.1", "queued"));
  expect(queued.calls.map(({ phase }) => phase)).toEqual(["queued"]);
  expect(patchBoard(queued, { op: "call_ended", seq: 4, data: { call_id: "1.1" } }).calls).toEqual([]);
});

test("an agent keeps what the message does not know", () => {
  const before = board([agent("3001", { skills: ["repair"], level: "warning" })]);
  const { queue, queue_name, skills, level, ...known } = agent("3001");
  const message: Schemas["ServerMessage"] = { op: "agent_changed", seq: 2, data: { ...known, status: "talking" } };
  expect(patchBoard(before, message).agents[0]).toMatchObject({ status: "talking", skills: ["repair"] });
});

test("the worst stand first, among equals who talks, among them the longest", () => {
  const sorted = worstFirst([
    agent("1"),
    agent("2", { status: "talking", since: "2026-11-21T09:59:00.000Z" }),
    agent("3", { status: "talking", since: "2026-11-21T09:50:00.000Z" }),
    agent("4", { status: "paused", level: "warning" }),
    agent("5", { level: "danger" }),
  ]);
  expect(sorted.map(({ staff_no }) => staff_no)).toEqual(["5", "4", "3", "2", "1"]);
});
