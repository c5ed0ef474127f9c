/** What is wrong with the connections, over the page and without moving it. */
import type { LiveState } from "../live";
import { useNow } from "./clock";

type Props = { live: LiveState; degraded: string; phoneProblem: string | null };

export function Notices({ live, degraded, phoneProblem }: Props) {
  useNow();
  const wait = live.retryAt === null ? 0 : Math.max(0, Math.ceil((live.retryAt - Date.now()) / 1000));
  return (
    <div className="notices" role="status" data-testid="notices">
      {live.at === "lost" && (
        <div className="tone-danger">
          与服务器的连接已断开，{wait > 0 ? `${wait} 秒后重连` : "正在重连"}；通话不受影响，输入的内容会保留
        </div>
      )}
      {live.at === "loggedOut" && (
        <div className="tone-danger">
          登录已失效，请<a href="/login">重新登录</a>
        </div>
      )}
      {degraded && <div className="tone-warning">{degraded}</div>}
      {phoneProblem && <div className="tone-danger">{phoneProblem}</div>}
    </div>
  );
}
