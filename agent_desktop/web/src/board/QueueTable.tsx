import type { Schemas } from "../api/client";
import { useNow } from "../shared/clock";
import { ago, minutesSeconds, percent, since } from "../shared/format";

type Queue = Schemas["BoardQueue"];

export function QueueTable({ queues, updatedAt }: { queues: Queue[]; updatedAt: number }) {
  const now = useNow();
  const most = Math.max(1, ...queues.map(({ waiting }) => waiting));
  return (
    <section className="card" aria-label="队列">
      <h2>
        队列 <span className="muted">更新于 {ago(updatedAt, now)}</span>
      </h2>
      <table className="board-table" data-testid="queues">
        <thead>
          <tr>
            <th>队列</th>
            <th>等待</th>
            <th>最长</th>
            <th>就绪 / 登录</th>
            <th>接通率</th>
            <th>放弃</th>
            <th>平均应答</th>
            <th>均长</th>
            <th className="bar-cell">等待人数</th>
          </tr>
        </thead>
        <tbody>
          {queues.map((queue) => (
            <tr key={queue.queue} data-queue={queue.queue} className={`level-${queue.level}`}>
              <th scope="row">{queue.name}</th>
              <td className={queue.waiting > 0 ? "strong" : ""}>{queue.waiting}</td>
              <td className={queue.waiting > 0 ? "strong" : ""}>{since(queue.longest_since, now)}</td>
              <td className={queue.ready === 0 ? "short" : ""}>
                {queue.ready} / {queue.logged_in}
              </td>
              <td className="strong" title={`${queue.answer_target_s} 秒内接通`}>
                {percent(queue.service_level_percent)}
              </td>
              <td>{percent(queue.abandoned_percent)}</td>
              <td>{minutesSeconds(queue.average_answer_s)}</td>
              <td>{minutesSeconds(queue.average_handling_s)}</td>
              <td className="bar-cell">
                <meter min={0} max={most} value={queue.waiting} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
