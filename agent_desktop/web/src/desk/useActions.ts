/** What the agent can do, once for buttons and once for keys. Nothing changes on the screen before the server confirmed. */
import { useQueryClient } from "@tanstack/react-query";
import { App } from "antd";
import { useMemo, useState } from "react";
import { api, messageOf, ok, type Schemas } from "../api/client";
import { usePhone } from "../phone/PhoneProvider";
import { askForNotifications } from "../phone/ringer";
import { type Desk, withAgent } from "./patch";
import { deskKey } from "./useDesk";

export type DeskActions = ReturnType<typeof useActions>;

export function useActions(desk: Desk | undefined) {
  const client = useQueryClient();
  const { message } = App.useApp();
  const { softphone } = usePhone();
  const keypad = useState(false);
  const pauseMenu = useState(false);
  const allowed = desk?.agent.actions ?? [];
  const callId = desk?.call?.call_id;

  const fixed = useMemo(() => {
    const act = async <T>(request: Promise<T>): Promise<T | null> => {
      try {
        return await request;
      } catch (error) {
        void message.error(messageOf(error));
        return null;
      }
    };
    const change = async (request: Promise<Schemas["AgentView"]>) => {
      askForNotifications();
      const agent = await act(request);
      if (agent) client.setQueryData<Desk>(deskKey, (known) => known && withAgent(known, agent));
    };
    const pop = async (request: Promise<Schemas["Pop"]>) => {
      const found = await act(request);
      if (found) {
        const draft = found.ticket;
        client.setQueryData<Desk>(deskKey, (known) => known && { ...known, pop: found, ticket: draft ?? known.ticket });
      }
    };
    return { act, change, pop };
  }, [client, message]);

  return {
    keypad,
    pauseMenu,
    answer: () => softphone?.answer(),
    reject: () => softphone?.reject(),
    mute: () => softphone?.toggleMute(),
    hold: () => softphone?.toggleHold(),
    press: (tone: string) => softphone?.press(tone),
    /** The agent leaves first, which the dialplan takes as the invitation to the survey. */
    survey: () => softphone?.hangUp(),
    ready: () =>
      void fixed.change(
        ok(
          allowed.includes("finish_wrap_up") ? api.POST("/api/v1/desk/wrap-up/finish") : api.POST("/api/v1/desk/ready"),
        ),
      ),
    pause: (reason: Schemas["PauseReason"]) =>
      void fixed.change(ok(api.POST("/api/v1/desk/pause", { body: { reason } }))),
    extend: () => void fixed.change(ok(api.POST("/api/v1/desk/wrap-up/extend"))),
    endCall: (reason: Schemas["EndReason"]["code"]) =>
      void fixed.act(ok(api.POST("/api/v1/desk/end-call", { body: { reason } }))),
    identify: (body: Schemas["Identify"]) => {
      if (callId)
        void fixed.pop(
          ok(api.POST("/api/v1/calls/{call_id}/customer", { params: { path: { call_id: callId } }, body })),
        );
    },
    verify: (body: Schemas["Verify"]) => {
      if (callId)
        void fixed.pop(ok(api.POST("/api/v1/calls/{call_id}/verify", { params: { path: { call_id: callId } }, body })));
    },
  };
}
