/** The call: who, how long, what the agent can do with it. In wrap-up it shows the time that the server still gives. */
import { Button, Popover } from "antd";
import { useState } from "react";
import type { Schemas } from "../api/client";
import { usePhone } from "../phone/PhoneProvider";
import type { PhoneCall } from "../phone/softphone";
import { useNow } from "../shared/clock";
import { duration, masked, maskedNumber, since } from "../shared/format";
import { Keypad } from "./Keypad";
import type { Desk } from "./patch";
import { callEnds, lineLabels, pauseLabels, phaseLabels } from "./texts";
import type { DeskActions } from "./useActions";

type Props = { desk: Desk; actions: DeskActions };

export function CallCard({ desk, actions }: Props) {
  const { state } = usePhone();
  const { agent, call, pop } = desk;
  const live = call && call.phase !== "ended" && call.phase !== "survey" ? call : null;
  const ringing = state.call.at === "ringing" || live?.phase === "ringing";
  if (agent.status === "wrap_up") return <WrapUp desk={desk} actions={actions} />;
  if (!live && state.call.at === "idle") return <Waiting agent={agent} />;
  return (
    <section className={`call-card card ${ringing ? "ringing" : ""}`} aria-label="通话">
      <Caller call={live} pop={pop} />
      {ringing ? <Answer call={state.call} actions={actions} /> : <Controls desk={desk} actions={actions} />}
    </section>
  );
}

function Caller({ call, pop }: { call: Schemas["CallView"] | null; pop: Schemas["Pop"] | null }) {
  const now = useNow();
  const { state } = usePhone();
  const customer = pop?.customer;
  const account = pop?.accounts.find((each) => each.selected) ?? pop?.accounts[0];
  const words = [
    customer?.name ?? (call ? "未识别来电客户" : "正在读取客户资料，请先接听"),
    account?.station,
    customer && `本月第 ${customer.contacts_this_month} 次来电`,
  ].filter(Boolean);
  return (
    <>
      <div className="call-head">
        <span className="call-number" data-testid="pop-caller">
          {maskedNumber(call?.caller ?? (state.call.at === "idle" ? "" : masked(state.call.from)))}
        </span>
        <span className="call-timer" data-testid="call-timer">
          {since(call?.connected_at ?? call?.queued_at ?? call?.started_at, now)}
        </span>
      </div>
      <div className="call-who" title={words.join(" · ")}>
        {words.join(" · ")}
      </div>
      <div className="call-flags">
        {customer?.flags.map((flag) => (
          <span key={flag.code} className={`tag tone-${flag.tone}`}>
            {flag.label}
          </span>
        ))}
        {call && (
          <span className="tag tone-call" data-testid="call-phase">
            {call.queue_name} {phaseLabels[call.phase]}
          </span>
        )}
      </div>
    </>
  );
}

function Answer({ call, actions }: { call: PhoneCall; actions: DeskActions }) {
  const here = call.at === "ringing";
  return (
    <div className="call-buttons two">
      <Button className="answer" onClick={actions.answer} disabled={!here} data-testid="answer">
        {here ? "接听" : "话机准备中"} <kbd>Enter</kbd>
      </Button>
      <Button className="reject" onClick={actions.reject} disabled={!here} data-testid="reject">
        拒接 <kbd>Esc</kbd>
      </Button>
    </div>
  );
}

function Controls({ desk, actions }: Props) {
  const now = useNow();
  const { state } = usePhone();
  const [keypad, setKeypad] = actions.keypad;
  const { call } = state;
  const media = call.at === "talking" || call.at === "hold";
  const reasons = desk.call?.end_reasons ?? [];
  if (call.at === "idle") {
    return (
      <>
        <div className="call-lost" role="alert" data-testid="media-lost">
          本机的通话声音已断开（例如页面刷新），客户听不到您。资料与工单已恢复，请用预留号码回拨客户。
        </div>
        <HangUp reasons={reasons} now={now} onEnd={actions.endCall} />
      </>
    );
  }
  return (
    <>
      <div className="call-buttons">
        <Button onClick={actions.mute} disabled={!media} aria-pressed={media && call.muted} data-testid="mute">
          {media && call.muted ? "已静音" : "静音"} <kbd>M</kbd>
        </Button>
        <Button onClick={actions.hold} disabled={!media} aria-pressed={call.at === "hold"} data-testid="hold">
          {call.at === "hold" ? "已保持" : "保持"} <kbd>H</kbd>
        </Button>
        <Popover
          open={keypad && media}
          onOpenChange={setKeypad}
          trigger="click"
          placement="right"
          content={<Keypad onPress={actions.press} />}
        >
          <Button disabled={!media} data-testid="keypad">
            键盘 <kbd>K</kbd>
          </Button>
        </Popover>
      </div>
      <Button block className="survey" disabled={!media} onClick={actions.survey} data-testid="survey">
        邀请评价并离开通话 <kbd>E</kbd>
      </Button>
      <HangUp reasons={reasons} now={now} onEnd={actions.endCall} />
    </>
  );
}

