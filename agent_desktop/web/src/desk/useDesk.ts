/** The desk as the server sees it: loaded once, then patched by live messages in the order of their sequence. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { api, ok } from "../api/client";
import { type Envelope, Live, liveAddress } from "../live";
import { usePhone } from "../phone/PhoneProvider";
import { setServerTime } from "../shared/clock";
import { type Desk, keepPop, patchDesk, type ServerMessage } from "./patch";

export const deskKey = ["desk"] as const;

export function useDesk() {
  const client = useQueryClient();
  const [degraded, setDegraded] = useState("");
  const live = useMemo(() => {
    const receive = (envelope: Envelope) => {
      // Shapes are the server's (agent_desktop/schemas/live.py); the envelope was checked by `Live`.
      const message = envelope as ServerMessage;
      if (message.op === "pong") return setServerTime(message.data.server_time);
      if (message.op === "degraded") return setDegraded(message.data.message);
      if (message.op === "snapshot") {
        const { desk } = message.data;
        if (!desk) return;
        void client.cancelQueries({ queryKey: deskKey });
        setServerTime(desk.server_time);
        setDegraded("");
        client.setQueryData<Desk>(deskKey, (known) => keepPop(known, desk));
        return;
      }
      const known = client.getQueryData<Desk>(deskKey);
      if (!known) return;
      const { desk, refetch } = patchDesk(known, message);
      client.setQueryData<Desk>(deskKey, desk);
      if (refetch) live.resync();
    };
    const live = new Live(liveAddress(location.href, "desk"), receive);
    return live;
  }, [client]);

  useEffect(() => {
    live.start();
    return () => live.stop();
  }, [live]);

  const { data: desk } = useQuery({
    queryKey: deskKey,
    queryFn: () => ok(api.GET("/api/v1/desk")),
    staleTime: Number.POSITIVE_INFINITY,
  });
  useMissingPop(live, desk);
  return { desk, degraded, live, liveState: useSyncExternalStore(live.subscribe, live.current) };
}

const POP_EXPECTED_MS = 1000;

/** The phone rings but no pop comes (Redis or the database is away): ask for the desk until it knows the call. */
function useMissingPop(live: Live, desk: Desk | undefined) {
  const busy = usePhone().state.call.at !== "idle";
  const known = desk?.call != null && desk.call.phase !== "ended" && desk.call.phase !== "survey";
  useEffect(() => {
    if (!busy || known) return;
    const asking = setInterval(() => live.resync(), POP_EXPECTED_MS);
    return () => clearInterval(asking);
  }, [busy, known, live]);
}
