/** How a live message changes the board between two of its full sums. Pure. */
import type { Schemas } from "../api/client";

export type Board = Schemas["Board"];
export type BoardAgent = Schemas["BoardAgent"];
type ServerMessage = Schemas["ServerMessage"];

export function patchBoard(board: Board, message: ServerMessage): Board {
  switch (message.op) {
    case "board":
      return message.data;
    case "agent_changed": {
      const { data } = message;
      const agents = board.agents.map((agent) => (agent.staff_no === data.staff_no ? { ...agent, ...data } : agent));
      return { ...board, agents };
    }
    case "call_changed": {
      const { call_id, caller, phase, position, queue, staff_no, started_at, phase_since } = message.data;
      const changed = {
        call_id,
        caller,
        phase,
        position,
        queue,
        staff_no,
        started_at,
        phase_since,
        level: "good" as const,
      };
      const known = board.calls.some((call) => call.call_id === call_id);
      const calls = known
        ? board.calls.map((call) => (call.call_id === call_id ? changed : call))
        : [...board.calls, changed];
      return { ...board, calls };
    }
    case "call_ended":
      return { ...board, calls: board.calls.filter(({ call_id }) => call_id !== message.data.call_id) };
    default:
      return board;
  }
}

const LEVELS = { danger: 0, warning: 1, good: 2 } as const;
const STATUSES: readonly Schemas["AgentStatus"][] = [
  "talking",
  "hold",
  "ringing",
  "wrap_up",
  "ready",
  "paused",
  "offline",
];

/** The worst first, then by state, then the longest in it. */
export function worstFirst(agents: readonly BoardAgent[]): BoardAgent[] {
  return [...agents].sort(
    (one, other) =>
      LEVELS[one.level] - LEVELS[other.level] ||
      STATUSES.indexOf(one.status) - STATUSES.indexOf(other.status) ||
      one.since.localeCompare(other.since) ||
      one.staff_no.localeCompare(other.staff_no),
  );
}