/** The customer hangs up first; only a nuisance or silent call may be ended here, and the server says from when. */
function HangUp({
  reasons,
  now,
  onEnd,
}: {
  reasons: Schemas["EndReason"][];
  now: number;
  onEnd: (reason: Schemas["EndReason"]["code"]) => void;
}) {
  const [open, setOpen] = useState(false);
  const choices = reasons.map((reason) => {
    const wait = Date.parse(reason.allowed_from) - now;
    return (
      <Button
        key={reason.code}
        size="small"
        disabled={wait > 0}
        onClick={() => onEnd(reason.code)}
        data-testid={`end-${reason.code}`}
      >
        {reason.label}
        {wait > 0 && ` ${duration(wait + 999)} 后可用`}
      </Button>
    );
  });
  const allowed = reasons.some((reason) => Date.parse(reason.allowed_from) <= now);
  return (
    <Popover
      open={open && allowed}
      onOpenChange={setOpen}
      trigger="click"
      placement="right"
      title="结束通话的原因"
      content={<div className="end-reasons">{choices}</div>}
    >
      <Button block className="hang-up" disabled={!allowed} data-testid="hang-up">
        结束通话 请等客户先挂机
      </Button>
    </Popover>
  );
}

function WrapUp({ desk, actions }: Props) {
  const now = useNow();
  const { agent, call } = desk;
  // Without a time the server has already ordered the end and waits for Asterisk.
  const left = agent.wrap_up_until ? Date.parse(agent.wrap_up_until) - now : null;
  return (
    <section className="call-card card wrap-up" aria-label="话后处理" data-testid="wrap-up">
      <div className="call-head">
        <span className="call-number">话后处理</span>
        <span className={`call-timer ${left !== null && left < 10_000 ? "soon" : ""}`} data-testid="wrap-up-left">
          {left === null ? "…" : duration(left + 999)}
        </span>
      </div>
      <div className="call-who">
        {left === null
          ? "正在结束话后处理"
          : call
            ? `${maskedNumber(call.caller)} · ${phaseLabels[call.phase]}`
            : "请完成本次来电工单"}
      </div>
      <div className="call-buttons two">
        <Button
          onClick={actions.ready}
          disabled={!agent.actions.includes("finish_wrap_up")}
          data-testid="finish-wrap-up"
        >
          完成并就绪 <kbd>F1</kbd>
        </Button>
        <Button
          onClick={actions.extend}
          disabled={!agent.actions.includes("extend_wrap_up")}
          data-testid="extend-wrap-up"
        >
          延长 <kbd>F3</kbd>
        </Button>
      </div>
    </section>
  );
}

function Waiting({ agent }: { agent: Schemas["AgentView"] }) {
  const now = useNow();
  const { state, microphone } = usePhone();
  const ready = agent.status === "ready";
  const ended = state.call.at === "idle" && state.call.ended ? callEnds[state.call.ended] : undefined;
  const words = ready ? "等待来电" : (pauseLabels[agent.pause_reason ?? ""] ?? "未就绪");
  const hint =
    state.line !== "registered"
      ? lineLabels[state.line]
      : microphone === null || microphone === "granted"
        ? ready
          ? "来电会在这里弹出，请保持耳麦佩戴"
          : "准备好后按 F1 就绪"
        : "请先解决麦克风问题";
  return (
    <section className={`call-card card waiting ${ready ? "is-ready" : ""}`} aria-label="通话">
      <div className="call-head">
        <span className="call-number">{words}</span>
        <span className="call-timer">{since(agent.since, now)}</span>
      </div>
      <div className="call-who">{hint}</div>
      <div className="call-who">{ended && `上一通：${ended}`}</div>
    </section>
  );
}
