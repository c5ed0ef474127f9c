/** How a live message changes the desk. Pure: the query cache holds the result (docs/contracts.md, section 7). */
import type { Schemas } from "../api/client";

export type Desk = Schemas["Desk"];
export type ServerMessage = Schemas["ServerMessage"];

/** A patched desk, and whether the server should be asked for the rest of it. */
export type Patched = { desk: Desk; refetch: boolean };

export function patchDesk(desk: Desk, message: ServerMessage): Patched {
  switch (message.op) {
    case "pop":
      return {
        desk: { ...desk, pop: message.data, call: message.data.call, ticket: message.data.ticket },
        refetch: false,
      };
    case "agent_changed":
      if (message.data.staff_no !== desk.agent.staff_no) return { desk, refetch: false };
      return {
        desk: { ...desk, agent: { ...desk.agent, ...message.data } },
        refetch: message.data.status !== desk.agent.status,
      };
    case "call_changed": {
      const { call } = desk;
      if (call?.call_id !== message.data.call_id) return { desk, refetch: false };
      const { phase } = message.data;
      return { desk: { ...desk, call: { ...call, phase } }, refetch: phase !== call.phase };
    }
    case "call_ended":
      if (desk.call?.call_id !== message.data.call_id) return { desk, refetch: false };
      return { desk: { ...desk, call: { ...desk.call, phase: "ended" } }, refetch: true };
    case "head":
      return { desk: { ...desk, queues: message.data.queues }, refetch: false };
    case "ticket_changed":
      return { desk, refetch: desk.pop?.tickets.some((row) => row.ticket_no === message.data.ticket_no) ?? false };
    default:
      return { desk, refetch: false };
  }
}

/** The agent as an answer tells him, unless a live message has told a later state: the two come by different ways. */
export function withAgent(known: Desk, agent: Desk["agent"]): Desk {
  return Date.parse(agent.since) < Date.parse(known.agent.since) ? known : { ...known, agent };
}

/** A snapshot after the call: what is known of the caller stays as long as the ticket of his call is on the screen. */
export function keepPop(known: Desk | undefined, desk: Desk): Desk {
  const ticketNo = desk.ticket?.ticket_no;
  if (desk.pop || !ticketNo || known?.pop?.ticket?.ticket_no !== ticketNo) return desk;
  return { ...desk, pop: known.pop };
}
