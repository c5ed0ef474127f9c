import type { Schemas } from "../api/client";
import { phaseLabels } from "../desk/texts";
import { useNow } from "../shared/clock";
import { duration, maskedNumber, remaining, shortTicket } from "../shared/format";

export function Alerts({ alerts }: { alerts: Schemas["Alert"][] }) {
  const now = useNow();
  return (
    <section className="card alerts" aria-label="告警">
      <h2>告警</h2>
      <ul data-testid="alerts">
        {alerts.map(({ key, level, text, since }) => (
          <li key={key} className={`level-${level}`}>
            {text}
            {since && <span className="since">{duration(now - Date.parse(since))}</span>}
          </li>
        ))}
        {alerts.length === 0 && <li className="calm">没有告警</li>}
      </ul>
    </section>
  );
}

export function CallsInMenus({ calls }: { calls: Schemas["BoardCall"][] }) {
  const now = useNow();
  const waiting = calls.filter(({ staff_no, phase }) => staff_no === null && phase !== "ended");
  const sorted = waiting.sort((one, other) => one.started_at.localeCompare(other.started_at));
  return (
    <section className="card side-list" aria-label="导航与排队中的来电">
      <h2>
        导航与排队中的来电 <span className="muted">{waiting.length}</span>
      </h2>
      <div className="scroll">
        <table className="board-table" data-testid="calls">
          <thead>
            <tr>
              <th>号码</th>
              <th>位置</th>
              <th className="number">时长</th>
            </tr>
          </thead>
          <tbody>
            {sorted.map((call) => (
              <tr key={call.call_id} className={`level-${call.level}`} data-call-id={call.call_id}>
                <td className="text">{maskedNumber(call.caller)}</td>
                <td className="text">{call.position || phaseLabels[call.phase]}</td>
                <td className="strong">{duration(now - Date.parse(call.started_at))}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {sorted.length === 0 && <div className="calm">没有来电在导航或排队</div>}
      </div>
    </section>
  );
}

export function NearDeadline({ tickets }: { tickets: Schemas["BoardTicket"][] }) {
  const now = useNow();
  return (
    <section className="card side-list" aria-label="临期与超时工单">
      <h2>
        临期与超时工单 <span className="muted">{tickets.length}</span>
      </h2>
      <div className="scroll">
        <table className="board-table" data-testid="tickets">
          <thead>
            <tr>
              <th>编号</th>
              <th>事项</th>
              <th className="number">剩余</th>
            </tr>
          </thead>
          <tbody>
            {tickets.map(({ ticket_no, type_label, owner, due }) => (
              <tr key={ticket_no} className={`level-${levelOf(due, now)}`} title={ticket_no}>
                <td className="text">{shortTicket(ticket_no)}</td>
                <td className="text">
                  {type_label} {due.label} {owner}
                </td>
                <td className="strong">{remaining(due.due_at, now)}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {tickets.length === 0 && <div className="calm">没有临期工单</div>}
      </div>
    </section>
  );
}

function levelOf({ due_at, warn_at }: Schemas["Deadline"], now: number): "danger" | "warning" | "good" {
  if (Date.parse(due_at) <= now) return "danger";
  return warn_at !== null && Date.parse(warn_at) <= now ? "warning" : "good";
}
