import { Button, Dropdown } from "antd";
import { Link } from "react-router";
import type { Schemas } from "../api/client";
import { type Me, useLogout } from "../api/session";
import type { LiveState } from "../live";
import { usePhone } from "../phone/PhoneProvider";
import { useNow } from "../shared/clock";
import { clockTime, count, percent } from "../shared/format";

type Props = { me: Me; totals: Schemas["BoardTotals"]; live: LiveState };

export function BoardHead({ me, totals, live }: Props) {
  const now = useNow();
  const logout = useLogout();
  const { softphone, state } = usePhone();
  const figures: [string, string][] = [
    ["在线", count(totals.logged_in)],
    ["通话", count(totals.talking)],
    ["就绪", count(totals.ready)],
    ["话后", count(totals.wrap_up)],
    ["小休", count(totals.paused)],
    ["导航中", count(totals.in_menu)],
    ["排队", count(totals.waiting)],
    ["接通率", percent(totals.service_level_percent)],
    ["今日来电", count(totals.calls)],
    ["自助办结", percent(totals.solved_by_machine_percent)],
    ["未结工单", count(totals.open_tickets)],
  ];
  const items = [
    { key: "desk", label: <Link to="/desk">打开座席台</Link>, disabled: !me.permissions.includes("desk.view") },
    { key: "logout", label: "退出登录", onClick: () => void logout() },
  ];
  return (
    <header className="board-head" data-testid="board-head">
      <span className="brand">95598 运行监控</span>
      {figures.map(([label, value]) => (
        <span key={label} className="board-figure">
          {label} <b>{value}</b>
        </span>
      ))}
      <span className="spring" />
      {softphone && (
        <span className="board-figure" title="监听用话机" data-testid="phone-dot" data-line={state.line}>
          <span className={`dot ${state.line === "registered" ? "" : "bad"}`} />
          话机
        </span>
      )}
      <span
        className="board-figure"
        data-testid="service-dot"
        data-live={live.at}
        title={live.latencyMs === null ? undefined : `${live.latencyMs} ms`}
      >
        <span className={`dot ${live.at === "live" ? "" : "bad"}`} />
        服务
      </span>
      <Dropdown menu={{ items }} trigger={["click"]}>
        <Button type="text" size="small">
          {me.staff.name}
        </Button>
      </Dropdown>
      <span className="board-figure clock">{clockTime(now)}</span>
    </header>
  );
}
