/** Between calls: the open tickets that this agent took, those with the nearest limit first. */
import { useQuery } from "@tanstack/react-query";
import { api, ok } from "../api/client";
import { TicketTable } from "./TicketTable";

export function MyTickets() {
  const mine = useQuery({
    queryKey: ["tickets", "mine"],
    queryFn: () => ok(api.GET("/api/v1/tickets", { params: { query: { mine: true, state: "open" } } })),
  });
  return (
    <section className="card grow" aria-label="我受理的未结工单">
      <h2>
        我受理的未结工单 <span className="muted">{mine.data?.total ?? ""}</span>
      </h2>
      <TicketTable rows={mine.data?.items ?? []} />
    </section>
  );
}
