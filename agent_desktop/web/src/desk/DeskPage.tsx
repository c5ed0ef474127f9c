/** The agent's screen: three columns that never move. */
import { Result, Spin } from "antd";
import { useEffect, useState } from "react";
import type { Schemas } from "../api/client";
import { type Me, useMe } from "../api/session";
import { usePhone } from "../phone/PhoneProvider";
import { Elsewhere } from "../shared/Elsewhere";
import { releaseFocus, useShortcuts } from "../shared/keyboard";
import { Notices } from "../shared/Notices";
import { CallCard } from "./CallCard";
import { CustomerPanel } from "./CustomerPanel";
import { MyTickets } from "./MyTickets";
import { OutageAlert } from "./OutageAlert";
import { PopMark } from "./PopMark";
import type { Desk } from "./patch";
import { CallPath, Greeting } from "./Script";
import { ShortcutList, Shortcuts } from "./Shortcuts";
import { TicketForm, useAutosave } from "./TicketForm";
import { TopBar } from "./TopBar";
import { lineLabels, microphoneProblems } from "./texts";
import { useActions } from "./useActions";
import { useDesk } from "./useDesk";
import "./desk.css";

export default function DeskPage() {
  const me = useMe();
  const { desk, degraded, live, liveState } = useDesk();
  const actions = useActions(desk);
  const phone = usePhone();
  const [help, setHelp] = useState(false);
  const [searching, setSearching] = useState(false);
  const ringing = phone.state.call.at === "ringing";
  const talking = phone.state.call.at === "talking" || phone.state.call.at === "hold";
  const can = (action: string) => desk?.agent.actions.includes(action) ?? false;

  useShortcuts({
    F1: can("ready") || can("finish_wrap_up") ? actions.ready : undefined,
    F2: can("pause") ? () => actions.pauseMenu[1](true) : undefined,
    F3: can("extend_wrap_up") ? actions.extend : undefined,
    Enter: ringing ? actions.answer : undefined,
    Escape: ringing ? actions.reject : undefined,
    m: talking ? actions.mute : undefined,
    h: talking ? actions.hold : undefined,
    k: talking ? () => actions.keypad[1]((open) => !open) : undefined,
    e: talking ? actions.survey : undefined,
    "/": desk?.pop ? () => setSearching(true) : undefined,
    "?": () => setHelp((open) => !open),
  });
  useEffect(() => {
    if (ringing) releaseFocus();
    document.title = ringing ? "● 来电 95598 座席台" : "95598 座席台";
  }, [ringing]);

  if (!desk || !me.data)
    return <Spin fullscreen description={liveState.at === "lost" ? "连接不上服务器，正在重试" : "正在载入座席台"} />;
  return (
    <div className="desk">
      <TopBar me={me.data} desk={desk} actions={actions} live={liveState} onHelp={() => setHelp(true)} />
      <main className="desk-columns">
        <div className="column">
          <CallCard desk={desk} actions={actions} />
          {desk.pop && <Greeting pop={desk.pop} />}
          {desk.pop ? <CallPath pop={desk.pop} /> : <section className="card grow blank">来电经过会显示在这里</section>}
        </div>
        <Work
          key={desk.pop?.call.call_id ?? desk.ticket?.ticket_no ?? "none"}
          desk={desk}
          actions={actions}
          searching={[searching, setSearching]}
        />
      </main>
      <PopMark callId={desk.pop?.call.call_id ?? null} />
      <Notices live={liveState} degraded={degraded} phoneProblem={phoneProblem(me.data, phone)} />
      <Elsewhere live={live} state={liveState} />
      <Shortcuts open={help} onClose={() => setHelp(false)} />
    </div>
  );
}

function phoneProblem(me: Me, { softphone, state, microphone }: ReturnType<typeof usePhone>): string | null {
  if (!softphone) return me.phone_problem || null;
  if (state.line === "lost" || state.line === "refused") return lineLabels[state.line];
  return microphone === null || microphone === "granted" ? null : microphoneProblems[microphone];
}

type WorkProps = {
  desk: Desk;
  actions: ReturnType<typeof useActions>;
  searching: [boolean, (open: boolean) => void];
};

/** Middle and right column; both know the ticket. A new call starts them afresh. */
function Work({ desk, actions, searching }: WorkProps) {
  const { pop, ticket } = desk;
  const [done, setDone] = useState<Schemas["TicketPage"] | null>(null);
  return ticket && done?.ticket.ticket_no !== ticket.ticket_no ? (
    <WithTicket desk={desk} ticket={ticket} actions={actions} searching={searching} onDone={setDone} />
  ) : (
    <>
      <div className="column">
        {pop ? <CustomerPanel pop={pop} actions={actions} searching={searching} /> : <MyTickets />}
      </div>
      <div className="column">
        {done ? (
          <section className="card grow blank">
            <Result
              status="success"
              title={done.ticket.status_label}
              subTitle={`工单 ${done.ticket.ticket_no}`}
              extra={done.ticket.owner && `责任单位 ${done.ticket.owner}`}
              data-testid="ticket-done"
            />
          </section>
        ) : (
          <section className="card grow idle-help">
            <h2>快捷键</h2>
            <ShortcutList />
          </section>
        )}
      </div>
    </>
  );
}

function WithTicket({
  desk,
  ticket,
  actions,
  searching,
  onDone,
}: WorkProps & { ticket: Schemas["Draft"]; onDone: (page: Schemas["TicketPage"]) => void }) {
  const autosave = useAutosave(ticket);
  const [reportAnyway, setReportAnyway] = useState(false);
  const { pop } = desk;
  const outage = pop?.outage ?? null;
  const linked = outage !== null && ticket.fields.outage_id === outage.outage_id;
  const open = outage !== null && !linked && !reportAnyway && ticket.editable;
  const tell = () => outage && autosave.edit({ outage_id: outage.outage_id });
  useShortcuts({ "Alt+1": open ? tell : undefined, "Alt+2": open ? () => setReportAnyway(true) : undefined });
  return (
    <>
      <div className="column">
        {outage && (
          <OutageAlert
            outage={outage}
            linked={linked}
            dismissed={reportAnyway}
            editable={ticket.editable}
            onTell={tell}
            onReport={() => setReportAnyway(true)}
          />
        )}
        {pop && <CustomerPanel pop={pop} actions={actions} searching={searching} />}
        {!pop && <section className="card grow blank">这张工单的来电已经结束</section>}
      </div>
      <div className="column">
        <TicketForm autosave={autosave} onDone={onDone} />
      </div>
    </>
  );
}
