/** State of the agent, figures of his queues, health of phone and server. */
import { Button, Dropdown, Popover, Space } from "antd";
import { use } from "react";
import type { Me } from "../api/session";
import { useLogout } from "../api/session";
import type { LiveState } from "../live";
import { usePhone } from "../phone/PhoneProvider";
import { PhoneSettings } from "../phone/PhoneSettings";
import { useNow } from "../shared/clock";
import { clockTime, duration, minutesSeconds, percent, since } from "../shared/format";
import { ModeContext } from "../shared/mode";
import type { Desk } from "./patch";
import { lineLabels, pauseLabels, statusLabels } from "./texts";
import type { DeskActions } from "./useActions";

type Props = { me: Me; desk: Desk; actions: DeskActions; live: LiveState; onHelp: () => void };

export function TopBar({ me, desk, actions, live, onHelp }: Props) {
  const now = useNow();
  const { queues, today, agent } = desk;
  const busiest = [...queues].sort((one, other) => other.waiting - one.waiting)[0];
  const longest = busiest?.longest_since ? duration(now - Date.parse(busiest.longest_since)) : "—";
  const all = queues.map(({ name, waiting }) => `${name} ${waiting}`).join("　");
  return (
    <header className="top-bar">
      <span className="brand">95598 座席台</span>
      <Person me={me} />
      <StateSwitch me={me} agent={agent} actions={actions} />
      {busiest && (
        <span className="figure queue-figure" title={all} data-testid="queue-figure">
          {busiest.waiting === 0 ? (
            "我的队列无人等待"
          ) : (
            <>
              {busiest.name} <b>{busiest.waiting}</b> 等待 最长 <b>{longest}</b>
            </>
          )}
        </span>
      )}
      <span className="figure today-figure">
        今日 <b>{today.calls}</b> 通 均长 <b>{minutesSeconds(today.average_talk_s)}</b>
        <span className="satisfaction">
          {" "}
          满意 <b>{percent(today.satisfaction_percent)}</b>
        </span>
      </span>
      <span className="spring" />
      <PhoneDot />
      <ServiceDot live={live} />
      <Button type="text" size="small" onClick={onHelp}>
        快捷键 <kbd>?</kbd>
      </Button>
      <span className="figure clock">{clockTime(now)}</span>
    </header>
  );
}

function Person({ me }: { me: Me }) {
  const logout = useLogout();
  const { mode, toggle } = use(ModeContext);
  const items = [
    { key: "mode", label: mode === "light" ? "换成深色" : "换成浅色", onClick: toggle },
    { key: "logout", label: "退出登录", onClick: () => void logout() },
  ];
  return (
    <Dropdown menu={{ items }} trigger={["click"]}>
      <Button type="text" size="small" className="person">
        工号 <b>{me.staff.staff_no}</b> {me.staff.name}
      </Button>
    </Dropdown>
  );
}

function StateSwitch({ me, agent, actions }: { me: Me; agent: Desk["agent"]; actions: DeskActions }) {
  const now = useNow();
  const [open, setOpen] = actions.pauseMenu;
  const { status } = agent;
  const timer = since(agent.since, now);
  const can = (action: string) => agent.actions.includes(action);
  const inCall = status === "ringing" || status === "talking" || status === "hold";
  const reasons = me.pause_reasons.map(({ code, label }) => ({ key: code, label }));
  return (
    <Space.Compact className="state-switch" data-testid="state" data-status={status}>
      <Button
        onClick={actions.ready}
        disabled={!can("ready") && !can("finish_wrap_up")}
        className={status === "ready" ? "on good" : ""}
        data-testid="ready"
      >
        就绪 {status === "ready" ? timer : <kbd>F1</kbd>}
      </Button>
      {inCall && (
        <Button className="on busy" disabled>
          {statusLabels[status]} {timer}
        </Button>
      )}
      <Dropdown
        open={open}
        onOpenChange={setOpen}
        trigger={["click"]}
        disabled={!can("pause")}
        menu={{
          items: reasons,
          onClick: ({ key }) => {
            const reason = me.pause_reasons.find(({ code }) => code === key);
            if (reason) actions.pause(reason.code as Parameters<DeskActions["pause"]>[0]);
          },
        }}
      >
        <Button disabled={!can("pause")} className={status === "paused" ? "on rest" : ""} data-testid="pause">
          {status === "paused" ? `${pauseLabels[agent.pause_reason ?? ""] ?? "小休"} ${timer}` : "小休"} <kbd>F2</kbd>
        </Button>
      </Dropdown>
      <Button
        onClick={actions.extend}
        disabled={!can("extend_wrap_up")}
        className={status === "wrap_up" ? "on busy" : ""}
        title="话后处理，按 F3 延长"
      >
        话后 {status === "wrap_up" ? timer : <kbd>F3</kbd>}
      </Button>
    </Space.Compact>
  );
}

function PhoneDot() {
  const { state, microphone } = usePhone();
  const sound = microphone === null || microphone === "granted";
  const tone =
    state.line === "registered" && sound
      ? ""
      : state.line === "connecting" || state.line === "lost"
        ? "waiting"
        : "bad";
  return (
    <Popover trigger="click" placement="bottomRight" title={lineLabels[state.line]} content={<PhoneSettings />}>
      <Button type="text" size="small" data-testid="phone-dot" data-line={state.line}>
        <span className={`dot ${tone}`} />
        话机
      </Button>
    </Popover>
  );
}

function ServiceDot({ live }: { live: LiveState }) {
  const tone = live.at === "live" ? "" : live.at === "connecting" ? "waiting" : "bad";
  return (
    <span className="figure service" data-testid="service-dot" data-live={live.at}>
      <span className={`dot ${tone}`} />
      服务{" "}
      <span className="latency">
        {live.at === "live" ? (live.latencyMs === null ? "…" : `${live.latencyMs} ms`) : "断开"}
      </span>
    </span>
  );
}
