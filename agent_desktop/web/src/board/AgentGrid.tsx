import { App, Button, Segmented } from "antd";
import { useState } from "react";
import { api, messageOf, ok, type Schemas } from "../api/client";
import { pauseLabels } from "../desk/texts";
import { usePhone } from "../phone/PhoneProvider";
import { useNow } from "../shared/clock";
import { since } from "../shared/format";
import { type BoardAgent, worstFirst } from "./patch";

type Order = "worst" | "number";
type Mode = Schemas["Listen"]["mode"];
const MODES: readonly (readonly [NonNullable<Mode>, string])[] = [
  ["listen", "监听"],
  ["whisper", "耳语"],
  ["barge", "强插"],
];

/** Short, for a tile. */
const statusWords: Record<Schemas["AgentStatus"], string> = {
  offline: "离线",
  paused: "小休",
  ready: "就绪",
  ringing: "振铃",
  talking: "通话",
  hold: "保持",
  wrap_up: "话后",
};

export function AgentGrid({ agents, mayListen }: { agents: BoardAgent[]; mayListen: boolean }) {
  const [order, setOrder] = useState<Order>("worst");
  const [chosen, setChosen] = useState<string | null>(null);
  const present = agents.filter(({ status }) => status !== "offline");
  const sorted =
    order === "worst" ? worstFirst(present) : [...present].sort((a, b) => a.staff_no.localeCompare(b.staff_no));
  const agent = present.find(({ staff_no }) => staff_no === chosen);
  return (
    <section className="card agents" aria-label="座席">
      <h2>
        座席 {present.length}
        <Segmented<Order>
          size="small"
          value={order}
          onChange={setOrder}
          options={[
            { value: "worst", label: "最需关注" },
            { value: "number", label: "按工号" },
          ]}
        />
      </h2>
      <div className="agent-grid" data-testid="agents">
        {sorted.map((each) => (
          <AgentTile key={each.staff_no} agent={each} chosen={each.staff_no === chosen} onChoose={setChosen} />
        ))}
        {sorted.length === 0 && <span className="muted">没有座席在线</span>}
      </div>
      <ListenBar agent={agent} mayListen={mayListen} />
    </section>
  );
}

function AgentTile({
  agent,
  chosen,
  onChoose,
}: {
  agent: BoardAgent;
  chosen: boolean;
  onChoose: (no: string) => void;
}) {
  const now = useNow();
  const { staff_no, name, status, pause_reason, level, queue_name, phone_registered } = agent;
  const word = status === "paused" ? (pauseLabels[pause_reason ?? ""] ?? statusWords.paused) : statusWords[status];
  const inCall = status === "talking" || status === "hold" || status === "ringing";
  return (
    <button
      type="button"
      className={`agent-tile status-${status} level-${level}`}
      aria-pressed={chosen}
      onClick={() => onChoose(staff_no)}
      data-testid={`agent-${staff_no}`}
      data-status={status}
    >
      <b>
        {staff_no} {name}
      </b>
      <span>
        {word} {since(agent.since, now)} {inCall && queue_name}{" "}
        {!phone_registered && pause_reason !== "phone_lost" && <em>话机断线</em>}
      </span>
    </button>
  );
}

/** Listening calls the supervisor's own phone, which answers by itself. */
function ListenBar({ agent, mayListen }: { agent: BoardAgent | undefined; mayListen: boolean }) {
  const { message } = App.useApp();
  const { softphone, state } = usePhone();
  const [busy, setBusy] = useState(false);
  const listening = state.call.at !== "idle";
  const inCall = agent?.status === "talking" || agent?.status === "hold";
  const registered = state.line === "registered";

  const listen = async (staff_no: string, mode: NonNullable<Mode>) => {
    setBusy(true);
    softphone?.answerNext();
    try {
      await ok(api.POST("/api/v1/board/listen", { body: { staff_no, mode } }));
    } catch (error) {
      void message.error(messageOf(error));
    } finally {
      setBusy(false);
    }
  };

  if (listening) {
    return (
      <div className="listen-bar" data-testid="listening">
        <span className="dot" /> 监听已接通
        <Button size="small" danger onClick={() => softphone?.hangUp()} data-testid="stop-listening">
          结束监听
        </Button>
      </div>
    );
  }
  if (!agent) return <div className="listen-bar muted">选中座席后可监听</div>;
  return (
    <div className="listen-bar">
      选中 {agent.staff_no} {agent.name}：
      {MODES.map(([mode, label]) => (
        <Button
          key={mode}
          size="small"
          disabled={!mayListen || !inCall || !registered || busy}
          onClick={() => void listen(agent.staff_no, mode)}
          data-testid={mode}
        >
          {label}
        </Button>
      ))}
      <span className="muted">{!inCall ? "不在通话中" : !registered ? "本机话机未注册" : ""}</span>
    </div>
  );
}
