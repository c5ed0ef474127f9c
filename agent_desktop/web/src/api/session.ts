/** Who is logged in. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "react-router";
import { api, ok, type Schemas } from "./client";

export type Me = Schemas["Me"];

export const meKey = ["me"] as const;

export function useMe() {
  return useQuery({ queryKey: meKey, queryFn: () => ok(api.GET("/api/v1/me")), retry: false, staleTime: Infinity });
}

/** The pages that a person may open, his home first. */
export function pagesOf(me: Me): string[] {
  const desk = me.permissions.includes("desk.view") ? ["/desk"] : [];
  const board = me.permissions.includes("board.view") ? ["/board"] : [];
  return me.staff.role === "agent" ? [...desk, ...board] : [...board, ...desk];
}

/** Leaves the session: the phone is unregistered and the SIP password dies with it. */
export function useLogout(): () => Promise<void> {
  const client = useQueryClient();
  const navigate = useNavigate();
  return async () => {
    await ok(api.POST("/api/v1/logout"));
    client.clear();
    await navigate("/login");
  };
}
