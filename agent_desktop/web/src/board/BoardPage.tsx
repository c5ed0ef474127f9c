/** The supervisor's board: seen from across the room, acted on within seconds. */
import { Spin } from "antd";
import { useEffect } from "react";
import { useMe } from "../api/session";
import { Elsewhere } from "../shared/Elsewhere";
import { Notices } from "../shared/Notices";
import { AgentGrid } from "./AgentGrid";
import { BoardHead } from "./BoardHead";
import { QueueTable } from "./QueueTable";
import { Alerts, CallsInMenus, NearDeadline } from "./SidePanels";
import { TodayChart } from "./TodayChart";
import { useBoard } from "./useBoard";
import "./board.css";

export default function BoardPage() {
  const me = useMe();
  const { board, degraded, updatedAt, live, liveState } = useBoard();
  useEffect(() => {
    document.title = "95598 运行监控";
  }, []);
  if (!board || !me.data)
    return <Spin fullscreen description={liveState.at === "lost" ? "连接不上服务器，正在重试" : "正在载入运行监控"} />;
  return (
    <div className="board">
      <BoardHead me={me.data} totals={board.totals} live={liveState} />
      <main className="board-columns">
        <div className="board-column">
          <QueueTable queues={board.queues} updatedAt={updatedAt} />
          <AgentGrid agents={board.agents} mayListen={me.data.permissions.includes("board.listen")} />
          <TodayChart quarters={board.quarters} />
        </div>
        <div className="board-column">
          <Alerts alerts={board.alerts} />
          <CallsInMenus calls={board.calls} />
          <NearDeadline tickets={board.tickets} />
        </div>
      </main>
      <Notices live={liveState} degraded={degraded} phoneProblem={me.data.phone_problem || null} />
      <Elsewhere live={live} state={liveState} />
    </div>
  );
}
