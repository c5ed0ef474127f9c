import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { api, ok, type Schemas } from "../api/client";
import { type Envelope, Live, liveAddress } from "../live";
import { serverNow, setServerTime } from "../shared/clock";
import { type Board, patchBoard } from "./patch";

const boardKey = ["board"] as const;

export function useBoard() {
  const client = useQueryClient();
  const [degraded, setDegraded] = useState("");
  const [updatedAt, setUpdatedAt] = useState(serverNow);
  const live = useMemo(() => {
    const receive = (envelope: Envelope) => {
      // Shapes are the server's (agent_desktop/schemas/live.py); the envelope was checked by `Live`.
      const message = envelope as Schemas["ServerMessage"];
      setUpdatedAt(serverNow());
      if (message.op === "pong") return setServerTime(message.data.server_time);
      if (message.op === "degraded") return setDegraded(message.data.message);
      if (message.op === "snapshot") {
        const { board } = message.data;
        if (!board) return;
        void client.cancelQueries({ queryKey: boardKey });
        setServerTime(board.server_time);
        setDegraded("");
        client.setQueryData<Board>(boardKey, board);
        return;
      }
      client.setQueryData<Board>(boardKey, (known) => known && patchBoard(known, message));
    };
    return new Live(liveAddress(location.href, "board"), receive);
  }, [client]);

  useEffect(() => {
    live.start();
    return () => live.stop();
  }, [live]);

  const { data: board } = useQuery({
    queryKey: boardKey,
    queryFn: () => ok(api.GET("/api/v1/board")),
    staleTime: Number.POSITIVE_INFINITY,
  });
  return { board, degraded, updatedAt, live, liveState: useSyncExternalStore(live.subscribe, live.current) };
}
