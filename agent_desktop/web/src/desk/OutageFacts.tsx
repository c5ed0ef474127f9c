import type { Schemas } from "../api/client";
import { dayTime } from "../shared/format";

export function OutageFacts({ outage }: { outage: Schemas["OutageShape"] | null }) {
  if (!outage) return <div className="muted empty">该地址没有停电，7 日内也没有停电计划</div>;
  return (
    <div className="facts">
      <i>性质</i>
      <span>{outage.kind_label}</span>
      <i>原因</i>
      <span>{outage.cause}</span>
      <i>范围</i>
      <span>{outage.area}</span>
      <i>影响户数</i>
      <span>{outage.affected_households} 户</span>
      <i>开始</i>
      <span>{dayTime(outage.start_at)}</span>
      <i>预计恢复</i>
      <span>{outage.expected_end_at ? dayTime(outage.expected_end_at) : "待定"}</span>
      <i>抢修进度</i>
      <span>{outage.crew_status || "—"}</span>
      <i>关联报修</i>
      <span>{outage.reports} 户</span>
    </div>
  );
}
